//! What a lab's namespaces and folders are called, and clearing away those of dead processes.
//!
//! `vl<pid>-<n>-<node>`: the pid is that of the process whose lab it is, so that anybody can tell
//! a lab in use from a leftover.

use std::{
    fs,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

use anyhow::{Context, Result};
use nix::{
    mount::{MntFlags, umount2},
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::cgroup;
use crate::command::{ip, must};

/// Where each lab has a folder; on a tmpfs and short, since paths of Unix sockets may have 107
/// bytes only.
const FOLDERS: &str = "/run/vrrp-lab";

static COUNTER: AtomicU32 = AtomicU32::new(0);

/// A prefix that no other lab on this machine has.
pub(super) fn fresh_prefix() -> String {
    format!("vl{}-{}", process::id(), COUNTER.fetch_add(1, Ordering::Relaxed))
}

/// The folder of the lab with this prefix.
pub(super) fn folder(prefix: &str) -> PathBuf {
    Path::new(FOLDERS).join(prefix)
}

/// Removes every lab whose process is gone; returns how many namespaces that were.
pub(super) fn sweep() -> Result<usize> {
    let mut count = 0;
    for name in namespaces("vl")? {
        if owner(&name).is_some_and(is_dead) {
            remove_namespace(&name);
            count += 1;
        }
    }
    cgroup::sweep(|name| owner(name).is_some_and(is_dead));
    let Ok(entries) = fs::read_dir(FOLDERS) else { return Ok(count) };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if owner(&name).is_some_and(is_dead) {
            remove_folder(&entry.path());
        }
    }
    Ok(count)
}

/// The namespaces whose names begin so.
pub(super) fn namespaces(prefix: &str) -> Result<Vec<String>> {
    let listing = must(&mut ip(["netns", "list"])).context("listing namespaces")?;
    let names = listing.lines().filter_map(|line| line.split_whitespace().next());
    Ok(names.filter(|name| name.starts_with(prefix)).map(str::to_owned).collect())
}

/// Kills what still runs in a namespace of a lab and deletes it.
pub(super) fn remove_namespace(name: &str) {
    // Only processes that a lab started can be in there. Each may end before we get to it.
    for pid in must(&mut ip(["netns", "pids", name])).unwrap_or_default().lines() {
        if let Ok(pid) = pid.trim().parse() {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }
    // Nothing better can be done about one that will not go than to try again at the next sweep.
    let _ = must(&mut ip(["netns", "del", name]));
}

/// Unmounts what is mounted below a lab's folder and deletes it.
pub(super) fn remove_folder(folder: &Path) {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let points = mounts.lines().filter_map(|line| line.split_whitespace().nth(4)).map(Path::new);
    for point in points.filter(|point| point.starts_with(folder)) {
        let _ = umount2(point, MntFlags::MNT_DETACH);
    }
    let _ = fs::remove_dir_all(folder);
}

/// The pid in a name, if it is a lab's.
fn owner(name: &str) -> Option<u32> {
    name.strip_prefix("vl")?.split('-').next()?.parse().ok()
}

fn is_dead(pid: u32) -> bool {
    !Path::new("/proc").join(pid.to_string()).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_labs_have_an_owner() {
        assert_eq!(owner("vl123-0-cube01"), Some(123));
        assert_eq!(owner("vl123-4"), Some(123));
        assert_eq!(owner("vlan5-x"), None);
        assert_eq!(owner("web"), None);
    }

    #[test]
    fn this_process_lives() {
        assert!(!is_dead(process::id()));
        assert!(is_dead(u32::MAX));
    }
}
