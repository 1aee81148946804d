//! ARP, right and wrong.

use std::net::Ipv4Addr;

const BROADCAST: [u8; 6] = [0xff; 6];

/// A broadcast ARP request. With the sender 0.0.0.0 it is a probe (RFC 5227).
#[must_use]
pub fn arp_request(sender_mac: [u8; 6], sender: Ipv4Addr, target: Ipv4Addr) -> Vec<u8> {
    arp(BROADCAST, 1, (sender_mac, sender), ([0; 6], target))
}

/// Any ARP message, from `(MAC, address)` about `(MAC, address)`, to an Ethernet destination.
#[must_use]
pub fn arp(
    destination: [u8; 6],
    operation: u16,
    sender: ([u8; 6], Ipv4Addr),
    target: ([u8; 6], Ipv4Addr),
) -> Vec<u8> {
    let mut frame = Vec::with_capacity(42);
    frame.extend(destination);
    frame.extend(sender.0);
    frame.extend([0x08, 0x06, 0, 1, 8, 0, 6, 4]);
    frame.extend(operation.to_be_bytes());
    for (mac, address) in [sender, target] {
        frame.extend(mac);
        frame.extend(address.octets());
    }
    frame
}

/// The announcement of somebody with this MAC address that `address` is theirs: a broadcast request
/// or reply (RFC 5227 §3) by `operation`.
#[must_use]
pub fn claim(operation: u16, mac: [u8; 6], address: Ipv4Addr) -> Vec<u8> {
    arp(BROADCAST, operation, (mac, address), (BROADCAST, address))
}
