//! Routes and rules in the kernel that carry our protocol number: ours, or a dead daemon's.

use std::{fmt, net::IpAddr};

use rtnetlink::{
    packet_core::Parseable,
    packet_route::{
        route::{RouteAddress, RouteAttribute, RouteMessage, RouteProtocol},
        rule::{RuleAttribute, RuleMessage},
    },
};

use crate::config::model::Origin;

/// What has been found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Stray {
    Route(RouteMessage),
    Rule(RuleMessage),
}

/// Where the kernel's header of a route has its protocol (`struct rtmsg`).
const PROTOCOL: usize = 5;

impl Stray {
    /// Reads a message about a route, if it is one of ours.
    pub(super) fn read_route(body: &[u8]) -> Option<Self> {
        // All routes of the node come by here.
        (*body.get(PROTOCOL)? == Origin::KEEPALIVED.0).then_some(())?;
        let mut message = RouteMessage::parse(body).ok()?;
        // How it is doing; to remove it, what it is will do.
        message.attributes.retain(|attribute| {
            !matches!(attribute, RouteAttribute::CacheInfo(_) | RouteAttribute::Expires(_))
        });
        Some(Self::Route(message))
    }

    /// Reads a message about a rule, if it is one of ours.
    pub(super) fn read_rule(body: &[u8]) -> Option<Self> {
        let message = RuleMessage::parse(body).ok()?;
        let origin = RuleAttribute::Protocol(RouteProtocol::from(Origin::KEEPALIVED.0));
        message.attributes.contains(&origin).then_some(Self::Rule(message))
    }
}

impl fmt::Display for Stray {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Route(message) => {
                let length = message.header.destination_prefix_length;
                let destination = message.attributes.iter().find_map(|attribute| match attribute {
                    RouteAttribute::Destination(RouteAddress::Inet(it)) => Some(IpAddr::V4(*it)),
                    RouteAttribute::Destination(RouteAddress::Inet6(it)) => Some(IpAddr::V6(*it)),
                    _ => None,
                });
                match destination {
                    Some(destination) => write!(formatter, "route {destination}/{length}"),
                    None => formatter.write_str("route default"),
                }
            }
            Self::Rule(message) => {
                let preference = message.attributes.iter().find_map(|attribute| match attribute {
                    RuleAttribute::Priority(preference) => Some(*preference),
                    _ => None,
                });
                write!(formatter, "rule {}", preference.unwrap_or(0))
            }
        }
    }
}
