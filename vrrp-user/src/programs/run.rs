//! Running one program to its end.

use std::{
    fmt, io,
    os::unix::process::ExitStatusExt as _,
    process::ExitStatus,
    time::{Duration, Instant, SystemTime},
};

use nix::{
    sys::{
        signal::{Signal, killpg},
        wait::{Id, WaitPidFlag, WaitStatus, waitid},
    },
    unistd::Pid,
};
use tokio::{
    process::Child,
    sync::oneshot,
    time::{sleep, timeout},
};

use super::{launch::Launcher, resolve::Program};

/// How long a program may take to end once it has been asked to.
const GRACE: Duration = Duration::from_secs(2);

/// How often it is looked whether it has.
const STEP: Duration = Duration::from_millis(10);

/// How a run ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// By itself, with this status.
    Exited(i32),
    /// By this signal, which others sent.
    Signalled(i32),
    /// It took too long.
    TimedOut,
    /// It was to end.
    Stopped,
    /// It could not be started.
    NotStarted(String),
    /// No program: all is well.
    Well,
    /// No program: it is not, for this reason.
    Ill(String),
}

impl Outcome {
    /// Whether all is well.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        matches!(self, Self::Exited(0) | Self::Well)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(status) => write!(formatter, "exited with {status}"),
            Self::Signalled(signal) => match Signal::try_from(*signal) {
                Ok(signal) => write!(formatter, "was ended by {signal}"),
                Err(_) => write!(formatter, "was ended by signal {signal}"),
            },
            Self::TimedOut => formatter.write_str("took too long"),
            Self::Stopped => formatter.write_str("was stopped"),
            Self::NotStarted(error) => write!(formatter, "could not be started: {error}"),
            Self::Well => formatter.write_str("is well"),
            Self::Ill(why) => write!(formatter, "is not well: {why}"),
        }
    }
}

/// A run that is over.
#[derive(Clone, Debug)]
pub struct Ended {
    /// How.
    pub outcome: Outcome,
    /// When it began.
    pub began: SystemTime,
    /// How long it took.
    pub took: Duration,
}

/// Runs a program with `more` arguments behind its own, until it ends, or for `limit`, or until
/// `stop` is sent to or dropped. In the last two cases its whole process group is ended. `told` hears
/// of the outcome at once, also while a program that took too long is still being ended.
pub async fn run(
    launcher: &Launcher,
    program: &Program,
    more: &[String],
    limit: Option<Duration>,
    stop: oneshot::Receiver<()>,
    told: impl FnOnce(Ended),
) {
    let (began, start) = (SystemTime::now(), Instant::now());
    let end = |outcome| Ended { outcome, began, took: start.elapsed() };
    let mut group = match Group::start(launcher, program, more) {
        Ok(group) => group,
        Err(error) => return told(end(Outcome::NotStarted(error.to_string()))),
    };
    let late = async {
        match limit {
            Some(limit) => sleep(limit).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        status = group.wait() => told(end(outcome(status))),
        () = late => {
            told(end(Outcome::TimedOut));
            group.end().await;
        }
        _ = stop => {
            told(end(Outcome::Stopped));
            group.end().await;
        }
    }
}

fn outcome(status: io::Result<ExitStatus>) -> Outcome {
    match status {
        Ok(status) => match (status.code(), status.signal()) {
            (Some(code), _) => Outcome::Exited(code),
            (None, signal) => Outcome::Signalled(signal.unwrap_or_default()),
        },
        Err(error) => Outcome::NotStarted(error.to_string()),
    }
}

/// A program and all that it has started, unless they left its process group.
struct Group {
    child: Child,
    /// Present until the leader has been waited for: so long the number is no one else's.
    id: Option<Pid>,
}

impl Group {
    fn start(launcher: &Launcher, program: &Program, more: &[String]) -> io::Result<Self> {
        let child = launcher.command(program, more).spawn()?;
        let id = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
        Ok(Self { child, id })
    }

    async fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait().await;
        self.id = None;
        status
    }

    /// Asks all of them to end, and ends them.
    async fn end(mut self) {
        self.signal(Signal::SIGTERM);
        // Nobody waits for the leader before the others are gone: so long the group's number is
        // nobody else's.
        let _ = timeout(GRACE, self.leader_ended()).await;
        self.signal(Signal::SIGKILL);
        let _ = self.wait().await;
    }

    async fn leader_ended(&self) {
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        while let Some(id) = self.id
            && waitid(Id::Pid(id), flags) == Ok(WaitStatus::StillAlive)
        {
            sleep(STEP).await;
        }
    }

    fn signal(&self, signal: Signal) {
        if let Some(id) = self.id {
            // It may just have ended by itself.
            let _ = killpg(id, signal);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::SIGKILL);
    }
}
