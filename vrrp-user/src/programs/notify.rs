//! Telling programs of changes of state.
//!
//! keepalived starts them and does not wait, so that one that is slow can be overtaken by the next.
//! Here those of one instance or group start one after the other has ended; one that runs for longer
//! than [`PATIENCE`], like a service that is started that way, is left running beside them.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Notify, Semaphore, oneshot},
    task::JoinHandle,
    time::timeout,
};

use super::{Ended, Launcher, Outcome, Program, run};
use crate::config::model::script::Command;

/// How long one is waited for before the next one starts.
const PATIENCE: Duration = Duration::from_secs(10);

/// Programs of one instance or group that wait; of more the oldest is left out.
const WAITING: usize = 64;

/// Programs of one instance or group that run beside each other; of more the oldest is ended.
const RUNNING: usize = 4;

/// Programs of all of them that are waited for at the same time.
pub(super) const AT_ONCE: usize = 64;

/// What a program is told about.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Source {
    /// A `vrrp_instance`, by name.
    Instance(String),
    /// A `vrrp_sync_group`, by name.
    Group(String),
}

impl Source {
    /// keepalived's word for it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Instance(_) => "INSTANCE",
            Self::Group(_) => "GROUP",
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Instance(name) | Self::Group(name) => name,
        }
    }
}

/// Something to tell.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Telling {
    /// Of what.
    pub source: Source,
    /// keepalived's word for what it has come to.
    pub word: &'static str,
    /// Its priority; 0 of a group.
    pub priority: u8,
    /// Run as it stands.
    pub plain: Option<Command>,
    /// Run with all of this as arguments.
    pub general: Option<Command>,
}

impl Telling {
    /// The arguments of `notify`.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        [self.source.kind(), self.source.name(), self.word, &self.priority.to_string()]
            .map(str::to_owned)
            .to_vec()
    }
}

/// The line for the FIFOs.
impl fmt::Display for Telling {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { source, word, priority, .. } = self;
        writeln!(formatter, "{} \"{}\" {word} {priority}", source.kind(), source.name())
    }
}

/// A program that waits, and its arguments.
pub(super) type Job = (Program, Vec<String>);

/// The programs of one instance or group.
#[derive(Debug)]
pub(super) struct Queue {
    line: Arc<Line>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Line {
    jobs: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Job>,
    left_out: u64,
    closed: bool,
}

impl Line {
    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.jobs.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// `None` once nothing more comes.
    async fn next(&self) -> Option<Job> {
        loop {
            let (job, closed) = self.with(|state| (state.waiting.pop_front(), state.closed));
            if job.is_some() || closed {
                return job;
            }
            self.changed.notified().await;
        }
    }
}

impl Queue {
    /// Must be called within the helper's runtime.
    pub(super) fn new(source: Source, launcher: Launcher, places: Arc<Semaphore>) -> Self {
        let line = Arc::<Line>::default();
        let task = tokio::spawn(work(source, Arc::clone(&line), launcher, places));
        Self { line, task }
    }

    pub(super) fn push(&self, source: &Source, job: Job) {
        let left_out = self.line.with(|state| {
            state.waiting.push_back(job);
            let is_full = state.waiting.len() > WAITING;
            if is_full {
                state.waiting.pop_front();
                state.left_out += 1;
            }
            is_full.then_some(state.left_out)
        });
        if let Some(left_out) = left_out.filter(|count| count.is_power_of_two()) {
            tracing::warn!(
                left_out,
                "{}: its notify scripts are slower than its changes of state: {left_out} were not run",
                source.name(),
            );
        }
        self.line.changed.notify_one();
    }

    /// Waits until all have ended; dropping this ends them.
    pub(super) async fn finish(self) {
        self.line.with(|state| state.closed = true);
        self.line.changed.notify_one();
        Task(self.task).join().await;
    }
}

/// A task that goes with whoever waits for it.
struct Task(JoinHandle<()>);

impl Task {
    async fn join(mut self) {
        let _ = (&mut self.0).await;
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn work(source: Source, line: Arc<Line>, launcher: Launcher, places: Arc<Semaphore>) {
    let mut running: VecDeque<(oneshot::Sender<()>, Task)> = VecDeque::new();
    while let Some((program, arguments)) = line.next().await {
        running.retain(|(_, task)| !task.0.is_finished());
        if running.len() >= RUNNING
            && let Some((stop, task)) = running.pop_front()
        {
            tracing::warn!("{}: a notify script that does not end is ended", source.name());
            drop(stop);
            task.join().await;
        }
        let Ok(place) = places.acquire().await else { return };
        let (stop, stopped) = oneshot::channel();
        let (name, launcher) = (source.name().to_owned(), launcher.clone());
        let mut task = Task(tokio::spawn(async move {
            let told = |ended: Ended| tell_of_failure(&name, &ended);
            run(&launcher, &program, &arguments, None, stopped, told).await;
        }));
        let has_ended = timeout(PATIENCE, &mut task.0).await.is_ok();
        drop(place);
        if !has_ended {
            running.push_back((stop, task));
        }
    }
    for (stop, task) in running {
        task.join().await;
        drop(stop);
    }
}

fn tell_of_failure(name: &str, ended: &Ended) {
    match &ended.outcome {
        Outcome::NotStarted(error) => {
            tracing::warn!("{name}: a notify script could not be started: {error}");
        }
        outcome => tracing::debug!(?outcome, "{name}: a notify script has ended"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tellings_are_written_as_keepalived_writes_them() {
        for (source, word, priority, line, arguments) in [
            (
                Source::Instance("VI_1".to_owned()),
                "MASTER",
                100,
                "INSTANCE \"VI_1\" MASTER 100\n",
                ["INSTANCE", "VI_1", "MASTER", "100"],
            ),
            (
                Source::Group("G 1".to_owned()),
                "FAULT",
                0,
                "GROUP \"G 1\" FAULT 0\n",
                ["GROUP", "G 1", "FAULT", "0"],
            ),
        ] {
            let telling = Telling { source, word, priority, plain: None, general: None };
            assert_eq!(telling.to_string(), line);
            assert_eq!(telling.arguments(), arguments);
        }
    }
}
