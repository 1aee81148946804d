//! The maps' layout: what the eBPF program and the daemon must agree on, byte for byte.
//!
//! Every type is `Pod`: integers and byte arrays only, no padding (the derive proves it). A
//! change of any layout here raises [`VERSION`].

mod counters;
mod event;
mod peer;
mod router;
mod vip;

pub use counters::{Counter, Counters, NodeCounter, NodeCounters};
pub use event::{AdvertEvent, ConflictEvent, EVENT_ADDRESSES};
pub use peer::{Peer, PeerKey};
pub use router::{
    Heard, RULE_CHECK_SOURCE, RULE_UNICAST, RULE_VERIFY, RULE_VIRTUAL_MAC, RouterKey, RouterRule,
};
pub use vip::{VIP_NO_ACCEPT, VIP_ROUTER, Vip, VipKey};

/// Raised whenever a map's key, value or meaning changes: a daemon takes over pinned maps only
/// from a daemon with the same number.
pub const VERSION: u32 = 3;

/// The virtual routers that one set of maps can hold.
pub const MAX_ROUTERS: u32 = 4096;

/// The virtual addresses that one set of maps can hold.
pub const MAX_VIPS: u32 = 16_384;

/// The unicast peers that one set of maps can hold.
pub const MAX_PEERS: u32 = 16_384;

/// Bytes of the ring buffer that carries events; a power of two and a multiple of the page size.
pub const EVENT_RING_BYTES: u32 = 256 * 1024;

/// Bytes of the ring buffer that carries conflicts: the largest page there is.
pub const CONFLICT_RING_BYTES: u32 = 64 * 1024;

/// Bit of the one word in the `FEATURES` map: some virtual address has [`VIP_NO_ACCEPT`]. Only
/// then is it looked up where ordinary packets go.
pub const FEATURE_NO_ACCEPT: u32 = 1;

/// The address family field of a key: IPv4.
pub const FAMILY_IPV4: u8 = 4;

/// The address family field of a key: IPv6.
pub const FAMILY_IPV6: u8 = 6;

/// An address of either family: IPv4 fills the first four bytes, the rest is zero. Network order.
pub type Address = [u8; 16];

/// Widens an IPv4 address to [`Address`].
#[must_use]
#[inline(always)]
pub const fn from_ipv4(octets: [u8; 4]) -> Address {
    let [a, b, c, d] = octets;
    [a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
}

/// Whether two addresses are the same. Compared as numbers, where `==` would call a function.
#[must_use]
#[inline(always)]
pub const fn is_same(a: &Address, b: &Address) -> bool {
    u128::from_ne_bytes(*a) ^ u128::from_ne_bytes(*b) == 0
}
