//! What makes one text of several files: `include`, `@id` conditions, `$NAME=` definitions,
//! `~SEQ` and `~LST`, before any keyword is looked at.
//!
//! The text goes through line by line, as in keepalived, and in its order: a condition is looked at
//! first, then whether the rest is a definition or a list, then definitions are put in, and what
//! came of it goes through the same again. Whatever follows a brace on its line counts as a line of
//! its own. Lines that none of this concerns are taken as they stand, with their comments; a line
//! that does something, or is left out, becomes a comment, so that diagnostics can point at it.
//!
//! Where keepalived 2.2.7 and 2.4 differ it is 2.2.7's way that counts, as measured with it.

mod condition;
mod definitions;
mod expander;
mod include;
mod line;
mod sequence;

#[cfg(test)]
pub(crate) use expander::MAX_INCLUDES;
pub(crate) use expander::expand;

use super::file::FileIdentity;

/// Which node this is, for `@id` conditions and `${_INSTANCE}`: keepalived's `--config-id`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ConfigId(String);

impl ConfigId {
    /// An id as it was given.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// keepalived's default: the host name up to its first dot.
    #[must_use]
    pub fn of_host(name: &str) -> Self {
        Self(name.split('.').next().unwrap_or_default().to_owned())
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The file that was asked for.
#[derive(Debug)]
pub(crate) struct MainFile<'a> {
    /// Its path, or what else to call it.
    pub(crate) name: &'a str,
    pub(crate) bytes: &'a [u8],
    /// Which file that is, unless the text comes from elsewhere.
    pub(crate) identity: Option<FileIdentity>,
}

#[cfg(test)]
mod tests;
