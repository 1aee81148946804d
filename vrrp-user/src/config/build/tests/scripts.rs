//! Programs: checks, who is told, FIFOs.

use std::time::Duration;

use super::super::super::testing::{check, check_body, instance};
use crate::config::model::{
    Config,
    notify::{Fifo, Notify},
    script::{Account, Check, Command, Probe, TimedCommand},
    tracking::Weight,
};

fn command(words: &[&str], account: Option<(&str, Option<&str>)>) -> Command {
    Command {
        words: words.iter().map(|&word| word.to_owned()).collect(),
        account: account.map(|(user, group)| Account {
            user: user.to_owned(),
            group: group.map(str::to_owned),
        }),
    }
}

/// A configuration with these lines first.
#[track_caller]
fn with(lines: &str, expected: &[&str]) -> Config {
    check(&(lines.to_owned() + &instance("")), expected).config.unwrap()
}

#[test]
fn a_check_with_everything() {
    let text = "vrrp_script chk {\nscript \"/bin/chk 'a b' 80\"\ninterval 0.5\ntimeout 2\n\
                weight -20 reverse\nrise 2\nfall 3\nuser nobody nogroup\ninit_fail\n}\n";
    let expected = Check {
        name: "chk".to_owned(),
        probe: Probe::Command(command(
            &["/bin/chk", "a b", "80"],
            Some(("nobody", Some("nogroup"))),
        )),
        interval: Duration::from_millis(500),
        timeout: Duration::from_secs(2),
        weight: Weight { points: -20, reverse: true },
        rise: 2,
        fall: 3,
        init_fail: true,
    };
    assert_eq!(with(text, &[]).checks, [expected]);
}

#[test]
fn what_a_check_says_wrongly_is_as_good_as_unsaid() {
    for (lines, expected, change) in [
        ("", &[][..], (|_| {}) as fn(&mut Check)),
        ("interval 3", &[], |check| {
            check.interval = Duration::from_secs(3);
            check.timeout = Duration::from_secs(3);
        }),
        ("interval 0", &["3:10 bad-number"], |_| {}),
        ("interval 0.0001", &[], |check| {
            check.interval = Duration::from_millis(1);
            check.timeout = Duration::from_millis(1);
        }),
        ("interval 5000", &["3:10 !bad-number"], |_| {}),
        ("timeout x", &["3:9 !bad-number"], |_| {}),
        ("weight 253", &[], |check| check.weight.points = 253),
        ("weight +7", &[], |check| check.weight.points = 7),
        ("weight 254", &["3:8 !bad-number"], |_| {}),
        ("weight 5 revers", &["3:10 !bad-value"], |check| check.weight.points = 5),
        ("rise 0", &["3:6 !bad-number"], |_| {}),
        ("fall 2", &[], |check| check.fall = 2),
        ("user", &["3:1 !!missing-argument"], |_| {}),
        ("wieght 5", &["3:1 !unknown-keyword"], |_| {}),
    ] {
        let text = format!("vrrp_script c {{\nscript /c\n{lines}\n}}\n");
        let loaded = check(&(text + &instance("")), expected);
        let mut wanted = Check {
            name: "c".to_owned(),
            probe: Probe::Command(command(&["/c"], None)),
            interval: Duration::from_secs(1),
            timeout: Duration::from_secs(1),
            weight: Weight::default(),
            rise: 1,
            fall: 1,
            init_fail: false,
        };
        change(&mut wanted);
        if let Some(config) = loaded.config {
            assert_eq!(config.checks, [wanted], "{lines}");
        }
    }
}

#[test]
fn checks_that_are_none() {
    for (text, expected, count) in [
        ("vrrp_script c {\ninterval 1\n}\n", &["1:13 !script"][..], 0),
        ("vrrp_script c {\nscript \"\"\n}\n", &["1:13 !script", "2:1 !script"], 0),
        ("vrrp_script c {\nscript \"/a 'b\"\n}\n", &["1:13 !script", "2:1 !script"], 0),
        ("vrrp_script c {\nscript /a\n}\nvrrp_script c {\nscript /b\n}\n", &["4:13 !script"], 1),
        // Here the arguments were meant.
        ("vrrp_script c {\nscript /a -x 'b c'\n}\n", &["2:1 script"], 1),
    ] {
        let config = with(text, expected);
        assert_eq!(config.checks.len(), count, "{text}");
        if let Some(Check { probe: Probe::Command(Command { words, .. }), .. }) =
            config.checks.first()
        {
            assert!(*words == ["/a"] || *words == ["/a", "-x", "b c"], "{words:?}");
        }
    }
}

