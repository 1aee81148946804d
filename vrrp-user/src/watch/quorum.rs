//! Whether there are enough processes, and not too many, for long enough: sans-IO.

use std::time::{Duration, Instant};

use crate::config::model::tracking::TrackProcess;

/// The judgement of one `vrrp_track_process`.
#[derive(Clone, Debug)]
pub(super) struct Quorum {
    least: u32,
    most: u32,
    fork_delay: Duration,
    terminate_delay: Duration,
    /// What has been told of; nothing before the first count.
    told: Option<bool>,
    /// Since when it has been otherwise.
    otherwise: Option<Instant>,
}

impl Quorum {
    pub(super) fn new(process: &TrackProcess) -> Self {
        Self {
            least: process.quorum,
            most: process.most.unwrap_or(u32::MAX),
            fork_delay: process.fork_delay,
            terminate_delay: process.terminate_delay,
            told: None,
            otherwise: None,
        }
    }

    /// Takes a count in; `Some` if there is something to tell: whether all is well. The first count
    /// counts at once.
    pub(super) fn count(&mut self, count: u32, now: Instant) -> Option<bool> {
        let is_met = (self.least..=self.most).contains(&count);
        if self.told == Some(is_met) {
            self.otherwise = None;
            return None;
        }
        let since = *self.otherwise.get_or_insert(now);
        let delay = match self.told {
            None => Duration::ZERO,
            Some(true) => self.terminate_delay,
            Some(false) => self.fork_delay,
        };
        if now.saturating_duration_since(since) < delay {
            return None;
        }
        self.otherwise = None;
        self.told = Some(is_met);
        self.told
    }

    /// When to count again although nothing has happened.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let delay = if self.told == Some(true) { self.terminate_delay } else { self.fork_delay };
        self.otherwise.map(|since| since + delay)
    }

    /// Whether a process more would change anything: else only those that end matter.
    pub(super) fn heeds_newcomers(&self) -> bool {
        self.told != Some(true) || self.otherwise.is_some() || self.most != u32::MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::model::tracking::{Matching, Weight};

    fn process(quorum: u32, most: Option<u32>, delays: [u64; 2]) -> TrackProcess {
        let [fork_delay, terminate_delay] = delays.map(Duration::from_secs);
        TrackProcess {
            name: "p".to_owned(),
            command: "p".to_owned(),
            parameters: Vec::new(),
            matching: Matching::Name,
            weight: Weight::default(),
            quorum,
            most,
            fork_delay,
            terminate_delay,
        }
    }

    /// Counts at seconds, and what is told.
    fn story(process: &TrackProcess, counts: &[(u64, u32, Option<bool>)]) {
        let start = Instant::now();
        let mut quorum = Quorum::new(process);
        for &(at, count, expected) in counts {
            let told = quorum.count(count, start + Duration::from_secs(at));
            assert_eq!(told, expected, "{count} at {at} s");
        }
    }

    #[test]
    fn enough_and_not_too_many() {
        let two = process(2, Some(3), [0, 0]);
        let (yes, no) = (Some(true), Some(false));
        story(
            &two,
            &[(0, 0, no), (1, 1, None), (2, 2, yes), (3, 3, None), (4, 4, no), (5, 9, None)],
        );
        let none = process(0, Some(0), [0, 0]);
        story(&none, &[(0, 0, yes), (1, 1, no), (2, 0, yes)]);
    }

    #[test]
    fn delays_bridge_a_restart() {
        let (yes, no) = (Some(true), Some(false));
        let slow = process(1, None, [2, 3]);
        // The first count is no change.
        story(&slow, &[(0, 1, yes), (1, 0, None), (3, 0, None), (4, 0, no), (5, 1, None)]);
        story(&slow, &[(0, 0, no), (1, 1, None), (2, 0, None), (3, 1, None), (5, 1, yes)]);
        story(&slow, &[(0, 1, yes), (1, 0, None), (2, 1, None), (3, 0, None), (5, 0, None)]);
    }

    #[test]
    fn it_says_when_it_wants_to_know_more() {
        let start = Instant::now();
        let mut quorum = Quorum::new(&process(1, None, [2, 3]));
        assert!(quorum.heeds_newcomers());
        quorum.count(1, start);
        assert_eq!((quorum.heeds_newcomers(), quorum.deadline()), (false, None));
        quorum.count(0, start);
        assert!(quorum.heeds_newcomers());
        assert_eq!(quorum.deadline(), Some(start + Duration::from_secs(3)));
        let mut bounded = Quorum::new(&process(1, Some(5), [0, 0]));
        bounded.count(1, start);
        assert!(bounded.heeds_newcomers());
    }
}
