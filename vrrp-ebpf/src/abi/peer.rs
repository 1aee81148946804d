//! What the eBPF program knows of a unicast peer.

use bytemuck::{Pod, Zeroable};

use super::Address;

/// Key of the `PEERS` map.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct PeerKey {
    /// Source of the peer's adverts.
    pub address: Address,
    /// Index of the router.
    pub slot: u32,
}

/// Value of the `PEERS` map: what TTL or hop limit the peer's adverts may arrive with. Looked at
/// under [`super::RULE_CHECK_SOURCE`] only.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Peer {
    /// The least.
    pub min_ttl: u8,
    /// The greatest.
    pub max_ttl: u8,
    /// Zero.
    pub pad: [u8; 2],
}

const _: () = assert!(size_of::<PeerKey>() == 20);
const _: () = assert!(size_of::<Peer>() == 4);
