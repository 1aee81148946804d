//! A route.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    net::IpAddr,
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{Origin, Prefix, Realms, Table};
use crate::protocol::Family;

/// A route, as `ip route` knows it.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Route {
    /// What becomes of the packets.
    pub kind: RouteKind,
    /// `to`: where the packets go that take it. Its family is the route's.
    pub destination: Prefix,
    /// `from`: where they come from; IPv6 only.
    pub source: Option<Prefix>,
    /// `table`.
    pub table: Table,
    /// `tos`: only packets with this type of service; 0 for all.
    pub tos: u8,
    /// `metric`: the route with the least goes before others; `None` for the kernel's choice.
    pub metric: Option<u32>,
    /// `scope`: the number of rtnetlink; `None` for `global`.
    pub scope: Option<u8>,
    /// `protocol`.
    pub origin: Origin,
    /// Which way the packets go.
    pub way: Way,
    /// `src`: what the kernel takes for a source of packets of its own.
    pub preferred_source: Option<IpAddr>,
    /// `realms`; IPv4 only.
    pub realms: Option<Realms>,
    /// `expires`: the kernel removes it after this, in whole seconds; IPv6 only.
    pub expires: Option<Duration>,
    /// `pref`: the preference of a router (RFC 4191 §2.1), as the kernel has it; IPv6 only.
    pub preference: Option<u8>,
    /// `mtu` and the like.
    pub metrics: Metrics,
    /// Where it goes among others to the same destination.
    pub placement: Placement,
    /// Not `no_track`: it is put back when someone removes it.
    pub tracked: bool,
}

/// What becomes of the packets that take a route (`RTN_…`).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum RouteKind {
    /// They are sent on.
    Unicast,
    /// They are for this node.
    Local,
    /// They are for all on the link.
    Broadcast,
    /// They are for this node too.
    Anycast,
    /// They are for a group.
    Multicast,
    /// They are dropped without a word.
    Blackhole,
    /// They are dropped: "unreachable".
    Unreachable,
    /// They are dropped: "prohibited".
    Prohibit,
    /// The search goes on in the table of the next rule.
    Throw,
}

/// Which way packets go.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Way {
    /// One, or none for a route that drops.
    One(Hop),
    /// `nexthop`s, or two gateways with `or` between them: at least one.
    Several(Vec<NextHop>),
}

/// The next router, or the link.
#[derive(Clone, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Hop {
    /// `via`: of the route's family.
    pub gateway: Option<IpAddr>,
    /// `dev`.
    pub device: Option<String>,
    /// `onlink`: the gateway is taken to be on the link, whatever the addresses say.
    pub on_link: bool,
}

/// One of several ways.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct NextHop {
    /// Where it leads.
    pub hop: Hop,
    /// `weight`, less 1: its share against the others'.
    pub weight: u8,
    /// `realms`; IPv4 only.
    pub realms: Option<Realms>,
}

/// Where a route goes among others to the same destination, with the same metric.
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
)]
pub enum Placement {
    /// `prepend`: before them. keepalived's default.
    #[default]
    Prepend,
    /// `append`: behind them.
    Append,
    /// `add`: not at all if there is one.
    Add,
}

/// What the kernel is to reckon with on this route (`RTAX_…`), in its units.
#[derive(Clone, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Metrics {
    /// The values.
    pub values: BTreeMap<Metric, u32>,
    /// `lock`: those that the kernel must not change.
    pub locked: BTreeSet<Metric>,
    /// `congctl`: the name of the congestion control, and whether it is locked.
    pub congestion_control: Option<(String, bool)>,
}

/// A value of [`Metrics`]; the number is the kernel's (`RTAX_…`).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[repr(u8)]
pub enum Metric {
    /// `mtu`, in bytes.
    Mtu = 2,
    /// `window`, in bytes.
    Window = 3,
    /// `rtt`, in eighths of a millisecond.
    Rtt = 4,
    /// `rttvar`, in quarters of a millisecond.
    RttVar = 5,
    /// `ssthresh`, in segments.
    SsThresh = 6,
    /// `cwnd`, in segments.
    Cwnd = 7,
    /// `advmss`, in bytes.
    AdvMss = 8,
    /// `reordering`, in segments.
    Reordering = 9,
    /// `hoplimit`.
    HopLimit = 10,
    /// `initcwnd`, in segments.
    InitCwnd = 11,
    /// `features`: 1 for `ecn`.
    Features = 12,
    /// `rto_min`, in milliseconds.
    RtoMin = 13,
    /// `initrwnd`, in segments.
    InitRwnd = 14,
    /// `quickack`: 0 or 1.
    QuickAck = 15,
    /// `fastopen_no_cookie`: 0 or 1.
    FastOpenNoCookie = 17,
}

