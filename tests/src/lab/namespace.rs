//! Doing something inside a network namespace.

use std::{fs::File, os::fd::OwnedFd, process::Command, sync::Arc, thread};

use anyhow::{Context, Result, anyhow};
use nix::sched::{CloneFlags, setns};

use crate::command::{ip, must};

/// A named network namespace; clones are the same one.
#[derive(Clone, Debug)]
pub struct Namespace {
    name: Arc<str>,
    file: Arc<OwnedFd>,
}

impl Namespace {
    /// Makes a namespace and brings its loopback up.
    pub(super) fn create(name: &str) -> Result<Self> {
        must(&mut ip(["netns", "add", name]))?;
        must(&mut ip(["-n", name, "link", "set", "lo", "up"]))?;
        let path = format!("/run/netns/{name}");
        let file = File::open(&path).with_context(|| path)?;
        Ok(Self { name: name.into(), file: Arc::new(file.into()) })
    }

    /// Its name, as `ip netns` shows it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs `ip -n <this namespace>` with more arguments, which has to succeed.
    ///
    /// # Errors
    /// When it does not.
    pub fn ip(&self, arguments: &[&str]) -> Result<String> {
        must(ip(["-n", &self.name]).args(arguments))
    }

    /// A program that takes `-n <this namespace>` as `ip` does, with that argument.
    pub(super) fn program(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command.args(["-n", &self.name]);
        command
    }

    /// Runs `action` on a thread inside the namespace. Sockets made there stay there, whoever
    /// uses them later; /proc/sys/net is that of the namespace too.
    ///
    /// # Errors
    /// Those of `action`, or when the namespace cannot be entered.
    pub fn run<T: Send>(&self, action: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        thread::scope(|scope| {
            let inside = scope.spawn(|| {
                setns(&self.file, CloneFlags::CLONE_NEWNET)
                    .with_context(|| format!("entering the namespace {}", self.name))?;
                action()
            });
            inside.join().map_err(|_| anyhow!("the thread in {} panicked", self.name))?
        })
    }
}
