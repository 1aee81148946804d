//! Keeping every processor busy.
//!
//! The hogs are a process with a session of its own, as another service is: the scheduler divides the
//! processors between sessions first (autogroups, or a service manager's control groups), and hogs in
//! the daemon's own would take its share.

use std::{
    env, hint,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use clap::Args;
use nix::{
    sys::{prctl::set_pdeathsig, signal::Signal},
    unistd::setsid,
};

/// Rounds between two looks at the clock.
const ROUNDS: u32 = 100_000;

/// For the process of the hogs.
#[derive(Args)]
pub(crate) struct Options {
    /// How many threads.
    threads: usize,
    /// For so many seconds.
    seconds: u64,
}

/// A process that computes without pause until this is dropped, or its time is over.
#[derive(Debug)]
pub(crate) struct Hogs(Child);

impl Hogs {
    /// Starts so many threads, for at most so long.
    pub(crate) fn start(threads: usize, longest: Duration) -> Result<Self> {
        let own = env::current_exe().context("finding our own executable")?;
        let child = Command::new(own)
            .args(["hog", &threads.to_string(), &longest.as_secs().max(1).to_string()])
            .stdin(Stdio::null())
            .spawn()
            .context("starting hogs")?;
        Ok(Self(child))
    }
}

impl Drop for Hogs {
    fn drop(&mut self) {
        // Its time may be over.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Is the hogs.
pub(crate) fn run(options: &Options) -> Result<()> {
    // Not a moment longer than the bench.
    set_pdeathsig(Signal::SIGKILL)?;
    setsid()?;
    let end = Instant::now() + Duration::from_secs(options.seconds);
    thread::scope(|scope| {
        for _ in 0..options.threads {
            scope.spawn(|| {
                while Instant::now() < end {
                    for round in 0..ROUNDS {
                        hint::black_box(round);
                    }
                }
            });
        }
    });
    Ok(())
}
