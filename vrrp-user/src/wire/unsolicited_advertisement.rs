//! The unsolicited Neighbor Advertisement (RFC 4861 §7.2.6), with which a new master of an IPv6
//! address makes itself known (RFC 9568 §6.4.2).

use std::net::Ipv6Addr;

use vrrp_ebpf::wire::{ethernet, ipv6};

use super::checksum::checksum;

/// `ff02::1`, to which every node listens.
const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
/// `ff02::1` on Ethernet (RFC 2464 §7).
const ALL_NODES_MAC: [u8; 6] = [0x33, 0x33, 0, 0, 0, 1];
/// The message's type (RFC 4861 §4.4), its option's type (§4.6.1), the header before it, and the
/// hop limit without which nobody heeds it.
const ADVERTISEMENT: u8 = 136;
const TARGET_ADDRESS: u8 = 2;
const ICMPV6: u8 = 58;
const HOP_LIMIT: u8 = 255;
/// Bytes of the message with its one option.
const LENGTH: u8 = 32;
/// Flags of the message (RFC 4861 §4.4): Router, Override.
const ROUTER: u8 = 0x80;
const OVERRIDE: u8 = 0x20;

/// The frame that says that `address` is at `mac`, from that address to all nodes.
pub(super) fn frame(address: Ipv6Addr, mac: [u8; 6], is_router: bool) -> Vec<u8> {
    let flags = OVERRIDE | if is_router { ROUTER } else { 0 };
    let mut message = vec![ADVERTISEMENT, 0, 0, 0, flags, 0, 0, 0];
    message.extend(address.octets());
    message.extend([TARGET_ADDRESS, 1]);
    message.extend(mac);
    let next_header = ICMPV6;
    let pseudo_header = [0, 0, 0, LENGTH, 0, 0, 0, next_header];
    let sum =
        checksum(&[&address.octets(), &ALL_NODES.octets(), &pseudo_header, &message]).to_be_bytes();

    let header = ethernet::Header {
        destination: ALL_NODES_MAC,
        source: mac,
        ethertype: ethernet::TYPE_IPV6,
    };
    let mut frame = header.to_bytes().to_vec();
    frame.extend([ipv6::VERSION << 4, 0, 0, 0, 0, LENGTH, next_header, HOP_LIMIT]);
    frame.extend(address.octets());
    frame.extend(ALL_NODES.octets());
    super::message::put(&mut message, 2, sum);
    frame.extend(message);
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Read field by field from RFC 4861 §4.4; the checksum was computed by another program.
    #[test]
    fn it_says_what_rfc_4861_wants() {
        let address: Ipv6Addr = "fe80::100".parse().unwrap();
        let mac = [0xdc, 0xa6, 0x32, 0, 0, 0x11];
        for (is_router, flags, sum) in [(true, 0xa0, SUM_ROUTER), (false, 0x20, SUM_HOST)] {
            let frame = frame(address, mac, is_router);
            let expected: Vec<u8> = [
                &[0x33, 0x33, 0, 0, 0, 1, 0xdc, 0xa6, 0x32, 0, 0, 0x11, 0x86, 0xdd][..],
                &[0x60, 0, 0, 0, 0, 32, 58, 255],
                &address.octets(),
                &"ff02::1".parse::<Ipv6Addr>().unwrap().octets(),
                &[136, 0, sum[0], sum[1], flags, 0, 0, 0],
                &address.octets(),
                &[2, 1, 0xdc, 0xa6, 0x32, 0, 0, 0x11],
            ]
            .concat();
            assert_eq!(frame, expected);
        }
    }

    const SUM_ROUTER: [u8; 2] = [0xc8, 0xe5];
    const SUM_HOST: [u8; 2] = [0x48, 0xe6];
}
