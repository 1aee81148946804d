//! Moments that daemon, eBPF program and observer can compare.

use std::{
    ops::{Add, Sub},
    time::Duration,
};

use nix::time::{ClockId, clock_gettime};

/// A reading of `CLOCK_MONOTONIC` in nanoseconds: the clock of `bpf_ktime_get_ns` and of the
/// daemon's deadlines.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Moment(u64);

impl Moment {
    /// Now.
    #[must_use]
    pub fn now() -> Self {
        Self(read(ClockId::CLOCK_MONOTONIC))
    }

    /// Takes nanoseconds since the clock's zero.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the clock's zero.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// How long `earlier` lies back; zero if it lies ahead.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// Nanoseconds from `earlier` to this, negative if it lies ahead.
    #[must_use]
    pub const fn signed_nanos_since(self, earlier: Self) -> i64 {
        self.0.wrapping_sub(earlier.0).cast_signed()
    }

    /// Takes a kernel stamp of `CLOCK_REALTIME`.
    ///
    /// The distance of the two clocks is read anew each time, so that a step of the wall clock
    /// spoils at most the frames on their way just then.
    #[must_use]
    pub(crate) fn from_realtime(nanos: u64) -> Self {
        let mut tightest = u64::MAX;
        let mut result = Self(0);
        for _ in 0..4 {
            let before = read(ClockId::CLOCK_MONOTONIC);
            let wall = read(ClockId::CLOCK_REALTIME);
            let width = read(ClockId::CLOCK_MONOTONIC).saturating_sub(before);
            if width < tightest {
                tightest = width;
                let age = wall.saturating_sub(nanos);
                result = Self((before + width / 2).saturating_sub(age));
            }
            // Nobody interrupted us between the readings: good enough.
            if width < 1_000 {
                break;
            }
        }
        result
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)))
    }
}

impl Sub<Duration> for Moment {
    type Output = Self;

    fn sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)))
    }
}

fn read(clock: ClockId) -> u64 {
    clock_gettime(clock)
        .map_or(0, |time| u64::try_from(Duration::from(time).as_nanos()).unwrap_or(u64::MAX))
}
