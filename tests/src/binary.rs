//! Finding the `vrrp` binary.

use std::{env, path::PathBuf};

use anyhow::{Context, Result, bail};

/// The daemon's binary: `$VRRP_BIN`, else the one cargo built next to this executable.
///
/// # Errors
/// When there is none; the message says how to build it.
pub fn vrrp_binary() -> Result<PathBuf> {
    if let Some(chosen) = env::var_os("VRRP_BIN") {
        let chosen = PathBuf::from(chosen);
        if !chosen.is_file() {
            bail!("VRRP_BIN={} is no file", chosen.display());
        }
        return Ok(chosen);
    }
    let own = env::current_exe().context("finding our own executable")?;
    // …/target/debug/xtask, …/target/debug/deps/lab-0123: the profile's folder is one or two up.
    let found = own
        .ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join("vrrp"))
        .find(|candidate| candidate.is_file());
    found.with_context(|| {
        format!(
            "no vrrp binary near {}: run cargo build --package vrrp-user, or set VRRP_BIN",
            own.display(),
        )
    })
}
