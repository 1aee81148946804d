//! Reports about multicast groups: IGMP (RFC 2236, 3376) and MLD (RFC 2710, 3810).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::packet::{Packet, array, word};

const IGMP: u8 = 2;
const ICMPV6: u8 = 58;

/// A report about multicast groups.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Report {
    /// Source address.
    pub source: IpAddr,
    /// Destination address.
    pub destination: IpAddr,
    /// What is wanted of which group.
    pub groups: Vec<(Wish, IpAddr)>,
}

/// What is wanted of a group.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Wish {
    /// To hear it.
    Join,
    /// Not to hear it any longer.
    Leave,
    /// Something about its sources.
    Other,
}

impl Report {
    /// Whether it asks to hear a group.
    #[must_use]
    pub fn joins(&self, group: impl Into<IpAddr>) -> bool {
        self.groups.contains(&(Wish::Join, group.into()))
    }
}

pub(super) fn decode(packet: &Packet<'_>) -> Option<Report> {
    let message = packet.payload;
    let groups = match (packet.protocol, *message.first()?) {
        (IGMP, 0x12 | 0x16) => vec![(Wish::Join, ipv4(message, 4)?)],
        (IGMP, 0x17) => vec![(Wish::Leave, ipv4(message, 4)?)],
        (IGMP, 0x22) => records(message, 4, ipv4)?,
        (ICMPV6, 131) => vec![(Wish::Join, ipv6(message, 8)?)],
        (ICMPV6, 132) => vec![(Wish::Leave, ipv6(message, 8)?)],
        (ICMPV6, 143) => records(message, 16, ipv6)?,
        _ => return None,
    };
    Some(Report { source: packet.source, destination: packet.destination, groups })
}

fn ipv4(bytes: &[u8], at: usize) -> Option<IpAddr> {
    array::<4>(bytes, at).map(|it| Ipv4Addr::from(it).into())
}

fn ipv6(bytes: &[u8], at: usize) -> Option<IpAddr> {
    array::<16>(bytes, at).map(|it| Ipv6Addr::from(it).into())
}

/// The records of a report of `IGMPv3` or `MLDv2`.
fn records(
    message: &[u8],
    size: usize,
    address: fn(&[u8], usize) -> Option<IpAddr>,
) -> Option<Vec<(Wish, IpAddr)>> {
    let count = word(message, 6)?;
    let mut at = 8;
    let mut groups = Vec::new();
    for _ in 0..count {
        let (kind, auxiliary) = (*message.get(at)?, usize::from(*message.get(at + 1)?));
        let sources = usize::from(word(message, at + 2)?);
        // Excluding nobody is hearing all, including nobody is hearing none (RFC 3376 §4.2.12).
        let wish = match (kind, sources) {
            (2 | 4, 0) => Wish::Join,
            (1 | 3, 0) => Wish::Leave,
            _ => Wish::Other,
        };
        groups.push((wish, address(message, at + 4)?));
        at += 4 + size + sources * size + auxiliary * 4;
    }
    Some(groups)
}
