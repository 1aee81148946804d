//! Reading the clock.

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

use crate::protocol::Monotonic;

/// The time now by `CLOCK_MONOTONIC`, which the eBPF program reads too.
#[must_use]
pub fn monotonic_now() -> Monotonic {
    Monotonic::from_nanos(now(ClockId::CLOCK_MONOTONIC))
}

/// How long the machine has been up, including the time that it was suspended.
#[must_use]
pub fn since_boot() -> Duration {
    Duration::from_nanos(now(ClockId::CLOCK_BOOTTIME))
}

/// The time now by the wall clock, in nanoseconds since 1970.
pub(super) fn realtime_now() -> u64 {
    now(ClockId::CLOCK_REALTIME)
}

fn now(clock: ClockId) -> u64 {
    // Neither clock can be missing on Linux, so there is no error to hand on.
    clock_gettime(clock).map_or(0, |time| nanos(time.tv_sec(), time.tv_nsec()))
}

/// A kernel time stamp in nanoseconds; what lies before the clock's zero counts as zero.
pub(super) fn nanos(seconds: impl Into<i64>, nanos: impl Into<i64>) -> u64 {
    let total = seconds.into().saturating_mul(1_000_000_000).saturating_add(nanos.into());
    u64::try_from(total).unwrap_or(0)
}
