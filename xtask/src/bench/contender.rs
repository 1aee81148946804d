//! Who is measured: this build, and keepalived.

use std::{fmt, fs, thread::sleep, time::Duration};

use anyhow::{Context as _, Result};
use nix::sys::signal::Signal;
use serde::Serialize;
use vrrp_tests::{Daemon, Node, keepalived, vrrp};

use super::{
    Bench,
    stats::{Figure, Megabytes},
    usage::{self, Usage},
};

const PATIENCE: Duration = Duration::from_secs(10);

/// A daemon that is measured.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Contender {
    /// This build.
    Ours,
    /// keepalived 2.2.7, or whatever the machine has.
    Keepalived,
}

/// Both.
pub(crate) const BOTH: [Contender; 2] = [Contender::Ours, Contender::Keepalived];

impl fmt::Display for Contender {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Ours => "vrrp",
            Self::Keepalived => "keepalived",
        })
    }
}

impl Contender {
    /// Starts it on a node.
    pub(crate) fn start(self, bench: &Bench, node: &Node, config: &str) -> Result<Running> {
        self.start_with(bench, node, config, &[])
    }

    /// As [`Contender::start`], with more arguments, which are for ours alone.
    pub(crate) fn start_with(
        self,
        bench: &Bench,
        node: &Node,
        config: &str,
        arguments: &[&str],
    ) -> Result<Running> {
        let daemon = match self {
            Self::Ours => vrrp::start_binary(&bench.binary, node, config, arguments)?,
            Self::Keepalived => keepalived::start(node, config)?,
        };
        Ok(Running { contender: self, daemon, node: node.clone() })
    }
}

/// A daemon that runs.
#[derive(Debug)]
pub(crate) struct Running {
    contender: Contender,
    daemon: Daemon,
    node: Node,
}

impl Running {
    /// Kills it outright (SIGKILL).
    pub(crate) fn kill(mut self) -> Result<()> {
        self.daemon.kill_group(Signal::SIGKILL)?;
        self.daemon.wait_exit(PATIENCE)?;
        if self.contender == Contender::Keepalived {
            // It does not start beside a pid file whose pid lives, whoever that is by then.
            for name in ["keepalived.pid", "keepalived-vrrp.pid"] {
                let _ = fs::remove_file(self.node.folder().join(name));
            }
        }
        Ok(())
    }

    /// Asks it to end.
    pub(crate) fn ask_to_end(&mut self) -> Result<()> {
        self.daemon.kill(Signal::SIGTERM)
    }

    /// Asks it to read its configuration again.
    pub(crate) fn reload(&mut self) -> Result<()> {
        self.daemon.kill(Signal::SIGHUP)
    }

    /// Waits for its end.
    pub(crate) fn wait(mut self) -> Result<()> {
        self.daemon.wait_exit(PATIENCE).map(drop)
    }

    /// Ends it in good order.
    pub(crate) fn stop(mut self) -> Result<()> {
        self.ask_to_end()?;
        self.wait()
    }

    /// Waits for a while, then returns what it used meanwhile, and the length of the while.
    pub(crate) fn usage_over(&self, bench: &Bench, window: Duration) -> Result<(Usage, Duration)> {
        let started = std::time::Instant::now();
        let before = self.usage()?;
        bench.pause(window)?;
        Ok((self.usage()? - before, started.elapsed()))
    }

    /// Its processes.
    pub(crate) fn pids(&self) -> Vec<u32> {
        usage::family(self.daemon.pid())
    }

    /// What it has used so far.
    pub(crate) fn usage(&self) -> Result<Usage> {
        Usage::of(&self.pids())
    }

    /// What it keeps in memory.
    pub(crate) fn memory(&self) -> Result<Figure<Megabytes>> {
        usage::memory(&self.pids())
    }

    /// Bytes it has logged.
    pub(crate) fn logged(&self) -> Result<u64> {
        let path = self.daemon.log_path();
        Ok(fs::metadata(path).with_context(|| path.display().to_string())?.len())
    }

    /// The end of its log, for messages.
    pub(crate) fn last_words(&self) -> String {
        format!("{} on {} said:\n{}", self.contender, self.node.name(), self.daemon.log_tail(8))
    }

    /// Whether it is still there shortly after it was started.
    pub(crate) fn survives(&mut self, time: Duration) -> bool {
        sleep(time);
        self.daemon.is_running()
    }
}
