//! Telling the daemon that somebody else claims a virtual address.

use crate::{
    abi::{Address, ConflictEvent, Counter, VipKey},
    advert::REPEAT_NS,
    frame::Frame,
    tables::Tables,
    wire::{ethernet, ipv6, nd},
};

/// Takes note that `mac` claims `address`, if that is a virtual address under the lease and the
/// hardware address is none of its own. The frame that says so is not changed.
///
/// One event per router and [`REPEAT_NS`] is enough to answer it.
#[inline(always)]
pub(crate) fn on_claim(address: Address, mac: [u8; 6], ifindex: u32, tables: &impl Tables) {
    let Some(vip) = tables.vip(&VipKey { address, ifindex }) else { return };
    let now = tables.now();
    if vip.is_at(mac) || now >= tables.lease_until(vip.slot) {
        return;
    }
    tables.count(vip.slot, Counter::Conflict);
    let is_news = tables.with_heard(vip.slot, |heard| {
        let is_news = heard.conflict_ns == 0 || now.wrapping_sub(heard.conflict_ns) >= REPEAT_NS;
        if is_news {
            heard.conflict_ns = now;
        }
        is_news
    });
    if is_news == Some(true) {
        let slot = vip.slot;
        let event = ConflictEvent { received_ns: now, address, slot, ifindex, mac, pad: [0; 2] };
        if !tables.publish_conflict(&event) {
            // The next one is to be tried again: nobody heard of this one.
            tables.with_heard(slot, |heard| heard.conflict_ns = 0);
        }
    }
}

/// The same for the Neighbor Advertisement in the packet at `offset`, if it has come from a
/// neighbour: its target is claimed for the hardware address in its option, or else for its sender.
#[inline(always)]
pub(crate) fn on_advertisement(
    frame: &(impl Frame + ?Sized),
    offset: usize,
    ifindex: u32,
    tables: &impl Tables,
) -> Option<()> {
    let message = offset + ipv6::HEADER_LENGTH;
    let target = frame.read(message + nd::TARGET)?;
    let [hop_limit] = frame.read(offset + ipv6::HOP_LIMIT)?;
    if hop_limit != nd::HOP_LIMIT {
        return None;
    }
    let mac = if frame.read(message + nd::OPTION) == Some(nd::TARGET_ADDRESS) {
        frame.read(message + nd::OPTION_CONTENT)?
    } else {
        ethernet::Header::read(frame)?.source
    };
    on_claim(target, mac, ifindex, tables);
    Some(())
}
