//! `cargo xtask bench`: this build, keepalived and the kernel in one lab and one run.

mod bpf;
mod chapter;
mod contender;
pub(crate) mod hogs;
mod machine;
mod pair;
mod plot;
mod report;
mod scenarios;
mod settings;
mod stats;
mod usage;

use std::{
    env, fs,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use vrrp_tests::interrupt;

use self::{machine::Machine, report::Report, scenarios::SCENARIOS};
use crate::{
    cargo, paths, root,
    setup::{self, Group},
    tell,
};

/// Measures this build against keepalived, the kernel and the least a program can do.
#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line are independent")]
pub(crate) struct Options {
    /// Small samples: an impression within two minutes.
    #[arg(long)]
    quick: bool,
    /// So many times the usual number of trials.
    #[arg(long, default_value_t = 1, conflicts_with = "quick")]
    times: usize,
    /// Only scenarios whose name contains this; may be repeated.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Name the scenarios and end.
    #[arg(long)]
    list: bool,
    /// Where the figures go as JSON [default: target/bench.json]
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write docs/bench anew: JSON, Markdown and plots.
    #[arg(long)]
    write_docs: bool,
    /// Install what is missing without asking.
    #[arg(long, short)]
    yes: bool,
    /// Set when this has become root: everything is built.
    #[arg(long, hide = true)]
    as_root: bool,
}

/// What every scenario is given.
#[derive(Debug)]
pub(crate) struct Bench {
    /// The daemon that is measured.
    pub(crate) binary: PathBuf,
    /// Whether samples are small.
    pub(crate) quick: bool,
    /// So many times the usual number of trials.
    pub(crate) times: usize,
}

impl Bench {
    /// The one for a quick run, or the other.
    pub(crate) fn pick<T>(&self, quick: T, full: T) -> T {
        if self.quick { quick } else { full }
    }

    /// A number of trials: the one for a quick run, or the other as often as was asked for.
    pub(crate) fn trials(&self, quick: usize, full: usize) -> usize {
        self.pick(quick, full * self.times.max(1))
    }

    /// Sleeps.
    ///
    /// # Errors
    /// When the run was interrupted.
    #[expect(clippy::unused_self, reason = "who waits during a run waits with the run")]
    pub(crate) fn pause(&self, span: Duration) -> Result<()> {
        let end = Instant::now() + span;
        loop {
            if interrupt::raised() {
                bail!("interrupted");
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            thread::sleep(left.min(Duration::from_millis(100)));
        }
    }
}

/// Runs every scenario, writes JSON and, if so asked, the documentation.
pub(crate) fn run(options: &Options) -> Result<()> {
    if options.list {
        for scenario in SCENARIOS {
            println!("{:<12} {}", scenario.name, scenario.about);
        }
        return Ok(());
    }
    let chosen = |name: &str| {
        options.only.is_empty() || options.only.iter().any(|part| name.contains(part.as_str()))
    };
    ensure!(SCENARIOS.iter().any(|it| chosen(it.name)), "no scenario is called so: see --list");
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
    let bench = Bench { binary, quick: options.quick, times: options.times };
    let machine = Machine::look(&bench);
    let started = Instant::now();
    let mut chapters = Vec::new();
    for scenario in SCENARIOS.iter().filter(|it| chosen(it.name)) {
        tell::step(&format!(
            "{} ({:.0} s so far): {}",
            scenario.name,
            started.elapsed().as_secs_f64(),
            scenario.about
        ));
        let chapter = (scenario.measure)(&bench).map_err(|error| format!("{error:#}"));
        if interrupt::raised() {
            bail!("interrupted; nothing was written");
        }
        match &chapter {
            Ok(chapter) => chapter.targets.iter().for_each(|it| tell::note(&it.to_string())),
            Err(error) => tell::note(&format!("not measured: {error}")),
        }
        chapters.push((scenario.name, chapter));
    }
    let report = Report { machine, chapters, seconds: started.elapsed().as_secs() };
    publish(options, &report)
}

fn publish(options: &Options, report: &Report) -> Result<()> {
    let file = options.json.clone().unwrap_or_else(|| paths::target().join("bench.json"));
    fs::write(&file, report.json()?).with_context(|| file.display().to_string())?;
    print!("{}", report.markdown());
    tell::note(&format!("the figures are in {}", file.display()));
    if options.write_docs {
        let folder = paths::workspace().join("docs/bench");
        report.write_docs(&folder)?;
        tell::note(&format!("and the report is in {}", folder.display()));
    }
    let failed = report.chapters.iter().filter(|(_, chapter)| chapter.is_err()).count();
    ensure!(failed == 0, "{failed} scenarios could not be measured");
    Ok(())
}
