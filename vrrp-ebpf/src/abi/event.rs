//! What the eBPF program tells the daemon.

use bytemuck::{Pod, Zeroable};

use super::Address;

/// How many addresses of an advert an event carries; the rest is only in the fingerprint.
pub const EVENT_ADDRESSES: usize = 8;

/// An entry of the `EVENTS` ring buffer: an advert that passed every check and that is not the
/// known master repeating itself. Numbers are in host order.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct AdvertEvent {
    /// When it arrived: `CLOCK_MONOTONIC`, nanoseconds.
    pub received_ns: u64,
    /// Identity of sender and content; see [`crate::Fingerprint`].
    pub fingerprint: u64,
    /// Identity of the address list alone, whatever its order.
    pub address_digest: u64,
    /// Index of the router.
    pub slot: u32,
    /// Interface index on which it arrived.
    pub ifindex: u32,
    /// IP source.
    pub source: Address,
    /// Version 2: seconds; version 3: centiseconds, the 12 bits of the field.
    pub interval: u16,
    /// Virtual router identifier.
    pub vrid: u8,
    /// Priority.
    pub priority: u8,
    /// Addresses in the advert.
    pub address_count: u8,
    /// 2 or 3.
    pub version: u8,
    /// [`super::FAMILY_IPV4`] or [`super::FAMILY_IPV6`].
    pub family: u8,
    /// Zero.
    pub pad: u8,
    /// The first addresses of the advert, in its order.
    pub addresses: [Address; EVENT_ADDRESSES],
}

/// An entry of the `CONFLICTS` ring buffer: while we may answer for a virtual address, somebody
/// else says that it is theirs. Numbers are in host order.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct ConflictEvent {
    /// When it arrived: `CLOCK_MONOTONIC`, nanoseconds.
    pub received_ns: u64,
    /// The virtual address.
    pub address: Address,
    /// Index of the router.
    pub slot: u32,
    /// Interface index on which it arrived.
    pub ifindex: u32,
    /// The hardware address that the other one has, or says it has.
    pub mac: [u8; 6],
    /// Zero.
    pub pad: [u8; 2],
}

const _: () = assert!(size_of::<AdvertEvent>() == 184);
const _: () = assert!(size_of::<ConflictEvent>() == 40);
