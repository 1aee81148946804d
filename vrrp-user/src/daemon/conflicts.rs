//! Somebody else says that a virtual address is theirs.

use vrrp_ebpf::abi::ConflictEvent;

use super::driver::Driver;
use crate::{
    dataplane::{Slot, from_abi},
    election::{State, VirtualRouter},
    net::monotonic_now,
    protocol::Family,
};

impl Driver {
    /// Tells people of it, and the LAN that it is not so.
    pub(super) fn on_conflict(&mut self, event: &ConflictEvent) {
        let Some(slot) = Slot::new(event.slot) else { return };
        let Some(router) = self.routers.get_mut(&slot) else { return };
        if router.machine.state() != State::Master {
            // The new master, whose advert was heard before.
            return;
        }
        let address = [Family::Ipv4, Family::Ipv6]
            .map(|family| from_abi(event.address, family))
            .into_iter()
            .find(|address| router.claims().iter().any(|claim| claim.address.address == *address));
        let Some(address) = address else { return };
        if let Some(held_back) = router.conflict_alarm.admit(monotonic_now()) {
            let name = &router.instance.name;
            let mac = event.mac.map(|byte| format!("{byte:02x}")).join(":");
            tracing::warn!(
                instance = %name,
                %address,
                %mac,
                held_back,
                "{name}: {mac} says that {address} is there, while this node is master; announced it again",
            );
        }
        self.drive(slot, VirtualRouter::contested);
    }
}
