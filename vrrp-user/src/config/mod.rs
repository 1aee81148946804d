//! keepalived.conf: text to tokens to blocks to a typed [`model`], with diagnostics that point at
//! the line and say what to write instead.
//!
//! [`load()`] reads a file, [`parse`] takes text that is already in memory; both report everything
//! that is wrong in one go. Nothing here looks at the running system,
//! but for the key files that `auth_hmac` names.

mod build;
mod diagnostics;
mod keywords;
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
pub use load::{Loaded, MAX_FILE_BYTES, ReadError, load, parse};
pub use plan::{Change, Fate, Kind, Plan};
pub use render::{JsonDiagnostic, JsonReport};
pub use source::{Position, Source, Span};
