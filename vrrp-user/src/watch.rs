//! Watching files and processes, in a thread of its own: nothing that happens to them, and no disk
//! that does not answer, keeps the loop waiting.
//!
//! ```text
//!   driver ── Targets ─► watch thread ─┬─ files      inotify, and a look now and then
//!          ◄─ Report ──                └─ processes  pidfds, and a look at /proc
//!                                            └─► every look in a thread of the blocking pool
//! ```

mod files;
mod look;
mod number;
mod proc;
mod processes;
mod quorum;

use std::{io, thread};

use tokio::{runtime, sync::mpsc, task::JoinSet};

use crate::{
    config::model::tracking::{Tracked, Trackers},
    tracking::Condition,
};

/// Reports that may wait for the loop. Whoever changes things faster than it takes them in is seen
/// less often.
const REPORTS: usize = 64;

/// What something is like now.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Report {
    /// What it is about.
    pub what: Tracked,
    /// How it is.
    pub condition: Condition,
}

/// What is to be watched.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Targets {
    /// Only what somebody tracks.
    pub trackers: Trackers,
    /// Whether the daemon has just started, and not taken over or read its file again: files that
    /// are to be overwritten then are.
    pub is_start: bool,
}

impl Targets {
    fn is_empty(&self) -> bool {
        let Trackers { files, processes, bfd_instances } = &self.trackers;
        files.is_empty() && processes.is_empty() && bfd_instances.is_empty()
    }
}

/// Why nothing can be watched.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The thread cannot be started.
    #[error("the watch thread cannot be started: {0}")]
    Thread(io::Error),
}

/// The thread that watches. Dropping the handle ends it.
#[derive(Debug)]
pub struct Watcher {
    targets: Option<mpsc::UnboundedSender<Targets>>,
    reports: mpsc::Sender<Report>,
    current: Trackers,
}

impl Watcher {
    /// A watcher of nothing, and what it will have to tell.
    #[must_use]
    pub fn new() -> (Self, mpsc::Receiver<Report>) {
        let (reports, receiver) = mpsc::channel(REPORTS);
        (Self { targets: None, reports, current: Trackers::default() }, receiver)
    }

    /// Watches this from now on, and nothing else. Each thing is reported once as soon as it is
    /// known, and at every change. What is watched already in the same way is left alone. The thread
    /// is started when there is something for it.
    ///
    /// # Errors
    /// When that cannot be done; then nothing is watched.
    pub fn watch(&mut self, targets: Targets) -> Result<(), WatchError> {
        if targets.trackers == self.current {
            return Ok(());
        }
        if self.targets.is_none() && !targets.is_empty() {
            self.targets = Some(start(self.reports.clone())?);
        }
        self.current = targets.trackers.clone();
        if let Some(thread) = &self.targets {
            // It ends only with this handle.
            let _ = thread.send(targets);
        }
        Ok(())
    }
}

fn start(reports: mpsc::Sender<Report>) -> Result<mpsc::UnboundedSender<Targets>, WatchError> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .thread_name("look")
        .build()
        .map_err(WatchError::Thread)?;
    let (sender, targets) = mpsc::unbounded_channel();
    thread::Builder::new()
        .name("watch".to_owned())
        .spawn(move || {
            runtime.block_on(run(targets, reports));
            // A look that hangs is not waited for.
            runtime.shutdown_background();
        })
        .map_err(WatchError::Thread)?;
    Ok(sender)
}

async fn run(mut targets: mpsc::UnboundedReceiver<Targets>, reports: mpsc::Sender<Report>) {
    let mut tasks = JoinSet::new();
    while let Some(Targets { trackers, is_start }) = targets.recv().await {
        tasks.shutdown().await;
        let Trackers { files, processes, bfd_instances } = trackers;
        if !files.is_empty() || !bfd_instances.is_empty() {
            tasks.spawn(files::watch(files, bfd_instances, is_start, reports.clone()));
        }
        if !processes.is_empty() {
            tasks.spawn(processes::watch(processes, reports.clone()));
        }
    }
}
