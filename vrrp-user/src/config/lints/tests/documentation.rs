//! docs/lints.md has an entry for every code, and its examples show what it says.

use std::collections::HashSet;

use crate::config::{Code, keywords, parse};

/// What cannot be shown in a few lines.
const WITHOUT_EXAMPLE: &[Code] = &[
    Code::KeyFile,
    Code::NestedTooDeep,
    Code::NoInstance,
    Code::NotUtf8,
    Code::TooMany,
    Code::TooManyAddresses,
    Code::TooManyWords,
];

/// The entries: code, and the indented blocks below it.
fn entries() -> Vec<(&'static str, Vec<String>)> {
    let mut entries: Vec<(&str, Vec<String>)> = Vec::new();
    let mut within = false;
    for line in include_str!("../../../../../docs/lints.md").lines() {
        if let Some(code) = line.strip_prefix("## `").and_then(|rest| rest.strip_suffix('`')) {
            entries.push((code, Vec::new()));
        }
        let code_line = line.strip_prefix("    ");
        if let (Some(text), Some((_, examples))) = (code_line, entries.last_mut()) {
            if !within {
                examples.push(String::new());
            }
            let example = examples.last_mut().unwrap();
            example.push_str(text);
            example.push('\n');
        }
        within = code_line.is_some();
    }
    entries
}

/// The codes found in an example, which is a file, or sections beside an instance, or lines in one.
fn found(example: &str) -> HashSet<&'static str> {
    let first = example.split_whitespace().next().unwrap_or_default();
    let complete = |body: &str| {
        format!(
            "vrrp_instance V {{\n{body}interface eth9\nvirtual_router_id 9\nvirtual_ipaddress {{\n\
             10.0.0.9/24\n}}\n}}\n"
        )
    };
    let section = keywords::lookup(keywords::Context::Root, first).is_some()
        || first.starts_with(['$', '@', '~']);
    let text = match (example.contains("vrrp_instance"), section) {
        (true, _) => example.to_owned(),
        (false, true) => example.to_owned() + &complete(""),
        (false, false) => complete(example),
    };
    let loaded = parse("example", text.as_bytes());
    loaded.diagnostics.iter().chain(&loaded.notes).map(|one| one.code.as_str()).collect()
}

#[test]
fn every_code_has_an_entry_and_no_entry_is_left_over() {
    let entries = entries();
    let documented: Vec<&str> = entries.iter().map(|(code, _)| *code).collect();
    let mut codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    codes.sort_unstable();
    assert_eq!(documented, codes, "docs/lints.md, in the order of the alphabet");
}

#[test]
fn the_examples_show_what_the_entries_say() {
    for (code, examples) in entries() {
        let exempt = WITHOUT_EXAMPLE.iter().any(|one| one.as_str() == code);
        assert_eq!(examples.is_empty(), exempt, "{code}: an example?");
        let mut examples = examples.iter();
        if let Some(wrong) = examples.next() {
            assert!(found(wrong).contains(code), "{code} is not found in\n{wrong}");
        }
        if let Some(right) = examples.next() {
            let found = found(right);
            assert!(!found.contains(code), "{code} is found in\n{right}");
        }
        assert_eq!(examples.next(), None, "{code}");
    }
}
