//! `ci`: everything a change has to pass.

use std::time::Instant;

use anyhow::{Context, Result};

use crate::{cargo, ebpf, tell, test};

/// Runs every check; the first that fails ends it.
pub(crate) fn run() -> Result<()> {
    let started = Instant::now();
    step("formatting", || cargo::must(&["fmt", "--all", "--check"]))?;
    step("lints", || {
        cargo::must(&["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"])
    })?;
    step("the committed eBPF object", ebpf::check_committed)?;
    step("documentation", || {
        let arguments = ["doc", "--locked", "--workspace", "--no-deps", "--document-private-items"];
        cargo::must_command(
            cargo::command(&arguments).env("RUSTDOCFLAGS", "-D warnings"),
            "cargo doc",
        )
    })?;
    step("tests", || test::run(&test::Options::everything()))?;
    tell::step(&format!("all passed after {:.0} s", started.elapsed().as_secs_f64()));
    Ok(())
}

fn step(what: &str, check: impl FnOnce() -> Result<()>) -> Result<()> {
    let started = Instant::now();
    tell::step(&format!("ci: {what}"));
    check().with_context(|| format!("ci: {what}"))?;
    tell::note(&format!("{what}: passed in {:.1} s", started.elapsed().as_secs_f64()));
    Ok(())
}
