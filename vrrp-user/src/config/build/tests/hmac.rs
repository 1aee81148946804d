use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    time::Duration,
};

use crate::config::{
    model::{AntiReplay, HmacMode, HmacSettings, Instance},
    parse,
    testing::{check_body, found, instance},
};

const TEXT: &str = "0123456789abcdef0123456789abcdef";
const ACTIVE: &str = "active_key 1\n";

/// An instance with nothing but these lines in its `auth_hmac`, from line 6 on.
#[track_caller]
fn instance_with(lines: &str, expected: &[&str]) -> Option<Instance> {
    check_body(&format!("auth_hmac {{\n{lines}\n}}"), expected)
}

#[track_caller]
fn settings(lines: &str, expected: &[&str]) -> HmacSettings {
    instance_with(lines, expected).unwrap().hmac.unwrap()
}

fn key(settings: &HmacSettings, id: u8) -> &[u8] {
    &settings.keys[&id].0
}

fn window(seconds: u64) -> AntiReplay {
    AntiReplay::Time { window: Duration::from_secs(seconds) }
}

#[test]
fn keys_as_text_and_as_digits() {
    let one = settings(&format!("{ACTIVE}key 1 {TEXT}"), &[]);
    assert_eq!((key(&one, 1), one.active), (TEXT.as_bytes(), 1));
    assert_eq!((one.mode, one.anti_replay), (HmacMode::Enforce, window(5)));
    let hex = format!("key 1 hex:{}Ff\n{ACTIVE}key 255 \"{TEXT} #!{{}}\"", "00".repeat(31));
    let two = settings(&hex, &[]);
    assert_eq!(key(&two, 1), [vec![0; 31], vec![255]].concat());
    assert_eq!(key(&two, 255), format!("{TEXT} #!{{}}").as_bytes());
    let spaced = settings(&format!("{ACTIVE}key 1 \"hex:{}\"", "01 ".repeat(32)), &[]);
    assert_eq!(key(&spaced, 1), [1; 32]);
    settings(&format!("{ACTIVE}key 1 {}", "x".repeat(64)), &[]);
}

#[test]
fn what_is_no_key() {
    let cases: &[(&str, &[&str])] = &[
        ("key 1 short", &["7:7 !!hmac-key"]),
        ("key 1 hex:00", &["7:7 !!hmac-key"]),
        ("key 1 hex:0", &["7:7 !!hmac-key"]),
        ("key 1 hex:zz", &["7:7 !!hmac-key"]),
        ("key 1 hex:", &["7:7 !!hmac-key"]),
        ("key 1 \"\"", &["7:7 !!hmac-key"]),
        ("key 1 file:relative", &["7:7 !!hmac-key"]),
        ("key 1 file:/nonexistent/key", &["7:7 !!hmac-key"]),
        ("key 1 file:/", &["7:7 !!hmac-key"]),
        ("key 1 file:/dev/zero", &["7:7 !!hmac-key"]),
        ("key 1", &["7:1 !!missing-argument"]),
        ("key", &["7:1 !!missing-argument"]),
        ("key 0 x", &["7:5 !!bad-number"]),
        ("key 256 x", &["7:5 !!bad-number"]),
        ("key x y", &["7:5 !!bad-number"]),
    ];
    for (line, expected) in cases {
        assert!(instance_with(&format!("{ACTIVE}{line}"), expected).is_none(), "{line}");
    }
    let long = format!("{ACTIVE}key 1 {}", "x".repeat(65));
    assert!(instance_with(&long, &["7:7 !!hmac-key"]).is_none());
    let cut = format!("{ACTIVE}key 1 {TEXT}!x");
    assert_eq!(key(&settings(&cut, &["7:7 password-cut"]), 1), TEXT.as_bytes());
    let more = format!("{ACTIVE}key 1 {TEXT} more");
    assert_eq!(key(&settings(&more, &["7:40 extra-words"]), 1), TEXT.as_bytes());
    let second = format!("{ACTIVE}key 1 {TEXT}\nkey 1 {}", "x".repeat(32));
    assert_eq!(key(&settings(&second, &["8:1 !hmac"]), 1), TEXT.as_bytes());
}

