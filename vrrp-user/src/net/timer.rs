//! One deadline, to the nanosecond.

use std::{
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd},
};

use nix::{
    sys::{
        time::TimeSpec,
        timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags},
    },
    unistd::read,
};
use tokio::io::unix::AsyncFd;

use super::readable::{OwnsDescriptor, readable, sealed::Sealed};
use crate::protocol::Monotonic;

/// A timer on `CLOCK_MONOTONIC` with an absolute deadline: a timer wheel of milliseconds is too
/// coarse for adverts 10 ms apart, and a relative one would add up its delays.
#[derive(Debug)]
pub struct Timer {
    descriptor: AsyncFd<Descriptor>,
    deadline: Option<Monotonic>,
}

/// nix gives its timer no `AsRawFd`, which the runtime wants.
#[derive(Debug)]
struct Descriptor(TimerFd);

impl AsRawFd for Descriptor {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}

impl Sealed for Descriptor {}
impl OwnsDescriptor for Descriptor {}

impl Timer {
    /// Makes a timer that is not armed. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// When the system is out of descriptors.
    pub fn new() -> io::Result<Self> {
        let flags = TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC;
        let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, flags)?;
        let descriptor = readable(Descriptor(timer))?;
        Ok(Self { descriptor, deadline: None })
    }

    /// Sets the deadline, in place of any earlier one; `None` disarms. One in the past expires at
    /// once. Repeating the present deadline costs no system call.
    ///
    /// # Errors
    /// Those of `timerfd_settime(2)`, of which none is to be expected.
    pub fn arm(&mut self, deadline: Option<Monotonic>) -> io::Result<()> {
        if deadline == self.deadline {
            return Ok(());
        }
        let timer = &self.descriptor.get_ref().0;
        match deadline {
            Some(deadline) => {
                let at = Expiration::OneShot(as_timespec(deadline));
                timer.set(at, TimerSetTimeFlags::TFD_TIMER_ABSTIME)?;
            }
            None => timer.unset()?,
        }
        self.deadline = deadline;
        Ok(())
    }

    /// Waits for the deadline, for ever without one; the timer is then disarmed.
    ///
    /// Cancel-safe: an expiry is taken note of only in the poll that reports it.
    ///
    /// # Errors
    /// Those of `read(2)`, of which none is to be expected.
    pub async fn expired(&mut self) -> io::Result<()> {
        loop {
            let mut ready = self.descriptor.readable().await?;
            let mut expirations = [0; 8];
            // Would block: the timer was re-armed between its expiry and this.
            if let Ok(result) =
                ready.try_io(|timer| Ok(read(timer.get_ref().0.as_fd(), &mut expirations)?))
            {
                result?;
                self.deadline = None;
                return Ok(());
            }
        }
    }
}

impl AsFd for Timer {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.get_ref().0.as_fd()
    }
}

impl AsRawFd for Timer {
    fn as_raw_fd(&self) -> RawFd {
        self.descriptor.as_raw_fd()
    }
}

fn as_timespec(deadline: Monotonic) -> TimeSpec {
    // All zeros would disarm, and what the kernel cannot count to does not come.
    let nanos = deadline.as_nanos().clamp(1, i64::MAX.unsigned_abs());
    let seconds = libc::time_t::try_from(nanos / 1_000_000_000).unwrap_or(libc::time_t::MAX);
    let rest = libc::c_long::try_from(nanos % 1_000_000_000).unwrap_or(0);
    TimeSpec::new(seconds, rest)
}
