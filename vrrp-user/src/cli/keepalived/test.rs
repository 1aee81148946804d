//! `-t`: what is wrong with the configuration.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use super::parse::Test;
use crate::{
    cli::{
        Exit, config_id,
        output::{colour_on_stderr, complain},
    },
    config,
};

/// Tells it, and ends with keepalived's codes.
pub(super) fn test(asked: &Test, usual: &Path) -> Exit {
    let mut report = match asked.report.as_deref().map(open).transpose() {
        Ok(report) => report,
        Err(error) => {
            complain(format_args!("error: cannot write the outcome: {error}"));
            return Exit::Failure;
        }
    };
    let path = asked.file.as_deref().unwrap_or(usual);
    let (text, exit) = match config::load(path, &config_id(asked.config_id.as_deref())) {
        Err(error) => (format!("error: {error}"), Exit::TestUnusable),
        Ok(loaded) => {
            let exit = if !loaded.is_usable() {
                Exit::TestUnusable
            } else if loaded.has_errors() {
                Exit::TestErrors
            } else {
                Exit::Success
            };
            let is_coloured = report.is_none() && colour_on_stderr();
            (loaded.render(is_coloured).trim_end().to_owned(), exit)
        }
    };
    match &mut report {
        _ if text.is_empty() => {}
        None => complain(text),
        Some(file) => {
            if let Err(error) = writeln!(file, "{text}") {
                complain(format_args!("error: cannot write the outcome: {error}"));
                return Exit::Failure;
            }
        }
    }
    exit
}

/// Appends, as keepalived does.
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o644)
        .custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC)
        .open(path)
}
