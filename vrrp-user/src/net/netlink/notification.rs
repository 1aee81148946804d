//! What rtnetlink says about interfaces and addresses, in notifications and listings alike.
//!
//! `netlink-packet-route` reads addresses for us, but not interfaces: it drops a whole message for
//! one attribute that it cannot read (a newer kernel's, or an odd driver's), and the interface
//! would be gone from our sight. So [`LinkReport`] picks its few attributes itself.

use std::net::IpAddr;

use rtnetlink::{
    packet_core::{NlaBuffer, NlasIterator, Parseable, parse_u32},
    packet_route::{
        AddressFamily,
        address::{AddressAttribute, AddressHeaderFlags, AddressMessage},
        link::{LinkFlags, LinkHeader, LinkXdp, XdpAttached},
        route::RouteHeader,
        rule::RuleHeader,
    },
};

use super::{
    link::{AttachedXdp, InterfaceAddress, XdpMode},
    routing::Place,
    stray::Stray,
};
use crate::{
    config::model::{Prefix, Table},
    protocol::Family,
};

/// One change of the kernel's state.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Notification {
    /// An interface exists, and this is known about it.
    Link(LinkReport),
    /// The interface with this index is gone.
    LinkGone(u32),
    /// The interface with this index has this address.
    Address(u32, InterfaceAddress),
    /// The interface with this index has this address no more.
    AddressGone(u32, InterfaceAddress),
    /// Whether the interface with this index forwards IPv6.
    Ipv6Forwarding(u32, bool),
    /// A route or rule has gone from there.
    RoutingGone(Place),
    /// A route or rule is there that carries our protocol number.
    Ours(Stray),
}

/// What a message tells about an interface. Some tell only part: `None` is "not mentioned".
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct LinkReport {
    pub(super) index: u32,
    /// Always there.
    pub(super) flags: LinkFlags,
    pub(super) name: Option<String>,
    pub(super) mac: Option<[u8; 6]>,
    pub(super) mtu: Option<u32>,
    pub(super) kind: Option<String>,
    pub(super) xdp: XdpReport,
}

/// What a message tells about XDP.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum XdpReport {
    #[default]
    Unmentioned,
    Detached,
    Attached(AttachedXdp),
}

/// `sizeof(struct ifinfomsg)`.
const LINK_HEADER: usize = 16;

// The library keeps these to itself.
const IFLA_ADDRESS: u16 = 1;
const IFLA_IFNAME: u16 = 3;
const IFLA_MTU: u16 = 4;
const IFLA_LINKINFO: u16 = 18;
const IFLA_INFO_KIND: u16 = 1;
const IFLA_XDP: u16 = 43;
const RTM_NEWNETCONF: u16 = 80;
/// `sizeof(struct rtmsg)` and of `struct fib_rule_hdr`.
const ROUTING_HEADER: usize = 12;
const RTA_DST: u16 = 1;
const RTA_TABLE: u16 = 15;
const FRA_PRIORITY: u16 = 6;
/// `sizeof(struct netconfmsg)`, aligned.
const SETTINGS_HEADER: usize = 4;
const NETCONFA_IFINDEX: u16 = 1;
const NETCONFA_FORWARDING: u16 = 2;

impl Notification {
    /// Reads the message of type `kind` (`RTM_…`); `None` for one that is about something else.
    pub(super) fn read(kind: u16, body: &[u8]) -> Option<Self> {
        match kind {
            libc::RTM_NEWLINK => LinkReport::read(body).map(Self::Link),
            libc::RTM_DELLINK => LinkReport::read(body).map(|report| Self::LinkGone(report.index)),
            libc::RTM_NEWADDR => read_address(body).map(|(i, a)| Self::Address(i, a)),
            RTM_NEWNETCONF => read_ipv6_settings(body),
            libc::RTM_DELADDR => read_address(body).map(|(i, a)| Self::AddressGone(i, a)),
            libc::RTM_NEWROUTE => Stray::read_route(body).map(Self::Ours),
            libc::RTM_DELROUTE => read_route(body).map(Self::RoutingGone),
            libc::RTM_NEWRULE => Stray::read_rule(body).map(Self::Ours),
            libc::RTM_DELRULE => read_rule(body).map(Self::RoutingGone),
            _ => None,
        }
    }
}

impl LinkReport {
    /// Of the interface `index`, nothing but its flags.
    pub(super) fn new(index: u32, flags: LinkFlags) -> Self {
        let xdp = XdpReport::Unmentioned;
        Self { index, flags, name: None, mac: None, mtu: None, kind: None, xdp }
    }

    fn read(body: &[u8]) -> Option<Self> {
        let header = LinkHeader::parse(body).ok()?;
        // A bridge speaks of its ports in the same messages under its own family, and there
        // "deleted" means "no longer a port".
        if header.interface_family != AddressFamily::Unspec {
            return None;
        }
        let mut report = Self::new(header.index, header.flags);
        for attribute in attributes(body.get(LINK_HEADER..)?) {
            let value = attribute.value();
            match attribute.kind() {
                IFLA_IFNAME => report.name = Some(text(value)),
                IFLA_ADDRESS => report.mac = value.try_into().ok(),
                IFLA_MTU => report.mtu = parse_u32(value).ok(),
                IFLA_LINKINFO => {
                    report.kind = attributes(value)
                        .find(|attribute| attribute.kind() == IFLA_INFO_KIND)
                        .map(|attribute| text(attribute.value()));
                }
                IFLA_XDP => report.xdp = read_xdp(value),
                _ => {}
            }
        }
        Some(report)
    }
}

