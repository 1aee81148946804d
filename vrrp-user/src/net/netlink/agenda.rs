//! What needs work, and from when on.

use std::collections::{BTreeMap, BTreeSet};

use crate::protocol::Monotonic;

/// What needs work, by the time from which on it may be done.
#[derive(Debug)]
pub(super) struct Agenda<K> {
    by_time: BTreeSet<(Monotonic, K)>,
    times: BTreeMap<K, Monotonic>,
}

impl<K> Default for Agenda<K> {
    fn default() -> Self {
        Self { by_time: BTreeSet::new(), times: BTreeMap::new() }
    }
}

impl<K: Clone + Ord> Agenda<K> {
    /// Has `key` worked on from `due` on, or not at all.
    pub(super) fn plan(&mut self, key: &K, due: Option<Monotonic>) {
        if self.times.get(key).copied() == due {
            return;
        }
        if let Some(before) = self.times.remove(key) {
            self.by_time.remove(&(before, key.clone()));
        }
        if let Some(due) = due {
            self.times.insert(key.clone(), due);
            self.by_time.insert((due, key.clone()));
        }
    }

    /// Those that may be worked on at `now`.
    pub(super) fn due(&self, now: Monotonic) -> Vec<K> {
        let due = self.by_time.iter().take_while(|(time, _)| *time <= now);
        due.map(|(_, key)| key.clone()).collect()
    }

    /// When the first of them may be worked on.
    pub(super) fn next(&self) -> Option<Monotonic> {
        self.by_time.first().map(|(time, _)| *time)
    }
}
