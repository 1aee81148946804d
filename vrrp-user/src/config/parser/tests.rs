use super::*;
use crate::config::{Source, lexer::tokenize};

/// The tree on one line, and what was said about it.
fn shown(text: &str) -> (String, Vec<Code>) {
    let source = Source::new("test", text.as_bytes());
    let mut sink = Sink::default();
    let tokens = tokenize(&source, &mut sink);
    let tree = parse(tokens, &mut sink);
    let codes = sink.finish().0.into_iter().map(|one| one.code).collect();
    (block(&tree), codes)
}

fn block(statements: &[Statement<'_>]) -> String {
    let shown: Vec<String> = statements
        .iter()
        .map(|statement| {
            let mut words = vec![statement.keyword.text.to_string()];
            words.extend(statement.words.iter().map(|word| word.text.to_string()));
            if let Some(inner) = &statement.block {
                words.push(format!("({})", block(inner)));
            }
            words.join(" ")
        })
        .collect();
    shown.join("; ")
}

#[test]
fn blocks_open_on_the_same_line_or_the_next() {
    for text in [
        "a b {\nc d\n}\ne",
        "a b\n{\nc d\n}\ne",
        "a b\n\n# comment\n{ c d }\ne",
        "a b{c d}\ne",
        "a b { c d } e",
    ] {
        assert_eq!(shown(text), ("a b (c d); e".to_owned(), vec![]), "{text}");
    }
    assert_eq!(shown("a {}\n{}").0, "a ()");
    assert_eq!(shown("a { b {\n} }"), ("a (b ())".to_owned(), vec![]));
}

#[test]
fn missing_and_stray_braces() {
    use Code::{MissingCloseBrace, MissingOpenBrace, StrayBrace};
    let cases: &[(&str, &str, &[Code])] = &[
        ("a {\nb", "a (b)", &[MissingCloseBrace]),
        ("a {\nb {\nc", "a (b (c))", &[MissingCloseBrace, MissingCloseBrace]),
        ("a\n}\nb", "a; b", &[StrayBrace]),
        ("{ a }\nb", "b", &[StrayBrace]),
        ("vrrp_instance A\nstate B\n}", "vrrp_instance A (state B)", &[MissingOpenBrace]),
        (
            "vrrp_instance A {\nvirtual_ipaddress\n1.1.1.1\n}\n}",
            "vrrp_instance A (virtual_ipaddress (1.1.1.1))",
            &[MissingOpenBrace],
        ),
        ("global_defs", "global_defs ()", &[MissingCloseBrace, MissingOpenBrace]),
        (
            "vrrp_instance A {\nb {\nc\nvrrp_instance D {\n}",
            "vrrp_instance A (b (c)); vrrp_instance D ()",
            &[MissingCloseBrace],
        ),
        // In another block, and in quotes, these words are just words.
        ("x {\nvirtual_ipaddress\n}", "x (virtual_ipaddress)", &[]),
        ("x {\n\"vrrp_instance\"\n}", "x (vrrp_instance)", &[]),
    ];
    for (text, tree, codes) in cases {
        let (shown, mut found) = shown(text);
        found.sort();
        assert_eq!((shown.as_str(), found.as_slice()), (*tree, *codes), "{text}");
    }
}

#[test]
fn depth_is_bounded() {
    let deep = |depth| "a {\n".repeat(depth) + &"}\n".repeat(depth);
    assert_eq!(shown(&deep(MAX_DEPTH)).1, []);
    assert_eq!(shown(&deep(MAX_DEPTH + 1)).1, [Code::NestedTooDeep]);
    assert_eq!(shown(&deep(100_000)).1, [Code::NestedTooDeep]);
    let missing = "vrrp_instance\n".repeat(100_000);
    assert!(shown(&missing).0.len() > 100_000);
}
