//! `setup`: installs what the other tasks need, and nothing that is there already.

mod apt;
mod bpf_linker;
mod keepalived;
mod packages;

use std::io::{self, BufRead, IsTerminal, Write};

use anyhow::{Context, Result, bail};
use clap::Args;

use self::packages::Package;
use crate::{root, tell};

/// What to install.
#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line are independent")]
pub(crate) struct Options {
    /// What rebuilding the eBPF object takes: a compiler, LLVM and bpf-linker.
    #[arg(long)]
    ebpf: bool,
    /// What the tests take: keepalived and FRR as peers, systemd.
    #[arg(long)]
    test: bool,
    /// Both of these.
    #[arg(long)]
    all: bool,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
}

/// Something the tasks need together.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Group {
    /// Running the demo.
    Demo,
    /// Running the tests.
    Test,
    /// Building the eBPF object.
    Ebpf,
}

/// Runs `setup`.
pub(crate) fn run(options: &Options) -> Result<()> {
    let mut groups = vec![Group::Demo];
    if options.test || options.all {
        groups.push(Group::Test);
    }
    if options.ebpf || options.all {
        groups.push(Group::Ebpf);
    }
    ensure(&groups, options.yes)?;
    tell::step("everything needed is installed");
    Ok(())
}

/// Makes sure that everything in the groups is there.
pub(crate) fn ensure(groups: &[Group], yes: bool) -> Result<()> {
    let missing: Vec<&Package> = groups
        .iter()
        .flat_map(|group| packages::of(*group))
        .filter(|package| !package.is_present())
        .collect();
    if !missing.is_empty() {
        let names: Vec<&str> = missing.iter().map(|package| package.name).collect();
        if !apt::available() {
            bail!("missing: {}. Install {}, then run this again", list(&missing), names.join(" "));
        }
        if !root::available() {
            bail!("missing: {}. As root, run:\n    {}", list(&missing), apt::by_hand(&names));
        }
        tell::step(&format!("missing: {}", list(&missing)));
        consent(&format!("install {} with apt", names.join(" ")), yes)
            .with_context(|| format!("to do it yourself: {}", apt::by_hand(&names)))?;
        apt::install(&names)?;
        if let Some(package) = missing.iter().find(|package| !package.is_present()) {
            bail!("{} is installed, but there still is no {}", package.name, package.probe);
        }
    }
    if groups.contains(&Group::Test) {
        keepalived::ensure_newer();
    }
    if groups.contains(&Group::Ebpf) && !bpf_linker::is_present() {
        consent(&format!("build {} (about a minute)", bpf_linker::WHAT), yes)
            .with_context(|| format!("to do it yourself: {}", bpf_linker::by_hand()))?;
        bpf_linker::install()?;
    }
    Ok(())
}

fn list(missing: &[&Package]) -> String {
    let names: Vec<_> =
        missing.iter().map(|package| format!("{} ({})", package.name, package.why)).collect();
    names.join(", ")
}

/// Asks on a terminal; elsewhere nobody could answer, and whoever started us meant it.
fn consent(action: &str, yes: bool) -> Result<()> {
    if yes || !io::stdin().is_terminal() {
        return Ok(());
    }
    let mut out = io::stderr().lock();
    write!(out, "    {action}? [Y/n] ")?;
    out.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    match answer.trim() {
        "" | "y" | "Y" | "yes" => Ok(()),
        _ => bail!("not installed, as you wish"),
    }
}
