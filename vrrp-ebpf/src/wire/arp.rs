//! ARP for IPv4 over Ethernet (RFC 826). Offsets are from the start of the ARP packet.

/// Offset of hardware type, protocol type and address lengths.
pub const PREFIX: usize = 0;
/// Ethernet, IPv4, 6 and 4 bytes.
pub const PREFIX_ETHERNET_IPV4: [u8; 6] = [0x00, 0x01, 0x08, 0x00, 6, 4];
/// Offset of the operation.
pub const OPERATION: usize = 6;
/// Who has?
pub const REQUEST: [u8; 2] = [0, 1];
/// Is at.
pub const REPLY: [u8; 2] = [0, 2];
/// Offset of the sender's hardware address.
pub const SENDER_HARDWARE: usize = 8;
/// Offset of the sender's protocol address.
pub const SENDER_PROTOCOL: usize = 14;
/// Offset of the target's hardware address.
pub const TARGET_HARDWARE: usize = 18;
/// Offset of the target's protocol address.
pub const TARGET_PROTOCOL: usize = 24;
/// Bytes of the packet.
pub const LENGTH: usize = 28;
