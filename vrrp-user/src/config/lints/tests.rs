mod documentation;

use crate::config::{
    parse,
    testing::{check, check_body, instance, reference},
};

/// The notes on a text, as `line:column code`.
fn notes(text: &str) -> Vec<String> {
    let loaded = parse("test.conf", text.as_bytes());
    let shown = loaded.notes.iter().map(|note| {
        assert!(note.help.is_some(), "{}", note.message);
        let at = loaded.source.position(note.span.start);
        format!("{}:{} {}", at.line, at.column, note.code)
    });
    shown.collect()
}

/// The notes on an instance, but for those that every plain one has.
fn on(body: &str) -> Vec<String> {
    let quiet = "priority 100\ngarp_master_refresh 60\n";
    let text = instance(&format!("{body}\n{quiet}")).replace("10.0.0.70", "10.0.0.70/24");
    notes(&text)
}

#[test]
fn what_the_reference_file_does_not_say() {
    let expected =
        ["4:15 garp-refresh", "5:5 state-master", "12:9 clear-text-password", "15:9 host-prefix"];
    assert_eq!(notes(&reference("MASTER", 100)), expected);
    assert_eq!(notes(&reference("BACKUP", 90)).len(), 3);
}

#[test]
fn who_becomes_master() {
    assert_eq!(on(""), [""; 0]);
    assert_eq!(on("state MASTER"), ["5:1 state-master"]);
    assert_eq!(on("state BACKUP"), [""; 0]);
    assert_eq!(on("nopreempt"), ["5:1 nopreempt-place"]);
    assert_eq!(on("advert_int 0.5"), ["5:1 reload-flap"]);
    assert_eq!(on("advert_int 1"), [""; 0]);
    assert_eq!(on("garp_master_delay 3"), ["5:1 lower-prio-garp"]);
    assert_eq!(on("garp_master_delay 3\ngarp_lower_prio_delay 1"), [""; 0]);
    assert_eq!(notes(&instance("garp_master_refresh 9")), ["1:15 tie", "2:21 host-prefix"]);
    let owner = instance("state MASTER\npriority 255\ngarp_master_refresh 9");
    assert_eq!(notes(&owner), ["2:21 host-prefix"]);
}

#[test]
fn one_refresh_for_all_is_enough() {
    let text =
        format!("global_defs {{\nvrrp_garp_master_refresh 9\n}}\n{}", instance("priority 9"));
    assert_eq!(notes(&text), ["5:21 host-prefix"]);
}

#[test]
fn which_trackers_end_it_all() {
    for (block, expected) in [
        ("track_interface {\neth1\n}", vec!["6:1 tracker-fault"]),
        ("track_interface {\neth1 weight 5\n}", vec![]),
        ("track_interface {\neth1 weight 0\n}", vec!["6:1 tracker-fault"]),
        ("track_file {\nf\n}", vec![]),
        ("track_file {\nf weight 0\n}", vec!["6:1 tracker-fault"]),
    ] {
        assert_eq!(on(block), expected, "{block}");
    }
    let file = |weight: &str| {
        let user = "global_defs {\nscript_user nobody\nvrrp_garp_master_refresh 9\n}\n";
        let script = format!("vrrp_script c {{\nscript /bin/true\n{weight}\n}}\n");
        let body = instance("priority 9\ntrack_script {\nc\n}");
        notes(&(user.to_owned() + &script + &body.replace("70", "70/24")))
    };
    assert_eq!(file(""), ["15:1 tracker-fault"]);
    assert_eq!(file("weight 0"), ["15:1 tracker-fault"]);
    assert_eq!(file("weight -5"), [""; 0]);
}

#[test]
fn whom_a_script_runs_as() {
    assert_eq!(on("notify_master /bin/true"), ["5:1 script-user"]);
    assert_eq!(on("notify_master /bin/true nobody"), [""; 0]);
    assert_eq!(on("notify /bin/a\nnotify_master /bin/true"), ["5:1 script-user"]);
}

#[test]
fn what_keepalived_reads_too_late() {
    let globals = "global_defs {\nrouter_id x\nvrrp_garp_master_delay 3\n}\n";
    check(&(instance("") + globals), &["9:1 order"]);
    check(&(globals.to_owned() + &instance("")), &[]);
    check_body("priority 100", &[]);
    let script = "vrrp_script c {\nscript /bin/true\n}\n";
    let order = |text: &str| {
        let found = crate::config::testing::found(&parse("test", text.as_bytes()));
        found.into_iter().filter(|one| one.ends_with(" order")).collect::<Vec<_>>()
    };
    let body = instance("track_script {\nc\n}");
    assert_eq!(order(&(body.clone() + script)), ["6:1 order"]);
    assert_eq!(order(&(script.to_owned() + &body)), [""; 0]);
    assert_eq!(order(&body), [""; 0]);
}
