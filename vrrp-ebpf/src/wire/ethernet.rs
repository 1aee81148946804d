//! Ethernet II.

/// Offset of the destination address.
pub const DESTINATION: usize = 0;
/// Offset of the source address.
pub const SOURCE: usize = 6;
/// Offset of the type.
pub const TYPE: usize = 12;
/// Bytes of the header.
pub const HEADER_LENGTH: usize = 14;
/// Type: IPv4, network order.
pub const TYPE_IPV4: [u8; 2] = [0x08, 0x00];
/// Type: ARP, network order.
pub const TYPE_ARP: [u8; 2] = [0x08, 0x06];
/// Everybody's address.
pub const BROADCAST: [u8; 6] = [0xff; 6];
