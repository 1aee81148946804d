//! When which router wants to be looked at.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crate::{dataplane::Slot, protocol::Monotonic};

/// One deadline per router, ordered, and from when on each may be served early by a loop that is
/// awake for another reason: thousands of routers would else wake it one by one.
#[derive(Debug, Default)]
pub(super) struct Deadlines {
    ordered: BTreeSet<(Monotonic, Slot)>,
    /// Those that have not been served early yet, by the time from which on they may be.
    early: BTreeSet<(Monotonic, Slot)>,
    by_slot: BTreeMap<Slot, Deadline>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Deadline {
    at: Monotonic,
    from: Monotonic,
}

impl Deadlines {
    /// Sets or, with `None`, removes a router's deadline. Before one that is new it may be served
    /// once, up to `earliness` early.
    pub(super) fn set(&mut self, slot: Slot, deadline: Option<Monotonic>, earliness: Duration) {
        let before = self.by_slot.get(&slot).copied();
        if before.map(|before| before.at) == deadline {
            return;
        }
        if let Some(before) = before {
            self.ordered.remove(&(before.at, slot));
            self.early.remove(&(before.from, slot));
        }
        match deadline {
            Some(at) => {
                let from = at - earliness;
                self.by_slot.insert(slot, Deadline { at, from });
                self.ordered.insert((at, slot));
                if from < at {
                    self.early.insert((from, slot));
                }
            }
            None => drop(self.by_slot.remove(&slot)),
        }
    }

    /// The earliest deadline.
    pub(super) fn next(&self) -> Option<Monotonic> {
        self.first().map(|(at, _)| at)
    }

    /// The earliest deadline, and the router that has it.
    pub(super) fn first(&self) -> Option<(Monotonic, Slot)> {
        self.ordered.first().copied()
    }

    /// The routers whose deadline has passed, `most` of them, those first that have waited longest.
    pub(super) fn due(&self, now: Monotonic, most: usize) -> Vec<Slot> {
        let due = self.ordered.iter().take_while(|(at, _)| *at <= now).take(most);
        due.map(|&(_, slot)| slot).collect()
    }

    /// The routers that may be served now although their deadline has not passed, `most` of them.
    /// Each is named once.
    pub(super) fn take_early(&mut self, now: Monotonic, most: usize) -> Vec<Slot> {
        let mut slots = Vec::new();
        while slots.len() < most
            && let Some(&(from, slot)) = self.early.first().filter(|(from, _)| *from <= now)
        {
            self.early.remove(&(from, slot));
            if self.by_slot.get(&slot).is_some_and(|deadline| deadline.at > now) {
                slots.push(slot);
            }
        }
        slots
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanos: u64) -> Monotonic {
        Monotonic::from_nanos(nanos)
    }

    fn slot(index: u32) -> Slot {
        Slot::new(index).unwrap()
    }

    #[test]
    fn deadlines_move_and_go() {
        let mut deadlines = Deadlines::default();
        let set = |deadlines: &mut Deadlines, index, nanos: Option<u64>| {
            deadlines.set(slot(index), nanos.map(at), Duration::ZERO);
        };
        set(&mut deadlines, 1, Some(30));
        set(&mut deadlines, 2, Some(20));
        set(&mut deadlines, 1, Some(10));
        assert_eq!(deadlines.next(), Some(at(10)));
        assert_eq!(deadlines.due(at(19), 9), [slot(1)]);
        assert_eq!(deadlines.due(at(99), 9), [slot(1), slot(2)]);
        assert_eq!(deadlines.due(at(99), 1), [slot(1)]);
        set(&mut deadlines, 1, None);
        assert_eq!(deadlines.next(), Some(at(20)));
        set(&mut deadlines, 2, None);
        assert_eq!(deadlines.next(), None);
        assert_eq!(deadlines.take_early(at(99), 9), []);
    }

    #[test]
    fn each_deadline_may_be_served_early_once() {
        let mut deadlines = Deadlines::default();
        let early = Duration::from_nanos(5);
        deadlines.set(slot(1), Some(at(30)), early);
        deadlines.set(slot(2), Some(at(32)), early);
        deadlines.set(slot(3), Some(at(31)), Duration::ZERO);
        assert_eq!(deadlines.take_early(at(24), 9), []);
        assert_eq!(deadlines.take_early(at(25), 9), [slot(1)]);
        deadlines.set(slot(1), Some(at(30)), early);
        assert_eq!(deadlines.take_early(at(29), 9), [slot(2)]);
        assert_eq!(deadlines.due(at(32), 9), [slot(1), slot(3), slot(2)]);
        deadlines.set(slot(1), Some(at(40)), early);
        assert_eq!(deadlines.take_early(at(39), 9), [slot(1)]);
        // It has passed meanwhile: that is no early any more.
        deadlines.set(slot(1), Some(at(50)), early);
        assert_eq!(deadlines.take_early(at(60), 9), []);
        assert_eq!(deadlines.next(), Some(at(31)));
    }
}
