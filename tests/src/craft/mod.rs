//! Making frames, right ones and wrong ones.

mod advert_v2;
mod advert_v3;
mod arp;
mod datagram;
mod nd;
mod packet6;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub use self::{
    advert_v2::AdvertV2,
    advert_v3::AdvertV3,
    arp::{arp, arp_request, claim},
    datagram::Datagram,
    nd::{Advertise, duplicate_probe, solicitation, unicast_solicitation},
    packet6::Packet6,
};

/// The VRRP group of IPv4.
pub const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 18);
/// The VRRP group of IPv6.
pub const GROUP6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12);

const GROUP_MAC: [u8; 6] = [0x01, 0x00, 0x5e, 0x00, 0x00, 0x12];

/// The virtual MAC address of a virtual router (RFC 9568 §7.3).
#[must_use]
pub const fn virtual_mac(ipv6: bool, vrid: u8) -> [u8; 6] {
    [0x00, 0x00, 0x5e, 0x00, if ipv6 { 2 } else { 1 }, vrid]
}

/// The MAC address of an IPv6 multicast group (RFC 2464 §7).
#[must_use]
pub const fn group_mac(group: Ipv6Addr) -> [u8; 6] {
    let [.., a, b, c, d] = group.octets();
    [0x33, 0x33, a, b, c, d]
}

/// Pads a frame to the 60 bytes that Ethernet asks for.
#[must_use]
pub fn padded(mut frame: Vec<u8>) -> Vec<u8> {
    frame.resize(frame.len().max(60), 0);
    frame
}

/// The pseudo-header in front of `length` bytes of payload: RFC 768's for IPv4, RFC 8200 §8.1's for
/// IPv6. Empty for addresses of two families.
#[must_use]
pub fn pseudo_header(source: IpAddr, destination: IpAddr, protocol: u8, length: usize) -> Vec<u8> {
    let length = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
    match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            [&source.octets()[..], &destination.octets(), &[0, protocol], &length].concat()
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            let rest = [0, 0, 0, protocol];
            [&source.octets()[..], &destination.octets(), &[0, 0], &length, &rest].concat()
        }
        _ => Vec::new(),
    }
}

/// The Internet checksum (RFC 1071) over parts of even length.
#[must_use]
pub fn checksum(parts: &[&[u8]]) -> u16 {
    let mut sum = 0_u32;
    for part in parts {
        let (pairs, rest) = part.as_chunks::<2>();
        for pair in pairs {
            sum += u32::from(u16::from_be_bytes(*pair));
        }
        if let [last] = rest {
            sum += u32::from(*last) << 8;
        }
    }
    while sum >> 16 != 0 {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or_default()
}
