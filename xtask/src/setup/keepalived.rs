//! keepalived 2.3 beside Debian's own, as a peer for the tests.
//!
//! Debian 13's package and all that it needs, down to the C library, unpacked below the target
//! directory. apt works on lists and a cache of its own there: nothing is installed, and the
//! machine's own configuration is not touched.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

use crate::{paths, tell};

const SOURCE: &str = "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] \
                      http://deb.debian.org/debian trixie main\n";

/// Unpacks it unless that has been done or cannot be done: tests that want it are skipped then.
pub(super) fn ensure_newer() {
    let folder = paths::target().join("keepalived-2.3");
    if folder.join("root/usr/sbin/keepalived").is_file() || !cfg!(target_arch = "x86_64") {
        return;
    }
    tell::step("unpacking keepalived 2.3 of Debian 13 below the target directory");
    if let Err(error) = unpack(&folder) {
        tell::note(&format!("doing without it: {error:#}"));
    }
}

fn unpack(folder: &Path) -> Result<()> {
    // What an earlier attempt has left may be incomplete.
    let work = folder.join("work");
    if work.exists() {
        fs::remove_dir_all(&work).with_context(|| work.display().to_string())?;
    }
    for part in ["lists/partial", "archives/partial", "root"] {
        fs::create_dir_all(work.join(part))?;
    }
    fs::write(work.join("sources.list"), SOURCE)?;
    // No package is installed, as far as this apt knows: it fetches all that are needed.
    fs::write(work.join("status"), "")?;
    apt(&work, &["update"])?;
    apt(&work, &["--no-install-recommends", "--download-only", "install", "keepalived"])?;
    for package in packages(&work.join("archives"))? {
        let mut dpkg = Command::new("dpkg-deb");
        must(dpkg.arg("--extract").arg(&package).arg(work.join("root")))?;
    }
    let root = folder.join("root");
    fs::rename(work.join("root"), &root).with_context(|| root.display().to_string())?;
    fs::remove_dir_all(&work).with_context(|| work.display().to_string())
}

fn packages(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let paths = entries.flatten().map(|entry| entry.path());
    Ok(paths.filter(|path| path.extension().is_some_and(|it| it == "deb")).collect())
}

fn apt(work: &Path, arguments: &[&str]) -> Result<()> {
    let mut command = Command::new("apt-get");
    command.args(["--quiet=2", "--yes"]);
    for (option, place) in [
        ("Dir::Etc::SourceList", "sources.list"),
        ("Dir::State", ""),
        ("Dir::State::Lists", "lists"),
        ("Dir::State::Status", "status"),
        ("Dir::Cache", ""),
        ("Dir::Cache::Archives", "archives"),
    ] {
        command.arg("--option").arg(format!("{option}={}", work.join(place).display()));
    }
    for option in [
        "Dir::Etc::SourceParts=/dev/null",
        "Debug::NoLocking=true",
        "Acquire::Languages=none",
        "Acquire::Retries=1",
        "Acquire::http::Timeout=15",
    ] {
        command.args(["--option", option]);
    }
    must(command.args(arguments))
}

fn must(command: &mut Command) -> Result<()> {
    let shown = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("starting {shown}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{shown}: {}", said.lines().last().unwrap_or_default());
    Ok(())
}
