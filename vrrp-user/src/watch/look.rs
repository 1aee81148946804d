//! One look at a file. It may block.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use nix::sys::inotify::{AddWatchFlags, Inotify, WatchDescriptor};

use crate::config::model::tracking::InitFile;

/// As much as keepalived reads.
const BYTES: u64 = 127;

/// What is to be looked at.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) path: PathBuf,
    /// What is to be written to it first.
    pub(super) init: Option<InitFile>,
    /// Something has happened to it.
    pub(super) is_asked_for: bool,
}

/// What there was to see.
#[derive(Debug)]
pub(super) struct Look {
    /// The watch on the folder.
    pub(super) folder: Option<WatchDescriptor>,
    pub(super) exists: bool,
    /// The beginning; nothing if it cannot be read.
    pub(super) content: Vec<u8>,
    pub(super) is_asked_for: bool,
}

/// Looks at a file, after making sure that the next change is seen.
pub(super) fn look(wanted: &Wanted, inotify: Option<&Inotify>) -> Look {
    let Wanted { path, init, is_asked_for } = wanted;
    if let Some(init) = init
        && let Err(error) = initialise(path, *init)
    {
        tracing::warn!(file = %path.display(), %error, "{}: `init_file` cannot be done: {error}", path.display());
    }
    let changes = AddWatchFlags::IN_CLOSE_WRITE | AddWatchFlags::IN_DELETE | AddWatchFlags::IN_MOVE;
    let folder =
        inotify.zip(path.parent()).and_then(|(it, folder)| it.add_watch(folder, changes).ok());
    let read = read(path);
    Look {
        folder,
        exists: read.is_ok(),
        content: read.unwrap_or_default(),
        is_asked_for: *is_asked_for,
    }
}

/// A pipe without a writer is empty, and not waited for.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
    let mut content = Vec::new();
    file.take(BYTES).read_to_end(&mut content)?;
    Ok(content)
}

/// Writes the first content. A file that is there stays as it is, unless it is to be overwritten.
fn initialise(path: &Path, InitFile { value, overwrite }: InitFile) -> io::Result<()> {
    let created = OpenOptions::new().write(true).create_new(true).mode(0o644).open(path);
    let file = match created {
        Ok(file) => file,
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        Err(_) if !overwrite => return Ok(()),
        Err(_) => existing(path)?,
    };
    writeln!(&file, "{value}")
}

/// An existing file, emptied. keepalived refuses what is no regular file, too.
fn existing(path: &Path) -> io::Result<File> {
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    OpenOptions::new().write(true).truncate(true).custom_flags(libc::O_NOFOLLOW).open(path)
}
