//! Soups of everything this stage knows.

use proptest::prelude::*;

use super::*;
use crate::config::{Span, file, testing::Scratch};

const SECRET: &str = "hunter2hunter2";

/// Pieces of a file; the secret only where it is one, or the value of a definition that is used as
/// one.
const PIECES: &[&str] = &[
    "\n",
    "\n",
    "\n",
    "\n",
    " ",
    " \\\n",
    "\r\n",
    "#",
    "!",
    "\"",
    "{",
    "}",
    "\\",
    "é",
    "\u{0}",
    "@main ",
    "@^main ",
    "@low ",
    "@",
    "$A=",
    "$B=",
    "$C= \\\n",
    "$A",
    "${A}",
    "$B",
    "${B}",
    "$C",
    "${C}",
    "${_PWD}",
    "$_INSTANCE",
    "${_RANDOM 1 9}",
    "${_ENV HOME}",
    "${_HASH}",
    "$",
    "${",
    "~SEQ(A, 1, 3) ",
    "~SEQx(B, 0, 16, 64) ",
    "~SEQ(",
    "~LST(A, x, y) ",
    "~LST({A, B}, {1,2}, 3) ",
    "~LST(",
    ")",
    ",",
    "include part",
    "include *",
    "includea none",
    "include_check match\n",
    "random_seed 1\n",
    "vrrp_instance V {\n",
    "interface eth0\n",
    "virtual_router_id $A\n",
    "priority ${A}\n",
    "virtual_ipaddress {\n10.0.0.${A}\n}\n",
    "authentication {\n",
    "}\n",
];

/// Lines with the secret. Those that only the definition tells are used in one of the others.
const SECRETS: &[&str] = &[
    "auth_pass hunter2hunter2\n",
    "$PW=hunter2hunter2\n",
    "$S=hunter2hunter2\nauth_pass $S\n",
    "$T=auth_pass hunter2hunter2\n$T\n",
    "~LST(P, hunter2hunter2, x) auth_pass ${P}${A}\n",
    "auth_pass ${PW}${C}\n",
    "$C= \\\nauth_pass \\\nauth_pass hunter2hunter2\n",
    "key 1 hunter2hunter2\n",
    "@low $PW=hunter2hunter2\n",
];

fn piece() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        9 => proptest::sample::select(PIECES),
        1 => proptest::sample::select(SECRETS).prop_map(|line| line),
    ]
}

/// A soup in which a secret always starts its line, so that it is one.
fn soup(length: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec(piece(), 0..length).prop_map(|pieces| {
        let mut text = String::new();
        for piece in pieces {
            if piece.contains(SECRET) && !text.is_empty() {
                text.push_str("\n\n");
            }
            text.push_str(piece);
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn no_soup_does_harm(main in soup(80), part in soup(20)) {
        let scratch = Scratch::new("soup");
        let path = scratch.write("main", &main);
        let part = scratch.write("part", &part);
        let loaded = load(&path, &ConfigId::new("main")).unwrap();
        let raw = |name: &str| {
            let path = if name == path.display().to_string() { &path } else { &part };
            String::from_utf8_lossy(&file::read(path).unwrap().bytes).into_owned()
        };
        // As large as the expansion may get, and no larger.
        prop_assert!(loaded.source.text().len() <= 8 * 1024 * 1024);
        for one in &loaded.diagnostics {
            let Span { start, end } = one.span;
            prop_assert!(loaded.source.text().get(start..end).is_some(), "{:?}", one);
            let at = loaded.source.position(start);
            let text = raw(loaded.source.file_name(start));
            let line = text.split('\n').nth(at.line - 1);
            prop_assert!(line.is_some_and(|line| at.column <= line.chars().count() + 1), "{:?}", one);
        }
        let json = serde_json::to_string(&loaded.to_json()).unwrap();
        for shown in [loaded.render(false), json, format!("{loaded:?}")] {
            prop_assert!(!shown.contains(SECRET), "{}", shown);
        }
    }
}
