//! Running cargo on this workspace.

use std::{path::PathBuf, process::Command};

use anyhow::{Context, Result, ensure};

use crate::{paths, tell};

/// A cargo command at the top of the workspace.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(paths::cargo());
    command.current_dir(paths::workspace()).args(arguments);
    // Set by the cargo that runs us, for us alone.
    for name in ["CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_PKG_NAME"] {
        command.env_remove(name);
    }
    command
}

/// Runs cargo with its output on the terminal; it has to succeed.
pub(crate) fn must(arguments: &[&str]) -> Result<()> {
    must_command(&mut command(arguments), &format!("cargo {}", arguments.join(" ")))
}

/// Runs a command with its output on the terminal; it has to succeed.
pub(crate) fn must_command(command: &mut Command, shown: &str) -> Result<()> {
    let status = command.status().with_context(|| format!("starting {shown}"))?;
    ensure!(status.success(), "{shown}: {status}");
    Ok(())
}

/// Builds the daemon for use and returns where it is.
pub(crate) fn build_daemon() -> Result<PathBuf> {
    tell::step("building the daemon");
    must(&["build", "--release", "--package", "vrrp-user", "--bin", "vrrp"])?;
    Ok(paths::target().join("release/vrrp"))
}
