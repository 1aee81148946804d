use std::fmt::Write as _;

use super::*;
use crate::config::{Code, Loaded, diagnostics::Sink, load, testing::Scratch};

mod fuzz;
mod including;
mod places;
mod secrecy;

/// What the lexer gets to see of a text, one line per statement, and what was said about it.
fn expanded(text: &str, id: &str) -> (String, Vec<Code>) {
    let mut sink = Sink::default();
    let main = MainFile { name: "test", bytes: text.as_bytes(), identity: None };
    let source = expand(&main, &ConfigId::new(id), &mut sink);
    let lines: Vec<&str> = source
        .text()
        .lines()
        .map(|line| line.get(..line::code(line).end).unwrap().trim())
        .filter(|line| !line.is_empty())
        .collect();
    let codes = sink.finish().0.into_iter().map(|one| one.code).collect();
    (lines.join("\n"), codes)
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(expanded(text, "main"), (expected.to_owned(), vec![]), "{text}");
}

#[track_caller]
fn check_codes(text: &str, expected: &str, codes: &[Code]) {
    assert_eq!(expanded(text, "main"), (expected.to_owned(), codes.to_vec()), "{text}");
}

#[test]
fn conditions_by_the_config_id() {
    let text = "@main a 1\n@backup a 2\n@^main a 3\n  @^backup  a 4\n@main2 a 5\n";
    assert_eq!(expanded(text, "main").0, "a 1\na 4");
    assert_eq!(expanded(text, "backup").0, "a 2\na 3");
    assert_eq!(expanded(text, "").0, "a 3\na 4");
    // What follows a brace is a line of its own.
    check("a { @main b\n@backup c }\n}", "a { b\n}");
    check("a { @backup b }\n}", "a {\n}");
    // Only one.
    check("@main @main a", "@main a");
    check_codes("@main\na", "a", &[Code::Condition]);
    check("a @backup b", "a @backup b");
    check("# @backup\n@backup a # @main\nb", "b");
}

#[test]
fn definitions_are_put_in_where_they_are_used() {
    check("$A=1\na $A", "a 1");
    check("$A=1\na ${A}2 \"$A $A\" $A,$A", "a 12 \"1 $A\" 1,1");
    check("  $A =1", "$A =1");
    check("$A=\na${A}b", "ab");
    check("a $A ${A\n", "a $A ${A");
    // Defined later, used later: what counts is what stands there at the use.
    check(
        "$BASE=10.2.${SUB}\n$SUB=0\n${BASE}.100/32\n$SUB=10\n${BASE}.100/32",
        "10.2.0.100/32\n10.2.10.100/32",
    );
    check("@main $P=240\n@backup $P=200\npriority $P", "priority 240");
    check("$M=@main\n$B=@backup\n$M a\n$B b", "a");
    check("$A=b # c\na $A", "a b");
    check("$A=\"b # c\"\na $A", "a \"b # c\"");
    check("a { $A=1\n${A} }", "a {\n1 }");
    check_codes("$A=b#c\na $A", "a b", &[Code::Definition]);
}

#[test]
fn definitions_of_several_lines() {
    let text = "$INSTANCE= \\\nvrrp_instance VI_${NUM} { \\\n  @main priority 130 \\\n  \
                @low priority 120 \\\n}\n\n$NUM=0\n$INSTANCE\n\n$NUM=1\n$INSTANCE\n";
    check(text, "vrrp_instance VI_0 {\npriority 130\n}\nvrrp_instance VI_1 {\npriority 130\n}");
    let nested = "$RS= \\\nrs ${VS}.${RS_NUM} \\\nend\n$ALL= \\\nvs ${VS} \\\n$RS_NUM=1 \\\n$RS \\\n\
                  $RS_NUM=2 \\\n$RS \\\nbye\n$VS=7\n$ALL\n";
    check(nested, "vs 7\nrs 7.1\nend\nrs 7.2\nend\nbye");
    check("$A=x \\\ny\nb $A\nc", "b x\ny\nc");
    // Not at the end of its line it stays.
    check("$A= \\\nx \\\ny\n$A b", "$A b");
    check("$A= \\\nx\na $A", "a x");
    check("$A= \\\n\nb $A", "b");
    check_codes("a \\\nb", "a\nb", &[Code::Continuation]);
    check_codes("a { b \\\n}", "a { b\n}", &[Code::Continuation]);
    check("# a \\\nb", "b");
}

