//! IPv4 (RFC 791). Offsets are from the start of the IP header.

/// Offset of the version and header length byte.
pub const VERSION_IHL: usize = 0;
/// Version 4 with a header of 20 bytes: no options.
pub const VERSION_IHL_PLAIN: u8 = 0x45;
/// Offset of the type of service.
pub const TOS: usize = 1;
/// Network control (CS6), which RFC 9568 leaves open and keepalived sends.
pub const TOS_NETWORK_CONTROL: u8 = 0xc0;
/// Offset of the total length.
pub const TOTAL_LENGTH: usize = 2;
/// Offset of the identification.
pub const IDENTIFICATION: usize = 4;
/// Offset of flags and fragment offset.
pub const FRAGMENT: usize = 6;
/// Of flags and fragment offset: set in every fragment but an only one.
pub const FRAGMENT_MASK: u16 = 0x3fff;
/// Offset of the time to live.
pub const TTL: usize = 8;
/// Offset of the protocol.
pub const PROTOCOL: usize = 9;
/// Offset of the header's checksum.
pub const CHECKSUM: usize = 10;
/// Offset of the source address.
pub const SOURCE: usize = 12;
/// Offset of the destination address.
pub const DESTINATION: usize = 16;
/// Bytes of a header without options.
pub const HEADER_LENGTH: usize = 20;
