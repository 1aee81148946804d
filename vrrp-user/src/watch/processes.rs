//! `vrrp_track_process`.
//!
//! `/proc` is looked through while something is missing, and else only now and then: the end of
//! each process that counts is told by its pidfd at once, and while there are enough, those that
//! come do not matter. keepalived follows every fork and exec on the machine by the kernel's process
//! connector, which exists in the first network, process and user namespace only.

use std::{
    future::pending,
    io,
    os::fd::OwnedFd,
    sync::Arc,
    time::{Duration, Instant},
};

use futures::future::select_all;
use tokio::{
    io::unix::AsyncFd,
    sync::mpsc,
    task::spawn_blocking,
    time::{sleep, sleep_until},
};

use super::{Report, proc::find, quorum::Quorum};
use crate::{
    config::model::tracking::{TrackProcess, Tracked},
    net::readable,
    process::pidfd,
    tracking::Condition,
};

/// While a newcomer would change anything.
const OFTEN: Duration = Duration::from_secs(1);
/// Else: a process can change its name, which nobody tells.
const NOW_AND_THEN: Duration = Duration::from_secs(10);
/// However fast processes end.
const GAP: Duration = Duration::from_millis(100);
/// Processes whose end is told; more are looked for often.
const TOLD: usize = 64;

/// Watches processes until the task ends.
pub(super) async fn watch(processes: Vec<TrackProcess>, reports: mpsc::Sender<Report>) {
    let mut quorums: Vec<Quorum> = processes.iter().map(Quorum::new).collect();
    let processes: Arc<[TrackProcess]> = processes.into();
    loop {
        let begun = Instant::now();
        let wanted = Arc::clone(&processes);
        let Ok(Ok(found)) = spawn_blocking(move || find(&wanted)).await else {
            sleep(OFTEN).await;
            continue;
        };
        let now = Instant::now();
        for ((process, quorum), pids) in processes.iter().zip(&mut quorums).zip(&found) {
            let count = u32::try_from(pids.len()).unwrap_or(u32::MAX);
            let Some(is_met) = quorum.count(count, now) else { continue };
            let report = Report {
                what: Tracked::Process(process.name.clone()),
                condition: if is_met { Condition::Well } else { Condition::Ill },
            };
            if reports.send(report).await.is_err() {
                return;
            }
        }
        let ends = Ends::of(found.iter().flatten().copied());
        let is_often = !ends.is_complete || quorums.iter().any(Quorum::heeds_newcomers);
        let next = begun + if is_often { OFTEN } else { NOW_AND_THEN };
        let deadlines = quorums.iter().filter_map(Quorum::deadline);
        let next = deadlines.fold(next, Instant::min);
        tokio::select! {
            () = sleep_until(next.into()) => {}
            () = ends.first() => {}
        }
        sleep_until((begun + GAP).into()).await;
    }
}

/// The ends of processes.
struct Ends {
    of: Vec<AsyncFd<OwnedFd>>,
    /// Each will be told.
    is_complete: bool,
    /// One has been missed.
    is_over: bool,
}

impl Ends {
    fn of(pids: impl Iterator<Item = i32>) -> Self {
        let mut ends = Self { of: Vec::new(), is_complete: true, is_over: false };
        for pid in pids {
            if ends.of.len() >= TOLD {
                ends.is_complete = false;
                break;
            }
            match pidfd::open(pid).and_then(readable) {
                Ok(end) => ends.of.push(end),
                Err(error) if error.raw_os_error() == Some(libc::ESRCH) => ends.is_over = true,
                // Linux has them from 5.3 on.
                Err(error) => ends.cannot(&error),
            }
        }
        ends
    }

    fn cannot(&mut self, error: &io::Error) {
        self.is_complete = false;
        tracing::debug!(%error, "the end of a process will not be told");
    }

    /// Waits until one of them has ended.
    async fn first(&self) {
        if self.is_over {
            return;
        }
        if self.of.is_empty() {
            return pending().await;
        }
        let ended = self.of.iter().map(|end| Box::pin(end.readable()));
        drop(select_all(ended).await);
    }
}

#[cfg(test)]
mod tests;
