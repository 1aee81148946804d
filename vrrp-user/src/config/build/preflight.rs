//! What would make the file say something else: `include`, definitions, conditions. None of them is
//! done here, and passing over one would run another configuration than the file describes.

use super::Builder;
use crate::config::{Code, Diagnostic, diagnostics::quoted, lexer::Word, parser::Statement};

/// Looks at every word of the tree. The parser bounds the depth.
pub(super) fn check(statements: &[Statement<'_>], builder: &mut Builder<'_>) {
    for statement in statements {
        keyword(statement, builder);
        for word in std::iter::once(&statement.keyword).chain(&statement.words) {
            expansion(word, builder);
        }
        if let Some(last) = statement.words.last().or(Some(&statement.keyword))
            && &*last.text == "\\"
        {
            builder.sink.push(
                Diagnostic::fatal(
                    Code::Continuation,
                    last.span,
                    "a line that goes on after `\\` is not supported yet",
                )
                .help("write it as one line"),
            );
        }
        check(statement.block.as_deref().unwrap_or_default(), builder);
    }
}

/// Whether this is `include` or one of its strict and lenient variants.
pub(super) fn is_include(word: &str) -> bool {
    matches!(word, "include" | "includer" | "includem" | "includew" | "includeb" | "includea")
}

fn keyword(statement: &Statement<'_>, builder: &mut Builder<'_>) {
    let word = &statement.keyword;
    if word.quoted {
        return;
    }
    let text = &*word.text;
    let name = if builder.source.is_secret(word.span) { "here".to_owned() } else { quoted(text) };
    if is_include(text) {
        builder.sink.push(
            Diagnostic::fatal(
                Code::Include,
                statement.span(),
                format!("`{text}` is not supported yet"),
            )
            .help("put the content of that file here")
            .note("without that file this is another configuration"),
        );
    } else if text.starts_with('@') {
        builder.sink.push(
            Diagnostic::fatal(
                Code::Definition,
                word.span,
                format!("the condition {name} is not supported yet"),
            )
            .help("write one file per node, without conditions")
            .note("keepalived keeps or drops this line by the node's name"),
        );
    } else if text.strip_prefix('$').is_some_and(|rest| rest.contains('=')) {
        builder.sink.push(
            Diagnostic::fatal(
                Code::Definition,
                word.span,
                format!("the definition {name} is not supported yet"),
            )
            .help("write the value wherever the name is used"),
        );
    }
}

/// Uses of definitions, also of those that keepalived brings along. A plain `$name` without a
/// definition stays as it is written, in keepalived too, and may well be part of a password.
fn expansion(word: &Word<'_>, builder: &mut Builder<'_>) {
    let found =
        ["${", "$_", "~SEQ", "~LST"].into_iter().find(|pattern| expands(&word.text, pattern));
    if let Some(pattern) = found {
        builder.sink.push(
            Diagnostic::fatal(
                Code::Definition,
                word.span,
                format!("`{pattern}…` is not supported yet"),
            )
            .help("write the value itself"),
        );
    }
}

fn expands(text: &str, pattern: &str) -> bool {
    match pattern {
        "~SEQ" | "~LST" => text
            .find(pattern)
            .and_then(|at| text.get(at + pattern.len()..))
            .is_some_and(|rest| rest.starts_with('(') || rest.starts_with("x(")),
        "$_" => ["$_PWD", "$_INSTANCE", "$_RANDOM", "$_HASH", "$_BANG"]
            .iter()
            .any(|builtin| text.contains(builtin)),
        _ => text.contains(pattern),
    }
}
