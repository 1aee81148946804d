//! `notify_fifo`: changes of state as lines, for whoever reads them.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::{
        fd::AsFd,
        unix::fs::{FileTypeExt as _, OpenOptionsExt as _},
    },
    path::{Path, PathBuf},
};

use nix::{sys::stat::Mode, unistd};
use tokio::{sync::oneshot, task::JoinHandle};

use super::{Ended, Launcher, Program, account::Ids, run};

/// As keepalived with its usual umask makes it: for its owner.
const MODE: Mode = Mode::from_bits_truncate(0o600);

/// A FIFO as it is wanted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Wanted {
    pub(super) path: PathBuf,
    pub(super) owner: Ids,
    pub(super) reader: Option<Program>,
}

/// A FIFO that is open, and the program that reads it, if one was asked for.
#[derive(Debug)]
pub(super) struct Fifo {
    pub(super) wanted: Wanted,
    file: File,
    /// Whether it goes with the daemon.
    is_ours: bool,
    reader: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
    lost: u64,
}

impl Fifo {
    /// Makes it if it is not there, and opens it. It is held open for reading too: so writing
    /// neither waits for a reader nor fails without one, and what nobody has read yet stays.
    ///
    /// `inherits`: the daemon that was there before may have made it.
    pub(super) fn open(wanted: Wanted, inherits: bool) -> io::Result<Self> {
        let path = wanted.path.as_path();
        let is_made = match unistd::mkfifo(path, MODE) {
            Ok(()) => true,
            Err(nix::Error::EEXIST) => false,
            Err(error) => return Err(error.into()),
        };
        let opened = open(path).and_then(|file| {
            if is_made && wanted.owner != Ids::own() {
                let Ids { user, group } = wanted.owner;
                unistd::fchown(file.as_fd(), Some(user), Some(group))?;
            }
            Ok(file)
        });
        match opened {
            Ok(file) => {
                Ok(Self { wanted, file, is_ours: is_made || inherits, reader: None, lost: 0 })
            }
            Err(error) => {
                if is_made {
                    remove(path);
                }
                Err(error)
            }
        }
    }

    /// Starts the program that reads it. Must be called within the helper's runtime.
    pub(super) fn start_reader(&mut self, launcher: &Launcher) {
        let Some(program) = self.wanted.reader.clone() else { return };
        let (launcher, path) = (launcher.clone(), self.wanted.path.display().to_string());
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let arguments = [path];
            let told = |ended: Ended| {
                let [path] = &arguments;
                tracing::warn!("the program that reads {path} {}", ended.outcome);
            };
            run(&launcher, &program, &arguments, None, stopped, told).await;
        });
        self.reader = Some((stop, task));
    }

    /// Writes a line, unless nobody reads and the kernel keeps no more of them.
    pub(super) fn write(&mut self, line: &str) {
        if let Err(error) = self.file.write(line.as_bytes()) {
            self.lost += 1;
            if self.lost.is_power_of_two() {
                let path = self.wanted.path.display();
                tracing::warn!(%error, lost = self.lost, "{path} takes no line: {} lost", self.lost);
            }
        }
    }

    /// Ends its reader and, unless another daemon goes on with it, removes it. As in keepalived the
    /// name goes first, so that a program that opens it again and again does not wait for ever.
    pub(super) async fn close(self, stays: bool) {
        if self.is_ours && !stays {
            let path = self.wanted.path.clone();
            let _ = tokio::task::spawn_blocking(move || remove(&path)).await;
        }
        if let Some((stop, task)) = self.reader {
            drop(stop);
            let _ = task.await;
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_NOFOLLOW | libc::O_CLOEXEC)
        .open(path)?;
    if file.metadata()?.file_type().is_fifo() {
        Ok(file)
    } else {
        Err(io::Error::new(io::ErrorKind::AlreadyExists, "there is something else by that name"))
    }
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(%error, "{} cannot be removed", path.display());
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn path(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("vrrp-fifo-{name}-{}", std::process::id()))
    }

    fn wanted(path: &Path) -> Wanted {
        Wanted { path: path.to_owned(), owner: Ids::own(), reader: None }
    }

    #[tokio::test]
    async fn lines_wait_for_a_reader_and_are_lost_when_there_are_too_many() {
        let path = path("lines");
        let mut fifo = Fifo::open(wanted(&path), false).unwrap();
        fifo.write("one\n");
        let mut reader =
            OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(&path).unwrap();
        let mut buffer = [0; 64];
        let read = reader.read(&mut buffer).unwrap();
        assert_eq!(&buffer[..read], b"one\n");
        drop(reader);
        let line = format!("{}\n", "x".repeat(1023));
        (0..80).for_each(|_| fifo.write(&line));
        assert!(fifo.lost > 0 && fifo.lost < 80, "{}", fifo.lost);
        fifo.close(false).await;
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn only_what_was_made_is_removed() {
        let path = path("kept");
        unistd::mkfifo(&path, MODE).unwrap();
        Fifo::open(wanted(&path), false).unwrap().close(false).await;
        assert!(path.exists());
        Fifo::open(wanted(&path), true).unwrap().close(true).await;
        assert!(path.exists());
        Fifo::open(wanted(&path), true).unwrap().close(false).await;
        assert!(!path.exists());
    }

    #[test]
    fn a_file_by_that_name_is_left_alone() {
        let path = path("file");
        fs::write(&path, "precious").unwrap();
        assert!(Fifo::open(wanted(&path), false).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
        fs::remove_file(&path).unwrap();
    }
}
