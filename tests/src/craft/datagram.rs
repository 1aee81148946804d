//! Datagrams of protocol 112 over IPv4.

use std::net::Ipv4Addr;

use super::{AdvertV2, GROUP_MAC, checksum};

/// An IPv4 datagram of protocol 112 in an Ethernet frame; [`Default`] goes to the group.
#[derive(Clone, Debug)]
pub struct Datagram {
    /// Source MAC address.
    pub source_mac: [u8; 6],
    /// Destination MAC address.
    pub destination_mac: [u8; 6],
    /// Source address.
    pub source: Ipv4Addr,
    /// Destination address.
    pub destination: Ipv4Addr,
    /// TTL.
    pub ttl: u8,
    /// Flags and fragment offset.
    pub fragment: u16,
    /// IP options: a multiple of four bytes.
    pub options: Vec<u8>,
    /// What it carries.
    pub payload: Vec<u8>,
}

impl Default for Datagram {
    fn default() -> Self {
        let advert = AdvertV2::default();
        Self {
            source_mac: advert.source_mac,
            destination_mac: GROUP_MAC,
            source: advert.source,
            destination: advert.destination,
            ttl: 255,
            fragment: 0,
            options: Vec::new(),
            payload: Vec::new(),
        }
    }
}

impl Datagram {
    /// The whole frame, without padding; lengths and the header's checksum are right.
    #[must_use]
    pub fn frame(&self) -> Vec<u8> {
        let length = 20 + self.options.len();
        let words = u8::try_from(length / 4).unwrap_or(15) & 15;
        let total = u16::try_from(length + self.payload.len()).unwrap_or(u16::MAX);
        let header = |sum: u16| {
            let mut bytes = vec![0x40 | words, 0xc0];
            bytes.extend(total.to_be_bytes());
            bytes.extend([0, 7]);
            bytes.extend(self.fragment.to_be_bytes());
            bytes.extend([self.ttl, 112]);
            bytes.extend(sum.to_be_bytes());
            bytes.extend(self.source.octets());
            bytes.extend(self.destination.octets());
            bytes.extend(&self.options);
            bytes
        };
        let mut frame = [self.destination_mac, self.source_mac].concat();
        frame.extend([0x08, 0x00]);
        frame.extend(header(checksum(&[&header(0)])));
        frame.extend(&self.payload);
        frame
    }
}
