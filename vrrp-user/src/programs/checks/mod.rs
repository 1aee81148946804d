//! `vrrp_script`: asking again and again whether all is well.

mod tally;
mod task;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};

pub use tally::{Tally, Verdict};
pub(super) use task::{Asked, watch};

/// What is known of a check. Another process goes on from it.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct CheckFacts {
    /// What the results so far come to.
    pub tally: Tally,
    /// The last run that is over.
    pub last: Option<LastRun>,
    /// Runs that are over.
    pub runs: u64,
    /// Of these: not good.
    pub failures: u64,
    /// Of these: took too long.
    pub timeouts: u64,
    /// Why it is not asked; then nothing depends on it.
    pub unusable: Option<String>,
}

/// A run that is over.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct LastRun {
    /// How it ended, for people.
    pub outcome: String,
    /// The exit status, of a program that ended by itself.
    pub exit: Option<i32>,
    /// When it began.
    pub began: SystemTime,
    /// How long it took.
    pub took: Duration,
}

/// The facts of a check, which its task writes and the loop reads.
#[derive(Clone, Debug, Default)]
pub(super) struct Shared(Arc<Mutex<CheckFacts>>);

impl Shared {
    pub(super) fn new(facts: CheckFacts) -> Self {
        Self(Arc::new(Mutex::new(facts)))
    }

    pub(super) fn get(&self) -> CheckFacts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change<T>(&self, change: impl FnOnce(&mut CheckFacts) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The facts of every check by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Board(Arc<Mutex<BTreeMap<String, Shared>>>);

impl Board {
    pub(super) fn replace(&self, checks: BTreeMap<String, Shared>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = checks;
    }

    pub(super) fn facts(&self) -> BTreeMap<String, CheckFacts> {
        let board = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        board.iter().map(|(name, shared)| (name.clone(), shared.get())).collect()
    }
}
