//! `test`: every test there is, part by part, and a summary.

use std::{
    fs,
    io::{BufRead, BufReader, IsTerminal, Write},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::{
    cargo, paths, root,
    setup::{self, Group},
    tell,
};

/// What to test.
#[derive(Args)]
pub(crate) struct Options {
    /// Do not ask before packages are installed.
    #[arg(long, short)]
    yes: bool,
    /// Only tests whose name contains this.
    filter: Option<String>,
}

impl Options {
    /// Everything, and nobody to ask.
    pub(crate) const fn everything() -> Self {
        Self { yes: true, filter: None }
    }
}

/// A part with its heading and cargo's arguments.
struct Part {
    heading: String,
    arguments: Vec<String>,
    /// How many tests may run at once; `None` for as many as there are processors.
    threads: Option<u8>,
}

/// How a part went.
#[derive(Default)]
struct Outcome {
    passed: u32,
    failed: u32,
    ignored: u32,
    broken: bool,
    took: Duration,
}

/// Runs `test`.
pub(crate) fn run(options: &Options) -> Result<()> {
    setup::ensure(&[Group::Demo, Group::Test], options.yes)?;
    let daemon = cargo::build_daemon()?;
    tell::step("building the tests");
    cargo::must(&["test", "--workspace", "--no-run"])?;

    let mut outcomes = Vec::new();
    for part in parts()? {
        tell::step(&part.heading);
        let mut command = cargo::command(&["test"]);
        command
            .args(&part.arguments)
            .env("VRRP_BIN", &daemon)
            .env("VRRP_TESTS_REQUIRED", "1")
            .stdin(Stdio::null());
        if !root::is_root() {
            // The tests are built as the user and run as root.
            command.env(runner_variable()?, "sudo --preserve-env");
        }
        command.arg("--").args(options.filter.as_deref());
        if let Some(threads) = part.threads {
            command.arg(format!("--test-threads={threads}"));
        }
        if std::io::stdout().is_terminal() {
            command.arg("--color=always");
        }
        let outcome = run_part(&mut command)?;
        outcomes.push((part.heading, outcome));
    }
    summary(&outcomes)
}

/// The parts: what needs no network first, the slowest last.
///
/// All of them say `--workspace`: with `--package`, cargo would unify features differently and
/// build everything anew.
fn parts() -> Result<Vec<Part>> {
    let own = |arguments: &[&str]| {
        let all = ["--workspace", "--no-fail-fast"].iter().chain(arguments);
        all.map(|one| (*one).to_owned()).collect()
    };
    let mut parts = vec![
        Part {
            heading: "units and properties".to_owned(),
            arguments: own(&["--lib", "--bins"]),
            threads: None,
        },
        Part {
            heading: "examples in the documentation".to_owned(),
            arguments: own(&["--doc"]),
            threads: None,
        },
    ];
    for crate_name in ["vrrp-ebpf", "vrrp-user", "xtask"] {
        let names = test_files(crate_name)?;
        if !names.is_empty() {
            let arguments: Vec<_> =
                names.iter().flat_map(|name| ["--test", name.as_str()]).collect();
            parts.push(Part {
                heading: format!("{crate_name}: its parts together"),
                arguments: own(&arguments),
                threads: Some(2),
            });
        }
    }
    let mut names = test_files("tests")?;
    names.sort_by_key(|name| (kind(name), name.clone()));
    for name in names {
        parts.push(Part {
            heading: format!("{}: {name}", kind(&name).1),
            arguments: own(&["--test", &name]),
            // They measure time: what they measure must not wait for other tests.
            threads: Some(2),
        });
    }
    Ok(parts)
}

/// The names of the integration tests of a crate, sorted.
fn test_files(crate_dir: &str) -> Result<Vec<String>> {
    let folder = paths::workspace().join(crate_dir).join("tests");
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut names: Vec<String> = fs::read_dir(&folder)
        .with_context(|| folder.display().to_string())?
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let folder = entry.path().join("main.rs").is_file();
            if folder { Some(name) } else { name.strip_suffix(".rs").map(str::to_owned) }
        })
        .collect();
    names.sort();
    Ok(names)
}

/// What a test file of the tests crate is about, by its name.
fn kind(name: &str) -> (u8, &'static str) {
    match name.split('_').next() {
        Some("bpf" | "ebpf" | "hook" | "packet" | "program" | "xdp") => (0, "eBPF in the kernel"),
        Some("docs") => (0, "documentation"),
        Some("interop" | "keepalived") => (2, "with real keepalived"),
        _ => (1, "network namespaces"),
    }
}

/// Runs one part, showing its output as it comes and counting what it says.
fn run_part(command: &mut Command) -> Result<Outcome> {
    let started = Instant::now();
    let mut child = command.stdout(Stdio::piped()).spawn().context("starting cargo test")?;
    let output = child.stdout.take().context("cargo's output")?;
    let mut outcome = Outcome::default();
    let mut screen = std::io::stdout().lock();
    for line in BufReader::new(output).split(b'\n') {
        let line = line.context("reading cargo's output")?;
        screen.write_all(&line)?;
        screen.write_all(b"\n")?;
        outcome.count(&String::from_utf8_lossy(&line));
    }
    let status = child.wait().context("waiting for cargo test")?;
    outcome.broken = !status.success();
    outcome.took = started.elapsed();
    Ok(outcome)
}

impl Outcome {
    /// Reads `test result: ok. 4 passed; 0 failed; 0 ignored; …`.
    fn count(&mut self, line: &str) {
        let Some(rest) = line.strip_prefix("test result: ") else { return };
        for item in rest.split(['.', ';']) {
            let mut words = item.split_whitespace();
            let (Some(number), Some(what)) = (words.next(), words.next()) else { continue };
            let Ok(number) = number.parse::<u32>() else { continue };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

fn summary(outcomes: &[(String, Outcome)]) -> Result<()> {
    tell::step("summary");
    let mut bad = Vec::new();
    let mut total = 0;
    for (heading, outcome) in outcomes {
        let Outcome { passed, failed, ignored, broken, took } = outcome;
        let verdict = if *broken { "FAILED" } else { "ok" };
        tell::note(&format!(
            "{heading:<44} {verdict:<6} {passed:>4} passed {failed:>3} failed {ignored:>3} ignored {:>7.1} s",
            took.as_secs_f64(),
        ));
        total += passed;
        if *broken {
            bad.push(heading.as_str());
        }
    }
    if !bad.is_empty() {
        bail!("failed: {}", bad.join("; "));
    }
    tell::note(&format!("{total} tests passed"));
    Ok(())
}

/// The variable by which cargo learns how to start test executables.
fn runner_variable() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("starting rustc")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .context("rustc -vV names no host")?;
    Ok(format!("CARGO_TARGET_{}_RUNNER", host.to_uppercase().replace(['-', '.'], "_")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_added_up() {
        let mut outcome = Outcome::default();
        outcome.count("running 4 tests");
        outcome.count("test result: ok. 4 passed; 0 failed; 1 ignored; 0 measured; 9 filtered out; finished in 0.00s");
        outcome.count("test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.25s");
        assert_eq!((outcome.passed, outcome.failed, outcome.ignored), (6, 3, 1));
    }
}
