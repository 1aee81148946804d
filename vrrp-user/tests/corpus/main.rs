//! Every file of tests/corpus gets the verdict that stands beside it: what `vrrp check` says, what
//! becomes of the file, and what keepalived thinks of it.
//!
//! `UPDATE_CORPUS=1 cargo test -p vrrp-user --test corpus` writes the verdicts anew. Look at the
//! difference before it is committed: it is what users will see.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed, and JSON that is not there is null"
)]

mod keepalived;
mod model;

use std::{
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus").canonicalize().unwrap()
}

/// The names of the files, in order.
fn files(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = names
        .map(|name| name.into_string().unwrap())
        .filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "conf"))
        .collect();
    names.sort();
    names
}

/// What `vrrp check` says: its exit code, its findings and its notes.
fn check(folder: &Path, file: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_vrrp"))
        .current_dir(folder)
        .args(["check", "--json", "--config-id", "cube01", "-f", file])
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut text = format!("exit {}\n", output.status.code().unwrap());
    for one in report["diagnostics"].as_array().unwrap() {
        finding(&mut text, one, file, one["severity"].as_str().unwrap());
    }
    if report["suppressed"] != 0 {
        writeln!(text, "and {} more", report["suppressed"]).unwrap();
    }
    for one in report["notes"].as_array().unwrap() {
        finding(&mut text, one, file, "note");
    }
    text
}

fn finding(text: &mut String, one: &Value, file: &str, severity: &str) {
    let elsewhere = one["file"].as_str().filter(|other| *other != file);
    let place = elsewhere.map(|other| format!("{other}:")).unwrap_or_default();
    let fatal = if one["fatal"] == true { "fatal " } else { "" };
    writeln!(
        text,
        "{place}{}:{} {fatal}{severity} {} {}",
        one["line"],
        one["column"],
        one["code"].as_str().unwrap(),
        one["message"].as_str().unwrap(),
    )
    .unwrap();
}

/// The verdict, the line about keepalived left out.
fn verdict(folder: &Path, file: &str) -> String {
    let text = format!("{}{}", check(folder, file), model::summary(&folder.join(file)));
    text.replace(&format!("{}/", folder.display()), "")
}

#[test]
fn every_file_gets_the_verdict_beside_it() {
    let folder = folder();
    let files = files(&folder);
    assert!(files.len() >= 60, "{} files", files.len());
    let theirs = keepalived::verdicts(&folder, &files);
    let update = env::var_os("UPDATE_CORPUS").is_some();
    let mut wrong = Vec::new();
    for file in &files {
        let path = folder.join(file).with_extension("txt");
        let found = verdict(&folder, file);
        let before = fs::read_to_string(&path).unwrap_or_default();
        let (old_theirs, old) = keepalived::split(&before);
        // What it says of scripts depends on what else is installed.
        let text = fs::read_to_string(folder.join(file)).unwrap_or_default();
        let depends = ["script", "notify"].iter().any(|word| text.contains(word));
        let theirs = theirs.get(file).filter(|_| update || !depends);
        let theirs = theirs.map_or(old_theirs, |verdict| verdict.as_str());
        if update {
            fs::write(&path, format!("{theirs}{found}")).unwrap();
        } else if (theirs, found.as_str()) != (old_theirs, old) {
            let lines = old.lines().chain(old_theirs.lines());
            let old: Vec<&str> = lines.collect();
            let now = found.lines().chain(theirs.lines());
            let new: Vec<&str> = now.filter(|line| !old.contains(line)).take(5).collect();
            wrong.push(format!("{file}: {}", new.join("\n    ")));
        }
    }
    let help = "if that is right: UPDATE_CORPUS=1 cargo test -p vrrp-user --test corpus";
    assert!(wrong.is_empty(), "{}\n{help}", wrong.join("\n"));
}

#[test]
fn every_verdict_is_about_a_file() {
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            assert!(path.with_extension("conf").exists(), "{}", path.display());
        }
    }
}

/// keepalived runs with a file that has nothing but comments. Here that is an error, as is a name
/// that is not UTF-8.
const REFUSED_ON_PURPOSE: [&str; 3] = ["50-not-utf8", "52-empty", "53-comments-only"];

#[test]
fn what_keepalived_accepts_is_accepted() {
    let folder = folder();
    for file in files(&folder) {
        let verdict = fs::read_to_string(folder.join(&file).with_extension("txt")).unwrap();
        let (theirs, ours) = keepalived::split(&verdict);
        if theirs.contains("accepts") && !REFUSED_ON_PURPOSE.iter().any(|it| file.starts_with(it)) {
            assert!(ours.starts_with("exit 0\n"), "{file}");
        }
    }
}

#[test]
fn a_finding_is_explained() {
    let explain = |code: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vrrp"));
        command.args(["check", "--explain", code]).output().unwrap()
    };
    let output = explain("host-prefix");
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("## `host-prefix`\n"));
    let output = explain("host-prefx");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("'host-prefix'"));
}
