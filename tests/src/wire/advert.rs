//! VRRP adverts.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::packet::{Packet, array, word};
use crate::craft::checksum;

const VRRP: u8 = 112;

/// A VRRP advert. Nothing about it has been verified; the checksum has been judged.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Advert {
    /// Source address.
    pub source: IpAddr,
    /// Destination address.
    pub destination: IpAddr,
    /// TTL or hop limit.
    pub ttl: u8,
    /// Type of service or traffic class.
    pub service: u8,
    /// Version.
    pub version: u8,
    /// VRID.
    pub vrid: u8,
    /// Priority.
    pub priority: u8,
    /// The interval as its field has it: seconds in version 2, centiseconds in version 3.
    pub interval: u16,
    /// The addresses it lists.
    pub addresses: Vec<IpAddr>,
    /// What its checksum covers.
    pub checksum: Checksum,
    /// What stands behind the message.
    pub trailer: Option<Trailer>,
    /// The message itself, without what stands behind it.
    pub message: Vec<u8>,
}

/// What a checksum covers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Checksum {
    /// The message alone.
    Message,
    /// A pseudo-header and the message.
    PseudoHeader,
    /// It is wrong.
    Wrong,
}

/// The 28 bytes of `auth_hmac`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Trailer {
    /// 1 is HMAC-SHA-256, truncated.
    pub kind: u8,
    /// Which key.
    pub key: u8,
    /// Zero.
    pub reserved: u16,
    /// Seconds since 1970.
    pub seconds: u32,
    /// 1/65536 seconds.
    pub fraction: u16,
    /// Adverts within that time.
    pub counter: u16,
    /// The tag.
    pub tag: [u8; 16],
}

impl Advert {
    /// A right advert of version 2, for tests of what looks at adverts.
    #[must_use]
    pub fn example(source: Ipv4Addr, vrid: u8, priority: u8) -> Self {
        Self {
            source: source.into(),
            destination: Ipv4Addr::new(224, 0, 0, 18).into(),
            ttl: 255,
            service: 0xc0,
            version: 2,
            vrid,
            priority,
            interval: 1,
            addresses: Vec::new(),
            checksum: Checksum::Message,
            trailer: None,
            message: Vec::new(),
        }
    }
}

pub(super) fn decode(packet: &Packet<'_>) -> Option<Advert> {
    if packet.protocol != VRRP {
        return None;
    }
    let Packet { source, destination, ttl, service, payload, .. } = *packet;
    let version = payload.first()? >> 4;
    let size = if source.is_ipv4() { 4 } else { 16 };
    let count = usize::from(*payload.get(3)?);
    let password = if version == 2 { 8 } else { 0 };
    let end = (8 + count * size + password).min(payload.len());
    let (message, behind) = payload.split_at_checked(end)?;
    let address = |index: usize| -> Option<IpAddr> {
        let at = 8 + index * size;
        match source {
            IpAddr::V4(_) => Some(Ipv4Addr::from(array::<4>(message, at)?).into()),
            IpAddr::V6(_) => Some(Ipv6Addr::from(array::<16>(message, at)?).into()),
        }
    };
    Some(Advert {
        source,
        destination,
        ttl,
        service,
        version,
        vrid: *payload.get(1)?,
        priority: *payload.get(2)?,
        interval: match version {
            2 => u16::from(*payload.get(5)?),
            _ => word(payload, 4)? & 0x0fff,
        },
        addresses: (0..count).map_while(address).collect(),
        checksum: judge(packet, message),
        trailer: trailer(behind),
        message: message.to_vec(),
    })
}

/// Over IPv6 the sum is the kernel's business on many a sender, which knows nothing of trailers.
fn judge(packet: &Packet<'_>, message: &[u8]) -> Checksum {
    let summed = if packet.source.is_ipv6() { packet.payload } else { message };
    let pseudo = packet.pseudo_header(summed.len());
    if checksum(&[summed]) == 0 {
        Checksum::Message
    } else if checksum(&[&pseudo, summed]) == 0 {
        Checksum::PseudoHeader
    } else {
        Checksum::Wrong
    }
}

fn trailer(bytes: &[u8]) -> Option<Trailer> {
    let bytes: &[u8; 28] = bytes.try_into().ok()?;
    Some(Trailer {
        kind: *bytes.first()?,
        key: *bytes.get(1)?,
        reserved: word(bytes, 2)?,
        seconds: array(bytes, 4).map(u32::from_be_bytes)?,
        fraction: word(bytes, 8)?,
        counter: word(bytes, 10)?,
        tag: array(bytes, 12)?,
    })
}
