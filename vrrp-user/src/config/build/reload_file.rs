//! `reload_file`.

use std::path::PathBuf;

use super::Builder;
use crate::config::{Code, Diagnostic, diagnostics::quoted, parser::Statement};

/// keepalived's, in its directory of pid files.
const DEFAULT: &str = "/run/keepalived.reload";

impl Builder<'_> {
    /// The file that is there while the configuration is read.
    pub(super) fn reload_file(&mut self, statement: &Statement<'_>) -> Option<PathBuf> {
        let Some(word) = self.optional_word(statement) else {
            return Some(PathBuf::from(DEFAULT));
        };
        let path = PathBuf::from(&*word.text);
        if path.is_absolute() {
            return Some(path);
        }
        self.sink.push(
            Diagnostic::error(
                Code::BadValue,
                word.span,
                format!("{} is no absolute path", quoted(&word.text)),
            )
            .label("ignored")
            .help(format!("write a path that begins with `/`, or nothing for {DEFAULT}")),
        );
        None
    }
}
