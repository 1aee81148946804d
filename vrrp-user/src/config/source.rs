//! The text of a configuration and how its bytes map to lines and columns.

use super::secrets;

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

/// A place in the text as people count: both numbers start at 1, columns count characters.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The character within the line.
    pub column: usize,
}

/// A configuration's text, made printable for diagnostics.
#[derive(Clone, Debug)]
pub struct Source {
    name: String,
    text: String,
    /// Where every line starts; never empty.
    lines: Vec<usize>,
    /// Where the text holds a replacement character for bytes that were not UTF-8.
    invalid: Vec<usize>,
    /// Where the text holds secrets.
    hidden: Vec<Span>,
}

impl Source {
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
        let lines =
            std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let hidden = secrets::find(&text);
        Self { name: name.to_owned(), text, lines, invalid, hidden }
    }

    /// The file's name as it was given to us.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text that spans point into.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The line and column of a byte offset; the end of the text for one that lies beyond it.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let line = self.line_of(offset);
        let start = self.lines.get(line).copied().unwrap_or_default();
        let before = self.text.get(start..offset.min(self.text.len())).unwrap_or_default();
        Position { line: line + 1, column: before.chars().count() + 1 }
    }

    /// The line that holds `offset`, without its line break: where it starts, and its text.
    pub(crate) fn line_at(&self, offset: usize) -> (usize, &str) {
        let line = self.line_of(offset);
        let start = self.lines.get(line).copied().unwrap_or_default();
        let end = self.lines.get(line + 1).map_or(self.text.len(), |next| next - 1);
        let text = self.text.get(start..end).unwrap_or_default();
        (start, text.strip_suffix('\r').unwrap_or(text))
    }

    /// Whether bytes in this stretch were not UTF-8.
    pub(crate) fn is_invalid(&self, span: Span) -> bool {
        let first = self.invalid.partition_point(|&at| at < span.start);
        self.invalid.get(first).is_some_and(|&at| at < span.end)
    }

    /// Whether this stretch touches a secret, and must not be shown.
    pub(crate) fn is_secret(&self, span: Span) -> bool {
        let first = self.hidden.partition_point(|secret| secret.end <= span.start);
        self.hidden.get(first).is_some_and(|secret| secret.start < span.end)
    }

    /// Overwrites every secret. Offsets and columns stay what they are.
    pub(crate) fn mask_secrets(&mut self) {
        self.text = secrets::mask(&self.text, &self.hidden);
    }

    fn line_of(&self, offset: usize) -> usize {
        self.lines.partition_point(|&start| start <= offset).saturating_sub(1)
    }
}
