//! How often one address may be worked on.

use std::time::Duration;

use crate::protocol::Monotonic;

const FIRST_RETRY: Duration = Duration::from_millis(250);
const LAST_RETRY: Duration = Duration::from_secs(5);
/// Whoever undoes our work this often within [`WINDOW`] does so by program: putting it right at
/// once each time would keep both busy and nothing else.
const REPAIRS: u32 = 10;
const WINDOW: Duration = Duration::from_secs(1);

/// Spaces out retries after failures, and repairs while someone else keeps undoing them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace {
    not_before: Monotonic,
    failures: u32,
    window: Monotonic,
    repairs: u32,
}

impl Pace {
    /// From when on the next attempt may be made.
    pub(super) fn not_before(&self) -> Monotonic {
        self.not_before
    }

    /// An attempt failed: the next one waits 250 ms, and twice as long each time, up to 5 s.
    pub(super) fn failed(&mut self, now: Monotonic) {
        let pause = FIRST_RETRY.saturating_mul(1 << self.failures.min(16)).min(LAST_RETRY);
        self.failures = self.failures.saturating_add(1);
        self.not_before = now + pause;
    }

    /// An attempt succeeded.
    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// Someone had undone our work and it has been done again.
    pub(super) fn repaired(&mut self, now: Monotonic) {
        if self.repairs == 0 || now.since(self.window) >= WINDOW {
            self.window = now;
            self.repairs = 0;
        }
        self.repairs += 1;
        if self.repairs >= REPAIRS {
            self.not_before = self.window + WINDOW;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Monotonic = Monotonic::from_nanos(1_000_000_000_000);

    #[test]
    fn failures_space_out_and_success_starts_over() {
        let mut pace = Pace::default();
        let pauses: Vec<_> = (0..40)
            .map(|_| {
                pace.failed(NOW);
                pace.not_before().since(NOW).as_millis()
            })
            .collect();
        assert_eq!(pauses[..6], [250, 500, 1000, 2000, 4000, 5000]);
        assert!(pauses[6..].iter().all(|&pause| pause == 5000));
        pace.succeeded();
        pace.failed(NOW);
        assert_eq!(pace.not_before().since(NOW).as_millis(), 250);
    }

    #[test]
    fn ten_repairs_in_a_second_are_enough() {
        let mut pace = Pace::default();
        for _ in 0..9 {
            pace.repaired(NOW);
            assert!(pace.not_before() <= NOW);
        }
        pace.repaired(NOW);
        assert_eq!(pace.not_before(), NOW + WINDOW);
        pace.repaired(NOW + WINDOW);
        assert_eq!(pace.not_before(), NOW + WINDOW);
    }
}
