//! What the packet core asks of the world around it.

use crate::abi::{AdvertEvent, Counter, Heard, NodeCounter, RouterKey, RouterRule, Vip, VipKey};

/// The maps and the clock.
pub trait Tables {
    /// `CLOCK_MONOTONIC`, nanoseconds.
    fn now(&self) -> u64;

    /// The rule of a virtual router.
    fn rule(&self, key: &RouterKey) -> Option<&RouterRule>;

    /// A virtual address.
    fn vip(&self, key: &VipKey) -> Option<&Vip>;

    /// Until when this node may answer for the addresses of a router; 0 for not at all.
    fn lease_until(&self, slot: u32) -> u64;

    /// Changes what has been heard for a router; `None` if there is no such slot.
    fn with_heard<R>(&self, slot: u32, change: impl FnOnce(&mut Heard) -> R) -> Option<R>;

    /// Counts for a router.
    fn count(&self, slot: u32, counter: Counter);

    /// Counts for the node.
    fn count_node(&self, counter: NodeCounter);

    /// Hands an event to the daemon; false if there was no room.
    fn publish(&self, event: &AdvertEvent) -> bool;
}