#[test]
fn a_key_must_be_active() {
    let one = format!("key 7 {TEXT}\n");
    let cases: &[(&str, &[&str])] = &[
        ("", &["5:1 !!hmac"]),
        ("active_key 1", &["5:1 !!hmac"]),
        (&one, &["5:1 !!hmac"]),
        (&format!("{one}active_key 8"), &["7:1 !!hmac"]),
        (&format!("{one}active_key 0"), &["7:12 !!bad-number"]),
    ];
    for (lines, expected) in cases {
        assert!(instance_with(lines, expected).is_none(), "{lines}");
    }
    let loaded = parse("test", instance(&format!("auth_hmac {{\n{one}}}")).as_bytes());
    assert_eq!(loaded.diagnostics[0].help.as_deref(), Some("add `active_key 7`"));
}

#[test]
fn modes_and_windows() {
    let keyed = format!("key 1 {TEXT}\n{ACTIVE}");
    let modes: &[(&str, HmacMode, &[&str])] = &[
        ("mode enforce", HmacMode::Enforce, &[]),
        ("mode permissive", HmacMode::Permissive, &[]),
        ("mode receive-only", HmacMode::ReceiveOnly, &[]),
        ("mode Enforce", HmacMode::Enforce, &["8:6 !bad-value"]),
    ];
    for (line, mode, expected) in modes {
        assert_eq!(settings(&format!("{keyed}{line}"), expected).mode, *mode, "{line}");
    }
    let windows: &[(&str, AntiReplay, &[&str])] = &[
        ("time_window 1", window(1), &[]),
        ("time_window 300", window(300), &[]),
        ("time_window 0", window(5), &["8:13 !bad-number"]),
        ("time_window 301", window(5), &["8:13 !bad-number"]),
        ("anti_replay time", window(5), &[]),
        ("anti_replay monotonic", AntiReplay::Monotonic, &[]),
        ("anti_replay x", window(5), &["8:13 !bad-value"]),
        ("anti_replay monotonic\ntime_window 9", AntiReplay::Monotonic, &["9:1 no-effect"]),
        ("}\nadvert_int 20\nauth_hmac {", window(60), &[]),
        ("}\nadvert_int 200\nauth_hmac {", window(300), &[]),
        ("}\nadvert_int 0.5\nversion 3\nauth_hmac {", window(5), &[]),
    ];
    for (line, anti_replay, expected) in windows {
        let found = settings(&format!("{keyed}{line}"), expected).anti_replay;
        assert_eq!(found, *anti_replay, "{line}");
    }
}

#[test]
fn beside_other_keywords() {
    let block = format!("auth_hmac {{\nkey 1 {TEXT}\n{ACTIVE}mode permissive\n}}\n");
    let password = "authentication {\nauth_type PASS\nauth_pass x\n}";
    let both = check_body(&format!("{block}{password}"), &["10:1 authentication-off"]).unwrap();
    assert_eq!(both.password, None);
    let expected = ["8:1 strict-mode", "10:1 strict-mode"];
    let strict = check_body(&format!("{block}strict_mode"), &expected).unwrap();
    assert_eq!(strict.hmac.unwrap().mode, HmacMode::Enforce);
    let addresses: Vec<String> = (1..=89).map(|last| format!("fe80::{last:x}")).collect();
    let text = instance(&block).replace("10.0.0.70", &addresses.join("\n"));
    let config = parse("test", text.as_bytes()).config.unwrap();
    assert_eq!(config.instances[0].addresses.len(), 88, "the trailer needs room");
    let text = text.replace("permissive", "receive-only");
    let config = parse("test", text.as_bytes()).config.unwrap();
    assert_eq!(config.instances[0].addresses.len(), 89);
}

#[test]
fn unknown_words_get_suggestions() {
    let lines = format!("key 1 {TEXT}\n{ACTIVE}mdoe enforce");
    let loaded = parse("test", instance(&format!("auth_hmac {{\n{lines}\n}}")).as_bytes());
    assert_eq!(found(&loaded), ["8:1 !unknown-keyword"]);
    assert_eq!(loaded.diagnostics[0].help.as_deref(), Some("did you mean `mode`?"));
}

