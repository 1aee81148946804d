//! Which slots of the maps are taken.

use std::collections::BTreeSet;

use crate::dataplane::Slot;

/// Hands out the lowest free slot.
#[derive(Debug, Default)]
pub(super) struct Slots {
    next: u32,
    returned: BTreeSet<Slot>,
}

impl Slots {
    /// `None` when the maps are full.
    pub(super) fn take(&mut self) -> Option<Slot> {
        if let Some(slot) = self.returned.pop_first() {
            return Some(slot);
        }
        let slot = Slot::new(self.next)?;
        self.next += 1;
        Some(slot)
    }

    pub(super) fn give_back(&mut self, slot: Slot) {
        self.returned.insert(slot);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_reused_and_end() {
        let mut slots = Slots::default();
        let first = slots.take().unwrap();
        assert_ne!(slots.take(), Some(first));
        slots.give_back(first);
        assert_eq!(slots.take(), Some(first));
        let rest = std::iter::from_fn(|| slots.take()).count();
        assert_eq!(rest, 4094);
    }
}
