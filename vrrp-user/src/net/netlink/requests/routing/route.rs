//! A route as a message of rtnetlink.

use std::{collections::BTreeSet, net::IpAddr};

use rtnetlink::{
    packet_core::DefaultNla,
    packet_route::{
        AddressFamily,
        route::{
            RouteAddress, RouteAttribute, RouteFlags, RouteMessage, RouteMetric, RouteNextHop,
            RouteNextHopFlags, RoutePreference, RouteRealm, RouteType,
        },
    },
};

use super::super::super::links::Links;
use crate::{
    config::model::{Metric, Metrics, NextHop, Realms, Route, RouteKind, Way},
    protocol::Family,
};

/// `RTAX_LOCK`
const LOCK: u16 = 1;
/// `RTAX_CC_ALGO`
const CONGESTION_CONTROL: u16 = 16;
/// `IP6_RT_PRIO_USER`: the metric of an IPv6 route that is given none.
const IPV6_METRIC: u32 = 1024;

/// The message for `route`; `None` while an interface that it names does not exist.
pub(in super::super::super) fn route_message(route: &Route, links: &Links) -> Option<RouteMessage> {
    let mut message = RouteMessage::default();
    let header = &mut message.header;
    header.address_family = family(route.family());
    header.destination_prefix_length = route.destination.length;
    header.tos = route.tos;
    header.protocol = route.origin.0.into();
    header.scope = route.scope.unwrap_or(0).into();
    header.kind = kind(route.kind);
    let mut attributes = Vec::new();
    match u8::try_from(route.table.0) {
        Ok(table) => header.table = table,
        Err(_) => attributes.push(RouteAttribute::Table(route.table.0)),
    }
    if route.destination.length > 0 {
        attributes.push(RouteAttribute::Destination(route.destination.address.into()));
    }
    if let Some(source) = route.source.filter(|source| source.length > 0) {
        header.source_prefix_length = source.length;
        attributes.push(RouteAttribute::Source(source.address.into()));
    }
    let source = route.preferred_source.map(RouteAddress::from);
    attributes.extend(source.map(RouteAttribute::PrefSource));
    attributes.extend(route.metric.map(RouteAttribute::Priority));
    match &route.way {
        Way::One(hop) => {
            if hop.on_link {
                header.flags |= RouteFlags::Onlink;
            }
            attributes.extend(hop.gateway.map(|it| RouteAttribute::Gateway(it.into())));
            if let Some(device) = &hop.device {
                attributes.push(RouteAttribute::Oif(links.index_of(device)?));
            }
        }
        Way::Several(hops) => {
            let hops = hops.iter().map(|hop| next_hop(hop, links)).collect::<Option<_>>()?;
            attributes.push(RouteAttribute::MultiPath(hops));
        }
    }
    attributes.extend(route.realms.map(realm).map(RouteAttribute::Realm));
    let seconds = route.expires.map(|span| u32::try_from(span.as_secs()).unwrap_or(u32::MAX));
    attributes.extend(seconds.map(RouteAttribute::Expires));
    let preference = route.preference.map(RoutePreference::from);
    attributes.extend(preference.map(RouteAttribute::Preference));
    let metrics = metrics(&route.metrics);
    if !metrics.is_empty() {
        attributes.push(RouteAttribute::Metrics(metrics));
    }
    message.attributes = attributes;
    Some(message)
}

pub(super) fn family(family: Family) -> AddressFamily {
    match family {
        Family::Ipv4 => AddressFamily::Inet,
        Family::Ipv6 => AddressFamily::Inet6,
    }
}

pub(super) fn realm(realms: Realms) -> RouteRealm {
    RouteRealm { source: realms.from, destination: realms.to }
}

fn next_hop(next: &NextHop, links: &Links) -> Option<RouteNextHop> {
    let mut message = RouteNextHop::default();
    message.hops = next.weight;
    if next.hop.on_link {
        message.flags = RouteNextHopFlags::Onlink;
    }
    if let Some(device) = &next.hop.device {
        message.interface_index = links.index_of(device)?;
    }
    let gateway = next.hop.gateway.map(RouteAddress::from);
    message.attributes.extend(gateway.map(RouteAttribute::Gateway));
    message.attributes.extend(next.realms.map(realm).map(RouteAttribute::Realm));
    Some(message)
}

