//! IPv6 packets.

use std::net::Ipv6Addr;

use super::{GROUP6, group_mac};

/// An IPv6 packet in an Ethernet frame; [`Default`] goes to the VRRP group with nothing in it.
#[derive(Clone, Debug)]
pub struct Packet6 {
    /// Source MAC address.
    pub source_mac: [u8; 6],
    /// Destination MAC address.
    pub destination_mac: [u8; 6],
    /// Source address.
    pub source: Ipv6Addr,
    /// Destination address.
    pub destination: Ipv6Addr,
    /// Hop limit.
    pub hop_limit: u8,
    /// The type of what it carries: the next header.
    pub next_header: u8,
    /// What it carries.
    pub payload: Vec<u8>,
}

impl Default for Packet6 {
    fn default() -> Self {
        Self {
            source_mac: [2, 0, 0, 0, 0, 0],
            destination_mac: group_mac(GROUP6),
            source: Ipv6Addr::UNSPECIFIED,
            destination: GROUP6,
            hop_limit: 255,
            next_header: 112,
            payload: Vec::new(),
        }
    }
}

impl Packet6 {
    /// The whole frame; its length is right.
    #[must_use]
    pub fn frame(&self) -> Vec<u8> {
        let length = u16::try_from(self.payload.len()).unwrap_or(u16::MAX);
        let mut frame = [self.destination_mac, self.source_mac].concat();
        // Version 6, traffic class 0xc0, no flow label.
        frame.extend([0x86, 0xdd, 0x6c, 0, 0, 0]);
        frame.extend(length.to_be_bytes());
        frame.extend([self.next_header, self.hop_limit]);
        frame.extend(self.source.octets());
        frame.extend(self.destination.octets());
        frame.extend(&self.payload);
        frame
    }
}