#[test]
fn who_is_told_of_an_instance() {
    let body = "notify_master \"/m 'x y' \\\"z z\\\"\" nobody nogroup\nnotify_backup /b nobody\nnotify_fault /f\n\
                notify_stop /s\nnotify /n\nnotify_deleted /d\nnotify_master_rx_lower_pri /l\n\
                notify_priority_changes";
    let expected = Notify {
        master: Some(command(&["/m", "x y", "z z"], Some(("nobody", Some("nogroup"))))),
        backup: Some(command(&["/b"], Some(("nobody", None)))),
        fault: Some(command(&["/f"], None)),
        stop: Some(command(&["/s"], None)),
        any: Some(command(&["/n"], None)),
        deleted: Some(command(&["/d"], None)),
        lesser_master: Some(command(&["/l"], None)),
        says_deleted: true,
        priority_changes: true,
    };
    assert_eq!(check_body(body, &[]).unwrap().notify, expected);
    let bare = check_body("notify_deleted", &[]).unwrap().notify;
    assert_eq!(bare, Notify { says_deleted: true, ..Notify::default() });
    // The first one counts, as in keepalived.
    let twice = check_body("notify /a\nnotify /b", &["6:1 !repeated-keyword"]).unwrap().notify;
    assert_eq!(twice.any, Some(command(&["/a"], None)));
    let more = check_body("notify /a b c d", &["5:1 extra-words"]).unwrap().notify;
    assert_eq!(more.any, Some(command(&["/a"], Some(("b", Some("c"))))));
}

#[test]
fn changes_of_priority_go_by_the_instance_then_its_group_then_everything() {
    let group = |line: &str| format!("vrrp_sync_group G {{\ngroup {{ V }}\n{line}\n}}\n");
    let globals = |line: &str| format!("global_defs {{\n{line}\n}}\n");
    for (before, body, told) in [
        (globals(""), "", false),
        (globals("vrrp_notify_priority_changes"), "", true),
        (globals("vrrp_notify_priority_changes"), "notify_priority_changes off", false),
        (group("notify_priority_changes on"), "", true),
        (group("notify_priority_changes on"), "notify_priority_changes off", false),
        (
            globals("vrrp_notify_priority_changes") + &group("notify_priority_changes off"),
            "",
            false,
        ),
    ] {
        let text = before + &instance(body);
        let loaded = crate::config::parse("test", text.as_bytes());
        assert_eq!(loaded.config.unwrap().instances[0].notify.priority_changes, told, "{text}");
    }
}

#[test]
fn what_goes_for_every_program() {
    let config = with(
        "global_defs {\nscript_user nobody nogroup\nenable_script_security\n\
         startup_script \"/up now\"\nstartup_script_timeout 3\nshutdown_script /down nobody\n\
         notify_fifo /run/f nobody\nnotify_fifo_script \"/reader x\"\n\
         vrrp_notify_fifo_script /nobody\nfifo_write_vrrp_states_on_reload\n\
         shutdown_script_timeout 1001\n}\n",
        &["9:1 no-effect", "11:25 !bad-number"],
    );
    let account = Some(Account { user: "nobody".to_owned(), group: Some("nogroup".to_owned()) });
    assert_eq!((config.scripts.account, config.scripts.security), (account, true));
    let timed =
        |command, seconds| Some(TimedCommand { command, timeout: Duration::from_secs(seconds) });
    assert_eq!(config.scripts.startup, timed(command(&["/up", "now"], None), 3));
    assert_eq!(config.scripts.shutdown, timed(command(&["/down"], Some(("nobody", None))), 10));
    let fifo = Fifo {
        path: "/run/f".into(),
        owner: Some(Account { user: "nobody".to_owned(), group: None }),
        script: Some(command(&["/reader", "x"], None)),
    };
    assert_eq!((config.fifos.general, config.fifos.vrrp), (Some(fifo), None));
    assert!(config.fifos.states_on_reload);
}
