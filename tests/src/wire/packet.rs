//! An IP packet in a frame.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub(super) const ETHERNET: usize = 14;

/// The parts of a packet that is no fragment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'a> {
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    /// TTL or hop limit.
    pub(super) ttl: u8,
    /// Type of service or traffic class.
    pub(super) service: u8,
    /// Protocol, or the next header behind a hop-by-hop header.
    pub(super) protocol: u8,
    pub(super) payload: &'a [u8],
}

impl<'a> Packet<'a> {
    /// `None` if there is none.
    pub(super) fn of(frame: &'a [u8]) -> Option<Self> {
        let packet = frame.get(ETHERNET..)?;
        match word(frame, 12)? {
            0x0800 => Self::of_ipv4(packet),
            0x86dd => Self::of_ipv6(packet),
            _ => None,
        }
    }

    fn of_ipv4(packet: &'a [u8]) -> Option<Self> {
        let header = usize::from(packet.first()? & 15) * 4;
        let total = usize::from(word(packet, 2)?);
        Some(Self {
            source: Ipv4Addr::from(array::<4>(packet, 12)?).into(),
            destination: Ipv4Addr::from(array::<4>(packet, 16)?).into(),
            ttl: *packet.get(8)?,
            service: *packet.get(1)?,
            protocol: *packet.get(9)?,
            payload: packet.get(header..total)?,
        })
    }

    fn of_ipv6(packet: &'a [u8]) -> Option<Self> {
        let length = usize::from(word(packet, 4)?);
        let mut payload = packet.get(40..40 + length)?;
        let mut protocol = *packet.get(6)?;
        // MLD reports carry a router alert.
        if protocol == 0 {
            let [next, words, ..] = *payload else { return None };
            payload = payload.get(8 + usize::from(words) * 8..)?;
            protocol = next;
        }
        Some(Self {
            source: Ipv6Addr::from(array::<16>(packet, 8)?).into(),
            destination: Ipv6Addr::from(array::<16>(packet, 24)?).into(),
            ttl: *packet.get(7)?,
            service: packet.first()? << 4 | packet.get(1)? >> 4,
            protocol,
            payload,
        })
    }

    /// The pseudo-header for a checksum over `length` bytes: RFC 768's form for IPv4, RFC 8200 §8.1
    /// for IPv6.
    pub(super) fn pseudo_header(&self, length: usize) -> Vec<u8> {
        crate::craft::pseudo_header(self.source, self.destination, self.protocol, length)
    }

    /// Whether the checksum over the whole payload, pseudo-header included, is right.
    pub(super) fn sums_up(&self) -> bool {
        let pseudo = self.pseudo_header(self.payload.len());
        crate::craft::checksum(&[&pseudo, self.payload]) == 0
    }
}

pub(super) fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

pub(super) fn word(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_be_bytes)
}
