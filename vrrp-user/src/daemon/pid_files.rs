//! Files that tell others the daemon's process, for whoever knows keepalived by its pid file.
//!
//! They are told, and not asked: what keeps a second daemon away is the lock of the runtime
//! directory.

use std::{fs, path::PathBuf};

use crate::process::{ReplaceError, replace_file};

/// Why a pid file is not written.
#[derive(Debug, thiserror::Error)]
pub enum PidFileError {
    /// It is that of a keepalived that runs.
    #[error("keepalived runs as process {pid}, according to {path}: stop it first")]
    InUse {
        /// The file.
        path: PathBuf,
        /// The process.
        pid: u32,
    },
    /// It cannot be written.
    #[error("no pid file: {0}")]
    Unwritable(#[from] ReplaceError),
}

/// The files, removed with this unless somebody else has written to them.
#[derive(Debug)]
pub(super) struct PidFiles(Vec<PathBuf>);

impl PidFiles {
    /// Writes them. A file that an earlier process has left is of no account.
    pub(super) fn write(paths: &[PathBuf]) -> Result<Self, PidFileError> {
        let mut written = Self(Vec::new());
        for path in paths {
            if let Some(pid) = pid_in(path).filter(|&pid| is_keepalived(pid)) {
                return Err(PidFileError::InUse { path: path.clone(), pid });
            }
            replace_file(path, format!("{}\n", std::process::id()).as_bytes())?;
            written.0.push(path.clone());
        }
        Ok(written)
    }

    /// Leaves them to the process that takes over, which writes its own number.
    pub(super) fn leave(mut self) {
        self.0.clear();
    }
}

impl Drop for PidFiles {
    fn drop(&mut self) {
        for path in &self.0 {
            if pid_in(path) == Some(std::process::id())
                && let Err(error) = fs::remove_file(path)
            {
                tracing::warn!(%error, "cannot remove the pid file {}", path.display());
            }
        }
    }
}

fn pid_in(path: &PathBuf) -> Option<u32> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// Whether a process is a keepalived, and not this program under its name.
fn is_keepalived(pid: u32) -> bool {
    let is_named_so = fs::read_to_string(format!("/proc/{pid}/comm"))
        .is_ok_and(|name| name.trim_end() == "keepalived");
    let program = |pid: &str| fs::read_link(format!("/proc/{pid}/exe")).ok();
    is_named_so && program(&pid.to_string()) != program("self")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::testing::Folder;

    #[test]
    fn a_pid_file_is_there_as_long_as_it_is_ours() {
        let folder = Folder::new("pid");
        let (ours, others) = (folder.path("keepalived.pid"), folder.path("vrrp.pid"));
        // What died without removing it left a number, which may be anybody's by now.
        fs::write(&ours, "1\n").unwrap();
        let files = PidFiles::write(&[ours.clone(), others.clone()]).unwrap();
        assert_eq!(pid_in(&ours), Some(std::process::id()));
        fs::write(&others, "1\n").unwrap();
        drop(files);
        assert!(!ours.exists());
        assert_eq!(pid_in(&others), Some(1));

        let files = PidFiles::write(std::slice::from_ref(&ours)).unwrap();
        files.leave();
        assert!(ours.exists());
        let nowhere = [ours, folder.path("nowhere/x.pid")];
        assert!(matches!(PidFiles::write(&nowhere), Err(PidFileError::Unwritable(_))));
        assert!(!nowhere[0].exists());
    }
}
