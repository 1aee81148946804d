//! CARP, which took VRRP's protocol number and groups (OpenBSD `ip_carp.h`).

/// Version 2, type 1, as in an advert of VRRP version 2.
pub const VERSION_TYPE: u8 = 0x21;
/// Words of authentication data, where VRRP has its number of addresses.
pub const AUTH_LENGTH: u8 = 7;
/// Bytes of the message.
pub const LENGTH: usize = 36;
