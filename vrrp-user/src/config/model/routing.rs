//! What is put into the kernel's routing beside addresses.

use std::{fmt, net::IpAddr};

use serde::{Deserialize, Serialize};

use super::{Route, Rule};
use crate::protocol::Family;

/// A line of `static_routes`, `static_rules`, `virtual_routes` or `virtual_rules`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Routing {
    /// A route.
    Route(Route),
    /// A rule that says which packets go by which table.
    Rule(Rule),
}

impl Routing {
    /// Not `no_track`: it is put back when someone removes it.
    #[must_use]
    pub const fn tracked(&self) -> bool {
        match self {
            Self::Route(route) => route.tracked,
            Self::Rule(rule) => rule.tracked,
        }
    }
}

impl fmt::Display for Routing {
    /// As `ip` has it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Route(route) => write!(formatter, "route {route}"),
            Self::Rule(rule) => write!(formatter, "rule {rule}"),
        }
    }
}

/// An address and how many of its bits count.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Prefix {
    /// The address; its other bits are as the file has them.
    pub address: IpAddr,
    /// 0 to 32, over IPv6 to 128.
    pub length: u8,
}

impl Prefix {
    /// Every address of a family.
    #[must_use]
    pub const fn all(family: Family) -> Self {
        let address = match family {
            Family::Ipv4 => IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED),
            Family::Ipv6 => IpAddr::V6(std::net::Ipv6Addr::UNSPECIFIED),
        };
        Self { address, length: 0 }
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.length {
            0 if self.address.is_unspecified() => formatter.write_str("default"),
            length if length == Family::of(self.address).bits() => {
                write!(formatter, "{}", self.address)
            }
            length => write!(formatter, "{}/{length}", self.address),
        }
    }
}

/// The number of a routing table (`RT_TABLE_…`); 1 and up.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Table(pub u32);

impl Table {
    /// Where routes are unless something else is said.
    pub const MAIN: Self = Self(254);
}

/// Who has put a route or rule there (`RTPROT_…`).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Origin(pub u8);

impl Origin {
    /// The number that the kernel's header gives to keepalived, and which is ours too: what we put
    /// there can be told by it.
    pub const KEEPALIVED: Self = Self(18);
}

/// `realms [FROM/]TO`: classes for accounting; IPv4 only.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Realms {
    /// Of the source; 0 for none.
    pub from: u16,
    /// Of the destination.
    pub to: u16,
}
