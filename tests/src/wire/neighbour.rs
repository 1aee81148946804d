//! Neighbor Discovery (RFC 4861): solicitations and advertisements.

use std::net::{IpAddr, Ipv6Addr};

use super::{
    frame::Kind,
    packet::{Packet, array},
};

const ICMPV6: u8 = 58;
const SOLICITATION: u8 = 135;
const ADVERTISEMENT: u8 = 136;
const SOURCE_OPTION: u8 = 1;
const TARGET_OPTION: u8 = 2;

/// A Neighbor Solicitation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Solicitation {
    /// Source address; `::` looks for duplicates.
    pub source: Ipv6Addr,
    /// Destination address.
    pub destination: Ipv6Addr,
    /// Hop limit.
    pub hop_limit: u8,
    /// Whose MAC address is wanted.
    pub target: Ipv6Addr,
    /// The asker's MAC address, if it says so.
    pub source_mac: Option<[u8; 6]>,
    /// Whether its checksum is right.
    pub checksum_is_right: bool,
}

/// A Neighbor Advertisement.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "three flags of the message and a verdict")]
pub struct Advertisement {
    /// Source address.
    pub source: Ipv6Addr,
    /// Destination address.
    pub destination: Ipv6Addr,
    /// Hop limit.
    pub hop_limit: u8,
    /// Whose MAC address is told.
    pub target: Ipv6Addr,
    /// The MAC address, if it says so.
    pub target_mac: Option<[u8; 6]>,
    /// R: the sender forwards packets.
    pub router: bool,
    /// S: somebody asked.
    pub solicited: bool,
    /// O: what the receiver knew is no longer so.
    pub overriding: bool,
    /// Whether its checksum is right.
    pub checksum_is_right: bool,
}

pub(super) fn decode(packet: &Packet<'_>) -> Option<Kind> {
    let (IpAddr::V6(source), IpAddr::V6(destination)) = (packet.source, packet.destination) else {
        return None;
    };
    if packet.protocol != ICMPV6 {
        return None;
    }
    let message = packet.payload;
    let flags = *message.get(4)?;
    let target = Ipv6Addr::from(array::<16>(message, 8)?);
    let options = message.get(24..)?;
    let (hop_limit, checksum_is_right) = (packet.ttl, packet.sums_up());
    match *message.first()? {
        SOLICITATION => Some(Kind::Solicitation(Solicitation {
            source,
            destination,
            hop_limit,
            target,
            source_mac: link_address(options, SOURCE_OPTION),
            checksum_is_right,
        })),
        ADVERTISEMENT => Some(Kind::Advertisement(Advertisement {
            source,
            destination,
            hop_limit,
            target,
            target_mac: link_address(options, TARGET_OPTION),
            router: flags & 0x80 != 0,
            solicited: flags & 0x40 != 0,
            overriding: flags & 0x20 != 0,
            checksum_is_right,
        })),
        _ => None,
    }
}

/// The MAC address in an option of this type.
fn link_address(mut options: &[u8], wanted: u8) -> Option<[u8; 6]> {
    // Each option is at least eight bytes long.
    while let [kind, words, rest @ ..] = options {
        if *words == 0 {
            return None;
        }
        if *kind == wanted {
            return rest.first_chunk().copied();
        }
        options = options.get(usize::from(*words) * 8..)?;
    }
    None
}
