//! What is known of each tracked thing, and who tracks it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::SystemTime,
};

use serde::{Deserialize, Serialize};

use crate::{
    config::model::{
        Instance,
        tracking::{Track, Tracked},
    },
    dataplane::Slot,
    protocol::Monotonic,
    tracking::{Condition, Verdict, describe, judge},
};

/// What a thing is like, and since when.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(in crate::daemon) struct Known {
    pub(in crate::daemon) condition: Condition,
    pub(in crate::daemon) since: SystemTime,
    pub(in crate::daemon) since_monotonic: Monotonic,
}

/// Everything that is tracked.
#[derive(Debug, Default)]
pub(in crate::daemon) struct Tracking {
    known: BTreeMap<Tracked, Known>,
    followers: BTreeMap<Tracked, BTreeSet<Slot>>,
}

impl Tracking {
    /// With what another process knew.
    pub(in crate::daemon) fn inherit(&mut self, known: Vec<(Tracked, Known)>) {
        self.known.extend(known);
    }

    /// All that is known, for another process.
    pub(in crate::daemon) fn legacy(&self) -> Vec<(Tracked, Known)> {
        self.known.iter().map(|(what, known)| (what.clone(), *known)).collect()
    }

    /// What is known of a thing.
    pub(in crate::daemon) fn known(&self, what: &Tracked) -> Option<&Known> {
        self.known.get(what)
    }

    /// Takes note of what a thing is like; false if that was known.
    pub(super) fn learn(&mut self, what: &Tracked, condition: Condition, now: Monotonic) -> bool {
        if self.known.get(what).is_some_and(|known| known.condition == condition) {
            return false;
        }
        let since = SystemTime::now();
        self.known.insert(what.clone(), Known { condition, since, since_monotonic: now });
        true
    }

    /// A router tracks these things.
    pub(in crate::daemon) fn enlist(&mut self, slot: Slot, tracks: &[Track]) {
        for track in tracks {
            self.followers.entry(track.what.clone()).or_default().insert(slot);
        }
    }

    /// Takes [`Self::enlist`] back.
    pub(in crate::daemon) fn delist(&mut self, slot: Slot, tracks: &[Track]) {
        for track in tracks {
            if let Some(followers) = self.followers.get_mut(&track.what) {
                followers.remove(&slot);
                if followers.is_empty() {
                    self.followers.remove(&track.what);
                }
            }
        }
    }

    /// Forgets what is tracked by nobody, when it will be told of anew once it is: of a script only
    /// changes are told.
    pub(in crate::daemon) fn forget_unused(&mut self) {
        let Self { known, followers } = self;
        known.retain(|what, _| matches!(what, Tracked::Script(_)) || followers.contains_key(what));
    }

    /// Whether a router tracks a thing.
    pub(super) fn is_tracked(&self, what: &Tracked) -> bool {
        self.followers.contains_key(what)
    }

    /// The routers that track a thing.
    pub(super) fn followers(&self, what: &Tracked) -> Vec<Slot> {
        self.followers.get(what).into_iter().flatten().copied().collect()
    }

    /// Everything that some router tracks.
    pub(in crate::daemon) fn all(&self) -> impl Iterator<Item = &Tracked> {
        self.followers.keys()
    }

    /// The interfaces among it.
    pub(in crate::daemon) fn interfaces(&self) -> impl Iterator<Item = &String> {
        self.all().filter_map(|what| match what {
            Tracked::Interface(name) => Some(name),
            _ => None,
        })
    }

    /// What all that an instance tracks comes to.
    pub(in crate::daemon) fn judge<'i>(&self, instance: &'i Instance) -> Verdict<'i> {
        judge(instance.priority, &instance.track, |what| {
            self.known.get(what).map(|known| known.condition)
        })
    }

    /// A sentence on a thing.
    pub(super) fn describe(&self, what: &Tracked) -> String {
        describe(what, self.known.get(what).map(|known| known.condition))
    }
}
