//! `include` and its variants.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::config::testing::found;

/// The statements that come of a file in a directory, in order.
fn statements(scratch: &Scratch, file: &str) -> String {
    let path = scratch.path().join(file);
    let content = crate::config::file::read(&path).unwrap();
    let mut sink = Sink::default();
    let name = path.display().to_string();
    let main = MainFile { name: &name, bytes: &content.bytes, identity: Some(content.identity) };
    let source = expand(&main, &ConfigId::new("main"), &mut sink);
    let statements: Vec<&str> = source
        .text()
        .lines()
        .map(|line| line.get(..line::code(line).end).unwrap().trim())
        .filter(|line| !line.is_empty())
        .collect();
    statements.join(" ")
}

fn loaded(scratch: &Scratch, file: &str) -> Loaded {
    load(&scratch.path().join(file), &ConfigId::new("main")).unwrap()
}

/// What is said about the `include` lines of a file.
fn said(scratch: &Scratch, file: &str) -> Vec<String> {
    found(&loaded(scratch, file)).into_iter().filter(|one| one.ends_with("include")).collect()
}

#[test]
fn files_come_where_they_are_named() {
    let scratch = Scratch::new("included");
    scratch.write("main.conf", "a\ninclude conf.d/*.conf\nb {\n  include in.conf\n}\nc\n");
    scratch.write("conf.d/20.conf", "twenty\ninclude more/30.conf\n");
    scratch.write("conf.d/10.conf", "ten");
    scratch.write("conf.d/more/30.conf", "thirty ${_PWD}\ninclude ../40.inc");
    scratch.write("conf.d/40.inc", "forty $X\n");
    scratch.write("in.conf", "$X=1\ninside\n");
    let inner = fs::canonicalize(scratch.path().join("conf.d/more")).unwrap();
    let expected = format!("a ten twenty thirty {} forty $X b {{ inside }} c", inner.display());
    assert_eq!(statements(&scratch, "main.conf"), expected);
    assert_eq!(said(&scratch, "main.conf"), Vec::<String>::new());
    scratch
        .write("if.conf", "@main include in.conf\n@low include 40.inc\n$N=in\ninclude ${N}.conf");
    assert_eq!(statements(&scratch, "if.conf"), "inside inside");
}

#[test]
fn what_is_missed_depends_on_the_variant() {
    let scratch = Scratch::new("variants");
    fs::create_dir(scratch.path().join("empty")).unwrap();
    scratch.write("a.conf", "");
    let script = scratch.write("x.conf", "");
    fs::set_permissions(script, Permissions::from_mode(0o755)).unwrap();
    // Names, and what is said to include, includer, includem, includew, includeb, includea.
    let (silent, warned, wrong) = ("", "1:1 include", "1:1 !!include");
    for (name, expected) in [
        ("a.conf", [silent; 6]),
        ("none", [warned, warned, wrong, wrong, warned, wrong]),
        ("none/*", [warned, warned, wrong, wrong, warned, wrong]),
        ("empty/*", [silent, silent, silent, wrong, silent, wrong]),
        ("{a,b}.conf", [warned, warned, warned, warned, wrong, wrong]),
        ("empty", [warned, wrong, wrong, wrong, wrong, wrong]),
        ("x.conf", [warned, wrong, wrong, wrong, wrong, wrong]),
        ("[", [warned, wrong, wrong, wrong, wrong, wrong]),
    ] {
        for (variant, expected) in
            ["include", "includer", "includem", "includew", "includeb", "includea"]
                .into_iter()
                .zip(expected)
        {
            scratch.write("main.conf", &format!("{variant} {name}"));
            let column = format!("1:{}", variant.len() + 2);
            let expected: Vec<String> = [expected.replacen("1:1", &column, 1)]
                .into_iter()
                .filter(|it| !it.is_empty())
                .collect();
            assert_eq!(said(&scratch, "main.conf"), expected, "{variant} {name}");
        }
    }
}

#[test]
fn include_check_goes_for_the_rest_of_a_file() {
    let scratch = Scratch::new("checked");
    scratch.write(
        "main.conf",
        "include none\nglobal_defs { include_check match }\ninclude none\ninclude other.conf\n\
         include none\n",
    );
    scratch.write("other.conf", "include none\ninclude_check -match\ninclude none\n");
    assert_eq!(
        said(&scratch, "main.conf"),
        ["1:9 include", "3:9 !!include", "1:9 !!include", "3:9 include", "5:9 !!include"]
    );
    scratch.write("wrong.conf", "global_defs {\ninclude_check frobnicate\n}\n");
    assert!(found(&loaded(&scratch, "wrong.conf")).contains(&"2:1 !bad-value".to_owned()));
}

#[test]
fn files_that_include_themselves_are_refused() {
    let scratch = Scratch::new("cycle");
    scratch.write("a.conf", "include b.conf\n");
    scratch.write("b.conf", "x\ninclude ./*.conf\n");
    assert_eq!(said(&scratch, "a.conf"), ["2:9 !!include", "2:9 !!include"]);
    let last = MAX_INCLUDES + 5;
    for n in 0..=last {
        scratch.write(&format!("deep/{n}"), &format!("include {}\n", n + 1));
    }
    let all = found(&loaded(&scratch, "deep/0"));
    assert!(all.contains(&"1:9 !!expansion".to_owned()), "{all:?}");
}

#[test]
fn what_is_no_file_is_not_opened() {
    let scratch = Scratch::new("special");
    let fifo = scratch.path().join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    scratch.write("main.conf", "include fifo\nincludea /dev/zero\n");
    assert_eq!(said(&scratch, "main.conf"), ["1:9 include", "2:10 !!include"]);
    let shown = loaded(&scratch, "main.conf").render(false);
    assert!(shown.contains("is a FIFO, not a file"), "{shown}");
}

#[test]
fn the_size_of_all_files_is_bounded() {
    let scratch = Scratch::new("sizes");
    scratch.write("main.conf", "~SEQ(A, 10) include big\n");
    scratch.write("big", &format!("#{}\n", "é".repeat(50_000)).repeat(20));
    let all = said(&scratch, "main.conf");
    assert!(!all.is_empty() && all.iter().all(|one| one == "1:21 !!include"), "{all:?}");
    scratch.write("many.conf", "~SEQ(A, 1001) include small\n");
    scratch.write("small", "");
    assert!(!said(&scratch, "many.conf").is_empty());
}
