//! Answering ARP requests for virtual addresses, in place.

use crate::{
    abi::{Counter, VipKey, from_ipv4},
    conflict,
    decide::Verdict,
    frame::Frame,
    tables::Tables,
    wire::{arp, ethernet},
};

/// Decides about an ARP packet at `offset`, and turns a request for a virtual address into its
/// reply while the lease holds.
///
/// Past the lease such a request is dropped, though the address may still sit on the interface
/// of a node whose daemon is gone. Left to the kernel are: requests for anything else,
/// announcements (sender and target alike, which teach the kernel's neighbour table), our own,
/// and those addressed to another node that a promiscuous interface let in. While the lease holds
/// the kernel also answers the odd ones: with a priority tag, or from a group.
///
/// Probes with sender 0.0.0.0 (RFC 5227 §2.1.1) are answered: that is how the address is
/// defended.
#[inline(always)]
pub fn on_packet(
    frame: &mut (impl Frame + ?Sized),
    offset: usize,
    ifindex: u32,
    tables: &impl Tables,
) -> Verdict {
    match request(frame, offset, ifindex, tables) {
        Some(verdict) => verdict,
        None => Verdict::Pass,
    }
}

/// As [`on_packet`]; `None` for what is left to the kernel.
#[inline(always)]
fn request(
    frame: &mut (impl Frame + ?Sized),
    offset: usize,
    ifindex: u32,
    tables: &impl Tables,
) -> Option<Verdict> {
    let asked = arp::Packet::read(frame, offset)?;
    if asked.operation == arp::REQUEST || asked.operation == arp::REPLY {
        let sender = from_ipv4(asked.sender_protocol);
        conflict::on_claim(sender, asked.sender_hardware, ifindex, tables);
    }
    if asked.operation != arp::REQUEST {
        return None;
    }
    let key = VipKey { address: from_ipv4(asked.target_protocol), ifindex };
    let vip = tables.vip(&key)?;

    let header = ethernet::Header::read(frame)?;
    if asked.sender_protocol == asked.target_protocol
        || vip.is_at(asked.sender_hardware)
        || vip.is_at(header.source)
        || (!ethernet::is_group(header.destination) && !vip.is_at(header.destination))
    {
        return None;
    }
    if tables.now() >= tables.lease_until(vip.slot) {
        tables.count(vip.slot, Counter::ArpRefused);
        return Some(Verdict::Drop);
    }
    if offset != ethernet::HEADER_LENGTH || ethernet::is_group(asked.sender_hardware) {
        return None;
    }

    let answer = arp::Packet {
        operation: arp::REPLY,
        sender_hardware: vip.mac,
        sender_protocol: asked.target_protocol,
        target_hardware: asked.sender_hardware,
        target_protocol: asked.sender_protocol,
    };
    let back = ethernet::Header {
        destination: asked.sender_hardware,
        source: vip.mac,
        ethertype: ethernet::TYPE_ARP,
    };
    frame.write(ethernet::HEADER_LENGTH, &answer.to_bytes())?;
    frame.write(0, &back.to_bytes())?;
    tables.count(vip.slot, Counter::ArpAnswered);
    Some(Verdict::Transmit)
}
