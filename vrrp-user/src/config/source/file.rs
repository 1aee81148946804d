//! One file of a configuration, and how its bytes map to lines and columns.

use super::{Position, Span};
use crate::config::secrets;

/// Which of the files of a [`Source`](super::Source).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct FileId(u32);

impl FileId {
    /// The file that was asked for.
    pub(crate) const MAIN: Self = Self(0);

    /// The file after `count` others; `None` if there is no number for it.
    pub(crate) fn after(count: usize) -> Option<Self> {
        u32::try_from(count).ok().map(Self)
    }

    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A stretch of one file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct FileSpan {
    pub(crate) file: FileId,
    /// Byte offsets into [`SourceFile::text`].
    pub(crate) span: Span,
}

impl FileSpan {
    pub(crate) const fn new(file: FileId, start: usize, end: usize) -> Self {
        Self { file, span: Span::new(start, end) }
    }

    /// From the start of this one to the end of `other`; this one alone if `other` stands
    /// elsewhere.
    pub(crate) fn to(self, other: Self) -> Self {
        if self.file == other.file && self.span.start <= other.span.end {
            Self { file: self.file, span: self.span.to(other.span) }
        } else {
            self
        }
    }
}

/// A file's text, made printable.
#[derive(Clone, Debug)]
pub(crate) struct SourceFile {
    name: String,
    text: String,
    /// Where every line but the first starts.
    lines: Vec<usize>,
    /// Where the text holds a replacement character for bytes that were not UTF-8.
    invalid: Vec<usize>,
}

impl SourceFile {
    pub(super) const EMPTY: &Self =
        &Self { name: String::new(), text: String::new(), lines: Vec::new(), invalid: Vec::new() };

    /// Takes bytes as they stand in the file. A byte order mark is left out, and whatever is not
    /// UTF-8 becomes U+FFFD.
    pub(crate) fn new(name: &str, bytes: &[u8]) -> Self {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut text = String::with_capacity(bytes.len());
        let mut invalid = Vec::new();
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            if !chunk.invalid().is_empty() {
                invalid.push(text.len());
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        let lines = text.match_indices('\n').map(|(at, _)| at + 1).collect();
        Self { name: name.to_owned(), text, lines, invalid }
    }

    /// The file's name, for people.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The line and column of a byte offset; the end of the text for one that lies beyond it.
    pub(crate) fn position(&self, offset: usize) -> Position {
        let (line, start) = self.line_of(offset);
        let before = self.text.get(start..offset.min(self.text.len())).unwrap_or_default();
        Position { line: line + 1, column: before.chars().count() + 1 }
    }

    /// The line that holds `offset`, without its line break: where it starts, and its text.
    pub(crate) fn line_at(&self, offset: usize) -> (usize, &str) {
        let (line, start) = self.line_of(offset);
        let end = self.lines.get(line).map_or(self.text.len(), |next| next - 1);
        let text = self.text.get(start..end).unwrap_or_default();
        (start, text.strip_suffix('\r').unwrap_or(text))
    }

    /// Whether bytes in this stretch were not UTF-8.
    pub(super) fn is_invalid(&self, span: Span) -> bool {
        let first = self.invalid.partition_point(|&at| at < span.start);
        self.invalid.get(first).is_some_and(|&at| at < span.end)
    }

    pub(super) fn mask(&mut self, secrets: &[Span]) {
        self.text = secrets::mask(&self.text, secrets);
    }

    /// How many lines stand before the one that holds `offset`, and where that one starts.
    fn line_of(&self, offset: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|&start| start <= offset);
        let start = line.checked_sub(1).and_then(|before| self.lines.get(before));
        (line, start.copied().unwrap_or_default())
    }
}
