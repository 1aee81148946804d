//! What a process, or the machine, has used of the processors.

use std::{fs, ops::Sub, time::Duration};

use anyhow::{Context as _, Result};
use nix::time::{ClockId, clock_gettime};

use super::stats::{CorePercent, Figure, Megabytes};

/// Used so far by processes with all their threads.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// On a processor, in user space and in the kernel; with it what of the network's work the
    /// kernel did in their name.
    pub(crate) cpu: Duration,
    /// Times they went to sleep, and had to be woken.
    pub(crate) wakeups: u64,
}

impl Sub for Usage {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            cpu: self.cpu.saturating_sub(earlier.cpu),
            wakeups: self.wakeups.saturating_sub(earlier.wakeups),
        }
    }
}

impl Usage {
    /// Reads what these processes have used.
    pub(crate) fn of(pids: &[u32]) -> Result<Self> {
        let mut usage = Self::default();
        for pid in pids {
            let folder = format!("/proc/{pid}/task");
            for task in fs::read_dir(&folder).with_context(|| folder.clone())?.flatten() {
                // A thread may end meanwhile.
                let read = |name| fs::read_to_string(task.path().join(name)).unwrap_or_default();
                let schedstat = read("schedstat");
                let nanos = schedstat.split_whitespace().next().and_then(|it| it.parse().ok());
                usage.cpu += Duration::from_nanos(nanos.unwrap_or_default());
                usage.wakeups += field(&read("status"), "voluntary_ctxt_switches:").unwrap_or(0);
            }
        }
        Ok(usage)
    }

    /// As a part of one processor's time.
    pub(crate) fn share(self, window: Duration) -> Figure<CorePercent> {
        Figure::new(100.0 * self.cpu.as_secs_f64() / window.as_secs_f64())
    }
}

/// Resident memory of processes.
pub(crate) fn memory(pids: &[u32]) -> Result<Figure<Megabytes>> {
    let mut kilobytes = 0;
    for pid in pids {
        let path = format!("/proc/{pid}/status");
        let status = fs::read_to_string(&path).with_context(|| path.clone())?;
        kilobytes += field(&status, "VmRSS:").with_context(|| path.clone())?;
    }
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    Ok(Figure::new(kilobytes as f64 * 1_024.0 / 1e6))
}

/// A process and its children: keepalived is two.
pub(crate) fn family(pid: u32) -> Vec<u32> {
    let mut pids = vec![pid];
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(one) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let status = fs::read_to_string(entry.path().join("status")).unwrap_or_default();
        if field(&status, "PPid:") == Some(pid.into()) {
            pids.push(one);
        }
    }
    pids
}

/// What the calling thread has used so far, with what of the network's work the kernel did in its
/// name, or in that of its own threads for such work.
pub(crate) fn own_thread_and_softirqs(softirqs: &[u32]) -> Result<Duration> {
    let own = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).context("CLOCK_THREAD_CPUTIME_ID")?;
    Ok(Duration::from(own) + Usage::of(softirqs)?.cpu)
}

/// The kernel's threads for softirqs that have been put off, one for each processor.
pub(crate) fn softirq_threads() -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let named = entries.filter(|entry| {
        let name = fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
        name.starts_with("ksoftirqd/")
    });
    named.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// The number behind a field's name.
fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_use_can_be_read() {
        let own = std::process::id();
        assert!(Usage::of(&[own]).unwrap().cpu > Duration::ZERO);
        assert!(memory(&[own]).unwrap().get() > 0.1);
        assert!(family(own).contains(&own));
        assert!(own_thread_and_softirqs(&softirq_threads()).unwrap() > Duration::ZERO);
    }

    #[test]
    fn fields_are_found_by_their_whole_name() {
        let text = "nonvoluntary_ctxt_switches:\t7\nvoluntary_ctxt_switches:\t12\n";
        assert_eq!(field(text, "voluntary_ctxt_switches:"), Some(12));
        assert_eq!(field(text, "VmRSS:"), None);
    }
}
