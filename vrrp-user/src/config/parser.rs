//! Tokens to statements and blocks.
//!
//! Every statement is one line: a keyword, its words, and a block if a `{` follows on the same line
//! or the next. Errors are reported and parsing goes on.

use std::collections::HashSet;

use super::{
    Code, Diagnostic, Span,
    diagnostics::{Sink, quoted},
    keywords::{self, Context},
    lexer::{Token, Word},
};

/// keepalived's own nesting ends at about four; the bound keeps everything that follows the tree
/// from running out of stack.
pub(crate) const MAX_DEPTH: usize = 64;

/// One line, and the block that belongs to it.
#[derive(Debug)]
pub(crate) struct Statement<'s> {
    /// The first word.
    pub(crate) keyword: Word<'s>,
    /// The other words.
    pub(crate) words: Vec<Word<'s>>,
    /// What stands between `{` and `}`, if there is a block.
    pub(crate) block: Option<Vec<Statement<'s>>>,
}

impl Statement<'_> {
    /// From the keyword to the last word before the block.
    pub(crate) fn span(&self) -> Span {
        self.words.last().map_or(self.keyword.span, |last| self.keyword.span.to(last.span))
    }
}

/// A block that is still open.
struct Frame<'s> {
    /// What the block belongs to; `None` for a stray `{`, whose content is dropped.
    owner: Option<Statement<'s>>,
    /// Its owner's line or its `{`, for the error when it does not end.
    start: Span,
    /// What stands around the block, so far.
    around: Vec<Statement<'s>>,
}

/// Builds the tree. Whatever the tokens are, this ends and leaves no statement out but those inside
/// stray braces and beyond [`MAX_DEPTH`].
pub(crate) fn parse<'s>(tokens: Vec<Token<'s>>, sink: &mut Sink) -> Vec<Statement<'s>> {
    let mut parser = Parser { statements: Vec::new(), line: None, stack: Vec::new(), sink };
    let unclosed = unclosed(&tokens);
    let mut tokens = tokens.into_iter().enumerate().peekable();
    while let Some((place, token)) = tokens.next() {
        match token {
            Token::Word(word) => parser.word(word),
            Token::Newline => {
                if !matches!(tokens.peek(), Some((_, Token::Open(_)))) {
                    parser.end_line();
                }
            }
            Token::Open(span) if parser.passes_over() && !unclosed.contains(&place) => {
                parser.open(span);
                let end = pass_over(&mut tokens.by_ref().map(|(_, token)| token)).unwrap_or(span);
                parser.sink.take_back(Span::new(span.end, end.start));
                parser.close(end);
            }
            Token::Open(span) => {
                if parser.stack.len() >= MAX_DEPTH {
                    parser.too_deep(span);
                    break;
                }
                parser.open(span);
            }
            Token::Close(span) => parser.close(span),
        }
    }
    parser.finish()
}

/// The `{` that have no `}`, by their places among the tokens.
fn unclosed(tokens: &[Token<'_>]) -> HashSet<usize> {
    let mut open = Vec::new();
    for (place, token) in tokens.iter().enumerate() {
        match token {
            Token::Open(_) => open.push(place),
            Token::Close(_) => {
                open.pop();
            }
            Token::Word(_) | Token::Newline => {}
        }
    }
    open.into_iter().collect()
}

/// Goes on behind the `}` of a block that has just been opened, and hands it back.
fn pass_over<'s>(tokens: &mut impl Iterator<Item = Token<'s>>) -> Option<Span> {
    let mut depth = 1_usize;
    for token in tokens {
        match token {
            Token::Open(_) => depth += 1,
            Token::Close(span) if depth == 1 => return Some(span),
            Token::Close(_) => depth -= 1,
            Token::Word(_) | Token::Newline => {}
        }
    }
    None
}

struct Parser<'s, 'd> {
    /// The statements of the innermost block.
    statements: Vec<Statement<'s>>,
    line: Option<Statement<'s>>,
    stack: Vec<Frame<'s>>,
    sink: &'d mut Sink,
}

