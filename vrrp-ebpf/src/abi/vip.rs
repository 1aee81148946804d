//! What the eBPF program knows of a virtual address.

use bytemuck::{Pod, Zeroable};

use super::Address;

/// Key of the `VIPS` map.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct VipKey {
    /// The virtual address.
    pub address: Address,
    /// Interface index on which requests for it arrive.
    pub ifindex: u32,
}

/// Value of the `VIPS` map. Whether it may be answered for is not said here but by the lease of
/// its router.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Vip {
    /// Index into `LEASES` and `COUNTERS`.
    pub slot: u32,
    /// The hardware address to answer with.
    pub mac: [u8; 6],
    /// Zero.
    pub pad: [u8; 2],
}

const _: () = assert!(size_of::<VipKey>() == 20);
const _: () = assert!(size_of::<Vip>() == 12);