#[test]
fn lists_of_numbers() {
    check("~SEQ(S, 0, 3) ip 10.0.${S}.1", "ip 10.0.0.1\nip 10.0.1.1\nip 10.0.2.1\nip 10.0.3.1");
    check(
        "~SEQx(A, 0x90, 0x10, 0xa0) ~SEQx(B, 0x12, -1, 0x11) ::${A}:${B}",
        "::90:12\n::90:11\n::a0:12\n::a0:11",
    );
    check("$N=2\n~SEQ(A, $N) a $A", "a 1\na 2");
    check("@main ~SEQ(A, 2) a $A\n@low ~SEQ(A, 2) b $A", "a 1\na 2");
    // A definition of several lines for each number.
    check("$V= \\\nv $N { \\\nw ${N} \\\n}\n~SEQ(N, 2) $V\nx", "v 1 {\nw 1\n}\nv 2 {\nw 2\n}\nx");
    check("$L= ~SEQ(A, 2) a $A\n$L", "a 1\na 2");
    check_codes("~SEQ(A) a\nb", "b", &[Code::Sequence]);
    check("~FOO $A", "~FOO $A");
}

#[test]
fn lists_of_values() {
    check(
        "~LST({IP,  IP1}, {10,1},{20,4}) ~SEQ(IP2,168,2,170) 192.${IP2}.${IP}.${IP1}",
        "192.168.10.1\n192.170.10.1\n192.168.20.4\n192.170.20.4",
    );
    check("~LST(A, x, y) ~LST(B, 1, 2) a ${A}${B}", "a x1\na x2\na y1\na y2");
    check("$X=1\n~LST(A, $X, b) a ${A}", "a 1\na b");
    check_codes("~LST(A, {x,y}) a", "", &[Code::Sequence]);
}

#[test]
fn what_keepalived_brings_along() {
    check("a ${_INSTANCE} \"${_HASH}${_BANG}\"", "a main \"#!\"");
    // Outside quotes it starts a comment all the same, in keepalived too.
    check("a b${_HASH}c", "a b");
    let here = std::env::current_dir().unwrap();
    check("a ${_PWD}/b", &format!("a {}/b", here.display()));
    check("a ${_ENV CARGO_PKG_NAME}${_ENV NOT_SET_ANYWHERE}", "a vrrp-user");
    check("$_PWD=x\na $_PWD", "a x");
    for (text, least, most) in [("$_RANDOM", 0, 32767), ("${_RANDOM 7 9}", 7, 9)] {
        let number: u32 = expanded(text, "").0.parse().unwrap();
        assert!((least..=most).contains(&number), "{text}: {number}");
    }
    check("${_RANDOM 7 7} ${_RANDOM 7 1}", "7 7");
    let seeded = "random_seed 5\n$_RANDOM";
    assert_eq!(expanded(seeded, ""), expanded(seeded, ""));
    check_codes("random_seed x", "random_seed x", &[Code::BadNumber]);
    check_codes("a ${_PWD 1}", "a ${_PWD 1}", &[]);
}

#[test]
fn what_nothing_defines() {
    check("a $B \"${B}\"", "a $B \"${B}\"");
    check_codes("a ${B}", "a ${B}", &[Code::Definition]);
    let loaded = crate::config::parse("test", b"$NUMBER=1\na ${NUMBR}\n");
    let one = loaded.diagnostics.iter().find(|one| one.code == Code::Definition).unwrap();
    assert_eq!(one.help.as_deref(), Some("did you mean `${NUMBER}`?"));
    assert!(one.fatal);
}

#[test]
fn what_has_no_end_comes_to_one() {
    for text in [
        "$A=$A\n$A",
        "$A=${B}\n$B=${A}x\n$A",
        "$A= \\\nx \\\n$A\n$A",
        "$A= \\\nx \\\n$A \\\ny\n$A",
        "~SEQ(A, 1, 4000000000000) a",
        "~SEQ(A, 1, 4000000000000) # a",
        "~SEQ(A, 1, 99999) ~SEQ(B, 1, 99999) a",
        "$B=~SEQ(A, 2) $C\n$C=$B\n$B",
    ] {
        let (out, codes) = expanded(text, "");
        assert!(codes.contains(&Code::Expansion), "{text}: {codes:?}");
        assert!(out.len() < 16 * 1024 * 1024, "{text}");
    }
    let mut doubled = "$A0=x\n".to_owned();
    for n in 0..40 {
        writeln!(doubled, "$A{}=${{A{n}}}${{A{n}}}", n + 1).unwrap();
    }
    assert_eq!(expanded(&(doubled + "a $A40"), "").1, [Code::Expansion]);
}
