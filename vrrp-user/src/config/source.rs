//! The text of a configuration as the lexer sees it, and where each of its bytes stands in which
//! file.
//!
//! Included files, conditions and definitions make another text than any file holds. [`Span`]s
//! point into that text; [`Source::locate`] goes back to the files.

mod file;
mod hidden;
mod traced;

use super::secrets;
pub(crate) use file::{FileId, FileSpan, SourceFile};
pub(crate) use traced::{Origin, Traced};

/// A stretch of the text: byte offsets into [`Source::text`], end exclusive.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset after the last byte.
    pub end: usize,
}

impl Span {
    /// The bytes from `start` up to `end`.
    #[must_use]
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The stretch from the start of this one to the end of `other`.
    #[must_use]
    pub const fn to(self, other: Self) -> Self {
        Self { start: self.start, end: other.end }
    }
}

/// A place in a file as people count: both numbers start at 1, columns count characters.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The character within the line.
    pub column: usize,
}

/// Where a stretch of the text comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Located {
    /// What to show: the stretch itself, or where the definition it comes from is used.
    pub(crate) at: FileSpan,
    /// The stretch itself, if it comes from a definition.
    pub(crate) defined: Option<FileSpan>,
}

/// A configuration's text, made printable for diagnostics, and the files it was made of.
#[derive(Clone, Debug)]
pub struct Source {
    /// The first is the one that was asked for; never empty.
    files: Vec<SourceFile>,
    text: Traced,
    /// Where the text holds secrets.
    hidden: Vec<Span>,
    /// Where each of the files does.
    hidden_in_files: Vec<Vec<Span>>,
}

impl Source {
    /// A text that is one file as it stands.
    #[cfg(test)]
    pub(crate) fn new(name: &str, bytes: &[u8]) -> Self {
        let file = SourceFile::new(name, bytes);
        let mut text = Traced::default();
        text.push(file.text(), Origin::copy(FileSpan::new(FileId::MAIN, 0, file.text().len())));
        Self::expanded(vec![file], text)
    }

    /// A text that was made of these files, the first of which is the one that was asked for.
    pub(crate) fn expanded(files: Vec<SourceFile>, text: Traced) -> Self {
        let found = secrets::find(text.text());
        let hidden_in_files = hidden::in_files(&files, &text, &found);
        let hidden = hidden::merged(text.copies(&hidden_in_files).chain(found).collect());
        Self { files, text, hidden, hidden_in_files }
    }

    /// The name of the file that was asked for, as it was given to us.
    #[must_use]
    pub fn name(&self) -> &str {
        self.file(FileId::MAIN).name()
    }

    /// The text that spans point into.
    #[must_use]
    pub fn text(&self) -> &str {
        self.text.text()
    }

    /// How many files the text was made of.
    pub(crate) fn file_count(&self) -> usize {
        self.files.len()
    }

    /// The name of the file that an offset into the text is shown in.
    #[must_use]
    pub fn file_name(&self, offset: usize) -> &str {
        self.file(self.locate(Span::new(offset, offset)).at.file).name()
    }

    /// The line and column that an offset into the text is shown at, in the file that
    /// [`Self::file_name`] tells; the end of the text for one that lies beyond it.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let at = self.locate(Span::new(offset, offset)).at;
        self.file(at.file).position(at.span.start)
    }

    /// Where a stretch of the text comes from.
    pub(crate) fn locate(&self, span: Span) -> Located {
        self.text.locate(span)
    }

    /// One of the files.
    pub(crate) fn file(&self, id: FileId) -> &SourceFile {
        // Ids are handed out with the files, so the first never stands in for another.
        self.files.get(id.index()).or_else(|| self.files.first()).unwrap_or(SourceFile::EMPTY)
    }

    /// Whether bytes in this stretch were not UTF-8.
    pub(crate) fn is_invalid(&self, span: Span) -> bool {
        self.text.copied(span).any(|part| self.file(part.file).is_invalid(part.span))
    }

    /// Whether this stretch touches a secret, and must not be shown.
    pub(crate) fn is_secret(&self, span: Span) -> bool {
        let first = self.hidden.partition_point(|secret| secret.end <= span.start);
        self.hidden.get(first).is_some_and(|secret| secret.start < span.end)
    }

    /// Overwrites every secret, in the text and in the files. Offsets and columns stay what they
    /// are.
    pub(crate) fn mask_secrets(&mut self) {
        self.text.mask(&self.hidden);
        for (file, hidden) in self.files.iter_mut().zip(&self.hidden_in_files) {
            file.mask(hidden);
        }
    }
}
