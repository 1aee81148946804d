use crate::config::{
    parse,
    testing::{instance, reference},
};

#[test]
fn an_error_points_at_the_word_and_says_what_to_write() {
    let text = reference("MASTER", 100).replace("priority", "prioriy").replace("mypassword", "x");
    // Without `priority`, `state MASTER` means 255.
    let expected = "\
warning[owner-by-default]: `state MASTER` without `priority` means priority 255
 --> keepalived.conf:5:5
  |
5 |     state MASTER
  |     ^^^^^^^^^^^^
  |
  = help: add `priority 100` or any other below 255
  = note: 255 owns the addresses: it is master whenever it is up, as in keepalived

error[unknown-keyword]: `prioriy` is no keyword inside `vrrp_instance NAME { … }`
 --> keepalived.conf:8:5
  |
8 |     prioriy 100
  |     ^^^^^^^ ignored
  |
  = help: did you mean `priority`?

";
    assert_eq!(parse("keepalived.conf", text.as_bytes()).render(false), expected);
}

#[test]
fn no_password_is_shown() {
    let expected = "\
warning[password-truncated]: this password has 10 bytes, and 8 are used
  --> keepalived.conf:12:19
   |
12 |         auth_pass **********
   |                   ^^^^^^^^^^ only the first 8 bytes go on the wire
   |
   = help: shorten it to 8 bytes: peers accept either

";
    let loaded = parse("keepalived.conf", reference("MASTER", 100).as_bytes());
    assert_eq!(loaded.render(false), expected);
    for password in [
        "secret!secret",
        "\"secret",
        "secret{secret}",
        "se\"secret\"cret",
        "a secret",
        "a}secret",
        "\nsecret",
    ] {
        let text = reference("MASTER", 100).replace("mypassword", password);
        let loaded = parse("test", text.as_bytes());
        let json = serde_json::to_string(&loaded.to_json()).unwrap();
        for shown in [loaded.render(false), loaded.render(true), json, format!("{loaded:?}")] {
            assert!(!shown.contains("secret"), "{password}: {shown}");
        }
    }
}

#[test]
fn colour_only_when_asked() {
    let loaded = parse("test", reference("MASTER", 100).as_bytes());
    assert!(!loaded.render(false).contains('\u{1b}'));
    assert!(loaded.render(true).contains('\u{1b}'));
    assert_eq!(parse("test", instance("").as_bytes()).render(true), "");
}

#[test]
fn what_a_program_reads() {
    let loaded = parse("a.conf", instance("# ü\n\"é\" x").as_bytes());
    let json = serde_json::to_value(loaded.to_json()).unwrap();
    assert_eq!((&json["usable"], &json["file"]), (&true.into(), &"a.conf".into()));
    let one = &json["diagnostics"][0];
    assert_eq!(
        (&one["code"], &one["severity"], &one["fatal"]),
        (&"unknown-keyword".into(), &"error".into(), &false.into())
    );
    assert_eq!(one["message"], "`é` is no keyword inside `vrrp_instance NAME { … }`");
    assert_eq!(
        (&one["line"], &one["column"], &one["end_line"], &one["end_column"]),
        (&6.into(), &1.into(), &6.into(), &4.into())
    );
}

#[test]
fn a_terminal_is_safe_from_the_file() {
    let text = instance("\u{1b}]0;pwned\u{7} \u{202e}x\u{0}");
    let shown = parse("test", text.as_bytes()).render(false);
    assert!(!shown.contains(['\u{1b}', '\u{7}', '\u{202e}', '\u{0}']), "{shown:?}");
}

#[test]
fn long_lines_are_named_but_not_shown() {
    let text = instance(&format!("priority 9 {}", "ü ".repeat(3000)));
    let shown = parse("test", text.as_bytes()).render(false);
    assert!(shown.contains("--> test:5:12\n"), "{shown}");
    assert!(!shown.contains('ü'), "{shown}");
}
