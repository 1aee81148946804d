//! Text of which every byte knows where it comes from.

use std::ops::Range;

use super::{FileId, FileSpan, Located, Span};
use crate::config::secrets;

/// Where a piece of text comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Origin {
    at: FileSpan,
    /// Whether the piece is those bytes one by one; otherwise it stands for all of them.
    copied: bool,
    /// Where in a file the definition was used that brought the piece here.
    used: Option<FileSpan>,
}

impl Origin {
    /// The bytes of a file as they are.
    pub(crate) const fn copy(at: FileSpan) -> Self {
        Self { at, copied: true, used: None }
    }

    /// Something that a stretch of a file stands for.
    pub(crate) const fn instead(at: FileSpan) -> Self {
        Self { at, copied: false, used: None }
    }

    /// Where the bytes of a piece stand, counted from its start.
    fn part(self, from: usize, to: usize) -> FileSpan {
        let Span { start, end } = self.at.span;
        if self.copied {
            FileSpan::new(self.at.file, (start + from).min(end), (start + to).min(end))
        } else {
            self.at
        }
    }

    /// What goes on from here after `skipped` bytes.
    fn after(self, skipped: usize) -> Self {
        let at =
            if self.copied { self.part(skipped, usize::MAX - self.at.span.start) } else { self.at };
        Self { at, ..self }
    }

    /// Whether `next` goes on in the file where a piece of `length` bytes ends.
    fn goes_on(self, length: usize, next: Self) -> bool {
        self.copied
            && next.copied
            && self.used == next.used
            && self.at.file == next.at.file
            && self.at.span.end == self.at.span.start + length
            && self.at.span.end == next.at.span.start
    }
}

/// The text from `start` to the start of the next piece.
#[derive(Clone, Copy, Debug)]
struct Piece {
    start: usize,
    origin: Origin,
}

/// Text of which every byte knows where it comes from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Traced {
    text: String,
    /// In order, and the first starts at 0 if there is text.
    pieces: Vec<Piece>,
}

