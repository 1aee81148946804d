//! What the packet core asks of the world around it.

use core::ops::DerefMut;

use crate::abi::{
    AdvertEvent, ConflictEvent, Counter, Heard, NodeCounter, Peer, PeerKey, RouterKey, RouterRule,
    Vip, VipKey,
};

/// What came of verifying an HMAC.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Authentication {
    /// It is right, or need not be there.
    Passed,
    /// The advert must be dropped and counted under this reason.
    Failed(Counter),
    /// Not here: who has the secret must look.
    Deferred,
}

/// The maps and the clock.
pub trait Tables {
    /// Room for an event, to be submitted.
    type Reserved<'a>: DerefMut<Target = AdvertEvent>
    where
        Self: 'a;

    /// `CLOCK_MONOTONIC`, nanoseconds.
    fn now(&self) -> u64;

    /// The rule of a virtual router.
    fn rule(&self, key: &RouterKey) -> Option<&RouterRule>;

    /// A unicast peer.
    fn peer(&self, key: &PeerKey) -> Option<&Peer>;

    /// A virtual address.
    fn vip(&self, key: &VipKey) -> Option<&Vip>;

    /// What is in use at all: [`crate::abi::FEATURE_NO_ACCEPT`].
    fn features(&self) -> u32;

    /// Until when this node may answer for the addresses of a router; 0 for not at all.
    fn lease_until(&self, slot: u32) -> u64;

    /// Changes what has been heard for a router; `None` if there is no such slot.
    fn with_heard<R>(&self, slot: u32, change: impl FnOnce(&mut Heard) -> R) -> Option<R>;

    /// Counts for a router.
    fn count(&self, slot: u32, counter: Counter);

    /// Counts for the node.
    fn count_node(&self, counter: NodeCounter);

    /// Room for an event to the daemon; `None` if there is none. What it holds is left over from
    /// others.
    fn reserve(&self) -> Option<Self::Reserved<'_>>;

    /// Hands on an event, of which every field has been written.
    fn submit(&self, event: Self::Reserved<'_>);

    /// Hands a conflict to the daemon; false if there was no room.
    fn publish_conflict(&self, event: &ConflictEvent) -> bool;

    /// Verifies the advert at `l4` of the frame under judgement, of a router with
    /// [`crate::abi::RULE_VERIFY`]. Its message has `message_length` bytes, behind which the
    /// trailer lies, if there is one.
    fn authenticate(
        &self,
        slot: u32,
        l4: usize,
        message_length: usize,
        trailer: bool,
    ) -> Authentication;
}
