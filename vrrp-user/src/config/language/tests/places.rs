//! Diagnostics point into the files, not into what was made of them.

use super::*;
use crate::config::{load::parse_main, parse, testing::instance};

#[test]
fn what_comes_from_a_definition_is_shown_where_it_is_used_and_where_it_stands() {
    let text = instance("$PRIO=1000\npriority $PRIO # best");
    let expected = "\
error[bad-number]: `1000` is not 1 to 255
 --> test.conf:6:10
  |
6 | priority $PRIO # best
  |          ^^^^^
  |
note: it comes from this definition
 --> test.conf:5:7
  |
5 | $PRIO=1000
  |       ^^^^";
    let shown = parse("test.conf", text.as_bytes()).render(false);
    let short: Vec<&str> =
        shown.lines().filter(|line| !line.contains("= ") && !line.ends_with("  |")).collect();
    let wanted: Vec<&str> = expected.lines().filter(|line| !line.ends_with("  |")).collect();
    assert_eq!(short[1..short.len() - 1], wanted[1..], "{shown}");
}

#[test]
fn an_included_file_is_named() {
    let scratch = Scratch::new("named");
    let main = scratch.write("main.conf", &instance("include sub/vi.conf"));
    let included = scratch.write("sub/vi.conf", "# é\nprioriy 50\n@main é 1\n");
    let loaded = load(&main, &ConfigId::new("main")).unwrap();
    let shown = loaded.render(false);
    let (main, included) = (main.display(), included.display());
    assert!(shown.contains(&format!("--> {included}:2:1\n")), "{shown}");
    assert!(shown.contains(&format!("--> {included}:3:7\n")), "{shown}");
    let json = serde_json::to_value(loaded.to_json()).unwrap();
    assert_eq!(json["file"], main.to_string());
    assert_eq!(json["diagnostics"][0]["file"], included.to_string());
    assert_eq!(json["diagnostics"][0]["defined"], serde_json::Value::Null);
    assert_eq!(json["diagnostics"][1]["end_column"], 8);
}

#[test]
fn notes_name_the_file_when_there_are_several() {
    let scratch = Scratch::new("notes");
    let both = scratch.write("main.conf", "include vi.conf\ninclude vi2.conf\n");
    scratch.write("vi.conf", &instance(""));
    scratch.write("vi2.conf", &instance("").replace("51", "52"));
    let shown = load(&both, &ConfigId::default()).unwrap().render(false);
    let first = scratch.path().join("vi.conf");
    assert!(shown.contains(&format!("the first is on line 1 of {}\n", first.display())), "{shown}");
}

#[test]
fn a_definition_of_several_lines_is_shown_by_its_use() {
    let text = "$VI= \\\nvrrp_instance V${N} { \\\nprioriy ${N} \\\n}\n~SEQ(N, 2) $VI\n";
    let loaded = parse("a.conf", text.as_bytes());
    let json = serde_json::to_value(loaded.to_json()).unwrap();
    let unknown: Vec<&serde_json::Value> = json["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["code"] == "unknown-keyword")
        .collect();
    assert_eq!(unknown.len(), 2);
    for one in unknown {
        assert_eq!((&one["line"], &one["column"]), (&5.into(), &12.into()));
        assert_eq!((&one["end_line"], &one["end_column"]), (&5.into(), &15.into()));
        let defined = &one["defined"];
        assert_eq!((&defined["line"], &defined["column"]), (&3.into(), &1.into()));
        assert_eq!((&defined["end_line"], &defined["end_column"]), (&3.into(), &8.into()));
    }
}

#[test]
fn words_keep_their_place_on_lines_that_change() {
    for (body, expected) in [
        ("@main   prioriy 50", "5:9 !unknown-keyword"),
        ("$A=1\n  prioriy $A", "6:3 !unknown-keyword"),
        ("~SEQ(A, 1) prioriy $A", "5:12 !unknown-keyword"),
        ("$A=1\npriority 5${A} 7", "6:16 extra-words"),
        ("@low x\n}\n}", "7:1 !stray-brace"),
    ] {
        let main = MainFile { name: "t", bytes: &instance(body).into_bytes(), identity: None };
        let loaded = parse_main(&main, &ConfigId::new("main"));
        let found = crate::config::testing::found(&loaded);
        assert!(found.contains(&expected.to_owned()), "{body}: {found:?}");
    }
}
