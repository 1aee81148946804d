//! A process that a test started and is answerable for.

use std::{
    fs::{self, File},
    mem,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, anyhow};
use nix::{
    sys::signal::{Signal, kill, killpg},
    unistd::Pid,
};

use crate::poll_for;

/// A running program, killed with its children when dropped.
#[derive(Debug)]
pub struct Daemon {
    name: String,
    child: Child,
    log: PathBuf,
    kept: bool,
}

impl Daemon {
    pub(super) fn spawn(name: &str, mut command: Command, out: File, log: PathBuf) -> Result<Self> {
        let err = out.try_clone().context("the log file")?;
        let child = command
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            // Its own group: Ctrl-C reaches the lab's owner, which ends it in good order.
            .process_group(0)
            .spawn()
            .with_context(|| format!("starting {name}"))?;
        Ok(Self { name: name.to_owned(), child, log, kept: false })
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends it a signal; nothing happens if it has ended.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn kill(&mut self, signal: Signal) -> Result<()> {
        // Until we have waited for it, the pid is nobody else's.
        if !self.is_running() {
            return Ok(());
        }
        let pid = self.raw_pid()?;
        kill(pid, signal).with_context(|| format!("{signal} to {}", self.name))
    }

    /// Sends a signal to it and to the children it has forked (keepalived forks one).
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn kill_group(&mut self, signal: Signal) -> Result<()> {
        if !self.is_running() {
            return Ok(());
        }
        let pid = self.raw_pid()?;
        killpg(pid, signal).with_context(|| format!("{signal} to the group of {}", self.name))
    }

    /// Stops it as a debugger would: it loses all processor time.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn stop(&mut self) -> Result<()> {
        self.kill_group(Signal::SIGSTOP)
    }

    /// Lets it run on.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn cont(&mut self) -> Result<()> {
        self.kill_group(Signal::SIGCONT)
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When it does not come in time; the end of its log is in the message.
    pub fn wait_exit(&mut self, timeout: Duration) -> Result<ExitStatus> {
        let what = format!("{} to end", self.name);
        poll_for(timeout, &what, || self.child.try_wait().transpose())
            .with_context(|| format!("its last words:\n{}", self.log_tail(10)))?
            .map_err(|error| anyhow!(error))
    }

    /// Asks it to end (SIGTERM) and waits for that.
    ///
    /// # Errors
    /// When it does not end in time.
    pub fn terminate(&mut self, timeout: Duration) -> Result<ExitStatus> {
        self.kill(Signal::SIGTERM)?;
        self.wait_exit(timeout)
    }

    /// Where its output goes.
    #[must_use]
    pub fn log_path(&self) -> &Path {
        &self.log
    }

    /// What it has printed so far.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read(&self.log)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// The last lines of what it has printed.
    #[must_use]
    pub fn log_tail(&self, lines: usize) -> String {
        let log = self.log();
        let all: Vec<_> = log.lines().collect();
        all.get(all.len().saturating_sub(lines)..).unwrap_or_default().join("\n")
    }

    /// Lets it outlive this handle; for a lab that is kept.
    pub fn keep(mut self) {
        self.kept = true;
    }

    fn raw_pid(&self) -> Result<Pid> {
        Ok(Pid::from_raw(i32::try_from(self.child.id())?))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if mem::take(&mut self.kept) {
            return;
        }
        // Nothing can be done about failures here, and the lab's removal is a second net.
        let _ = self.kill_group(Signal::SIGKILL);
        let _ = self.child.wait();
    }
}
