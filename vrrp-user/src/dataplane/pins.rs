//! Links pinned in a bpffs, so that the program outlives a crash of the daemon and fences the node.

use std::{
    ffi::OsStr,
    fs::{self, DirBuilder, File},
    io,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _},
    path::{Path, PathBuf},
};

use nix::{
    errno::Errno,
    fcntl::{Flock, FlockArg},
};

use super::{hook::Mode, tc::Direction};

/// What a link keeps on an interface.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Program {
    /// The program for XDP, in this mode.
    Xdp(Mode),
    /// The program for tc.
    Tc(Direction),
}

/// How the names of pins begin.
const XDP: &str = "xdp";
const INGRESS: &str = "tc-ingress";
const EGRESS: &str = "tc-egress";

const XDP_MODES: [Mode; 2] = [Mode::Native, Mode::Generic];

/// A directory for pins. Several daemons, each in a network namespace of its own, may share it.
#[derive(Debug)]
pub(super) struct Pins {
    directory: PathBuf,
    /// Inode of the network namespace: interface indices are unique only within it.
    namespace: u64,
    /// Held while this daemon lives: its pins are not another's to adopt or to remove.
    _lock: Flock<File>,
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
    /// A living daemon keeps its own there.
    #[error(
        "another vrrp daemon of this network namespace has its pins in {path}; choose another --bpffs"
    )]
    InUse {
        /// The directory.
        path: PathBuf,
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
        let lock = lock(&lock_path(directory, namespace)).map_err(|error| match error {
            Errno::EWOULDBLOCK => PinsError::InUse { path: directory.to_owned() },
            error => PinsError::Directory { path: directory.to_owned(), source: error.into() },
        })?;
        Ok(Self { directory: directory.to_owned(), namespace, _lock: lock })
    }

    /// The directory for pins, if a daemon has made it.
    pub(super) fn find(directory: &Path) -> Option<Self> {
        if directory.is_dir() { Self::open(directory).ok() } else { None }
    }

    /// Where the link of a program on an interface is pinned.
    pub(super) fn path(&self, program: Program, ifindex: u32) -> PathBuf {
        let Self { directory, namespace, .. } = self;
        directory.join(match program {
            Program::Xdp(mode) => format!("{XDP}-{namespace}-{ifindex}-{mode}"),
            Program::Tc(Direction::Ingress) => format!("{INGRESS}-{namespace}-{ifindex}"),
            Program::Tc(Direction::Egress) => format!("{EGRESS}-{namespace}-{ifindex}"),
        })
    }

    /// Whether an interface has a pin for XDP, in whatever mode.
    pub(super) fn has_xdp(&self, ifindex: u32) -> bool {
        XDP_MODES.iter().any(|&mode| self.path(Program::Xdp(mode), ifindex).exists())
    }

    /// Removes the pins of an interface for XDP, whatever their mode.
    pub(super) fn remove_xdp(&self, ifindex: u32) {
        for mode in XDP_MODES {
            remove_pin(&self.path(Program::Xdp(mode), ifindex));
        }
    }

    /// Removes the pins of this namespace that are not in use, which a dead daemon left.
    pub(super) fn remove_unused(&self, used: &[&Path]) {
        let Ok(entries) = fs::read_dir(&self.directory) else { return };
        for entry in entries.flatten() {
            let path = entry.path();
            if self.is_pin(&entry.file_name()) && !used.contains(&path.as_path()) {
                remove_pin(&path);
            }
        }
    }

    /// Whether a file is a pin of this namespace.
    fn is_pin(&self, name: &OsStr) -> bool {
        [XDP, INGRESS, EGRESS].iter().any(|kind| {
            name.to_str()
                .and_then(|name| name.strip_prefix(&format!("{kind}-{}-", self.namespace)))
                .and_then(|rest| rest.split('-').next())
                .is_some_and(|ifindex| ifindex.parse::<u32>().is_ok())
        })
    }

    /// Removes the directory if nothing is left in it.
    pub(super) fn close(&self) {
        self.remove_unused(&[]);
        remove_lock(&lock_path(&self.directory, self.namespace));
        // Another daemon's pins may be in it.
        let _ = fs::remove_dir(&self.directory);
    }
}

/// A bpffs holds no plain files: the lock is on a directory.
fn lock_path(directory: &Path, namespace: u64) -> PathBuf {
    directory.join(format!("xdp-{namespace}-lock"))
}

/// Takes the lock, which nobody but root may touch.
fn lock(path: &Path) -> Result<Flock<File>, Errno> {
    let errno = |error: io::Error| Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO));
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(errno(error)),
        _ => {}
    }
    let directory = File::open(path).map_err(errno)?;
    Flock::lock(directory, FlockArg::LockExclusiveNonblock).map_err(|(_, error)| error)
}

fn remove_lock(path: &Path) {
    if let Err(error) = fs::remove_dir(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %error, "cannot remove a lock");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_daemon_at_a_time_has_the_pins_of_a_namespace() {
        let directory = std::env::temp_dir().join(format!("vrrp-pins-{}", std::process::id()));
        assert!(Pins::find(&directory).is_none());
        let pins = Pins::open(&directory).unwrap();
        assert!(matches!(Pins::open(&directory), Err(PinsError::InUse { .. })));
        assert!(Pins::find(&directory).is_none());
        drop(pins);
        // As after a crash: the lock's directory is still there, and free.
        Pins::find(&directory).unwrap().close();
        assert!(!directory.exists());
    }

    #[test]
    fn each_program_keeps_its_own_pins() {
        let directory = std::env::temp_dir().join(format!("vrrp-kinds-{}", std::process::id()));
        let pins = Pins::open(&directory).unwrap();
        let all = [
            pins.path(Program::Xdp(Mode::Native), 7),
            pins.path(Program::Xdp(Mode::Generic), 7),
            pins.path(Program::Tc(Direction::Ingress), 7),
            pins.path(Program::Tc(Direction::Egress), 7),
            pins.path(Program::Xdp(Mode::Generic), 8),
            // Another namespace's.
            directory.join("tc-ingress-1-7"),
        ];
        for path in &all {
            File::create_new(path).unwrap();
        }
        let there = || all.each_ref().map(|path| path.exists());
        pins.remove_unused(&[&all[0], &all[3], &all[4]]);
        assert_eq!(there(), [true, false, false, true, true, true]);
        assert!(pins.has_xdp(7) && pins.has_xdp(8) && !pins.has_xdp(9));
        pins.remove_xdp(7);
        assert_eq!(there(), [false, false, false, true, true, true]);
        pins.close();
        assert_eq!(there(), [false, false, false, false, false, true]);
        fs::remove_dir_all(&directory).unwrap();
    }
}
