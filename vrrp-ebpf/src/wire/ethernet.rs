//! Ethernet II.

use crate::frame::Frame;

/// Offset of the source address.
pub const SOURCE: usize = 6;
/// Offset of the type.
pub const TYPE: usize = 12;
/// Bytes of the header.
pub const HEADER_LENGTH: usize = 14;
/// Type: IPv4, network order.
pub const TYPE_IPV4: [u8; 2] = [0x08, 0x00];
/// Type: IPv6, network order.
pub const TYPE_IPV6: [u8; 2] = [0x86, 0xdd];
/// Type: ARP, network order.
pub const TYPE_ARP: [u8; 2] = [0x08, 0x06];
/// Type: an 802.1Q tag, network order.
pub const TYPE_VLAN: [u8; 2] = [0x81, 0x00];
/// Bytes of an 802.1Q tag, its type among them.
pub const VLAN_TAG_LENGTH: usize = 4;
/// Of the tag: the VLAN's number; 0 in a tag that only gives a priority.
pub const VLAN_ID_MASK: u16 = 0x0fff;
/// How a virtual router's address begins (RFC 9568 §7.3); the family and the identifier follow.
pub const VIRTUAL_PREFIX: [u8; 4] = [0x00, 0x00, 0x5e, 0x00];
/// Of a virtual router's address: its family is IPv4.
pub const VIRTUAL_IPV4: u8 = 1;
/// Of a virtual router's address: its family is IPv6.
pub const VIRTUAL_IPV6: u8 = 2;
/// Everybody's address.
pub const BROADCAST: [u8; 6] = [0xff; 6];

/// A header, taken apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Header {
    /// Destination address.
    pub destination: [u8; 6],
    /// Source address.
    pub source: [u8; 6],
    /// Type, network order.
    pub ethertype: [u8; 2],
}

impl Header {
    /// Reads the header of a frame; `None` if it is not all there.
    #[inline(always)]
    pub fn read(frame: &(impl Frame + ?Sized)) -> Option<Self> {
        let [d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, t0, t1] = frame.read(0)?;
        Some(Self {
            destination: [d0, d1, d2, d3, d4, d5],
            source: [s0, s1, s2, s3, s4, s5],
            ethertype: [t0, t1],
        })
    }

    /// The header as it goes on the wire.
    #[must_use]
    #[inline(always)]
    pub const fn to_bytes(&self) -> [u8; HEADER_LENGTH] {
        let [d0, d1, d2, d3, d4, d5] = self.destination;
        let [s0, s1, s2, s3, s4, s5] = self.source;
        let [t0, t1] = self.ethertype;
        [d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, t0, t1]
    }
}

/// Whether a hardware address is a group's.
#[must_use]
#[inline(always)]
pub const fn is_group(address: [u8; 6]) -> bool {
    address[0] & 1 != 0
}
