//! When which router wants to be looked at.

use std::collections::{BTreeMap, BTreeSet};

use crate::{dataplane::Slot, protocol::Monotonic};

/// One deadline per router, ordered.
#[derive(Debug, Default)]
pub(super) struct Deadlines {
    ordered: BTreeSet<(Monotonic, Slot)>,
    by_slot: BTreeMap<Slot, Monotonic>,
}

impl Deadlines {
    /// Sets or, with `None`, removes a router's deadline.
    pub(super) fn set(&mut self, slot: Slot, deadline: Option<Monotonic>) {
        let before = match deadline {
            Some(at) => self.by_slot.insert(slot, at),
            None => self.by_slot.remove(&slot),
        };
        if before == deadline {
            return;
        }
        if let Some(before) = before {
            self.ordered.remove(&(before, slot));
        }
        if let Some(at) = deadline {
            self.ordered.insert((at, slot));
        }
    }

    /// The earliest deadline.
    pub(super) fn next(&self) -> Option<Monotonic> {
        self.ordered.first().map(|&(at, _)| at)
    }

    /// The routers whose deadline has passed.
    pub(super) fn due(&self, now: Monotonic) -> Vec<Slot> {
        self.ordered.iter().take_while(|(at, _)| *at <= now).map(|&(_, slot)| slot).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_move_and_go() {
        let at = Monotonic::from_nanos;
        let slot = |index| Slot::new(index).unwrap();
        let mut deadlines = Deadlines::default();
        deadlines.set(slot(1), Some(at(30)));
        deadlines.set(slot(2), Some(at(20)));
        deadlines.set(slot(1), Some(at(10)));
        assert_eq!(deadlines.next(), Some(at(10)));
        assert_eq!(deadlines.due(at(19)), [slot(1)]);
        assert_eq!(deadlines.due(at(99)), [slot(1), slot(2)]);
        deadlines.set(slot(1), None);
        assert_eq!(deadlines.next(), Some(at(20)));
        deadlines.set(slot(2), None);
        assert_eq!(deadlines.next(), None);
    }
}
