//! The IP header of an advert (RFC 9568 §5.1).

use std::net::IpAddr;

use vrrp_ebpf::wire::{ipv4, ipv6, vrrp};

use super::{checksum::checksum, message::put};

/// Bytes of source and destination in the header, for the pseudo-header.
pub(super) fn addresses(header: &[u8], is_ipv6: bool) -> &[u8] {
    let start = if is_ipv6 { ipv6::SOURCE } else { IPV4_SOURCE };
    header.get(start..).unwrap_or_default()
}

/// A header for `payload` bytes of VRRP; over IPv4 without identification and checksum. `None` if
/// the addresses are not of one family.
pub(super) fn new(source: IpAddr, destination: IpAddr, ttl: u8, payload: usize) -> Option<Vec<u8>> {
    match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            let total = u16::try_from(ipv4::HEADER_LENGTH + payload).unwrap_or(u16::MAX);
            let [high, low] = total.to_be_bytes();
            let mut header = vec![ipv4::VERSION_IHL_PLAIN, ipv4::TOS_NETWORK_CONTROL, high, low];
            header.extend([0, 0, 0, 0, ttl, vrrp::PROTOCOL, 0, 0]);
            header.extend(source.octets());
            header.extend(destination.octets());
            Some(header)
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            let [high, low] = u16::try_from(payload).unwrap_or(u16::MAX).to_be_bytes();
            let mut header =
                vec![ipv6::VERSION << 4 | TRAFFIC_CLASS >> 4, TRAFFIC_CLASS << 4, 0, 0];
            header.extend([high, low, vrrp::PROTOCOL, ttl]);
            header.extend(source.octets());
            header.extend(destination.octets());
            Some(header)
        }
        _ => None,
    }
}

/// Offsets in the IPv4 header.
const IPV4_IDENTIFICATION: usize = 4;
const IPV4_SOURCE: usize = 12;

/// Network control (CS6), as keepalived sends it.
const TRAFFIC_CLASS: u8 = ipv4::TOS_NETWORK_CONTROL;

/// Writes identification and checksum of an IPv4 header.
pub(super) fn seal_ipv4(header: &mut [u8], identification: u16) {
    put(header, IPV4_IDENTIFICATION, identification.to_be_bytes());
    put(header, ipv4::CHECKSUM, [0; 2]);
    put(header, ipv4::CHECKSUM, checksum(&[header]).to_be_bytes());
}

/// Where a multicast group is sent to on Ethernet (RFC 1112 §6.4, RFC 2464 §7).
pub(super) fn multicast_mac(group: IpAddr) -> [u8; 6] {
    match group {
        IpAddr::V4(group) => {
            let [_, b, c, d] = group.octets();
            [0x01, 0x00, 0x5e, b & 0x7f, c, d]
        }
        IpAddr::V6(group) => {
            let [.., a, b, c, d] = group.octets();
            [0x33, 0x33, a, b, c, d]
        }
    }
}
