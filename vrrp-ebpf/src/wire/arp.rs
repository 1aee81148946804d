//! ARP for IPv4 over Ethernet (RFC 826).

use crate::frame::Frame;

/// Hardware type Ethernet, protocol type IPv4, address lengths 6 and 4.
pub const PREFIX: [u8; 6] = [0x00, 0x01, 0x08, 0x00, 6, 4];
/// Who has?
pub const REQUEST: [u8; 2] = [0, 1];
/// Is at.
pub const REPLY: [u8; 2] = [0, 2];
/// Offset of the sender's hardware address.
pub const SENDER_HARDWARE: usize = 8;
/// Bytes of the packet.
pub const LENGTH: usize = 28;

/// An ARP packet, taken apart. Every field is as on the wire.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Packet {
    /// [`REQUEST`] or [`REPLY`].
    pub operation: [u8; 2],
    /// The sender's hardware address.
    pub sender_hardware: [u8; 6],
    /// The sender's protocol address.
    pub sender_protocol: [u8; 4],
    /// The target's hardware address; means nothing in a request.
    pub target_hardware: [u8; 6],
    /// The target's protocol address.
    pub target_protocol: [u8; 4],
}

impl Packet {
    /// Reads the packet at `offset`; `None` if it is not all there or not of Ethernet and IPv4.
    #[inline(always)]
    pub fn read(frame: &(impl Frame + ?Sized), offset: usize) -> Option<Self> {
        let bytes: [u8; LENGTH] = frame.read(offset)?;
        #[rustfmt::skip]
        let [
            p0, p1, p2, p3, p4, p5, o0, o1,
            a0, a1, a2, a3, a4, a5, s0, s1, s2, s3,
            b0, b1, b2, b3, b4, b5, t0, t1, t2, t3,
        ] = bytes;
        if [p0, p1, p2, p3, p4, p5] != PREFIX {
            return None;
        }
        Some(Self {
            operation: [o0, o1],
            sender_hardware: [a0, a1, a2, a3, a4, a5],
            sender_protocol: [s0, s1, s2, s3],
            target_hardware: [b0, b1, b2, b3, b4, b5],
            target_protocol: [t0, t1, t2, t3],
        })
    }

    /// The packet as it goes on the wire.
    #[must_use]
    #[inline(always)]
    pub const fn to_bytes(&self) -> [u8; LENGTH] {
        let [p0, p1, p2, p3, p4, p5] = PREFIX;
        let [o0, o1] = self.operation;
        let [a0, a1, a2, a3, a4, a5] = self.sender_hardware;
        let [s0, s1, s2, s3] = self.sender_protocol;
        let [b0, b1, b2, b3, b4, b5] = self.target_hardware;
        let [t0, t1, t2, t3] = self.target_protocol;
        #[rustfmt::skip]
        let bytes = [
            p0, p1, p2, p3, p4, p5, o0, o1,
            a0, a1, a2, a3, a4, a5, s0, s1, s2, s3,
            b0, b1, b2, b3, b4, b5, t0, t1, t2, t3,
        ];
        bytes
    }
}
