//! Virtual addresses that accept nothing (RFC 9568 §6.1, `Accept_Mode`).

use crate::{
    abi::{Counter, FAMILY_IPV6, FEATURE_NO_ACCEPT, VIP_NO_ACCEPT, VipKey, from_ipv4},
    frame::Frame,
    tables::Tables,
    wire::{ethernet, ipv4, ipv6, nd},
};

/// Whether there are such addresses at all: one look into an array, for every packet of IP.
#[inline(always)]
pub fn is_in_use(tables: &impl Tables) -> bool {
    tables.features() & FEATURE_NO_ACCEPT != 0
}

/// Whether the packet of this family in an Ethernet frame must be dropped, since it is to such an
/// address; it has been counted then. Neighbor Discovery is not for the address to accept, but
/// about it.
#[inline(always)]
pub fn is_refused(
    frame: &(impl Frame + ?Sized),
    family: u8,
    ifindex: u32,
    tables: &impl Tables,
) -> bool {
    const IP: usize = ethernet::HEADER_LENGTH;
    let address = if family == FAMILY_IPV6 {
        frame.read(IP + ipv6::DESTINATION)
    } else {
        frame.read(IP + ipv4::DESTINATION).map(from_ipv4)
    };
    let Some(address) = address else { return false };
    let Some(vip) = tables.vip(&VipKey { address, ifindex }) else { return false };
    if !vip.has(VIP_NO_ACCEPT) || (family == FAMILY_IPV6 && nd::is_at(frame, IP)) {
        return false;
    }
    tables.count(vip.slot, Counter::NotAccepted);
    true
}
