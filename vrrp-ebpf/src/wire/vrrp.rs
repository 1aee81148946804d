//! VRRP adverts (RFC 3768 §5.3, RFC 9568 §5.2). Offsets are from the start of the message.

/// IP protocol number.
pub const PROTOCOL: u8 = 112;
/// TTL or hop limit of every advert to a group (RFC 9568 §5.1.1.3, §5.1.2.3).
pub const TTL: u8 = 255;
/// 224.0.0.18 (RFC 9568 §5.1.1.2).
pub const GROUP: [u8; 4] = [224, 0, 0, 18];
/// `ff02::12` (RFC 9568 §5.1.2.2).
pub const GROUP_IPV6: [u8; 16] = [0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12];
/// Offset of version (upper nibble) and type (lower nibble).
pub const VERSION_TYPE: usize = 0;
/// The only type.
pub const TYPE_ADVERTISEMENT: u8 = 1;
/// Offset of the virtual router identifier.
pub const VRID: usize = 1;
/// Offset of the priority.
pub const PRIORITY: usize = 2;
/// Offset of the number of addresses.
pub const COUNT: usize = 3;
/// Version 2: offset of the authentication type.
pub const AUTH_TYPE: usize = 4;
/// Version 2: offset of the interval in seconds.
pub const INTERVAL_SECONDS: usize = 5;
/// Version 3: offset of four reserved bits and the interval in centiseconds.
pub const INTERVAL_CENTISECONDS: usize = 4;
/// Version 3: the twelve bits of the interval; the reserved ones are ignored on receipt.
pub const INTERVAL_MASK: u16 = 0x0fff;
/// Offset of the checksum.
pub const CHECKSUM: usize = 6;
/// Offset of the first address.
pub const ADDRESSES: usize = 8;
/// Bytes before the first address.
pub const HEADER_LENGTH: usize = 8;
/// Version 2: bytes of authentication data after the last address, present even without
/// authentication.
pub const AUTH_DATA_LENGTH: usize = 8;
/// Version 2: no authentication.
pub const AUTH_NONE: u8 = 0;
/// Version 2: simple text password.
pub const AUTH_PASS: u8 = 1;
/// Bytes of the trailer that keepalived's `auth_hmac` puts after the message.
pub const TRAILER_LENGTH: usize = 28;
/// Addresses that the count field can announce.
pub const MAX_ADDRESSES: usize = 255;
