//! What an editor for prose makes of a configuration.

use crate::config::{Code, Diagnostic, diagnostics::Sink, lexer::Word, parser::Statement};

const CURLY: [char; 6] = ['“', '”', '„', '‘', '’', '‚'];

/// Warns about words that begin or end with a quote that is none. The parser bounds the depth.
pub(super) fn check(statements: &[Statement<'_>], sink: &mut Sink) {
    for statement in statements {
        let words = std::iter::once(&statement.keyword).chain(&statement.words);
        for word in words.filter(|word| is_curly(word)) {
            curly(word, sink);
        }
        check(statement.block.as_deref().unwrap_or_default(), sink);
    }
}

fn is_curly(word: &Word<'_>) -> bool {
    !word.quoted && (word.text.starts_with(CURLY) || word.text.ends_with(CURLY))
}

fn curly(word: &Word<'_>, sink: &mut Sink) {
    sink.push(
        Diagnostic::warning(Code::CurlyQuote, word.span, "this has a typographic quote in it")
            .label("a letter like any other")
            .help("write straight double quotes, `\"`")
            .note("keepalived takes it for a letter too"),
    );
}
