//! What goes for every statement: how many words, whether a block, and what to say about a keyword
//! that is not done here.

use std::collections::HashMap;

use super::{Builder, notify};
use crate::config::{
    Code, Diagnostic, Span,
    diagnostics::quoted,
    keywords::{self, Context, Standing, is_no},
    lexer::Word,
    parser::Statement,
};

impl Builder<'_> {
    /// The word of a statement that may have one, and has no block.
    pub(super) fn optional_word<'t, 's>(
        &mut self,
        statement: &'t Statement<'s>,
    ) -> Option<&'t Word<'s>> {
        self.no_block(statement);
        self.no_more_words(statement, 1);
        statement.words.first()
    }

    /// A statement that is nothing but its keyword.
    pub(super) fn bare(&mut self, statement: &Statement<'_>) {
        self.no_block(statement);
        self.no_more_words(statement, 0);
    }

    /// Complains about words beyond `most`, which keepalived passes over in silence.
    pub(super) fn no_more_words(&mut self, statement: &Statement<'_>, most: usize) {
        let mut extra = statement.words.iter().skip(most);
        let Some(first) = extra.next() else {
            return;
        };
        let span = first.span.to(extra.next_back().unwrap_or(first).span);
        let keyword = quoted(&statement.keyword.text);
        let takes = match most {
            0 => "no word".to_owned(),
            1 => "one word".to_owned(),
            more => format!("{more} words"),
        };
        self.sink.push(
            Diagnostic::warning(Code::ExtraWords, span, format!("{keyword} takes {takes}"))
                .label("ignored")
                .help("remove it, or put it on a line of its own"),
        );
    }

    /// Complains about a block after a keyword that takes none.
    pub(super) fn no_block(&mut self, statement: &Statement<'_>) {
        if statement.block.is_some() {
            let keyword = quoted(&statement.keyword.text);
            self.sink.push(
                Diagnostic::error(
                    Code::UnexpectedBlock,
                    statement.span(),
                    format!("{keyword} takes no block"),
                )
                .help("put a value that contains a brace in double quotes")
                .note("the block is ignored"),
            );
        }
    }

    /// The block of a statement that needs one.
    pub(super) fn block<'t, 's>(
        &mut self,
        statement: &'t Statement<'s>,
    ) -> Option<&'t [Statement<'s>]> {
        if statement.block.is_none() {
            let keyword = quoted(&statement.keyword.text);
            self.sink.push(
                Diagnostic::fatal(
                    Code::MissingOpenBrace,
                    statement.span(),
                    format!("{keyword} has no `{{`"),
                )
                .help("write `{` after it"),
            );
        }
        statement.block.as_deref()
    }

    /// keepalived exits on this.
    pub(super) fn missing_argument(&mut self, statement: &Statement<'_>, what: &str) {
        self.missing_word(&statement.keyword, what);
    }

    /// The same for a word in the middle of a line.
    pub(super) fn missing_word(&mut self, word: &Word<'_>, what: &str) {
        self.sink.push(
            Diagnostic::fatal(
                Code::MissingArgument,
                word.span,
                format!("{} needs {what}", quoted(&word.text)),
            )
            .note("keepalived does not start with this"),
        );
    }

    /// Notes the first place of every keyword that is done here, and warns about the others.
    pub(super) fn once<'t>(
        &mut self,
        context: Context,
        seen: &mut HashMap<&'t str, Span>,
        statement: &'t Statement<'_>,
    ) {
        let keyword = &statement.keyword;
        if keywords::lookup(context, &keyword.text) != Some(Standing::Supported)
            || notify::first_counts(&keyword.text)
        {
            return;
        }
        if let Some(first) = seen.insert(&keyword.text, keyword.span) {
            let line = self.line(first);
            self.sink.push(
                Diagnostic::warning(
                    Code::RepeatedKeyword,
                    keyword.span,
                    format!("{} stands in this block before", quoted(&keyword.text)),
                )
                .note(format!("the last one counts; the one before is on line {line}")),
            );
        }
    }

    /// Says what becomes of a statement whose keyword nobody handled.
    pub(super) fn not_done(&mut self, context: Context, statement: &Statement<'_>) {
        let only = match statement.words.as_slice() {
            [only] => Some(only),
            _ => None,
        };
        let off = only.is_some_and(|word| is_no(&word.text));
        self.not_done_word(context, &statement.keyword, off);
    }

    /// The same for one word; `off` if what follows it switches it off.
    pub(super) fn not_done_word(&mut self, context: Context, keyword: &Word<'_>, off: bool) {
        let name = quoted(&keyword.text);
        match keywords::lookup(context, &keyword.text) {
            Some(Standing::Supported) => {}
            Some(_) if off => {}
            Some(Standing::Ignored(missed)) => self.sink.push(
                Diagnostic::warning(
                    Code::UnsupportedKeyword,
                    keyword.span,
                    format!("{name} has no effect here"),
                )
                .label("ignored")
                .note(missed),
            ),
            Some(Standing::Refused(why)) => self.sink.push(
                Diagnostic::fatal(
                    Code::UnsupportedWire,
                    keyword.span,
                    format!("{name} is not done here, and cannot be ignored"),
                )
                .help("keep keepalived on this node, or remove it on all nodes")
                .note(why),
            ),
            Some(Standing::Skipped(whose)) => self.sink.push(
                Diagnostic::warning(
                    Code::LoadBalancer,
                    keyword.span,
                    format!("{name} is left to keepalived"),
                )
                .label("skipped, with its block")
                .help("run `keepalived -C` beside vrrp: it does the load balancing alone")
                .note(whose),
            ),
            None => self.unknown(context, keyword),
        }
    }

    fn unknown(&mut self, context: Context, keyword: &Word<'_>) {
        // What follows a secret that was cut in two is a part of it.
        let secret = self.source.is_secret(keyword.span);
        let name = if secret { "this word".to_owned() } else { quoted(&keyword.text) };
        if let Some(other) = keywords::elsewhere(context, &keyword.text).filter(|_| !secret) {
            self.sink.push(
                Diagnostic::error(
                    Code::MisplacedKeyword,
                    keyword.span,
                    format!("{name} does not belong here"),
                )
                .label("ignored")
                .help(format!("it stands {}", other.place())),
            );
            return;
        }
        let mut diagnostic = Diagnostic::error(
            Code::UnknownKeyword,
            keyword.span,
            format!("{name} is no keyword {}", context.place()),
        )
        .label("ignored");
        if !secret
            && !self.sink.is_full()
            && let Some(near) = keywords::nearest(context, &keyword.text)
        {
            diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
        }
        self.sink.push(diagnostic);
    }
}
