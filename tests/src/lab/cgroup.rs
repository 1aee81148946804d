//! A control group for what a test boots on a node, below the root of the machine's own.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result};

use crate::wait_until;

/// How long killed processes may take to be gone.
const GONE: Duration = Duration::from_secs(5);

/// A control group; whatever is in it is killed, and it removed, when this is dropped.
#[derive(Debug)]
pub(crate) struct Cgroup(PathBuf);

impl Cgroup {
    /// Makes one for a node, by the name of its network namespace.
    pub(crate) fn create(name: &str) -> Result<Self> {
        let path = root().context("no cgroup2 is mounted")?.join(name);
        fs::create_dir(&path).with_context(|| path.display().to_string())?;
        Ok(Self(path))
    }

    /// The file that a process enters it by.
    pub(crate) fn entrance(&self) -> PathBuf {
        self.0.join("cgroup.procs")
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        remove(&self.0);
    }
}

/// Where the machine's cgroup2 is mounted for writing, as `/proc/self/mountinfo` tells (proc(5)).
pub(crate) fn root() -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    mounts.lines().find_map(|line| {
        let (mount, file_system) = line.split_once(" - ")?;
        let mut fields = mount.split_whitespace().skip(4);
        let (point, options) = (fields.next()?, fields.next()?);
        let is_ours =
            file_system.starts_with("cgroup2 ") && options.split(',').any(|it| it == "rw");
        is_ours.then(|| point.into())
    })
}

/// Removes the groups of labs for which `is_leftover` says so, by their names.
pub(super) fn sweep(is_leftover: impl Fn(&str) -> bool) {
    let entries = root().and_then(|root| fs::read_dir(root).ok()).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name().to_str().is_some_and(&is_leftover)) {
        remove(&entry.path());
    }
}

/// Kills what is in a group and removes it with those below it.
fn remove(group: &Path) {
    // Kernels before 5.14 have no such file: then the end of the namespace's init has to do.
    let _ = fs::write(group.join("cgroup.kill"), "1");
    // Nothing better can be done about one that stays than to try again at the next sweep.
    let _ = wait_until(GONE, "a control group to go", || match remove_tree(group) {
        Ok(()) => true,
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    });
}

/// A group's files go with it.
fn remove_tree(group: &Path) -> io::Result<()> {
    for entry in fs::read_dir(group)?.flatten() {
        if entry.file_type()?.is_dir() {
            remove_tree(&entry.path())?;
        }
    }
    fs::remove_dir(group)
}
