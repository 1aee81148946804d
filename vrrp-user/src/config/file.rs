//! Reading a file of the configuration, which must neither block nor fill the memory.

use std::{
    fs::{File, Metadata},
    io::{self, Read as _},
    os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

/// Larger files are refused. 255 instances with 255 addresses each need about 1 MiB.
pub const MAX_FILE_BYTES: u64 = 8 * 1024 * 1024;

/// Why there is no text to look at.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is no such file; keepalived has exit code 6 for this.
    #[error("{} does not exist", path.display())]
    NotFound {
        /// The path as it was given.
        path: PathBuf,
    },
    /// It is a directory, a FIFO, a socket or a device.
    #[error("{} is {kind}, not a file", path.display())]
    NotAFile {
        /// The path as it was given.
        path: PathBuf,
        /// What it is, with an article.
        kind: &'static str,
    },
    /// It has more than [`MAX_FILE_BYTES`].
    #[error("{} is larger than {} MiB", path.display(), MAX_FILE_BYTES / 1024 / 1024)]
    TooLarge {
        /// The path as it was given.
        path: PathBuf,
    },
    /// It could not be opened or read.
    #[error("cannot read {}", path.display())]
    Io {
        /// The path as it was given.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
}

/// Tells files apart, whatever they are called: device and inode.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct FileIdentity {
    device: u64,
    inode: u64,
}

/// A file's content.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) bytes: Vec<u8>,
    pub(crate) identity: FileIdentity,
    /// Whether anybody may execute it.
    pub(crate) executable: bool,
}

/// Reads a file.
///
/// # Errors
/// When it is none, cannot be read, or is too large.
pub(crate) fn read(path: &Path) -> Result<Content, ReadError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => ReadError::NotFound { path: path.to_owned() },
        _ => ReadError::Io { path: path.to_owned(), source },
    };
    // Opening a FIFO would wait for a writer.
    let file = File::options()
        .read(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC)
        .open(path)
        .map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(ReadError::NotAFile { path: path.to_owned(), kind: kind(&metadata) });
    }
    let mut bytes = Vec::new();
    // One byte more than allowed tells a file that is too large, even one that still grows.
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_FILE_BYTES {
        return Err(ReadError::TooLarge { path: path.to_owned() });
    }
    Ok(Content {
        bytes,
        identity: FileIdentity { device: metadata.dev(), inode: metadata.ino() },
        executable: metadata.permissions().mode() & 0o111 != 0,
    })
}

fn kind(metadata: &Metadata) -> &'static str {
    let kind = metadata.file_type();
    if kind.is_dir() {
        "a directory"
    } else if kind.is_fifo() {
        "a FIFO"
    } else if kind.is_char_device() || kind.is_block_device() {
        "a device"
    } else {
        "something else"
    }
}
