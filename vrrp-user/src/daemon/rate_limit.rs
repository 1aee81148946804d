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

/// Lets a number of messages through per interval and counts the others.
#[derive(Clone, Debug)]
pub(super) struct Burst {
    most: u32,
    left: u32,
    limit: RateLimit,
}

impl Burst {
    pub(super) const fn new(most: u32, interval: Duration) -> Self {
        Self { most, left: 0, limit: RateLimit::new(interval) }
    }

    /// As [`RateLimit::admit`].
    pub(super) fn admit(&mut self, now: Monotonic) -> Option<u64> {
        if let Some(held_back) = self.limit.admit(now) {
            self.left = self.most - 1;
            return Some(held_back);
        }
        let left = self.left.checked_sub(1)?;
        self.left = left;
        // It was counted before it was known that there is room.
        self.limit.held_back -= 1;
        Some(0)
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

    #[test]
    fn a_number_of_messages_per_interval() {
        let at = |seconds: u64| Monotonic::from_nanos(seconds * 1_000_000_000);
        let mut burst = Burst::new(3, Duration::from_secs(10));
        let now = |burst: &mut Burst, seconds| burst.admit(at(seconds));
        assert_eq!([1, 1, 2].map(|seconds| now(&mut burst, seconds)), [Some(0); 3]);
        assert_eq!([2, 10].map(|seconds| now(&mut burst, seconds)), [None; 2]);
        assert_eq!(now(&mut burst, 11), Some(2));
        assert_eq!([12, 13, 14].map(|seconds| now(&mut burst, seconds)), [Some(0), Some(0), None]);
    }
}