impl<'s> Parser<'s, '_> {
    fn word(&mut self, word: Word<'s>) {
        if let Some(line) = &mut self.line {
            line.words.push(word);
            return;
        }
        if !self.stack.is_empty() && !word.quoted && keywords::starts_a_section(&word.text) {
            self.report_unclosed(&word);
            while !self.stack.is_empty() {
                self.pop();
            }
        }
        self.line = Some(Statement { keyword: word, words: Vec::new(), block: None });
    }

    /// A keyword of the outermost level inside a block: its `}` is missing. keepalived would read
    /// the rest of the file as the content of that block.
    fn report_unclosed(&mut self, word: &Word<'_>) {
        let Some(frame) = self.stack.last() else {
            return;
        };
        let owner = frame.owner.as_ref().map_or("{", |owner| &owner.keyword.text);
        self.sink.push(
            Diagnostic::fatal(
                Code::MissingCloseBrace,
                frame.start,
                format!("this block has no `}}` before {}", quoted(&word.text)),
            )
            .label("opened here")
            .help(format!("close {} with `}}` on a line of its own", quoted(owner)))
            .note("keepalived would take the rest of the file for a part of this block"),
        );
    }

    /// Whether the block that is about to open is for another program. One without its `}` is read
    /// like any other, so that the section after it is not lost.
    fn passes_over(&self) -> bool {
        let keyword = self.line.as_ref().map(|line| &line.keyword);
        self.stack.is_empty()
            && keyword.is_some_and(|word| !word.quoted && keywords::is_passed_over(&word.text))
    }

    fn open(&mut self, span: Span) {
        let owner = self.line.take();
        if owner.is_none() {
            self.sink.push(
                Diagnostic::error(Code::StrayBrace, span, "this `{` belongs to no keyword")
                    .help("remove it, and its `}`")
                    .note("everything up to its `}` is ignored"),
            );
        }
        self.push(owner, span);
    }

    fn push(&mut self, owner: Option<Statement<'s>>, start: Span) {
        let start = owner.as_ref().map_or(start, Statement::span);
        let around = std::mem::take(&mut self.statements);
        self.stack.push(Frame { owner, start, around });
    }

    /// Ends the innermost block. False if there is none.
    fn pop(&mut self) -> bool {
        let Some(frame) = self.stack.pop() else {
            return false;
        };
        let inside = std::mem::replace(&mut self.statements, frame.around);
        if let Some(mut owner) = frame.owner {
            owner.block = Some(inside);
            self.statements.push(owner);
        }
        true
    }

    fn close(&mut self, span: Span) {
        self.end_statement();
        if !self.pop() {
            self.sink.push(
                Diagnostic::error(Code::StrayBrace, span, "this `}` closes no block")
                    .help("remove it, or the `}` that closed the block too early"),
            );
        }
    }

    fn end_statement(&mut self) {
        self.statements.extend(self.line.take());
    }

    /// The end of a line with no `{` at the start of the next.
    fn end_line(&mut self) {
        let Some(line) = self.line.take() else {
            return;
        };
        if !self.needs_block(&line.keyword) {
            self.statements.push(line);
            return;
        }
        let span = line.span();
        self.sink.push(
            Diagnostic::fatal(
                Code::MissingOpenBrace,
                span,
                format!("{} has no `{{`", quoted(&line.keyword.text)),
            )
            .help("end the line with ` {`")
            .note("keepalived would take what follows for unknown keywords"),
        );
        // Only the two outermost levels get here, so the depth stays bounded.
        self.push(Some(line), span);
    }

    fn needs_block(&self, keyword: &Word<'_>) -> bool {
        let context = match self.stack.as_slice() {
            [] => Context::Root,
            [only] => match &only.owner {
                Some(owner) if owner.keyword.text == "vrrp_instance" => Context::Instance,
                _ => return false,
            },
            _ => return false,
        };
        !keyword.quoted && keywords::needs_block(context, &keyword.text)
    }

    fn too_deep(&mut self, span: Span) {
        self.sink.push(
            Diagnostic::fatal(
                Code::NestedTooDeep,
                span,
                format!("blocks are nested more than {MAX_DEPTH} deep"),
            )
            .note("nothing after this point was read"),
        );
        while self.pop() {}
    }

    fn finish(mut self) -> Vec<Statement<'s>> {
        self.end_line();
        while let Some(frame) = self.stack.last() {
            self.sink.push(
                Diagnostic::error(
                    Code::MissingCloseBrace,
                    frame.start,
                    "this block has no `}` before the end of the file",
                )
                .label("opened here")
                .help("add a `}`")
                .note("it is taken to end with the file, as keepalived does"),
            );
            self.pop();
        }
        self.statements
    }
}

#[cfg(test)]
mod tests;
