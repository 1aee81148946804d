//! From a file or a text to a configuration.

use std::{
    fs::File,
    io::{self, Read},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use super::{
    Diagnostic, Severity, Source, build, diagnostics::Sink, lexer, lints, model::Config, parser,
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

/// What came of a text: the configuration, unless something fatal was found, and all there is to
/// say about it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The configuration; `None` if keepalived would not start with it, or if running it would put
    /// the cluster at risk.
    pub config: Option<Config>,
    /// What is wrong, in the order of the file. At most 100 errors and 100 warnings.
    pub diagnostics: Vec<Diagnostic>,
    /// How many more there were.
    pub suppressed: usize,
    /// What is right and may surprise, in the order of the file.
    pub notes: Vec<Diagnostic>,
    /// The text that the diagnostics point into, with secrets masked.
    pub source: Source,
}

impl Loaded {
    /// Whether there is any error, fatal or not. A check should then fail, though the daemon may
    /// run.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Whether there is a configuration to run.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.config.is_some()
    }
}

/// Reads and parses a file.
///
/// # Errors
/// When there is nothing to parse. Anything wrong with the content is in [`Loaded::diagnostics`].
pub fn load(path: &Path) -> Result<Loaded, ReadError> {
    let bytes = read(path)?;
    Ok(parse(&path.display().to_string(), &bytes))
}

/// Parses a text; `name` is what diagnostics call the file.
#[must_use]
pub fn parse(name: &str, text: &[u8]) -> Loaded {
    let mut source = Source::new(name, text);
    let mut sink = Sink::default();
    let tokens = lexer::tokenize(&source, &mut sink);
    let tree = parser::parse(tokens, &mut sink);
    let config = build::build(&tree, &source, &mut sink);
    let notes = lints::check(&tree, &mut sink);
    drop(tree);
    source.mask_secrets();
    let (diagnostics, suppressed) = sink.finish();
    Loaded { config, diagnostics, suppressed, notes, source }
}

fn read(path: &Path) -> Result<Vec<u8>, ReadError> {
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
    Ok(bytes)
}

fn kind(metadata: &std::fs::Metadata) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
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

#[cfg(test)]
mod tests;