fn kind(kind: RouteKind) -> RouteType {
    match kind {
        RouteKind::Unicast => RouteType::Unicast,
        RouteKind::Local => RouteType::Local,
        RouteKind::Broadcast => RouteType::Broadcast,
        RouteKind::Anycast => RouteType::Anycast,
        RouteKind::Multicast => RouteType::Multicast,
        RouteKind::Blackhole => RouteType::BlackHole,
        RouteKind::Unreachable => RouteType::Unreachable,
        RouteKind::Prohibit => RouteType::Prohibit,
        RouteKind::Throw => RouteType::Throw,
    }
}

fn metrics(metrics: &Metrics) -> Vec<RouteMetric> {
    let raw = |kind: u16, value: Vec<u8>| RouteMetric::Other(DefaultNla::new(kind, value));
    let number = |metric: Metric| u16::from(metric as u8);
    let mut locked: u32 = metrics.locked.iter().fold(0, |mask, metric| mask | 1 << *metric as u8);
    let mut messages: Vec<RouteMetric> = metrics
        .values
        .iter()
        .map(|(metric, value)| raw(number(*metric), value.to_ne_bytes().to_vec()))
        .collect();
    if let Some((name, is_locked)) = &metrics.congestion_control {
        locked |= u32::from(*is_locked) << CONGESTION_CONTROL;
        let mut name = name.clone().into_bytes();
        name.push(0);
        messages.push(raw(CONGESTION_CONTROL, name));
    }
    if locked != 0 {
        messages.push(raw(LOCK, locked.to_ne_bytes().to_vec()));
    }
    messages
}

/// What tells routes apart as far as is looked at: enough to know one's own.
#[derive(Debug, Eq, PartialEq)]
struct Essence {
    family: AddressFamily,
    kind: RouteType,
    lengths: (u8, u8),
    tos: u8,
    table: u32,
    destination: Option<RouteAddress>,
    source: Option<RouteAddress>,
    preferred_source: Option<RouteAddress>,
    metric: u32,
    hops: BTreeSet<(u32, Option<IpAddr>)>,
}

/// Whether both are the same route, of which one may come from the kernel.
pub(in super::super::super) fn is_same_route(one: &RouteMessage, other: &RouteMessage) -> bool {
    let (one, other) = (Essence::of(one), Essence::of(other));
    // Without an interface in the file, the kernel finds one.
    let fits = |(index, gateway): &(u32, Option<IpAddr>), hops: &BTreeSet<_>| {
        hops.iter()
            .any(|(other, via)| via == gateway && (other == index || *other == 0 || *index == 0))
    };
    let hops =
        one.hops.len() == other.hops.len() && one.hops.iter().all(|hop| fits(hop, &other.hops));
    let drops = !matches!(one.kind, RouteType::Unicast);
    (hops || drops)
        && Essence { hops: BTreeSet::new(), ..one } == Essence { hops: BTreeSet::new(), ..other }
}

impl Essence {
    fn of(message: &RouteMessage) -> Self {
        let header = &message.header;
        let mut essence = Self {
            family: header.address_family,
            kind: header.kind,
            lengths: (header.destination_prefix_length, header.source_prefix_length),
            tos: header.tos,
            table: header.table.into(),
            destination: None,
            source: None,
            preferred_source: None,
            metric: if header.address_family == AddressFamily::Inet6 { IPV6_METRIC } else { 0 },
            hops: BTreeSet::new(),
        };
        let (mut index, mut gateway) = (0, None);
        for attribute in &message.attributes {
            match attribute {
                RouteAttribute::Table(table) => essence.table = *table,
                RouteAttribute::Destination(address) => essence.destination = Some(address.clone()),
                RouteAttribute::Source(address) => essence.source = Some(address.clone()),
                RouteAttribute::PrefSource(it) => essence.preferred_source = Some(it.clone()),
                RouteAttribute::Priority(metric) => essence.metric = *metric,
                RouteAttribute::Oif(it) => index = *it,
                RouteAttribute::Gateway(address) => gateway = ip(address),
                RouteAttribute::MultiPath(hops) => {
                    essence.hops.extend(hops.iter().map(|hop| {
                        let gateway = hop.attributes.iter().find_map(|attribute| match attribute {
                            RouteAttribute::Gateway(address) => ip(address),
                            _ => None,
                        });
                        (hop.interface_index, gateway)
                    }));
                }
                _ => {}
            }
        }
        if essence.hops.is_empty() {
            essence.hops.insert((index, gateway));
        }
        essence
    }
}

fn ip(address: &RouteAddress) -> Option<IpAddr> {
    match address {
        RouteAddress::Inet(address) => Some((*address).into()),
        RouteAddress::Inet6(address) => Some((*address).into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
