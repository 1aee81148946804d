//! What to do with a frame.

use crate::{
    abi::NodeCounter,
    advert::{self, Envelope, Locality, Outcome},
    arp,
    frame::Frame,
    tables::Tables,
    wire::{ethernet, ipv4, ipv6, vrrp},
};

/// What becomes of a frame.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It goes on to the kernel.
    Pass,
    /// It ends here.
    Drop,
    /// It has been turned into a reply and goes back where it came from.
    Transmit,
}

/// Decides about a frame that begins with its Ethernet header.
///
/// Almost every frame of a node is none of our business: it leaves after two comparisons.
#[inline(always)]
pub fn on_frame(
    frame: &mut (impl Frame + ?Sized),
    ifindex: impl FnOnce() -> u32,
    tables: &impl Tables,
) -> Verdict {
    const IP_PROTOCOL: usize = ethernet::HEADER_LENGTH + ipv4::PROTOCOL;
    const NEXT_HEADER: usize = ethernet::HEADER_LENGTH + ipv6::NEXT_HEADER;
    let Some(start) = frame.read::<{ IP_PROTOCOL + 1 }>(0) else { return Verdict::Pass };
    let ethertype = u16::from_ne_bytes([start[ethernet::TYPE], start[ethernet::TYPE + 1]]);
    if ethertype == u16::from_ne_bytes(ethernet::TYPE_IPV4) {
        if start[IP_PROTOCOL] == vrrp::PROTOCOL {
            return on_advert(frame, advert::open_ipv4(frame), ifindex(), tables);
        }
    } else if ethertype == u16::from_ne_bytes(ethernet::TYPE_IPV6) {
        if start[NEXT_HEADER] == vrrp::PROTOCOL {
            return on_advert(frame, advert::open_ipv6(frame), ifindex(), tables);
        }
    } else if ethertype == u16::from_ne_bytes(ethernet::TYPE_ARP) {
        return arp::on_request(frame, ethernet::HEADER_LENGTH, ifindex(), tables);
    } else if ethertype == u16::from_ne_bytes(ethernet::TYPE_VLAN) {
        // A priority tag names no VLAN, and the kernel answers behind it: so does the fence.
        let tag = u16::from_be_bytes([start[14], start[15]]);
        if tag & ethernet::VLAN_ID_MASK == 0 && [start[16], start[17]] == ethernet::TYPE_ARP {
            let offset = ethernet::HEADER_LENGTH + ethernet::VLAN_TAG_LENGTH;
            return arp::on_request(frame, offset, ifindex(), tables);
        }
    }
    Verdict::Pass
}

/// Decides about a packet of protocol 112 in an Ethernet frame; no `envelope` for one that is
/// not understood.
#[inline(always)]
fn on_advert(
    frame: &(impl Frame + ?Sized),
    envelope: Option<(Envelope, usize)>,
    ifindex: u32,
    tables: &impl Tables,
) -> Verdict {
    let outcome = match envelope {
        Some((envelope, l4)) => {
            advert::receive(frame, &envelope, l4, ifindex, Locality::OnTheWire, tables)
        }
        None => Outcome::OutOfReach,
    };
    match outcome {
        Outcome::Accepted | Outcome::Rejected(_) => Verdict::Drop,
        Outcome::Deferred => Verdict::Pass,
        Outcome::UnknownRouter => {
            tables.count_node(NodeCounter::UnknownRouter);
            Verdict::Pass
        }
        Outcome::OutOfReach => {
            tables.count_node(NodeCounter::NotUnderstood);
            Verdict::Pass
        }
    }
}
