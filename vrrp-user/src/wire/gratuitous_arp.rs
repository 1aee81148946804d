//! Gratuitous ARP.

use std::net::Ipv4Addr;

use vrrp_ebpf::wire::{
    arp,
    ethernet::{self, TYPE_ARP},
};

/// Bytes of an ARP frame without padding.
const LENGTH: usize = ethernet::HEADER_LENGTH + arp::LENGTH;

/// The announcement of a virtual address, in the two forms of which some hosts and switches heed
/// only one.
#[derive(Clone, Copy, Debug)]
pub(super) struct GratuitousArp {
    /// A request for one's own address, as keepalived sends it (RFC 5227 §3).
    pub(super) request: [u8; LENGTH],
    /// A reply that nobody asked for.
    pub(super) reply: [u8; LENGTH],
}

impl GratuitousArp {
    /// Announces that `address` is at `mac`.
    pub(super) fn new(address: Ipv4Addr, mac: [u8; 6]) -> Self {
        let form = |operation, target_hardware| {
            let header = ethernet::Header {
                destination: ethernet::BROADCAST,
                source: mac,
                ethertype: TYPE_ARP,
            };
            let packet = arp::Packet {
                operation,
                sender_hardware: mac,
                sender_protocol: address.octets(),
                target_hardware,
                target_protocol: address.octets(),
            };
            let mut frame = [0; LENGTH];
            let (start, rest) = frame.split_at_mut(ethernet::HEADER_LENGTH);
            start.copy_from_slice(&header.to_bytes());
            rest.copy_from_slice(&packet.to_bytes());
            frame
        };
        Self { request: form(arp::REQUEST, ethernet::BROADCAST), reply: form(arp::REPLY, mac) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_form_is_keepalived_s() {
        let announcement =
            GratuitousArp::new(Ipv4Addr::new(192, 168, 1, 100), [0xdc, 0xa6, 0x32, 0, 0, 0x11]);
        let expected: Vec<u8> = [
            &[0xff; 6][..],
            &[0xdc, 0xa6, 0x32, 0, 0, 0x11, 0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1],
            &[0xdc, 0xa6, 0x32, 0, 0, 0x11, 192, 168, 1, 100],
            &[0xff; 6],
            &[192, 168, 1, 100],
        ]
        .concat();
        assert_eq!(announcement.request[..], expected);
        assert_eq!(announcement.reply[20..22], [0, 2]);
    }
}