impl Traced {
    pub(crate) fn of(text: &str, origin: Origin) -> Self {
        let mut traced = Self::default();
        traced.push(text, origin);
        traced
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// How much memory this holds, in bytes, more or less.
    pub(crate) fn weight(&self) -> usize {
        self.text.len() + self.pieces.len() * size_of::<Piece>()
    }

    pub(crate) fn push(&mut self, text: &str, origin: Origin) {
        if text.is_empty() {
            return;
        }
        let start = self.text.len();
        self.text.push_str(text);
        match self.pieces.last_mut() {
            Some(last) if last.origin.goes_on(start - last.start, origin) => {
                last.origin.at = last.origin.at.to(origin.at);
            }
            _ => self.pieces.push(Piece { start, origin }),
        }
    }

    /// Adds what no file holds. Nothing points at it, so it counts as a part of what is before it.
    pub(crate) fn push_mark(&mut self, mark: char) {
        if self.pieces.is_empty() {
            self.push(
                mark.encode_utf8(&mut [0; 4]),
                Origin::instead(FileSpan::new(FileId::MAIN, 0, 0)),
            );
        } else {
            self.text.push(mark);
        }
    }

    /// Adds a stretch of another text.
    pub(crate) fn append(&mut self, other: &Self, range: Range<usize>) {
        for (part, origin) in other.parts(range) {
            self.push(other.text.get(part).unwrap_or_default(), origin);
        }
    }

    pub(crate) fn slice(&self, range: Range<usize>) -> Self {
        let mut slice = Self::default();
        slice.append(self, range);
        slice
    }

    /// The same text, as it stands where a definition is used.
    pub(crate) fn used_at(&self, used: FileSpan) -> Self {
        let mut text = self.clone();
        for piece in &mut text.pieces {
            piece.origin.used = Some(used);
        }
        text
    }

    /// Puts the value of a definition in place of its use.
    pub(crate) fn substitute(&mut self, range: Range<usize>, value: &Self) {
        let value = value.used_at(self.locate(Span::new(range.start, range.end)).at);
        let mut changed = self.slice(0..range.start);
        changed.append(&value, 0..value.len());
        changed.append(self, range.end..self.len());
        *self = changed;
    }

    /// Where a stretch of the text comes from. Text that came by a definition is shown where that
    /// was used.
    pub(crate) fn locate(&self, span: Span) -> Located {
        // An empty stretch at the end of a piece belongs to that one.
        let parts = || self.parts_or_point(span);
        let shown = |(range, piece): &(Range<usize>, &Piece)| {
            piece.origin.used.unwrap_or_else(|| own(piece, range))
        };
        let Some(first) = parts().next() else {
            let at = FileSpan::new(FileId::MAIN, 0, 0);
            return Located { at, defined: None };
        };
        let last = parts().last().unwrap_or_else(|| first.clone());
        let defined = parts()
            .find(|(_, piece)| piece.origin.used.is_some())
            .map(|(range, piece)| own(piece, &range));
        Located { at: shown(&first).to(shown(&last)), defined }
    }

    /// The stretches of files that a stretch of the text was copied from.
    pub(crate) fn copied(&self, span: Span) -> impl Iterator<Item = FileSpan> {
        self.parts(span.start..span.end)
            .filter(|(_, origin)| origin.copied)
            .map(|(range, origin)| origin.part(0, range.len()))
    }

    /// The stretches of files that a stretch of the text was copied from or stands for.
    pub(super) fn all_origins(&self, span: Span) -> impl Iterator<Item = FileSpan> {
        self.parts(span.start..span.end).map(|(range, origin)| origin.part(0, range.len()))
    }

    pub(super) fn mask(&mut self, secrets: &[Span]) {
        self.text = secrets::mask(&self.text, secrets);
    }

    /// Where the text was copied from these stretches of each file, which are in order.
    pub(super) fn copies(&self, in_files: &[Vec<Span>]) -> impl Iterator<Item = Span> {
        let copied = self.parts(0..self.text.len()).filter(|(_, origin)| origin.copied);
        copied.flat_map(|(range, origin)| {
            let Span { start, end } = origin.at.span;
            let stretches = in_files.get(origin.at.file.index()).map_or(&[][..], Vec::as_slice);
            let first = stretches.partition_point(|stretch| stretch.end <= start);
            let here = stretches.get(first..).unwrap_or_default().iter();
            here.take_while(move |stretch| stretch.start < end).map(move |stretch| {
                let from = range.start + stretch.start.saturating_sub(start);
                let to = range.start + (stretch.end - start);
                Span::new(from, to.min(range.end))
            })
        })
    }

    /// The pieces of a stretch: where each stands in the text, and where it comes from.
    fn parts(&self, range: Range<usize>) -> impl Iterator<Item = (Range<usize>, Origin)> {
        self.pieces_in(range).map(|(part, piece)| {
            let skipped = part.start - piece.start;
            (part, piece.origin.after(skipped))
        })
    }

    fn pieces_in(&self, range: Range<usize>) -> impl Iterator<Item = (Range<usize>, &Piece)> {
        let end = range.end.min(self.text.len());
        let first = self.pieces.partition_point(|piece| piece.start <= range.start);
        let first = first.saturating_sub(1);
        let pieces = self.pieces.get(first..).unwrap_or_default();
        pieces
            .iter()
            .enumerate()
            .map(move |(nth, piece)| {
                let next = pieces.get(nth + 1).map_or(self.text.len(), |next| next.start);
                (piece.start.max(range.start)..next.min(end), piece)
            })
            .take_while(move |(part, _)| part.start < end)
    }

    /// The same, but an empty stretch lies in one piece.
    fn parts_or_point(&self, span: Span) -> impl Iterator<Item = (Range<usize>, &Piece)> {
        let point = (span.start >= span.end || span.start >= self.text.len()).then(|| {
            let at = span.start.min(self.text.len());
            let piece = self.pieces.partition_point(|piece| piece.start <= at).checked_sub(1);
            piece.and_then(|piece| self.pieces.get(piece)).map(|piece| (at..at, piece))
        });
        let stretch = if point.is_some() { 0..0 } else { span.start..span.end };
        point.flatten().into_iter().chain(self.pieces_in(stretch))
    }
}

fn own(piece: &Piece, range: &Range<usize>) -> FileSpan {
    piece.origin.part(range.start - piece.start, range.end - piece.start)
}
