//! Text to tokens, by keepalived's rules.
//!
//! Measured against keepalived 2.2.7: `{` and `}` end a word wherever they stand, a double quote
//! ends the word before it, and a comment begins at the first `#` or `!` outside double quotes, in
//! the middle of a word too.

use std::borrow::Cow;

use super::{Code, Diagnostic, Source, Span, diagnostics::Sink};

/// A configuration of 255 routers with 255 addresses each has a tenth of this; it bounds memory.
pub(crate) const MAX_TOKENS: usize = 1_000_000;

/// A word of the file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Word<'s> {
    /// What it says, without quotes and escapes.
    pub(crate) text: Cow<'s, str>,
    /// Where it stands, quotes included.
    pub(crate) span: Span,
    /// Whether it stood in double quotes.
    pub(crate) quoted: bool,
    /// Whether something touches its end that a reader takes for a part of it: a comment, a quote,
    /// a brace; or it holds an escape, which keepalived 2.2 does not know.
    pub(crate) doubtful: bool,
}

/// The smallest units of the file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Token<'s> {
    /// Anything between white space.
    Word(Word<'s>),
    /// `{`
    Open(Span),
    /// `}`
    Close(Span),
    /// The end of a line that held something.
    Newline,
}

/// Takes the text apart.
pub(crate) fn tokenize<'s>(source: &'s Source, sink: &mut Sink) -> Vec<Token<'s>> {
    let mut lexer = Lexer { source, text: source.text(), at: 0, tokens: Vec::new() };
    while lexer.at < lexer.text.len() {
        if lexer.tokens.len() >= MAX_TOKENS {
            let span = Span::new(lexer.at, lexer.at);
            sink.push(
                Diagnostic::fatal(Code::TooManyWords, span, "the file has over a million words")
                    .note("nothing after this point was read"),
            );
            break;
        }
        lexer.step(sink);
    }
    lexer.newline();
    lexer.tokens
}

struct Lexer<'s> {
    source: &'s Source,
    text: &'s str,
    at: usize,
    tokens: Vec<Token<'s>>,
}

impl<'s> Lexer<'s> {
    fn rest(&self) -> &'s str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Consumes at least one byte.
    fn step(&mut self, sink: &mut Sink) {
        let Some(first) = self.rest().chars().next() else {
            return;
        };
        let start = self.at;
        match first {
            '\n' => {
                self.at += 1;
                self.newline();
            }
            '#' | '!' => self.at += self.rest().find('\n').unwrap_or(self.rest().len()),
            '{' => {
                self.at += 1;
                self.tokens.push(Token::Open(Span::new(start, self.at)));
            }
            '}' => {
                self.at += 1;
                self.tokens.push(Token::Close(Span::new(start, self.at)));
            }
            '"' => self.string(sink),
            space if space.is_ascii_whitespace() => self.at += 1,
            _ => self.word(sink),
        }
    }

    fn newline(&mut self) {
        if !matches!(self.tokens.last(), None | Some(Token::Newline)) {
            self.tokens.push(Token::Newline);
        }
    }

    /// A string ends at its closing quote, or with the line.
    fn string(&mut self, sink: &mut Sink) {
        let start = self.at;
        let inside = self.rest().get(1..).unwrap_or_default();
        let end = inside.find(['"', '\n']).unwrap_or(inside.len());
        let closed = inside.get(end..).is_some_and(|rest| rest.starts_with('"'));
        let text = inside.get(..end).unwrap_or_default();
        let text = if closed { text } else { text.trim_end_matches('\r') };
        self.at += 1 + end + usize::from(closed);
        let span = Span::new(start, if closed { self.at } else { start + 1 + text.len() });
        if !closed {
            sink.push(
                Diagnostic::error(
                    Code::UnterminatedString,
                    span,
                    "this double quote has no partner on its line",
                )
                .help("end the string with `\"`")
                .note("it is taken to end with the line, as keepalived does"),
            );
        }
        self.push(Word { text: text.into(), span, quoted: true, doubtful: !closed }, sink);
    }

    fn word(&mut self, sink: &mut Sink) {
        let start = self.at;
        let mut unescaped: Option<String> = None;
        let mut chars = self.rest().char_indices().peekable();
        let mut end = self.rest().len();
        let mut doubtful = false;
        let mut braced = false;
        while let Some((at, character)) = chars.next() {
            match character {
                '\\' => {
                    if let Some((_, escaped @ ('#' | '!'))) = chars.peek().copied() {
                        let text = unescaped
                            .get_or_insert_with(|| self.rest().get(..at).unwrap_or("").to_owned());
                        text.push(escaped);
                        chars.next();
                        continue;
                    }
                }
                // `${NAME}` is one word, for the error about definitions to name it.
                '$' if matches!(chars.peek(), Some((_, '{'))) => {
                    chars.next();
                    braced = true;
                    if let Some(text) = &mut unescaped {
                        text.push_str("${");
                    }
                    continue;
                }
                '}' if braced => braced = false,
                '#' | '!' | '"' | '{' | '}' => {
                    doubtful = true;
                    end = at;
                    break;
                }
                space if space.is_ascii_whitespace() => {
                    end = at;
                    break;
                }
                _ => {}
            }
            if let Some(text) = &mut unescaped {
                text.push(character);
            }
        }
        self.at = start + end;
        doubtful |= unescaped.is_some();
        let raw = self.text.get(start..self.at).unwrap_or_default();
        let text = unescaped.map_or(Cow::Borrowed(raw), Cow::Owned);
        self.push(Word { text, span: Span::new(start, self.at), quoted: false, doubtful }, sink);
    }

    fn push(&mut self, word: Word<'s>, sink: &mut Sink) {
        if self.source.is_invalid(word.span) {
            sink.push(
                Diagnostic::fatal(Code::NotUtf8, word.span, "these bytes are not UTF-8")
                    .help("save the file as UTF-8; comments may hold any bytes")
                    .note("a password or name read wrongly would split the cluster"),
            );
        }
        self.tokens.push(Token::Word(word));
    }
}

#[cfg(test)]
mod tests;
