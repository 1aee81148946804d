//! keepalived's dumps of its state, which exporters and scripts read: `keepalived.data`,
//! `keepalived.stats` and `keepalived.json`, written when a signal asks for them.
//!
//! Names of files, fields and lines, and the types of values, are those of keepalived 2.2.7; what
//! there is no such thing as here is left out of the text, and has keepalived's default in JSON.

mod addresses;
mod command;
mod data;
mod json;
mod place;
mod report;
mod stats;

use std::path::{Path, PathBuf};

use crate::process::{ReplaceError, replace_file};

pub use report::{CheckReport, MasterReport, Report, RouterReport};
pub use stats::{HmacStats, Stats};

/// One of the dumps.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    /// Everything there is to tell, for people: `keepalived.data`.
    Data,
    /// The counters, for people: `keepalived.stats`.
    Stats,
    /// Both, for programs: `keepalived.json`.
    Json,
}

impl Kind {
    /// The file's name, unless the configuration has another.
    const fn usual_name(self) -> &'static str {
        match self {
            Self::Data => "keepalived.data",
            Self::Stats => "keepalived.stats",
            Self::Json => "keepalived.json",
        }
    }
}

/// Writes a dump to where the configuration wants it and returns the place; names without a
/// directory mean one in `directory`. Takes as long as the file system does.
///
/// # Errors
/// When the file cannot be written. What was there before is then as it was.
pub fn write(kind: Kind, report: &Report, directory: &Path) -> Result<PathBuf, ReplaceError> {
    let path = place::of(kind, &report.settings, report.namespace.as_deref(), directory);
    let text = match kind {
        Kind::Data => data::text(report),
        Kind::Stats => stats::text(report),
        Kind::Json => json::text(report),
    };
    replace_file(&path, text.as_bytes())?;
    Ok(path)
}

/// Where dumps go whose name has no directory: `$TMPDIR`, else `/tmp`.
#[must_use]
pub fn directory() -> PathBuf {
    std::env::var_os("TMPDIR")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .unwrap_or_else(|| PathBuf::from("/tmp"))
}

#[cfg(test)]
mod tests;
