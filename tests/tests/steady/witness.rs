//! Whether the machine itself was there all the time: a virtual one is robbed of its processors now
//! and then, and nobody who runs on it can help that.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use nix::{
    errno::Errno,
    sched::{CpuSet, sched_setaffinity},
    time::{ClockId, ClockNanosleepFlags, clock_nanosleep},
    unistd::Pid,
};
use vrrp_tests::Moment;

const STEP: Duration = Duration::from_millis(1);

/// A thread that goes before everything else on processor 0 and wakes up every millisecond.
pub(super) struct Witness {
    over: Arc<AtomicBool>,
    thread: JoinHandle<Duration>,
}

impl Witness {
    pub(super) fn begin() -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&over);
        let thread = thread::spawn(move || {
            let mut first = CpuSet::new();
            first.set(0).unwrap();
            sched_setaffinity(Pid::from_raw(0), &first).unwrap();
            go_first();
            let mut worst = Duration::ZERO;
            while !theirs.load(Ordering::Relaxed) {
                let before = Moment::now();
                let _ = clock_nanosleep(
                    ClockId::CLOCK_MONOTONIC,
                    ClockNanosleepFlags::empty(),
                    &STEP.into(),
                );
                worst = worst.max(Moment::now().since(before).saturating_sub(STEP));
            }
            worst
        });
        Self { over, thread }
    }

    /// The longest time for which it was kept waiting.
    pub(super) fn end(self) -> Duration {
        self.over.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

fn go_first() {
    // SAFETY: all zeros is a value of it.
    let mut parameters: libc::sched_param = unsafe { std::mem::zeroed() };
    parameters.sched_priority = 90;
    // SAFETY: the kernel reads what `parameters` is of, and no more.
    let done = unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, &raw const parameters) };
    Errno::result(done).unwrap();
}
