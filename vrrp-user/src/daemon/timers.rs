//! What is done because the time has come, and the adverts that leave together for it.
//!
//! ```text
//!  due, early ──► election ──┬─ an advert and nothing else ──► waits ─┬─► sendmmsg per interface
//!                            └─ anything else ──► what waits leaves ──┘    ──► lease, if it left
//! ```

use std::time::Duration;

use super::{driver::Driver, heard::BATCH};
use crate::{
    dataplane::Slot,
    election::{Action, State, VirtualRouter},
    net::monotonic_now,
    protocol::{Monotonic, Priority},
};

/// How long before a take-over may be due the loop is woken: longer than a processor takes to wake up
/// from idling, of which nothing is left then to delay the first advert.
const VIGIL: Duration = Duration::from_micros(150);

/// An advert that is ready in its router's wire form and has not left yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    ifindex: u32,
    slot: Slot,
}

impl Driver {
    /// When the loop wants to be woken, if nothing happens before.
    pub(super) fn wake_at(&self) -> Option<Monotonic> {
        let router = self.deadlines.first();
        let router = router.map(|(at, slot)| if self.is_backup(slot) { at - VIGIL } else { at });
        [router, self.pacer.next_deadline(), self.link_holds.next_deadline()]
            .into_iter()
            .flatten()
            .min()
    }

    /// Stays awake until a take-over that is due within [`VIGIL`], unless the master has been heard
    /// meanwhile, as it has if it lives: this costs time only where a master is lost.
    pub(super) fn keep_vigil(&mut self) {
        let ends = monotonic_now() + VIGIL;
        for _ in 0..BATCH {
            let Some((at, slot)) = self.deadlines.first() else { return };
            if at > ends || at <= monotonic_now() || !self.is_backup(slot) {
                return;
            }
            self.fire(slot, VirtualRouter::expire_early);
            if self.deadlines.first() == Some((at, slot)) {
                while monotonic_now() < at {
                    std::hint::spin_loop();
                }
                return;
            }
        }
    }

    fn is_backup(&self, slot: Slot) -> bool {
        self.routers.get(&slot).is_some_and(|it| it.machine.state() == State::Backup)
    }

    /// Fires timers that were due at `now`, after which everything was taken in that had been heard
    /// until then, unless there was `more`. So nobody takes over who has merely been asleep.
    ///
    /// At most [`BATCH`] of each kind: before the next ones, it is heard again what others say.
    pub(super) fn expire(&mut self, now: Monotonic, more: bool) {
        if more && self.deadlines.next().is_some_and(|at| at <= now) {
            self.hear_all();
        }
        for slot in self.deadlines.due(now, BATCH) {
            self.fire(slot, VirtualRouter::expire);
        }
        for slot in self.deadlines.take_early(now, BATCH) {
            self.fire(slot, VirtualRouter::expire_early);
        }
        self.send_waiting();
    }

    fn fire(
        &mut self,
        slot: Slot,
        timer: impl FnOnce(&mut VirtualRouter, Monotonic, Monotonic, &mut Vec<Action>),
    ) {
        let heard = self.last_heard(slot);
        let Some(router) = self.routers.get_mut(&slot) else { return };
        let mut actions = Vec::new();
        timer(&mut router.machine, monotonic_now(), heard, &mut actions);
        match actions[..] {
            // Of which its sync group need not know.
            [Action::Advertise(priority)] if self.collect(slot, priority) => {
                self.note_deadline(slot);
            }
            _ => self.perform_all(slot, actions),
        }
    }

    /// Has an advert leave with others; false if it has to leave alone.
    fn collect(&mut self, slot: Slot, priority: Priority) -> bool {
        let Some(wire) = self.routers.get_mut(&slot).and_then(|router| router.wire.as_mut()) else {
            return false;
        };
        let is_ready = !priority.is_resignation() && wire.prepare(priority);
        if is_ready {
            self.waiting.push(Waiting { ifindex: wire.place.ifindex, slot });
        }
        is_ready
    }

    /// Sends the adverts that wait. Nothing else is done before that: what follows an advert,
    /// the lease above all, has to come after it.
    pub(super) fn send_waiting(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.sort_by_key(|one| one.ifindex);
        for together in waiting.chunk_by(|one, other| one.ifindex == other.ifindex) {
            self.send_together(together);
        }
        waiting.clear();
        self.waiting = waiting;
    }

    /// Sends adverts that leave by one interface.
    fn send_together(&mut self, waiting: &[Waiting]) {
        let ready: Vec<_> = waiting
            .iter()
            .filter_map(|&Waiting { slot, .. }| {
                let router = self.routers.get(&slot)?;
                Some((slot, &router.instance.interface, router.wire.as_ref()?.prepared()?))
            })
            .collect();
        let Some((_, interface, _)) = ready.first() else { return };
        let Some(port) = self.port(interface) else { return };
        let frames: Vec<&[u8]> = ready.iter().map(|(.., frame)| *frame).collect();
        let at = monotonic_now();
        let outcomes = port.socket.send_all(&frames);
        let slots: Vec<Slot> = ready.iter().map(|(slot, ..)| *slot).collect();
        for (slot, outcome) in slots.into_iter().zip(outcomes) {
            self.departed(slot, at, outcome);
        }
    }
}
