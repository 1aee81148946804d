use super::*;

/// The tokens in a notation of their own: words in `‹›`, with `"` if quoted and `?` if doubtful.
fn shown(text: &[u8]) -> (String, Vec<Code>) {
    let source = Source::new("test", text);
    let mut sink = Sink::default();
    let tokens = tokenize(&source, &mut sink);
    let parts: Vec<String> = tokens
        .iter()
        .map(|token| match token {
            Token::Word(word) => {
                let quote = if word.quoted { "\"" } else { "" };
                let doubt = if word.doubtful { "?" } else { "" };
                format!("‹{}›{quote}{doubt}", word.text)
            }
            Token::Open(_) => "{".to_owned(),
            Token::Close(_) => "}".to_owned(),
            Token::Newline => ";".to_owned(),
        })
        .collect();
    let codes = sink.finish().0.into_iter().map(|one| one.code).collect();
    (parts.join(" "), codes)
}

#[test]
fn texts_and_their_tokens() {
    let cases: &[(&[u8], &str)] = &[
        (b"", ""),
        (b"\n\n", ""),
        (b"a b", "‹a› ‹b› ;"),
        (b"a\tb\r\nc\r\n", "‹a› ‹b› ; ‹c› ;"),
        (b"\xef\xbb\xbfa", "‹a› ;"),
        (b"a { b }", "‹a› { ‹b› } ;"),
        (b"a{b}c", "‹a›? { ‹b›? } ‹c› ;"),
        (b"# a { b\nc", "‹c› ;"),
        (b"! a\nc ! d\n", "‹c› ;"),
        (b"a#b", "‹a›? ;"),
        (b"a!b c", "‹a›? ;"),
        (b"a\\#b\\!c", "‹a#b!c›? ;"),
        (b"a\\b", "‹a\\b› ;"),
        (b"a\\", "‹a\\› ;"),
        (b"\\#a", "‹#a›? ;"),
        (b"\"a b#c!d{e}\"", "‹a b#c!d{e}›\" ;"),
        (b"\"\"", "‹›\" ;"),
        (b"a\"b c\"d", "‹a›? ‹b c›\" ‹d› ;"),
        (b"'a b'", "‹'a› ‹b'› ;"),
        (b"\x0ca\x0bb", "‹a\u{b}b› ;"),
        (b"a${b}c {", "‹a${b}c› { ;"),
        (b"\\#${b}\n", "‹#${b}›? ;"),
        (b"${b c}", "‹${b› ‹c›? } ;"),
        (b"a\0b", "‹a\0b› ;"),
    ];
    for (text, tokens) in cases {
        let (shown, codes) = shown(text);
        assert_eq!(shown, *tokens, "{:?}", String::from_utf8_lossy(text));
        assert_eq!(codes, [], "{:?}", String::from_utf8_lossy(text));
    }
}

#[test]
fn a_string_ends_with_its_line() {
    assert_eq!(
        shown(b"a \"b c\r\nd"),
        ("‹a› ‹b c›\"? ; ‹d› ;".to_owned(), vec![Code::UnterminatedString])
    );
    assert_eq!(shown(b"\"").1, [Code::UnterminatedString]);
}

#[test]
fn bytes_that_are_not_utf8_matter_outside_comments_only() {
    assert_eq!(shown(b"# caf\xe9\na").1, []);
    assert_eq!(shown(b"auth_pass caf\xe9").1, [Code::NotUtf8]);
    assert_eq!(shown(b"auth_pass \"caf\xe9\"").1, [Code::NotUtf8]);
    // A replacement character that stands in the file is a character like any other.
    assert_eq!(shown("a \u{fffd}".as_bytes()).1, []);
}

#[test]
fn spans_count_the_bytes_of_the_text() {
    let source = Source::new("test", "é \"ü\" x".as_bytes());
    let spans: Vec<&str> = tokenize(&source, &mut Sink::default())
        .iter()
        .filter_map(|token| match token {
            Token::Word(word) => source.text().get(word.span.start..word.span.end),
            _ => None,
        })
        .collect();
    assert_eq!(spans, ["é", "\"ü\"", "x"]);
}

#[test]
fn the_number_of_tokens_is_bounded() {
    let source = Source::new("test", &b"{".repeat(MAX_TOKENS + 1));
    let mut sink = Sink::default();
    assert_eq!(tokenize(&source, &mut sink).len(), MAX_TOKENS + 1, "with the last newline");
    assert!(sink.is_fatal());
}
