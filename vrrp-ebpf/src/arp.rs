//! Answering ARP requests for virtual addresses, in place.

use crate::{
    abi::{Counter, VipKey, from_ipv4},
    decide::Verdict,
    frame::Frame,
    tables::Tables,
    wire::{
        arp::{
            LENGTH, OPERATION, PREFIX, PREFIX_ETHERNET_IPV4, REPLY, REQUEST, SENDER_HARDWARE,
            SENDER_PROTOCOL, TARGET_PROTOCOL,
        },
        ethernet::{BROADCAST, DESTINATION, HEADER_LENGTH, SOURCE},
    },
};

/// Decides about an ARP packet, and turns a request for a virtual address into its reply while
/// the lease holds.
///
/// Past the lease such a request is dropped, though the address may still sit on the interface
/// of a node whose daemon is gone. Left to the kernel are: requests for anything else,
/// announcements (sender and target alike, which teach the kernel's neighbour table), our own,
/// and those addressed to another node that a promiscuous interface let in.
///
/// Probes with sender 0.0.0.0 (RFC 5227 §2.1.1) are answered: that is how the address is
/// defended.
#[inline(always)]
pub fn on_request(
    frame: &mut (impl Frame + ?Sized),
    ifindex: u32,
    tables: &impl Tables,
) -> Verdict {
    match request(frame, ifindex, tables) {
        Some(verdict) => verdict,
        None => Verdict::Pass,
    }
}

/// As [`on_request`]; `None` for what is left to the kernel.
#[inline(always)]
fn request(
    frame: &mut (impl Frame + ?Sized),
    ifindex: u32,
    tables: &impl Tables,
) -> Option<Verdict> {
    let _whole: [u8; LENGTH] = frame.read(HEADER_LENGTH)?;
    if frame.read(HEADER_LENGTH + PREFIX)? != PREFIX_ETHERNET_IPV4
        || frame.read(HEADER_LENGTH + OPERATION)? != REQUEST
    {
        return None;
    }
    let target: [u8; 4] = frame.read(HEADER_LENGTH + TARGET_PROTOCOL)?;
    let vip = *tables.vip(&VipKey { address: from_ipv4(target), ifindex })?;

    let sender: [u8; 4] = frame.read(HEADER_LENGTH + SENDER_PROTOCOL)?;
    let asker: [u8; 6] = frame.read(HEADER_LENGTH + SENDER_HARDWARE)?;
    let destination: [u8; 6] = frame.read(DESTINATION)?;
    let source: [u8; 6] = frame.read(SOURCE)?;
    let [first, ..] = asker;
    let asker_is_a_group = first & 1 != 0;
    if sender == target
        || asker == vip.mac
        || source == vip.mac
        || asker_is_a_group
        || (destination != BROADCAST && destination != vip.mac)
    {
        return None;
    }
    if tables.now() >= tables.lease_until(vip.slot) {
        tables.count(vip.slot, Counter::ArpRefused);
        return Some(Verdict::Drop);
    }

    frame.write(DESTINATION, &asker)?;
    frame.write(SOURCE, &vip.mac)?;
    frame.write(HEADER_LENGTH + OPERATION, &REPLY)?;
    frame.write(HEADER_LENGTH + SENDER_HARDWARE, &vip.mac)?;
    frame.write(HEADER_LENGTH + SENDER_PROTOCOL, &target)?;
    frame.write(HEADER_LENGTH + crate::wire::arp::TARGET_HARDWARE, &asker)?;
    frame.write(HEADER_LENGTH + TARGET_PROTOCOL, &sender)?;
    tables.count(vip.slot, Counter::ArpAnswered);
    Some(Verdict::Transmit)
}
