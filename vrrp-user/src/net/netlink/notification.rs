//! What rtnetlink says about interfaces and addresses, in notifications and listings alike.
//!
//! Only the attributes the daemon needs are read: one that a newer kernel adds or widens must not
//! hide an interface from it.

use std::net::Ipv4Addr;

use super::{
    link::{AttachedXdp, InterfaceAddress, XdpMode},
    wire::{Message, attributes, text, u32_at},
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
}

/// What a message tells about an interface. Some tell only part: `None` is "not mentioned".
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct LinkReport {
    pub(super) index: u32,
    /// `IFF_…`; always there.
    pub(super) flags: u32,
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

/// `sizeof(struct ifinfomsg)`: family, padding, type, index, flags, change mask.
const LINK_HEADER: usize = 16;
/// `sizeof(struct ifaddrmsg)`: family, prefix length, flags, scope, index.
const ADDRESS_HEADER: usize = 8;

const IFLA_ADDRESS: u16 = 1;
const IFLA_IFNAME: u16 = 3;
const IFLA_MTU: u16 = 4;
const IFLA_LINKINFO: u16 = 18;
const IFLA_INFO_KIND: u16 = 1;
const IFLA_XDP: u16 = 43;
const IFLA_XDP_ATTACHED: u16 = 2;
const IFLA_XDP_PROG_ID: u16 = 4;

pub(super) const IFA_ADDRESS: u16 = 1;
pub(super) const IFA_LOCAL: u16 = 2;
pub(super) const IFA_LABEL: u16 = 3;
pub(super) const IFA_BROADCAST: u16 = 4;

const AF_UNSPEC: u8 = 0;
pub(super) const AF_INET: u8 = 2;
const IFA_F_SECONDARY: u8 = 1;

impl Notification {
    /// Reads a message; `None` for one that is about something else.
    pub(super) fn parse(message: &Message<'_>) -> Option<Self> {
        match message.kind {
            libc::RTM_NEWLINK => LinkReport::parse(message.body).map(Self::Link),
            libc::RTM_DELLINK => LinkReport::parse(message.body).map(|r| Self::LinkGone(r.index)),
            libc::RTM_NEWADDR => parse_address(message.body).map(|(i, a)| Self::Address(i, a)),
            libc::RTM_DELADDR => parse_address(message.body).map(|(i, a)| Self::AddressGone(i, a)),
            _ => None,
        }
    }
}

impl LinkReport {
    fn parse(body: &[u8]) -> Option<Self> {
        // A bridge speaks of its ports in the same messages under its own family, and there
        // "deleted" means "no longer a port".
        if *body.first()? != AF_UNSPEC {
            return None;
        }
        let mut report =
            Self { index: u32_at(body, 4)?, flags: u32_at(body, 8)?, ..Self::default() };
        for (kind, value) in attributes(body.get(LINK_HEADER..)?) {
            match kind {
                IFLA_IFNAME => report.name = Some(text(value)),
                IFLA_ADDRESS => report.mac = value.try_into().ok(),
                IFLA_MTU => report.mtu = u32_at(value, 0),
                IFLA_LINKINFO => {
                    report.kind = attributes(value)
                        .find_map(|(kind, value)| (kind == IFLA_INFO_KIND).then(|| text(value)));
                }
                IFLA_XDP => report.xdp = parse_xdp(value),
                _ => {}
            }
        }
        Some(report)
    }
}

fn parse_xdp(value: &[u8]) -> XdpReport {
    let mut mode = None;
    let mut program = None;
    for (kind, value) in attributes(value) {
        match kind {
            IFLA_XDP_ATTACHED => {
                mode = match value.first() {
                    Some(1) => Some(XdpMode::Native),
                    Some(2) => Some(XdpMode::Generic),
                    Some(3) => Some(XdpMode::Offloaded),
                    Some(4) => Some(XdpMode::Several),
                    _ => None,
                };
            }
            IFLA_XDP_PROG_ID => program = u32_at(value, 0),
            _ => {}
        }
    }
    mode.map_or(XdpReport::Detached, |mode| XdpReport::Attached(AttachedXdp { mode, program }))
}

fn parse_address(body: &[u8]) -> Option<(u32, InterfaceAddress)> {
    let [family, prefix_length, flags, scope, ..] = *body.first_chunk::<ADDRESS_HEADER>()?;
    if family != AF_INET || prefix_length > 32 {
        return None;
    }
    let index = u32_at(body, 4)?;
    let (mut local, mut remote) = (None, None);
    for (kind, value) in attributes(body.get(ADDRESS_HEADER..)?) {
        match kind {
            IFA_LOCAL => local = parse_ipv4(value),
            IFA_ADDRESS => remote = parse_ipv4(value),
            _ => {}
        }
    }
    let address = local.or(remote)?;
    let peer = remote.filter(|&remote| remote != address);
    let secondary = flags & IFA_F_SECONDARY != 0;
    Some((index, InterfaceAddress { address, peer, prefix_length, scope, secondary }))
}

fn parse_ipv4(value: &[u8]) -> Option<Ipv4Addr> {
    <[u8; 4]>::try_from(value).ok().map(Ipv4Addr::from)
}

/// The kernel's verdict on a request: an errno (0 for success) and, where it gave one, the reason.
pub(super) fn parse_verdict(message: &Message<'_>) -> Option<(i32, Option<String>)> {
    /// `NLMSGERR_ATTR_MSG`.
    const REASON: u16 = 1;
    /// `NLM_F_ACK_TLVS`.
    const WITH_ATTRIBUTES: u16 = 0x200;
    /// `NLM_F_CAPPED`.
    const CAPPED: u16 = 0x100;

    let code = i32::from_ne_bytes(*message.body.first_chunk()?);
    let reason = (message.flags & WITH_ATTRIBUTES != 0)
        .then(|| {
            // The verdict quotes the request: all of it, or just its header.
            let quoted = match message.flags & CAPPED {
                0 => usize::try_from(u32_at(message.body, 4)?).ok()?,
                _ => 16,
            };
            let start = quoted.checked_add(4 + 3)? & !3;
            attributes(message.body.get(start..)?)
                .find_map(|(kind, value)| (kind == REASON).then(|| text(value)))
        })
        .flatten();
    Some((code.checked_neg()?, reason))
}

#[cfg(test)]
mod tests;
