//! Neighbor Discovery (RFC 4861), right and wrong.

use std::net::Ipv6Addr;

use super::{Packet6, checksum, group_mac, pseudo_header};

const ICMPV6: u8 = 58;
const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);

/// A multicast Neighbor Solicitation: who has `target`?
#[must_use]
pub fn solicitation(source_mac: [u8; 6], source: Ipv6Addr, target: Ipv6Addr) -> Vec<u8> {
    let body = [&target.octets()[..], &[1, 1], &source_mac].concat();
    ask(source_mac, source, target, &body)
}

/// A Neighbor Solicitation to the one who is known to have `target` (RFC 4861 §7.3.3): is it still
/// you at this MAC address?
#[must_use]
pub fn unicast_solicitation(
    source_mac: [u8; 6],
    source: Ipv6Addr,
    target: Ipv6Addr,
    destination_mac: [u8; 6],
) -> Vec<u8> {
    let packet =
        Packet6 { source_mac, destination_mac, source, destination: target, ..Packet6::default() };
    icmp(&packet, 135, 0, &[&target.octets()[..], &[1, 1], &source_mac].concat())
}

/// A Neighbor Solicitation of duplicate address detection (RFC 4862 §5.4.2): from nobody, and
/// without a MAC address.
#[must_use]
pub fn duplicate_probe(source_mac: [u8; 6], target: Ipv6Addr) -> Vec<u8> {
    ask(source_mac, Ipv6Addr::UNSPECIFIED, target, &target.octets())
}

fn ask(source_mac: [u8; 6], source: Ipv6Addr, target: Ipv6Addr, body: &[u8]) -> Vec<u8> {
    let destination = solicited_node(target);
    let destination_mac = group_mac(destination);
    let packet = Packet6 { source_mac, destination_mac, source, destination, ..Packet6::default() };
    icmp(&packet, 135, 0, body)
}

/// The solicited-node group of an address (RFC 4291 §2.7.1).
fn solicited_node(address: Ipv6Addr) -> Ipv6Addr {
    let [.., a, b, c] = address.octets();
    let (high, low) = (0xff00 | u16::from(a), u16::from_be_bytes([b, c]));
    Ipv6Addr::new(0xff02, 0, 0, 0, 0, 1, high, low)
}

/// A Neighbor Advertisement to all nodes, as somebody sends who takes an address.
#[derive(Clone, Copy, Debug)]
pub struct Advertise {
    /// Source MAC address, also the one told.
    pub mac: [u8; 6],
    /// Source address.
    pub source: Ipv6Addr,
    /// Whose MAC address is told.
    pub target: Ipv6Addr,
    /// Hop limit.
    pub hop_limit: u8,
}

impl Advertise {
    /// The frame; the override flag is set.
    #[must_use]
    pub fn frame(&self) -> Vec<u8> {
        let packet = Packet6 {
            source_mac: self.mac,
            destination_mac: group_mac(ALL_NODES),
            source: self.source,
            destination: ALL_NODES,
            hop_limit: self.hop_limit,
            ..Packet6::default()
        };
        let body = [&self.target.octets()[..], &[2, 1], &self.mac].concat();
        icmp(&packet, 136, 0x20, &body)
    }
}

/// Fills a packet with an `ICMPv6` message: type, code 0, checksum, flags, body.
fn icmp(packet: &Packet6, kind: u8, flags: u8, body: &[u8]) -> Vec<u8> {
    let message = |[high, low]: [u8; 2]| [&[kind, 0, high, low, flags, 0, 0, 0][..], body].concat();
    let plain = message([0; 2]);
    let pseudo =
        pseudo_header(packet.source.into(), packet.destination.into(), ICMPV6, plain.len());
    let payload = message(checksum(&[&pseudo, &plain]).to_be_bytes());
    Packet6 { next_header: ICMPV6, payload, ..packet.clone() }.frame()
}
