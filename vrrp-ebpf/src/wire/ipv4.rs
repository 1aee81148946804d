//! IPv4 (RFC 791).

use crate::frame::Frame;

/// Version 4 with a header of 20 bytes: no options.
pub const VERSION_IHL_PLAIN: u8 = 0x45;
/// Network control (CS6), which RFC 9568 leaves open and keepalived sends.
pub const TOS_NETWORK_CONTROL: u8 = 0xc0;
/// Of flags and fragment offset: set in every fragment but an only one.
pub const FRAGMENT_MASK: u16 = 0x3fff;
/// Offset of the protocol.
pub const PROTOCOL: usize = 9;
/// Offset of the header's checksum.
pub const CHECKSUM: usize = 10;
/// Offset of the destination address.
pub const DESTINATION: usize = 16;
/// Bytes of a header without options.
pub const HEADER_LENGTH: usize = 20;

/// The fixed part of a header.
#[derive(Clone, Copy, Debug)]
pub struct Header(pub [u8; HEADER_LENGTH]);

impl Header {
    /// Reads the header at `offset`; `None` if it is not all there.
    #[inline(always)]
    pub fn read(frame: &(impl Frame + ?Sized), offset: usize) -> Option<Self> {
        frame.read(offset).map(Self)
    }

    /// Version in the upper nibble, length of the header in words in the lower.
    #[must_use]
    #[inline(always)]
    pub const fn version_ihl(&self) -> u8 {
        self.0[0]
    }

    /// Bytes of the header, options included.
    #[must_use]
    #[inline(always)]
    pub const fn header_length(&self) -> usize {
        (self.0[0] & 0x0f) as usize * 4
    }

    /// Bytes of the datagram, header included.
    #[must_use]
    #[inline(always)]
    pub const fn total_length(&self) -> usize {
        u16::from_be_bytes([self.0[2], self.0[3]]) as usize
    }

    /// Flags and fragment offset.
    #[must_use]
    #[inline(always)]
    pub const fn fragment(&self) -> u16 {
        u16::from_be_bytes([self.0[6], self.0[7]])
    }

    /// Time to live.
    #[must_use]
    #[inline(always)]
    pub const fn ttl(&self) -> u8 {
        self.0[8]
    }

    /// Source address.
    #[must_use]
    #[inline(always)]
    pub const fn source(&self) -> [u8; 4] {
        [self.0[12], self.0[13], self.0[14], self.0[15]]
    }

    /// Destination address.
    #[must_use]
    #[inline(always)]
    pub const fn destination(&self) -> [u8; 4] {
        [self.0[16], self.0[17], self.0[18], self.0[19]]
    }
}

/// Whether an address, of which this is the first byte, is a group's (RFC 5771 §3).
#[must_use]
#[inline(always)]
pub const fn is_multicast(first: u8) -> bool {
    first & 0xf0 == 0xe0
}
