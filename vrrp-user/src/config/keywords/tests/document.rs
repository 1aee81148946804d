//! docs/keywords.md says what becomes of every keyword, and is made of the tables.

use std::{fmt::Write as _, fs, path::Path};

use super::{
    super::*,
    manual::{Place, Section, place, sections},
};

const HEAD: &str = "\
<!-- Made of the tables in vrrp-user/src/config/keywords by
         UPDATE_DOCS=1 cargo test -p vrrp-user --lib keywords
     Without the variable the same test fails when this file is not what the tables say. -->

# keepalived's keywords, one by one

Every keyword of keepalived's manual page, and those of 2.3 and 2.4 (marked ⁺), by block. [configuration.md](configuration.md)
says what those that are *done* take. `vrrp check -f FILE` says the same about a file, line by line.

| status | |
|---|---|
| done | does what it does in keepalived, or is what happens anyway; [compatibility.md](compatibility.md) has the differences |
| accepted | known and without effect, for the reason given; one warning |
| skipped | belongs to keepalived's load balancer: its block is passed over unread, with one warning |
| refused | the file is refused: ignoring it would split the cluster, or run elsewhere than the file says |
| vrrp's own | done; keepalived does not know it |

";

/// A keyword's status and its reason.
fn status(standing: Standing) -> (&'static str, &'static str) {
    match standing {
        Standing::Supported => ("done", ""),
        Standing::Ignored(missed) => ("accepted", missed),
        Standing::Refused(why) => ("refused", why),
        Standing::Skipped(whose) => ("skipped", whose),
    }
}

fn heading(path: &[&str]) -> String {
    if path.is_empty() {
        return "## Outside any block\n\n".to_owned();
    }
    let names: Vec<String> = path.iter().map(|name| format!("`{name}`")).collect();
    format!("## {}\n\n", names.join(", "))
}

fn section(
    text: &mut String,
    section: &Section,
    tables: &mut Vec<(Context, String)>,
) -> std::fmt::Result {
    text.push_str(&heading(&section.path));
    let context = match place(&section.path) {
        Place::NotDone(block, standing) => {
            let all = section.names.iter().chain(&section.newer);
            let names: Vec<String> = all.map(|name| format!("`{name}`")).collect();
            let (status, why) = status(standing);
            return writeln!(text, "{}: {status} with `{block}`, {why}.\n", names.join(", "));
        }
        Place::Table(context) => context,
    };
    if let Some((_, path)) = tables.iter().find(|(table, _)| *table == context) {
        return writeln!(text, "As in {path}.\n");
    }
    let names: Vec<String> = section.path.iter().map(|name| format!("`{name}`")).collect();
    tables.push((context, names.join(", ")));
    text.push_str("| Keyword | Status | |\n|---|---|---|\n");
    for keyword in context.keywords() {
        let (mut status, why) = status(keyword.standing);
        let mut mark = "";
        if section.newer.contains(&keyword.name) {
            mark = "⁺";
        } else if !section.names.contains(&keyword.name) {
            status = "vrrp's own";
        }
        writeln!(text, "| `{}`{mark} | {status} | {why} |", keyword.name)?;
    }
    text.push('\n');
    Ok(())
}

fn document() -> String {
    let mut text = HEAD.to_owned();
    let mut tables = Vec::new();
    for one in sections() {
        section(&mut text, &one, &mut tables).unwrap();
    }
    text.trim_end().to_owned() + "\n"
}

#[test]
fn the_documentation_is_what_the_tables_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/keywords.md");
    let expected = document();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &expected).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    let stale = found.lines().zip(expected.lines()).find(|(found, expected)| found != expected);
    assert!(
        found == expected,
        "docs/keywords.md is stale, first at {stale:?}: run UPDATE_DOCS=1 cargo test -p vrrp-user \
         --lib keywords"
    );
}
