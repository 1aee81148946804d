//! The directory of what a running daemon owns.

use std::{
    fs::{self, File, Permissions},
    io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use nix::fcntl::{Flock, FlockArg};

/// Name of the control socket in the runtime directory.
pub const CONTROL_SOCKET: &str = "control.sock";

/// Name of the lock in the runtime directory.
const LOCK: &str = "lock";

/// Why the runtime directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeDirError {
    /// It, or the lock in it, cannot be made.
    #[error("cannot use the runtime directory {path}: {source}")]
    Unusable {
        /// The directory.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// Another daemon has the lock.
    #[error(
        "another vrrp daemon runs with the runtime directory {path}; for a second one, as in \
         another network namespace, choose another --runtime-dir"
    )]
    InUse {
        /// The directory.
        path: PathBuf,
    },
}

/// The runtime directory, locked: a lock dies with its process, unlike a pid file.
#[derive(Debug)]
pub(super) struct RuntimeDir {
    path: PathBuf,
    _lock: Flock<File>,
}

impl RuntimeDir {
    /// Makes the directory if need be and takes the lock.
    pub(super) fn lock(path: &Path) -> Result<Self, RuntimeDirError> {
        let unusable = |source| RuntimeDirError::Unusable { path: path.to_owned(), source };
        fs::create_dir_all(path).map_err(unusable)?;
        let file = File::create(path.join(LOCK)).map_err(unusable)?;
        file.set_permissions(Permissions::from_mode(0o600)).map_err(unusable)?;
        let lock = Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|(_, error)| {
            if error == nix::errno::Errno::EWOULDBLOCK {
                RuntimeDirError::InUse { path: path.to_owned() }
            } else {
                unusable(error.into())
            }
        })?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    pub(super) fn control_socket(&self) -> PathBuf {
        self.path.join(CONTROL_SOCKET)
    }

    /// Removes what is in it, and the directory itself if nothing else is.
    pub(super) fn clear(&self) {
        for name in [CONTROL_SOCKET, LOCK] {
            if let Err(error) = fs::remove_file(self.path.join(name))
                && error.kind() != io::ErrorKind::NotFound
            {
                tracing::warn!(%error, file = name, "cannot clear the runtime directory");
            }
        }
        // systemd's RuntimeDirectory= removes it itself; others' files keep it.
        let _ = fs::remove_dir(&self.path);
    }
}
