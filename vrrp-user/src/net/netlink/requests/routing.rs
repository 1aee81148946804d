//! Putting routes and rules into the kernel and taking them out.

mod route;
mod rule;

use nix::errno::Errno;
use rtnetlink::{
    packet_core::{NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL},
    packet_route::{RouteNetlinkMessage, route::RouteMessage, rule::RuleMessage},
};

pub(in super::super) use self::{
    route::{is_same_route, route_message},
    rule::{is_same_rule, rule_message},
};
use super::{
    super::{
        error::{RequestError, RoutingError},
        links::Links,
        stray::Stray,
    },
    Added, Removed, Requests,
};
use crate::config::model::{Placement, Routing};

/// Puts routes and rules into the kernel and takes them out. What [`super::super::routing`] needs of
/// it.
pub(in super::super) trait Table {
    /// Puts `routing` there, by the interfaces that have its names in `links`.
    async fn put(&mut self, routing: &Routing, links: &Links) -> Result<Added, RoutingError>;
    /// Takes it out.
    async fn take(&mut self, routing: &Routing, links: &Links) -> Result<Removed, RoutingError>;
    /// Takes out what was found there.
    async fn take_stray(&mut self, stray: &Stray) -> Result<Removed, RoutingError>;
}

impl Table for Requests {
    async fn put(&mut self, routing: &Routing, links: &Links) -> Result<Added, RoutingError> {
        let (request, flags) = match routing {
            Routing::Route(route) => {
                let placement = match route.placement {
                    Placement::Prepend => 0,
                    Placement::Append => NLM_F_APPEND,
                    Placement::Add => NLM_F_EXCL,
                };
                let message = route_message(route, links).ok_or(RoutingError::NoDevice)?;
                (RouteNetlinkMessage::NewRoute(message), placement)
            }
            Routing::Rule(rule) => (RouteNetlinkMessage::NewRule(rule_message(rule)), NLM_F_EXCL),
        };
        match self.ask(request, NLM_F_CREATE | flags).await {
            Ok(()) => Ok(Added::New),
            Err(RequestError::Refused { errno: Errno::EEXIST, .. }) => Ok(Added::Existing),
            Err(error) => Err(error.into()),
        }
    }

    async fn take(&mut self, routing: &Routing, links: &Links) -> Result<Removed, RoutingError> {
        match routing {
            Routing::Route(route) => match route_message(route, links) {
                Some(message) => self.take_route(message).await,
                // It went with its interface.
                None => Ok(Removed::Absent),
            },
            Routing::Rule(rule) => self.take_rule(rule_message(rule)).await,
        }
    }

    async fn take_stray(&mut self, stray: &Stray) -> Result<Removed, RoutingError> {
        match stray {
            Stray::Route(message) => self.take_route(message.clone()).await,
            Stray::Rule(message) => self.take_rule(message.clone()).await,
        }
    }
}

impl Requests {
    async fn take_route(&mut self, message: RouteMessage) -> Result<Removed, RoutingError> {
        match self.ask(RouteNetlinkMessage::DelRoute(message), 0).await {
            Ok(()) => Ok(Removed::Now),
            // The kernel says the second also when the interface has been removed or set down.
            Err(RequestError::Refused { errno: Errno::ESRCH | Errno::ENODEV, .. }) => {
                Ok(Removed::Absent)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn take_rule(&mut self, message: RuleMessage) -> Result<Removed, RoutingError> {
        match self.ask(RouteNetlinkMessage::DelRule(message), 0).await {
            Ok(()) => Ok(Removed::Now),
            Err(RequestError::Refused { errno: Errno::ENOENT, .. }) => Ok(Removed::Absent),
            Err(error) => Err(error.into()),
        }
    }
}
