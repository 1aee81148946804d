//! What was seen on the wire.
//!
//! Decoded here anew and not with the daemon's own code, so that the two check each other.

use std::net::{IpAddr, Ipv4Addr};

use super::{
    advert, group, neighbour,
    packet::{ETHERNET, Packet, array, word},
};
pub use super::{
    advert::{Advert, Checksum, Trailer},
    group::{Report, Wish},
    neighbour::{Advertisement, Solicitation},
};
use crate::Moment;

/// The operation of an ARP request.
pub const ARP_REQUEST: u16 = 1;
/// The operation of an ARP reply.
pub const ARP_REPLY: u16 = 2;

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
    /// A Neighbor Solicitation.
    Solicitation(Solicitation),
    /// A Neighbor Advertisement.
    Advertisement(Advertisement),
    /// A report about multicast groups.
    Report(Report),
    /// Something else, with its Ethernet type.
    Other(u16),
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

    /// The Neighbor Solicitation in it.
    #[must_use]
    pub fn solicitation(&self) -> Option<&Solicitation> {
        match &self.kind {
            Kind::Solicitation(solicitation) => Some(solicitation),
            _ => None,
        }
    }

    /// The Neighbor Advertisement in it.
    #[must_use]
    pub fn advertisement(&self) -> Option<&Advertisement> {
        match &self.kind {
            Kind::Advertisement(advertisement) => Some(advertisement),
            _ => None,
        }
    }

    /// The report about multicast groups in it.
    #[must_use]
    pub fn report(&self) -> Option<&Report> {
        match &self.kind {
            Kind::Report(report) => Some(report),
            _ => None,
        }
    }

    /// Whether it tells everybody unasked who has `address`: a gratuitous ARP request, or a
    /// Neighbor Advertisement that answers nobody.
    #[must_use]
    pub fn announces(&self, address: impl Into<IpAddr>) -> bool {
        match (&self.kind, address.into()) {
            (Kind::Arp(arp), IpAddr::V4(address)) => {
                arp.operation == ARP_REQUEST && arp.is_gratuitous() && arp.sender == address
            }
            (Kind::Advertisement(one), IpAddr::V6(address)) => {
                one.target == address && !one.solicited && one.destination.is_multicast()
            }
            _ => false,
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
        .or_else(|| Packet::of(bytes).and_then(|packet| decode_packet(&packet)))
        .unwrap_or(Kind::Other(ether_type));
    Some((destination, source, kind))
}

fn decode_packet(packet: &Packet<'_>) -> Option<Kind> {
    advert::decode(packet)
        .map(Kind::Advert)
        .or_else(|| neighbour::decode(packet))
        .or_else(|| group::decode(packet).map(Kind::Report))
}

/// The ARP message in a frame.
fn decode_arp(bytes: &[u8]) -> Option<Arp> {
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
