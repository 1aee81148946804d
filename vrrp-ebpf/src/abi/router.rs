//! What the eBPF program knows of a virtual router.

use bytemuck::{Pod, Zeroable};

use super::Address;

/// Flag of a rule: adverts come by unicast, to `own_source`.
pub const RULE_UNICAST: u8 = 1;
/// Flag of a rule: unicast only from a peer in `PEERS`, with a TTL within its bounds.
pub const RULE_CHECK_SOURCE: u8 = 2;
/// Flag of a rule: an HMAC must be verified, for which the eBPF program has no secret. It makes
/// every other check and leaves the good adverts to the kernel.
pub const RULE_VERIFY: u8 = 4;
/// Flag of a rule: the router has a virtual MAC address (RFC 9568 §7.3).
pub const RULE_VIRTUAL_MAC: u8 = 8;

/// Key of the `ROUTERS` map.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct RouterKey {
    /// Interface index on which the adverts arrive.
    pub ifindex: u32,
    /// [`super::FAMILY_IPV4`] or [`super::FAMILY_IPV6`].
    pub family: u8,
    /// Virtual router identifier, never 0.
    pub vrid: u8,
    /// Zero.
    pub pad: [u8; 2],
}

/// Value of the `ROUTERS` map: how an advert for this router must look. Written by the daemon
/// only, and replaced whole, so that a reader sees the old rule or the new one.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct RouterRule {
    /// Fingerprint of the adverts that are absorbed: those that the known master repeats.
    /// 0: none are, as on a master.
    pub expected: u64,
    /// `auth_pass`, zero-padded; compared when `auth_type` is 1.
    pub password: [u8; 8],
    /// Source of our own adverts, which must not come from elsewhere.
    pub own_source: Address,
    /// The multicast group that adverts are sent to; ignored under [`RULE_UNICAST`].
    pub group: Address,
    /// Index into `HEARD`, `LEASES` and `COUNTERS`.
    pub slot: u32,
    /// Changes whenever the daemon looks at adverts with other eyes: what was a repetition before
    /// is news now.
    pub generation: u32,
    /// The interval an advert must carry: seconds in version 2; ignored in version 3, which
    /// learns it.
    pub interval: u16,
    /// 2 or 3.
    pub version: u8,
    /// Version 2: 0 for none, 1 for PASS (RFC 2338 §5.3.6). Ignored in version 3.
    pub auth_type: u8,
    /// The interface's own hardware address: frames to the virtual one are re-addressed to it.
    pub mac: [u8; 6],
    /// [`RULE_UNICAST`] and so on.
    pub flags: u8,
    /// Zero.
    pub pad: [u8; 5],
}

impl RouterRule {
    /// Whether a flag is set.
    #[must_use]
    #[inline(always)]
    pub const fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// Value of the `HEARD` map: when things were heard that nobody was woken for. Written by the
/// eBPF program only. All times are `CLOCK_MONOTONIC` nanoseconds, 0 for never.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Heard {
    /// The last advert with the expected fingerprint.
    pub expected_ns: u64,
    /// Fingerprint of the last advert that was not the expected one.
    pub other: u64,
    /// When that one was last heard.
    pub other_ns: u64,
    /// When an event was last published for it.
    pub other_event_ns: u64,
    /// When an event was last published for a conflict about a virtual address.
    pub conflict_ns: u64,
    /// The rule's generation at that time.
    pub other_generation: u32,
    /// Zero.
    pub pad: [u8; 4],
}

impl Heard {
    /// When an advert with this fingerprint was last heard, as far as is still known; 0 for
    /// never.
    #[must_use]
    pub fn last(&self, expected: u64) -> u64 {
        if self.other == expected { self.expected_ns.max(self.other_ns) } else { self.expected_ns }
    }
}

const _: () = assert!(size_of::<RouterKey>() == 8);
const _: () = assert!(size_of::<RouterRule>() == 72);
const _: () = assert!(size_of::<Heard>() == 48);
