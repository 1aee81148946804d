//! What the documentation says about tests is so: the clause table names tests that exist.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every `.rs` file of the workspace's own crates.
fn sources() -> Vec<String> {
    let mut texts = Vec::new();
    let mut folders: Vec<PathBuf> =
        ["vrrp-ebpf", "vrrp-user", "tests", "xtask"].map(|name| workspace().join(name)).into();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                texts.push(fs::read_to_string(&path).unwrap());
            }
        }
    }
    texts
}

/// Functions under `#[test]` or the like, and the stories of `tests/tests/protocol/stories`.
fn tests() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for text in sources() {
        let mut is_test = false;
        for line in text.lines().map(str::trim) {
            if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                is_test = true;
            } else if let Some(rest) = line.split("fn ").nth(1)
                && is_test
            {
                names.insert(rest.split('(').next().unwrap().to_owned());
                is_test = false;
            }
            if let Some(story) = line.strip_prefix("name: \"") {
                names.insert(story.split('"').next().unwrap().to_owned());
            }
        }
    }
    names
}

/// The rows of every table with a column `test`: the row, and its last cell.
fn rows(text: &str) -> Vec<(&str, &str)> {
    let mut has_tests = false;
    let mut rows = Vec::new();
    for line in text.lines() {
        let Some(row) = line.strip_prefix("| ") else {
            has_tests &= line.starts_with("|---");
            continue;
        };
        let cell = row.trim_end_matches('|').rsplit('|').next().unwrap().trim();
        if cell == "test" {
            has_tests = true;
        } else if has_tests {
            rows.push((line, cell));
        }
    }
    rows
}

#[test]
fn the_clause_table_names_tests_that_exist() {
    let text = fs::read_to_string(workspace().join("docs/rfc9568.md")).unwrap();
    let (tests, rows) = (tests(), rows(&text));
    assert!(rows.len() > 60, "{} rows: is this still the table?", rows.len());
    let mut missing = Vec::new();
    for (row, cell) in rows {
        let named: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
        if named.is_empty() && !row.contains('†') && !row.contains("the same, without") {
            missing.push(format!("no test: {row}"));
        }
        missing.extend(
            named
                .into_iter()
                .filter(|name| !tests.contains(*name))
                .map(|name| format!("no such test: {name}")),
        );
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
