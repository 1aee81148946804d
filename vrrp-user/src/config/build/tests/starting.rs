use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use crate::config::{
    model::{Config, LinkDelay, StartDelay},
    testing::{check, instance},
};

/// A file with these lines before an instance.
#[track_caller]
fn config(lines: &str, expected: &[&str]) -> Config {
    check(&format!("{lines}\n{}", instance("")), expected).config.unwrap()
}

#[track_caller]
fn globals(lines: &str, expected: &[&str]) -> Config {
    config(&format!("global_defs {{\n{lines}\n}}"), expected)
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn delays_of_the_start() {
    assert_eq!(globals("", &[]).start, StartDelay::default());
    let found = globals("vrrp_startup_delay 5.5\nvrrp_delay_after_boot 60", &[]).start;
    assert_eq!(found, StartDelay { startup: millis(5500), after_boot: millis(60_000) });
    for word in ["0", "0.0001", "5000", "soon"] {
        let line = format!("vrrp_startup_delay {word}");
        assert_eq!(globals(&line, &["2:20 !bad-number"]).start, StartDelay::default());
    }
}

#[test]
fn delays_of_links() {
    let found = config("interface_up_down_delays {\neth0 0.5 0.25\neth1 1\n}", &[]).link_delays;
    let delay = |down, up| LinkDelay { down: millis(down), up: millis(up) };
    let expected = [("eth0", delay(500, 250)), ("eth1", delay(1000, 0))];
    assert_eq!(found, BTreeMap::from(expected.map(|(name, delay)| (name.to_owned(), delay))));
}

#[test]
fn a_delay_as_long_as_a_backup_waits_is_cut() {
    let lines = |word| format!("interface_up_down_delays {{\neth0 {word}\n}}");
    config(&lines("1.9"), &[]);
    config(&lines("2"), &["2:1 link-delay"]);
    config(&lines("0 2.5"), &["2:1 link-delay"]);
    config(&lines("256"), &["2:6 !bad-number"]);
    config(&lines("1 never"), &["2:8 !bad-number"]);
    let text = format!("interface_up_down_delays {{\neth0\n}}\n{}", instance(""));
    check(&text, &["2:1 !!missing-argument"]);
    // Another interface, whose instance has longer to wait.
    let text = format!("{}\n{}", lines("2"), instance("down_timer_adverts 4"));
    check(&text, &[]);
}

#[test]
fn interfaces_may_always_appear_later() {
    globals("dynamic_interfaces", &[]);
    globals("dynamic_interfaces allow_if_changes", &[]);
    globals("dynamic_interfaces off", &["2:20 !bad-value"]);
}

#[test]
fn strangers_and_the_file_that_is_there_while_reading() {
    let plain = globals("", &[]);
    assert_eq!((plain.log_unknown_vrids, plain.reload_file), (false, None));
    let found = globals("log_unknown_vrids\nreload_file\nreload_check_config", &[]);
    assert!(found.log_unknown_vrids);
    assert_eq!(found.reload_file, Some(PathBuf::from("/run/keepalived.reload")));
    let found = globals("reload_file /tmp/x", &[]);
    assert_eq!(found.reload_file, Some(PathBuf::from("/tmp/x")));
    assert_eq!(globals("reload_file x", &["2:13 !bad-value"]).reload_file, None);
}

#[test]
fn what_happens_anyway_is_no_complaint() {
    globals("vrrp_skip_check_adv_addr\nreload_check_config /tmp/log", &[]);
    check(&instance("skip_check_adv_addr on"), &[]);
}
