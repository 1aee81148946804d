//! IPv6 (RFC 8200).

use crate::frame::Frame;

/// Upper nibble of the first byte.
pub const VERSION: u8 = 6;
/// Offset of the next header's number: of the payload's protocol, without extension headers.
pub const NEXT_HEADER: usize = 6;
/// Offset of the hop limit.
pub const HOP_LIMIT: usize = 7;
/// Offset of the source address.
pub const SOURCE: usize = 8;
/// Offset of the destination address.
pub const DESTINATION: usize = 24;
/// No address.
pub const UNSPECIFIED: [u8; 16] = [0; 16];
/// `ff02::1`: every node on the link.
pub const ALL_NODES: [u8; 16] = [0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
/// Bytes of a header without extensions.
pub const HEADER_LENGTH: usize = 40;

/// The fixed header.
#[derive(Clone, Copy, Debug)]
pub struct Header(pub [u8; HEADER_LENGTH]);

impl Header {
    /// Reads the header at `offset`; `None` if it is not all there.
    #[inline(always)]
    pub fn read(frame: &(impl Frame + ?Sized), offset: usize) -> Option<Self> {
        frame.read(offset).map(Self)
    }

    /// 6.
    #[must_use]
    #[inline(always)]
    pub const fn version(&self) -> u8 {
        self.0[0] >> 4
    }

    /// Bytes after the header.
    #[must_use]
    #[inline(always)]
    pub const fn payload_length(&self) -> usize {
        u16::from_be_bytes([self.0[4], self.0[5]]) as usize
    }

    /// Protocol of the payload, or kind of the first extension header.
    #[must_use]
    #[inline(always)]
    pub const fn next_header(&self) -> u8 {
        self.0[NEXT_HEADER]
    }

    /// Hop limit.
    #[must_use]
    #[inline(always)]
    pub const fn hop_limit(&self) -> u8 {
        self.0[HOP_LIMIT]
    }

    /// Source address.
    #[must_use]
    #[inline(always)]
    pub const fn source(&self) -> [u8; 16] {
        address(&self.0, SOURCE)
    }

    /// Destination address.
    #[must_use]
    #[inline(always)]
    pub const fn destination(&self) -> [u8; 16] {
        address(&self.0, DESTINATION)
    }
}

#[inline(always)]
const fn address(header: &[u8; HEADER_LENGTH], offset: usize) -> [u8; 16] {
    match header.split_at(offset).1.first_chunk() {
        Some(address) => *address,
        // Both offsets are constants well before the end.
        None => [0; 16],
    }
}

/// Whether an address is a group's (RFC 4291 §2.7).
#[must_use]
#[inline(always)]
pub const fn is_multicast(address: [u8; 16]) -> bool {
    address[0] == 0xff
}
