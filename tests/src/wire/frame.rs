//! What was seen on the wire.
//!
//! Decoded here anew and not with the daemon's own code, so that the two check each other.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::Moment;

/// The operation of an ARP request.
pub const ARP_REQUEST: u16 = 1;
/// The operation of an ARP reply.
pub const ARP_REPLY: u16 = 2;

const ETHERNET: usize = 14;
const VRRP: u8 = 112;

/// A frame as it came in at a port of the switch.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Counts the frames of one observer.
    pub number: u64,
    /// When the switch's kernel took it in at the port: the software receive stamp
    /// (`SO_TIMESTAMPNS`), a few microseconds after the sender let go of it.
    pub at: Moment,
    /// The port, which is called like the node that sent it.
    pub port: String,
    /// Source MAC address.
    pub source_mac: [u8; 6],
    /// Destination MAC address.
    pub destination_mac: [u8; 6],
    /// What is in it.
    pub kind: Kind,
    /// The frame itself, up to 2048 bytes.
    pub bytes: Vec<u8>,
}

/// What is in a frame.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A VRRP advert.
    Advert(Advert),
    /// ARP.
    Arp(Arp),
    /// Something else, with its Ethernet type.
    Other(u16),
}

/// A VRRP advert. Nothing about it has been verified, not even its checksum.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Advert {
    /// Source address.
    pub source: IpAddr,
    /// Destination address.
    pub destination: IpAddr,
    /// TTL or hop limit.
    pub ttl: u8,
    /// Version.
    pub version: u8,
    /// VRID.
    pub vrid: u8,
    /// Priority.
    pub priority: u8,
    /// The interval as its field has it: seconds in version 2, centiseconds in version 3.
    pub interval: u16,
    /// The IPv4 addresses it lists; empty for IPv6.
    pub addresses: Vec<Ipv4Addr>,
}

/// An ARP message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Arp {
    /// [`ARP_REQUEST`] or [`ARP_REPLY`].
    pub operation: u16,
    /// Sender's MAC address.
    pub sender_mac: [u8; 6],
    /// Sender's address.
    pub sender: Ipv4Addr,
    /// Target's MAC address.
    pub target_mac: [u8; 6],
    /// Target's address.
    pub target: Ipv4Addr,
}

impl Arp {
    /// Whether it announces its sender's own address to everybody.
    #[must_use]
    pub fn is_gratuitous(&self) -> bool {
        self.sender == self.target && !self.sender.is_unspecified()
    }
}

impl Frame {
    /// The advert in it.
    #[must_use]
    pub fn advert(&self) -> Option<&Advert> {
        match &self.kind {
            Kind::Advert(advert) => Some(advert),
            _ => None,
        }
    }

    /// The ARP message in it.
    #[must_use]
    pub fn arp(&self) -> Option<&Arp> {
        match &self.kind {
            Kind::Arp(arp) => Some(arp),
            _ => None,
        }
    }

    /// Whether it is an advert from this address.
    #[must_use]
    pub fn is_advert_from(&self, source: impl Into<IpAddr>) -> bool {
        let source = source.into();
        self.advert().is_some_and(|advert| advert.source == source)
    }
}

/// Looks into a frame; `None` if it is no Ethernet frame at all.
pub(crate) fn decode(bytes: &[u8]) -> Option<([u8; 6], [u8; 6], Kind)> {
    let destination = array(bytes, 0)?;
    let source = array(bytes, 6)?;
    let ether_type = word(bytes, 12)?;
    let kind = decode_arp(bytes)
        .map(Kind::Arp)
        .or_else(|| decode_advert(bytes).map(Kind::Advert))
        .unwrap_or(Kind::Other(ether_type));
    Some((destination, source, kind))
}

/// The ARP message in a frame.
pub(crate) fn decode_arp(bytes: &[u8]) -> Option<Arp> {
    if word(bytes, 12)? != 0x0806 {
        return None;
    }
    let message = bytes.get(ETHERNET..)?;
    // Ethernet and IPv4 with their lengths.
    if array(message, 0)? != [0, 1, 8, 0, 6, 4] {
        return None;
    }
    Some(Arp {
        operation: word(message, 6)?,
        sender_mac: array(message, 8)?,
        sender: Ipv4Addr::from(array::<4>(message, 14)?),
        target_mac: array(message, 18)?,
        target: Ipv4Addr::from(array::<4>(message, 24)?),
    })
}

fn decode_advert(bytes: &[u8]) -> Option<Advert> {
    let packet = bytes.get(ETHERNET..)?;
    let (source, destination, ttl, payload): (IpAddr, IpAddr, u8, &[u8]) = match word(bytes, 12)? {
        0x0800 if *packet.get(9)? == VRRP => {
            let header = usize::from(packet.first()? & 15) * 4;
            let total = usize::from(word(packet, 2)?);
            (
                Ipv4Addr::from(array::<4>(packet, 12)?).into(),
                Ipv4Addr::from(array::<4>(packet, 16)?).into(),
                *packet.get(8)?,
                packet.get(header..total)?,
            )
        }
        0x86dd if *packet.get(6)? == VRRP => (
            Ipv6Addr::from(array::<16>(packet, 8)?).into(),
            Ipv6Addr::from(array::<16>(packet, 24)?).into(),
            *packet.get(7)?,
            packet.get(40..)?,
        ),
        _ => return None,
    };
    let version = payload.first()? >> 4;
    let count = if source.is_ipv4() { usize::from(*payload.get(3)?) } else { 0 };
    let addresses = (0..count)
        .map_while(|index| array::<4>(payload, 8 + index * 4).map(Ipv4Addr::from))
        .collect();
    Some(Advert {
        source,
        destination,
        ttl,
        version,
        vrid: *payload.get(1)?,
        priority: *payload.get(2)?,
        interval: match version {
            2 => u16::from(*payload.get(5)?),
            _ => word(payload, 4)? & 0x0fff,
        },
        addresses,
    })
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_be_bytes)
}
