//! Which claims need work, and from when on.

use std::collections::{BTreeMap, BTreeSet};

use super::Key;
use crate::protocol::Monotonic;

/// The claims that need work, by the time from which on it may be done.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    by_time: BTreeSet<(Monotonic, Key)>,
    times: BTreeMap<Key, Monotonic>,
}

impl Agenda {
    /// Has the claim `key` worked on from `due` on, or not at all.
    pub(super) fn plan(&mut self, key: &Key, due: Option<Monotonic>) {
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

    /// The claims that may be worked on at `now`.
    pub(super) fn due(&self, now: Monotonic) -> Vec<Key> {
        let due = self.by_time.iter().take_while(|(time, _)| *time <= now);
        due.map(|(_, key)| key.clone()).collect()
    }

    /// When the first of them may be worked on.
    pub(super) fn next(&self) -> Option<Monotonic> {
        self.by_time.first().map(|(time, _)| *time)
    }
}
