//! `run`: the daemon on this machine's own interfaces.

use std::ffi::{OsStr, OsString};

use anyhow::Result;
use clap::Args;

use crate::{cargo, root, tell};

/// How to run the daemon.
#[derive(Args)]
pub(crate) struct Options {
    /// Arguments for `vrrp run`.
    #[arg(last = true)]
    arguments: Vec<OsString>,
}

/// Builds as whoever we are, then becomes the daemon as root.
pub(crate) fn run(options: &Options) -> Result<()> {
    let daemon = cargo::build_daemon()?;
    tell::step(&format!("{} run", daemon.display()));
    let arguments = [OsStr::new("run")];
    let given = options.arguments.iter().map(OsString::as_os_str);
    root::exec(&daemon, &[], arguments.into_iter().chain(given))
}