#[test]
fn no_secret_is_shown() {
    for block in [
        "{\nkey 1 XYZZY\n}",
        "{\nkey 1 XYZZY\nactive_key 2\n}",
        "{\nkey 1 \"XYZZY\n}",
        "{\nkey 1 XYZZY!XYZZY\n}",
        "{\nkey 1 hex:XYZZY\n}",
        "{\nkey XYZZY 1\n}",
        "{\nkey XYZZY\n}",
        "{\nkey 1 x XYZZY\n}",
        "{\nkey 1\nXYZZY\n}",
        "{\nXYZZY\n}",
        "{\nkye 1 XYZZY\n}",
        "{\nkey 1 x}XYZZY\n}",
        "{\nkey 1 {XYZZY}\n}",
        "{\n$XYZZY=1\n}",
        "{\nkey 1 ${XYZZY}\n}",
        "{ key 1 XYZZY }",
        "\n{ mode x key 1 XYZZY }",
    ] {
        let text = instance(&format!("auth_hmac {block}")) + &instance("auth_hmac");
        let loaded = parse("test", text.as_bytes());
        let json = serde_json::to_string(&loaded.to_json()).unwrap();
        assert!(!loaded.diagnostics.is_empty());
        for shown in [loaded.render(false), loaded.render(true), json, format!("{loaded:?}")] {
            assert!(!shown.contains("XYZZY"), "{block}: {shown}");
        }
    }
    let good = format!("auth_hmac {{\nkey 1 {TEXT}\n{ACTIVE}\n}}");
    let loaded = parse("test", instance(&good).as_bytes());
    assert!(loaded.is_usable() && !format!("{loaded:?}").contains("abcdef"));
}

/// A key file that goes with the test.
struct KeyFile(PathBuf);

impl KeyFile {
    fn new(name: &str, content: &[u8], mode: u32) -> Self {
        let name = format!("vrrp-key-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        Self(path)
    }

    fn lines(&self) -> String {
        format!("{ACTIVE}key 1 file:{}", self.0.display())
    }
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        fs::remove_file(&self.0).unwrap();
    }
}

#[test]
fn keys_in_files() {
    for (name, content, expected) in [
        ("text", TEXT.to_owned(), TEXT.as_bytes().to_vec()),
        ("lines", format!("{TEXT}\r\n\n"), TEXT.as_bytes().to_vec()),
        ("hex", format!("hex:{}\n", "0a".repeat(64)), vec![10; 64]),
        ("space", format!("{TEXT} \n"), format!("{TEXT} ").into_bytes()),
    ] {
        let file = KeyFile::new(name, content.as_bytes(), 0o600);
        assert_eq!(key(&settings(&file.lines(), &[]), 1), expected, "{name}");
    }
    for (name, content) in [
        ("empty", String::new()),
        ("newline", "\n".to_owned()),
        ("short", "XYZZY\n".to_owned()),
        ("zero", format!("{TEXT}\0\n")),
        ("large", "x".repeat(200)),
    ] {
        let file = KeyFile::new(name, content.as_bytes(), 0o600);
        assert!(instance_with(&file.lines(), &["7:7 !!hmac-key"]).is_none(), "{name}");
    }
    for mode in [0o640, 0o604, 0o620] {
        let file = KeyFile::new("open", TEXT.as_bytes(), mode);
        settings(&file.lines(), &["7:7 key-file"]);
    }
}

#[test]
fn ah_is_explained() {
    let block = "authentication {\nauth_type AH\nauth_pass x\n}";
    let loaded = parse("test", instance(block).as_bytes());
    assert_eq!(found(&loaded), ["6:11 !!authentication"]);
    let one = &loaded.diagnostics[0];
    assert!(one.help.as_deref().unwrap().contains("auth_hmac"));
    assert!(one.note.as_deref().unwrap().contains("MD5"));
}
