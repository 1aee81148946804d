//! What the figures were measured on.

use std::{fs, process::Command};

use serde::Serialize;

use super::Bench;
use crate::paths;

/// The machine, and what ran on it.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    /// The first processor's name.
    pub(crate) processor: String,
    /// How many of them.
    pub(crate) processors: usize,
    /// `/proc/sys/kernel/osrelease`.
    pub(crate) kernel: String,
    /// The distribution.
    pub(crate) system: String,
    /// When the run began, UTC.
    pub(crate) date: String,
    /// The commit that was measured, with `-dirty` if there were changes.
    pub(crate) commit: String,
    /// What `vrrp --version` says.
    pub(crate) vrrp: String,
    /// What keepalived says.
    pub(crate) keepalived: String,
    /// The load average of the minute before.
    pub(crate) load_before: f64,
    /// Whether it was a `--quick` run.
    pub(crate) quick: bool,
}

impl Machine {
    /// Looks around.
    pub(crate) fn look(bench: &Bench) -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        let after = |text: &str, name: &str, mark: char| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.split_once(mark));
            line.map_or_else(
                || "unknown".to_owned(),
                |(_, it)| it.trim().trim_matches('"').to_owned(),
            )
        };
        Self {
            processor: after(&read("/proc/cpuinfo"), "model name", ':'),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            system: after(&read("/etc/os-release"), "PRETTY_NAME", '='),
            date: said("date", &["-u", "+%Y-%m-%d %H:%M UTC"]),
            commit: said("git", &["describe", "--always", "--dirty", "--abbrev=10"]),
            vrrp: said(&bench.binary.display().to_string(), &["--version"]),
            keepalived: said("keepalived", &["--version"]),
            load_before: load(),
            quick: bench.quick,
        }
    }
}

/// The load average of the last minute.
fn load() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().and_then(|it| it.parse().ok()).unwrap_or_default()
}

/// The first line that a program says.
fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(paths::workspace()).output();
    let Ok(output) = output else { return "unknown".to_owned() };
    // keepalived says it on standard error.
    let both = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&both).lines().next().unwrap_or("unknown").trim().to_owned()
}