impl Route {
    /// A route in the main table of which nothing else is said.
    #[must_use]
    pub fn new(destination: Prefix) -> Self {
        Self {
            kind: RouteKind::Unicast,
            destination,
            source: None,
            table: Table::MAIN,
            tos: 0,
            metric: None,
            scope: None,
            origin: Origin::KEEPALIVED,
            way: Way::One(Hop::default()),
            preferred_source: None,
            realms: None,
            expires: None,
            preference: None,
            metrics: Metrics::default(),
            placement: Placement::Prepend,
            tracked: true,
        }
    }

    /// Its family.
    #[must_use]
    pub const fn family(&self) -> Family {
        Family::of(self.destination.address)
    }

    /// The interfaces that it names.
    pub fn devices(&self) -> impl Iterator<Item = &str> {
        let (one, several) = match &self.way {
            Way::One(hop) => (Some(hop), [].as_slice()),
            Way::Several(hops) => (None, hops.as_slice()),
        };
        let hops = one.into_iter().chain(several.iter().map(|next| &next.hop));
        hops.filter_map(|hop| hop.device.as_deref())
    }
}

impl RouteKind {
    /// Its name in `ip route`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unicast => "unicast",
            Self::Local => "local",
            Self::Broadcast => "broadcast",
            Self::Anycast => "anycast",
            Self::Multicast => "multicast",
            Self::Blackhole => "blackhole",
            Self::Unreachable => "unreachable",
            Self::Prohibit => "prohibit",
            Self::Throw => "throw",
        }
    }
}

impl fmt::Display for Route {
    /// As `ip route` has it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind != RouteKind::Unicast {
            write!(formatter, "{} ", self.kind.name())?;
        }
        if self.destination == Prefix::all(Family::Ipv6) {
            formatter.write_str("inet6 ")?;
        }
        write!(formatter, "{}", self.destination)?;
        if let Some(source) = &self.source {
            write!(formatter, " from {source}")?;
        }
        match &self.way {
            Way::One(hop) => write!(formatter, "{hop}")?,
            Way::Several(hops) => {
                for NextHop { hop, weight, realms } in hops {
                    let weight = u16::from(*weight) + 1;
                    write!(formatter, " nexthop{hop} weight {weight}")?;
                    if let Some(Realms { from, to }) = realms {
                        write!(formatter, " realms {from}/{to}")?;
                    }
                }
            }
        }
        if self.table != Table::MAIN {
            write!(formatter, " table {}", self.table.0)?;
        }
        if let Some(source) = self.preferred_source {
            write!(formatter, " src {source}")?;
        }
        let say = |formatter: &mut fmt::Formatter<'_>, word: &str, value: Option<u64>| match value {
            Some(value) => write!(formatter, " {word} {value}"),
            None => Ok(()),
        };
        say(formatter, "metric", self.metric.map(u64::from))?;
        say(formatter, "tos", (self.tos != 0).then_some(self.tos.into()))?;
        say(formatter, "scope", self.scope.map(u64::from))?;
        say(formatter, "expires", self.expires.map(|span| span.as_secs()))?;
        say(formatter, "pref", self.preference.map(u64::from))?;
        let is_ours = self.origin == Origin::KEEPALIVED;
        say(formatter, "protocol", (!is_ours).then_some(self.origin.0.into()))?;
        if let Some(Realms { from, to }) = self.realms {
            write!(formatter, " realms {from}/{to}")?;
        }
        write!(formatter, "{}", self.metrics)?;
        formatter.write_str(match self.placement {
            Placement::Prepend => "",
            Placement::Append => " append",
            Placement::Add => " add",
        })?;
        formatter.write_str(if self.tracked { "" } else { " no_track" })
    }
}

impl fmt::Display for Metrics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (metric, value) in &self.values {
            let lock = if self.locked.contains(metric) { "lock " } else { "" };
            write!(formatter, " {} {lock}{value}", metric.name())?;
        }
        match &self.congestion_control {
            Some((name, true)) => write!(formatter, " congctl lock {name}"),
            Some((name, false)) => write!(formatter, " congctl {name}"),
            None => Ok(()),
        }
    }
}

impl Metric {
    /// Its keyword.
    const fn name(self) -> &'static str {
        match self {
            Self::Mtu => "mtu",
            Self::Window => "window",
            Self::Rtt => "rtt",
            Self::RttVar => "rttvar",
            Self::SsThresh => "ssthresh",
            Self::Cwnd => "cwnd",
            Self::AdvMss => "advmss",
            Self::Reordering => "reordering",
            Self::HopLimit => "hoplimit",
            Self::InitCwnd => "initcwnd",
            Self::Features => "features",
            Self::RtoMin => "rto_min",
            Self::InitRwnd => "initrwnd",
            Self::QuickAck => "quickack",
            Self::FastOpenNoCookie => "fastopen_no_cookie",
        }
    }
}

impl fmt::Display for Hop {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(gateway) = self.gateway {
            write!(formatter, " via {gateway}")?;
        }
        if let Some(device) = &self.device {
            write!(formatter, " dev {device}")?;
        }
        formatter.write_str(if self.on_link { " onlink" } else { "" })
    }
}
