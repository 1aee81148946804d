//! What the eBPF program knows of a virtual address.

use bytemuck::{Pod, Zeroable};

use super::Address;

/// Flag of an address: the node forwards, and says so in Neighbor Advertisements (RFC 4861 §4.4).
pub const VIP_ROUTER: u8 = 1;
/// Flag of an address: packets to it are dropped. Heeded under [`super::FEATURE_NO_ACCEPT`] only.
pub const VIP_NO_ACCEPT: u8 = 2;

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
    /// The hardware address to answer with: the virtual one, or the interface's own.
    pub mac: [u8; 6],
    /// The interface's own hardware address.
    pub own_mac: [u8; 6],
    /// [`VIP_ROUTER`] and so on.
    pub flags: u8,
    /// Zero.
    pub pad: [u8; 3],
}

impl Vip {
    /// Whether a flag is set.
    #[must_use]
    #[inline(always)]
    pub const fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Whether a hardware address is one that stands for this node.
    #[must_use]
    #[inline(always)]
    pub fn is_at(&self, mac: [u8; 6]) -> bool {
        mac == self.mac || mac == self.own_mac
    }
}

const _: () = assert!(size_of::<VipKey>() == 20);
const _: () = assert!(size_of::<Vip>() == 20);