/// The attributes in `bytes`, up to one whose length does not fit.
fn attributes(bytes: &[u8]) -> impl Iterator<Item = NlaBuffer<&[u8]>> {
    NlasIterator::new(bytes).map_while(Result::ok)
}

/// The text of an attribute, up to its terminating zero. A name need not be UTF-8.
fn text(value: &[u8]) -> String {
    let value = value.split(|&byte| byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(value).into_owned()
}

fn read_xdp(value: &[u8]) -> XdpReport {
    let mut mode = None;
    let mut program = None;
    for attribute in attributes(value) {
        match LinkXdp::parse(&attribute) {
            Ok(LinkXdp::Attached(attached)) => {
                mode = match attached {
                    XdpAttached::Driver => Some(XdpMode::Native),
                    XdpAttached::SocketBuffer => Some(XdpMode::Generic),
                    XdpAttached::Hardware => Some(XdpMode::Offloaded),
                    XdpAttached::Multiple => Some(XdpMode::Several),
                    _ => None,
                };
            }
            Ok(LinkXdp::ProgId(id)) => program = Some(id),
            _ => {}
        }
    }
    mode.map_or(XdpReport::Detached, |mode| XdpReport::Attached(AttachedXdp { mode, program }))
}

/// Where the route was; its other attributes do not matter, and may be a newer kernel's.
fn read_route(body: &[u8]) -> Option<Place> {
    let header = RouteHeader::parse(body).ok()?;
    let family = known_family(header.address_family)?;
    let mut table = u32::from(header.table);
    let mut destination = Prefix::all(family).address;
    for attribute in attributes(body.get(ROUTING_HEADER..)?) {
        match attribute.kind() {
            RTA_DST => destination = read_ip(attribute.value())?,
            RTA_TABLE => table = parse_u32(attribute.value()).ok()?,
            _ => {}
        }
    }
    let prefix = Prefix { address: destination, length: header.destination_prefix_length };
    let is_sound = Family::of(destination) == family && prefix.length <= family.bits();
    is_sound.then(|| Place::route(Table(table), prefix))
}

fn read_rule(body: &[u8]) -> Option<Place> {
    let header = RuleHeader::parse(body).ok()?;
    let family = known_family(header.family)?;
    let mut found = attributes(body.get(ROUTING_HEADER..)?);
    let preference = found.find(|attribute| attribute.kind() == FRA_PRIORITY);
    let preference = preference.and_then(|attribute| parse_u32(attribute.value()).ok());
    // The kernel leaves 0 out.
    Some(Place::Rule(family, preference.unwrap_or(0)))
}

fn known_family(family: AddressFamily) -> Option<Family> {
    match family {
        AddressFamily::Inet => Some(Family::Ipv4),
        AddressFamily::Inet6 => Some(Family::Ipv6),
        _ => None,
    }
}

fn read_ip(value: &[u8]) -> Option<IpAddr> {
    let ipv4 = <[u8; 4]>::try_from(value).map(IpAddr::from).ok();
    ipv4.or_else(|| <[u8; 16]>::try_from(value).map(IpAddr::from).ok())
}

fn read_ipv6_settings(body: &[u8]) -> Option<Notification> {
    if AddressFamily::from(*body.first()?) != AddressFamily::Inet6 {
        return None;
    }
    let (mut index, mut forwarding) = (None, None);
    for attribute in attributes(body.get(SETTINGS_HEADER..)?) {
        let value = parse_u32(attribute.value()).ok();
        match attribute.kind() {
            NETCONFA_IFINDEX => index = value,
            NETCONFA_FORWARDING => forwarding = value,
            _ => {}
        }
    }
    // The settings of all interfaces and of future ones have negative numbers, which none has.
    Some(Notification::Ipv6Forwarding(index?, forwarding? != 0))
}

fn read_address(body: &[u8]) -> Option<(u32, InterfaceAddress)> {
    let AddressMessage { header, attributes, .. } = AddressMessage::parse(body).ok()?;
    let family = known_family(header.family)?;
    let (mut local, mut remote) = (None, None);
    for attribute in attributes {
        match attribute {
            AddressAttribute::Local(address) => local = Some(address),
            AddressAttribute::Address(address) => remote = Some(address),
            _ => {}
        }
    }
    let address = local.or(remote)?;
    let is_sound = |address| Family::of(address) == family;
    if header.prefix_len > family.bits() || !is_sound(address) || !remote.is_none_or(is_sound) {
        return None;
    }
    let found = InterfaceAddress {
        address,
        peer: remote.filter(|&remote| remote != address),
        prefix_length: header.prefix_len,
        scope: header.scope.into(),
        // The same bit of an IPv6 address is `IFA_F_TEMPORARY`.
        secondary: family == Family::Ipv4 && header.flags.contains(AddressHeaderFlags::Secondary),
        usable: family == Family::Ipv4 || is_unique(header.flags),
    };
    Some((header.index, found))
}

/// Whether duplicate address detection stands no more in an address's way.
fn is_unique(flags: AddressHeaderFlags) -> bool {
    let is_tentative = flags.contains(AddressHeaderFlags::Tentative)
        && !flags.contains(AddressHeaderFlags::Optimistic);
    !is_tentative && !flags.contains(AddressHeaderFlags::Dadfailed)
}

#[cfg(test)]
mod tests;
