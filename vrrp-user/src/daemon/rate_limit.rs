//! Keeping what others cause out of the log's way.

use std::time::Duration;

use crate::protocol::Monotonic;

/// Lets one message through per interval and counts the others.
#[derive(Clone, Debug)]
pub(super) struct RateLimit {
    interval: Duration,
    next: Monotonic,
    held_back: u64,
}

impl RateLimit {
    pub(super) const fn new(interval: Duration) -> Self {
        Self { interval, next: Monotonic::ZERO, held_back: 0 }
    }

    /// `Some` if the message may go out, with the number of those that were held back before it.
    pub(super) fn admit(&mut self, now: Monotonic) -> Option<u64> {
        if now < self.next {
            self.held_back += 1;
            return None;
        }
        self.next = now + self.interval;
        Some(std::mem::take(&mut self.held_back))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_message_per_interval() {
        let at = |seconds: u64| Monotonic::from_nanos(seconds * 1_000_000_000);
        let mut limit = RateLimit::new(Duration::from_secs(10));
        assert_eq!(limit.admit(at(1)), Some(0));
        assert_eq!(limit.admit(at(2)), None);
        assert_eq!(limit.admit(at(10)), None);
        assert_eq!(limit.admit(at(11)), Some(2));
        assert_eq!(limit.admit(at(21)), Some(0));
    }
}
