//! Links pinned in a bpffs, so that the program outlives a crash of the daemon and fences the node.

use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use super::hook::Mode;

/// A directory for pins. Several daemons, each in a network namespace of its own, may share it.
#[derive(Debug)]
pub(super) struct Pins {
    directory: PathBuf,
    /// Inode of the network namespace: interface indices are unique only within it.
    namespace: u64,
}

/// Why pins cannot be kept.
#[derive(Debug, thiserror::Error)]
pub(super) enum PinsError {
    /// The directory cannot be made.
    #[error("cannot make {path} for pins: {source}")]
    Directory {
        /// The directory.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The network namespace has no identity.
    #[error("cannot tell which network namespace this is: {0}")]
    Namespace(io::Error),
}

impl Pins {
    /// Makes the directory if need be.
    pub(super) fn open(directory: &Path) -> Result<Self, PinsError> {
        fs::create_dir_all(directory)
            .map_err(|source| PinsError::Directory { path: directory.to_owned(), source })?;
        let namespace = fs::metadata("/proc/self/ns/net").map_err(PinsError::Namespace)?.ino();
        Ok(Self { directory: directory.to_owned(), namespace })
    }

    /// The directory for pins, if a daemon has made it.
    pub(super) fn find(directory: &Path) -> Option<Self> {
        if directory.is_dir() { Self::open(directory).ok() } else { None }
    }

    /// Where the link of an interface is pinned.
    pub(super) fn path(&self, mode: Mode, ifindex: u32) -> PathBuf {
        self.directory.join(format!("xdp-{}-{ifindex}-{mode}", self.namespace))
    }

    /// Removes the pins of an interface, whatever their mode.
    pub(super) fn remove_for(&self, ifindex: u32) {
        for mode in [Mode::Native, Mode::Generic] {
            remove_pin(&self.path(mode, ifindex));
        }
    }

    /// Removes the pins of this namespace whose interface is not in use, which a dead daemon left.
    pub(super) fn remove_unused(&self, used: impl Fn(u32) -> bool) {
        let prefix = format!("xdp-{}-", self.namespace);
        let Ok(entries) = fs::read_dir(&self.directory) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let ifindex = name
                .to_str()
                .and_then(|name| name.strip_prefix(&prefix))
                .and_then(|rest| rest.split('-').next())
                .and_then(|ifindex| ifindex.parse().ok());
            if ifindex.is_some_and(|ifindex| !used(ifindex)) {
                remove_pin(&entry.path());
            }
        }
    }

    /// Removes the directory if nothing is left in it.
    pub(super) fn close(&self) {
        self.remove_unused(|_| false);
        // Another daemon's pins may be in it.
        let _ = fs::remove_dir(&self.directory);
    }
}

/// Removes a pin, and so detaches what it holds. One that is gone already is as good.
pub(super) fn remove_pin(pin: &Path) {
    if let Err(error) = fs::remove_file(pin)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(pin = %pin.display(), %error, "cannot remove a pin");
    }
}
