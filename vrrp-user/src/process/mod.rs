//! How this process is scheduled and kept in memory.
//!
//! The loop's thread sends the adverts and has to run when their time comes. The netlink thread has
//! one real-time priority less, so that thousands of addresses do not keep the loop waiting.

mod kernel;
pub mod pidfd;
mod replace_file;
mod signals;
#[cfg(test)]
pub(crate) mod testing;

use std::{io, time::Duration};

use nix::unistd::{Pid, gettid};
use tokio::signal::unix::{SignalKind, signal};

use self::kernel::{Affinity, Policy};
pub use self::{
    replace_file::{ReplaceError, replace_file},
    signals::Wish,
};
use crate::config::model::Process;

/// Long enough for the thread to be off its processor before it is over: else the time goes on.
const REST: Duration = Duration::from_micros(100);

/// Something that the configuration asks for and the system does not permit.
#[derive(Debug, thiserror::Error)]
#[error("{what} is not to be had ({source}): {needs}")]
pub struct Shortfall {
    what: String,
    source: io::Error,
    needs: String,
}

/// The scheduling of the daemon's threads, and what it was at first.
#[derive(Debug)]
pub struct Scheduling {
    threads: [Pid; 2],
    policy: Option<Policy>,
    nice: i32,
    affinity: Option<Affinity>,
    limit: Option<(u64, u64)>,
    applied: Process,
    /// Whether the loop waits for a moment when it has been busy for long.
    rests: bool,
}

impl Scheduling {
    /// That of the calling thread, which runs the loop, and of the one that talks to netlink.
    #[must_use]
    pub fn new(netlink: Pid) -> Self {
        Self {
            threads: [gettid(), netlink],
            policy: Policy::current().ok(),
            nice: kernel::niceness().unwrap_or(0),
            affinity: Affinity::current().ok(),
            limit: kernel::rt_time().ok(),
            applied: Process::default(),
            rests: false,
        }
    }

    /// Has everything be as `wanted`, save the limit on time. What is wanted no more becomes what it
    /// was at first.
    ///
    /// # Errors
    /// What could not be had; the rest is done.
    #[must_use]
    pub fn apply(&mut self, wanted: &Process) -> Vec<Shortfall> {
        let mut shortfalls = Vec::new();
        if self.applied.cpus != wanted.cpus {
            shortfalls.extend(self.set_affinity(wanted).err());
        }
        if self.applied.nice != wanted.nice {
            shortfalls.extend(self.set_niceness(wanted).err());
        }
        // The limit decides about the netlink thread.
        let policy = |of: &Process| (of.rt_priority, of.rt_time.is_some());
        if policy(&self.applied) != policy(wanted) {
            shortfalls.extend(self.set_policy(wanted).err());
        }
        if self.applied.no_swap != wanted.no_swap {
            shortfalls.extend(set_no_swap(wanted.no_swap).err());
        }
        self.applied = Process { rt_time: self.applied.rt_time, ..wanted.clone() };
        shortfalls
    }

    /// Has the process killed when it runs under real-time policy for so long without ever waiting.
    /// A loop that is busy, and not hung, is told at half of the time and then waits for a moment.
    /// Must be called within a tokio runtime.
    ///
    /// # Errors
    /// When the limit cannot be set.
    pub fn apply_limit(&mut self, wanted: &Process) -> Result<(), Shortfall> {
        // It means nothing under the ordinary policy, and cannot always be taken back.
        if wanted.rt_priority.is_none() || self.applied.rt_time == wanted.rt_time {
            return Ok(());
        }
        self.applied.rt_time = wanted.rt_time;
        if !self.rests {
            self.rests = rest_when_told();
        }
        let limits = wanted.rt_time.map(micros).map(|most| (most / 2, most)).or(self.limit);
        let Some((soft, hard)) = limits else { return Ok(()) };
        kernel::set_rt_time(soft, hard).map_err(|source| Shortfall {
            what: wanted.rt_time.map_or_else(
                || "running without `vrrp_rlimit_rttime`".to_owned(),
                |time| format!("`vrrp_rlimit_rttime {}`", time.as_micros()),
            ),
            source,
            needs: "a greater limit than before takes CAP_SYS_RESOURCE, or a restart".to_owned(),
        })
    }

    /// In the middle of long work: begins the limit's time anew, if there is one.
    pub fn pause(&self) {
        if self.applied.rt_time.is_some() {
            std::thread::sleep(REST);
        }
    }

    fn set_affinity(&self, wanted: &Process) -> Result<(), Shortfall> {
        let affinity = match (&wanted.cpus, &self.affinity) {
            (cpus, Some(first)) if cpus.is_empty() => Ok(first.clone()),
            (cpus, _) => Affinity::of(cpus),
        };
        affinity
            .and_then(|affinity| self.threads.into_iter().try_for_each(|it| affinity.set(it)))
            .map_err(|source| Shortfall {
                what: format!("`vrrp_cpu_affinity {}`", list(wanted)),
                source,
                needs: "none of these processors is there for it".to_owned(),
            })
    }

    fn set_niceness(&self, wanted: &Process) -> Result<(), Shortfall> {
        let nice = wanted.nice.map_or(self.nice, i32::from);
        self.threads.into_iter().try_for_each(|thread| kernel::set_niceness(thread, nice)).map_err(
            |source| Shortfall {
                what: format!("`vrrp_priority {nice}`"),
                source,
                needs: format!("it takes CAP_SYS_NICE, or LimitNICE={nice} in the unit"),
            },
        )
    }

    fn set_policy(&self, wanted: &Process) -> Result<(), Shortfall> {
        let [main, netlink] = self.threads;
        let first = self.policy.unwrap_or(Policy::ORDINARY);
        let priority = wanted.rt_priority.unwrap_or_default();
        let policy = wanted.rt_priority.map_or(first, Policy::round_robin);
        // It works off thousands of requests without a pause.
        let is_limited = wanted.rt_time.is_some();
        let behind = wanted.rt_priority.map(|priority| priority - 1);
        let netlinks = behind
            .filter(|&priority| priority > 0 && !is_limited)
            .map_or(first, Policy::round_robin);
        policy.set(main).and_then(|()| netlinks.set(netlink)).map_err(|source| Shortfall {
            what: format!("`vrrp_rt_priority {priority}`"),
            source,
            needs: format!("it takes CAP_SYS_NICE, or LimitRTPRIO={priority} in the unit"),
        })
    }
}

fn set_no_swap(wanted: bool) -> Result<(), Shortfall> {
    let done = if wanted { kernel::lock_memory() } else { kernel::unlock_memory() };
    done.map_err(|source| Shortfall {
        what: "`vrrp_no_swap`".to_owned(),
        source,
        needs: "it takes CAP_IPC_LOCK, or LimitMEMLOCK=infinity in the unit".to_owned(),
    })
}

/// False if that is not possible.
fn rest_when_told() -> bool {
    let Ok(mut told) = signal(SignalKind::from_raw(libc::SIGXCPU)) else { return false };
    tokio::spawn(async move {
        while told.recv().await.is_some() {
            rest();
        }
    });
    true
}

/// Waits for a moment, from which on the time counts anew.
fn rest() {
    std::thread::sleep(REST);
    // The kernel has raised it so that it would come too late the next time.
    if let Ok((_, hard)) = kernel::rt_time() {
        let again = kernel::set_rt_time(hard / 2, hard);
        tracing::debug!(?again, "busy for half of `vrrp_rlimit_rttime`");
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn list(wanted: &Process) -> String {
    wanted.cpus.iter().map(u16::to_string).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
