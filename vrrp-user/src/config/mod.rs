//! keepalived.conf: files to one text to tokens to blocks to a typed [`model`], with diagnostics
//! that point at the line and say what to write instead.
//!
//! [`load()`] reads a file, [`parse`] takes text that is already in memory; both report everything
//! that is wrong in one go. Nothing here looks at the running system, but for the files that
//! `include` and `auth_hmac` name, and the environment for `${_ENV NAME}`.

mod build;
mod diagnostics;
mod file;
mod keywords;
mod language;
mod lexer;
mod lints;
mod load;
pub mod model;
mod outline;
mod parser;
mod plan;
mod render;
mod secrets;
mod source;
mod suggest;
#[cfg(test)]
mod testing;

pub use diagnostics::{Code, Diagnostic, Severity};
pub use file::{MAX_FILE_BYTES, ReadError};
pub use language::ConfigId;
pub use load::{Loaded, load, parse};
pub use plan::{Change, Fate, Kind, Plan};
pub use render::{JsonDiagnostic, JsonReport};
pub use source::{Position, Source, Span};
