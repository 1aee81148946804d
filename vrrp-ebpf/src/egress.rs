//! What the kernel itself says about virtual addresses: with the right hardware address, and not
//! past the lease.

use crate::{
    abi::{Address, Counter, VipKey, from_ipv4, is_same},
    checksum::replaced,
    frame::Frame,
    tables::Tables,
    wire::{arp, ethernet, ipv6, nd},
};

/// What becomes of a frame that is about to leave.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Egress {
    /// It leaves, perhaps with other hardware addresses.
    Pass,
    /// It ends here, and has been counted.
    Drop,
}

/// Where the header of IPv6 begins.
const IP: usize = ethernet::HEADER_LENGTH;
/// Where the `ICMPv6` message begins.
const MESSAGE: usize = IP + ipv6::HEADER_LENGTH;

/// Whether a frame is about who is where at all: two comparisons for almost every frame.
#[must_use]
#[inline(always)]
pub fn is_of_interest(frame: &(impl Frame + ?Sized)) -> bool {
    match frame.read(ethernet::TYPE) {
        Some(ethernet::TYPE_ARP) => true,
        Some(ethernet::TYPE_IPV6) => frame.read(IP + ipv6::NEXT_HEADER) == Some([nd::PROTOCOL]),
        _ => false,
    }
}

/// Decides about a frame that leaves through an interface, its Ethernet header first.
///
/// Under the lease, what this node says of a virtual address with a virtual MAC address carries
/// that one: ARP by the address, Neighbor Advertisements for it, Neighbor Solicitations by it or
/// about it (RFC 9568 §8.1.2, §8.2.2). Past the lease nothing is said. Frames that claim the
/// address for another host's hardware address are that host's.
#[inline(always)]
pub fn on_egress(frame: &mut (impl Frame + ?Sized), ifindex: u32, tables: &impl Tables) -> Egress {
    let verdict = match frame.read(ethernet::TYPE) {
        Some(ethernet::TYPE_ARP) => on_arp(frame, ifindex, tables),
        Some(ethernet::TYPE_IPV6) => on_nd(frame, ifindex, tables),
        _ => None,
    };
    verdict.unwrap_or(Egress::Pass)
}

/// `None` for what is left as it is.
#[inline(always)]
fn on_arp(frame: &mut (impl Frame + ?Sized), ifindex: u32, tables: &impl Tables) -> Option<Egress> {
    let sent = arp::Packet::read(frame, ethernet::HEADER_LENGTH)?;
    if sent.operation != arp::REQUEST && sent.operation != arp::REPLY {
        return None;
    }
    let address = from_ipv4(sent.sender_protocol);
    match judge(address, sent.sender_hardware, ifindex, tables)? {
        Claim::Silenced => return Some(Egress::Drop),
        Claim::At(mac) => {
            frame.write(ethernet::HEADER_LENGTH + arp::SENDER_HARDWARE, &mac)?;
            frame.write(ethernet::SOURCE, &mac)?;
        }
    }
    Some(Egress::Pass)
}

/// `None` for what is left as it is.
#[inline(always)]
fn on_nd(frame: &mut (impl Frame + ?Sized), ifindex: u32, tables: &impl Tables) -> Option<Egress> {
    if !nd::is_at(frame, IP) {
        return None;
    }
    let advertisement = frame.read(MESSAGE + nd::KIND) == Some([nd::ADVERTISEMENT]);
    let source: Address = frame.read(IP + ipv6::SOURCE)?;
    // Who detects duplicates has no address yet but the one in question.
    let address = if advertisement || is_same(&source, &ipv6::UNSPECIFIED) {
        frame.read(MESSAGE + nd::TARGET)?
    } else {
        source
    };
    let wanted = if advertisement { nd::TARGET_ADDRESS } else { nd::SOURCE_ADDRESS };
    let in_option = frame.read(MESSAGE + nd::OPTION) == Some(wanted);
    let mac: [u8; 6] = if in_option {
        frame.read(MESSAGE + nd::OPTION_CONTENT)?
    } else {
        frame.read(ethernet::SOURCE)?
    };
    match judge(address, mac, ifindex, tables)? {
        Claim::Silenced => return Some(Egress::Drop),
        Claim::At(new) => {
            if in_option {
                let checksum = replaced(frame.read(MESSAGE + nd::CHECKSUM)?, mac, new);
                frame.write(MESSAGE + nd::OPTION_CONTENT, &new)?;
                frame.write(MESSAGE + nd::CHECKSUM, &checksum)?;
            }
            frame.write(ethernet::SOURCE, &new)?;
        }
    }
    Some(Egress::Pass)
}

/// What is to be made of this node's word about a virtual address.
enum Claim {
    /// It is not to be heard.
    Silenced,
    /// The address is here.
    At([u8; 6]),
}

/// Judges the claim that `address` is at `mac`; `None` if it can be left as it is.
#[inline(always)]
fn judge(address: Address, mac: [u8; 6], ifindex: u32, tables: &impl Tables) -> Option<Claim> {
    let vip = tables.vip(&VipKey { address, ifindex })?;
    if !vip.is_at(mac) {
        return None;
    }
    if tables.now() >= tables.lease_until(vip.slot) {
        tables.count(vip.slot, Counter::Silenced);
        return Some(Claim::Silenced);
    }
    (mac != vip.mac).then_some(Claim::At(vip.mac))
}
