//! Becoming root where that is needed, and only there: builds belong to the user.

use std::{env, ffi::OsStr, os::unix::process::CommandExt, path::Path, process::Command};

use anyhow::{Context, Result, bail};
use nix::unistd::Uid;

/// Whether we are root already.
pub(crate) fn is_root() -> bool {
    Uid::effective().is_root()
}

/// Whether we are root or can ask sudo.
pub(crate) fn available() -> bool {
    is_root() || has_program("sudo")
}

/// A command that runs as root.
///
/// # Errors
/// When we are not root and there is no sudo.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Result<Command> {
    if is_root() {
        return Ok(Command::new(program));
    }
    if !has_program("sudo") {
        bail!("this needs root, and there is no sudo: run it as root");
    }
    let mut command = Command::new("sudo");
    command.arg("--").arg(program);
    Ok(command)
}

/// Becomes a program run as root, with some variables of the environment (sudo clears them). Only
/// returns if that fails.
pub(crate) fn exec<'a>(
    program: &Path,
    variables: &[(&str, &OsStr)],
    arguments: impl IntoIterator<Item = &'a OsStr>,
) -> Result<()> {
    let mut command = command("env")?;
    for (name, value) in variables {
        let mut pair = (*name).to_owned();
        pair.push('=');
        let mut pair = std::ffi::OsString::from(pair);
        pair.push(value);
        command.arg(pair);
    }
    command.arg(program).args(arguments);
    Err(command.exec()).with_context(|| format!("starting {}", program.display()))
}

/// Goes on as root: becomes this very program again, with the same arguments and `--as-root`,
/// so that the second run knows that everything has been built.
pub(crate) fn exec_self(variables: &[(&str, &OsStr)]) -> Result<()> {
    let own = env::current_exe().context("finding our own executable")?;
    let mut passed: Vec<(&str, std::ffi::OsString)> =
        variables.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    for name in
        ["CARGO", "CARGO_HOME", "CARGO_MANIFEST_DIR", "CARGO_TARGET_DIR", "NO_COLOR", "TERM"]
    {
        if let Some(value) = env::var_os(name) {
            passed.push((name, value));
        }
    }
    let passed: Vec<(&str, &OsStr)> =
        passed.iter().map(|(name, value)| (*name, value.as_os_str())).collect();
    let mut arguments: Vec<_> = env::args_os().skip(1).collect();
    arguments.push("--as-root".into());
    exec(&own, &passed, arguments.iter().map(std::ffi::OsString::as_os_str))
}

/// Whether a program is on the path, or where only root's path leads.
pub(crate) fn has_program(name: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .any(|folder| folder.join(name).is_file())
}
