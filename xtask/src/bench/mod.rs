//! `cargo xtask bench`: figures as ratios between two things measured in the same run.

mod arp;
mod bpf;
mod failover;
mod pass;
mod report;
mod stats;

use std::{env, path::PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use vrrp_tests::interrupt;

use self::report::Report;
use crate::{
    cargo, paths, root,
    setup::{self, Group},
    tell,
};

/// Measures this build against keepalived and against the least a program can do.
#[derive(Args)]
pub(crate) struct Options {
    /// Trials of each fail-over, for each daemon.
    #[arg(long, default_value_t = 60)]
    trials: usize,
    /// Seconds of each ARP flood.
    #[arg(long, default_value_t = 2)]
    seconds: u64,
    /// Where the figures go as JSON [default: target/bench.json]
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Install what is missing without asking.
    #[arg(long, short)]
    yes: bool,
    /// Set when this has become root: everything is built.
    #[arg(long, hide = true)]
    as_root: bool,
}

/// Runs every scenario, prints a table and writes JSON.
pub(crate) fn run(options: &Options) -> Result<()> {
    let binary = if options.as_root {
        env::var_os("VRRP_BENCH_BIN").map(PathBuf::from).context("VRRP_BENCH_BIN is not set")?
    } else {
        setup::ensure(&[Group::Demo, Group::Test], options.yes)?;
        let binary = cargo::build_daemon()?;
        if !root::is_root() {
            tell::step("going on as root, who alone may make network namespaces");
            return root::exec_self(&[("VRRP_BENCH_BIN", binary.as_os_str())]);
        }
        binary
    };
    interrupt::catch()?;
    let mut report = Report::new();
    tell::step("nanoseconds for a frame that is none of our business");
    report.pass = Some(pass::measure(&binary)?);
    tell::step("ARP requests answered per second");
    report.arp = Some(arp::measure(&binary, options.seconds)?);
    tell::step("time to take over beyond Master_Down_Interval");
    report.failover = failover::measure(&binary, options.trials)?;
    let file = options.json.clone().unwrap_or_else(|| paths::target().join("bench.json"));
    report.write(&file).with_context(|| file.display().to_string())?;
    print!("{report}");
    tell::note(&format!("the figures are in {}", file.display()));
    Ok(())
}
