//! The system calls.

use std::{collections::BTreeSet, io};

use nix::{
    errno::Errno,
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    sys::{
        mman::munlockall,
        resource::{Resource, getrlimit, setrlimit},
    },
    unistd::Pid,
};

/// A scheduling policy with its priority, 0 for one without (sched(7)).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Policy {
    policy: libc::c_int,
    priority: libc::c_int,
}

impl Policy {
    /// `SCHED_OTHER`.
    pub(super) const ORDINARY: Self = Self { policy: libc::SCHED_OTHER, priority: 0 };

    /// `SCHED_RR`, which threads and processes that are started do not inherit.
    pub(super) fn round_robin(priority: u8) -> Self {
        Self { policy: libc::SCHED_RR | libc::SCHED_RESET_ON_FORK, priority: priority.into() }
    }

    /// That of the calling thread.
    pub(super) fn current() -> io::Result<Self> {
        Self::of(Pid::from_raw(0))
    }

    /// That of a thread.
    pub(super) fn of(thread: Pid) -> io::Result<Self> {
        let mut parameters = parameters(0);
        // SAFETY: takes a number.
        let policy = Errno::result(unsafe { libc::sched_getscheduler(thread.as_raw()) })?;
        // SAFETY: the kernel writes what `parameters` is of, and no more.
        let done = unsafe { libc::sched_getparam(thread.as_raw(), &raw mut parameters) };
        Errno::result(done)?;
        Ok(Self { policy, priority: parameters.sched_priority })
    }

    /// Gives it to a thread.
    pub(super) fn set(self, thread: Pid) -> io::Result<()> {
        let parameters = parameters(self.priority);
        // SAFETY: the kernel reads what `parameters` is of, and no more.
        let done = unsafe {
            libc::sched_setscheduler(thread.as_raw(), self.policy, &raw const parameters)
        };
        Errno::result(done)?;
        Ok(())
    }
}

/// glibc and musl do not agree on what else there is in it.
fn parameters(priority: libc::c_int) -> libc::sched_param {
    // SAFETY: it is made of integers.
    let mut parameters: libc::sched_param = unsafe { std::mem::zeroed() };
    parameters.sched_priority = priority;
    parameters
}

/// Niceness of the calling thread.
pub(super) fn niceness() -> io::Result<i32> {
    Errno::clear();
    // SAFETY: takes numbers.
    let nice = unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) };
    match Errno::last_raw() {
        0 => Ok(nice),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

/// Sets the niceness of a thread, -20 to 19.
pub(super) fn set_niceness(thread: Pid, nice: i32) -> io::Result<()> {
    let thread = libc::id_t::try_from(thread.as_raw()).unwrap_or_default();
    // SAFETY: takes numbers.
    Errno::result(unsafe { libc::setpriority(libc::PRIO_PROCESS, thread, nice) })?;
    Ok(())
}

/// The CPUs that a thread may run on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Affinity(CpuSet);

impl Affinity {
    /// That of the calling thread.
    pub(super) fn current() -> io::Result<Self> {
        Ok(Self(sched_getaffinity(Pid::from_raw(0))?))
    }

    /// Of CPUs by number.
    pub(super) fn of(cpus: &BTreeSet<u16>) -> io::Result<Self> {
        let mut set = CpuSet::new();
        cpus.iter().try_for_each(|&cpu| set.set(cpu.into()))?;
        Ok(Self(set))
    }

    /// Gives it to a thread.
    pub(super) fn set(&self, thread: Pid) -> io::Result<()> {
        Ok(sched_setaffinity(thread, &self.0)?)
    }
}

/// Brings everything into memory that is mapped now, and keeps it there; what is mapped later is
/// kept once it has been used.
pub(super) fn lock_memory() -> io::Result<()> {
    lock_all(libc::MCL_CURRENT)?;
    lock_all(libc::MCL_FUTURE | libc::MCL_ONFAULT)
}

fn lock_all(flags: libc::c_int) -> io::Result<()> {
    // SAFETY: takes a number.
    Errno::result(unsafe { libc::mlockall(flags) })?;
    Ok(())
}

/// Takes [`lock_memory`] back.
pub(super) fn unlock_memory() -> io::Result<()> {
    Ok(munlockall()?)
}

/// `RLIMIT_RTTIME`, in microseconds: what brings a signal, and what ends the process.
pub(super) fn rt_time() -> io::Result<(u64, u64)> {
    Ok(getrlimit(Resource::RLIMIT_RTTIME)?)
}

/// Sets `RLIMIT_RTTIME`, in microseconds.
pub(super) fn set_rt_time(soft: u64, hard: u64) -> io::Result<()> {
    Ok(setrlimit(Resource::RLIMIT_RTTIME, soft, hard)?)
}
