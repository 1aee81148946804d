use std::{collections::BTreeSet, time::Duration};

use crate::config::{
    model::Process,
    testing::{check, instance},
};

/// The process of a file with these lines in `global_defs`, which begin on line 2.
#[track_caller]
fn process(lines: &str, expected: &[&str]) -> Process {
    let text = format!("global_defs {{\n{lines}\n}}\n{}", instance(""));
    check(&text, expected).config.unwrap().process
}

#[test]
fn without_a_word_nothing_is_changed() {
    assert_eq!(process("", &[]), Process::default());
}

#[test]
fn everything_there_is() {
    let real_time = process(
        "vrrp_rt_priority 50\nvrrp_no_swap\nvrrp_cpu_affinity 0 3 1023\nvrrp_rlimit_rttime 20000",
        &[],
    );
    let expected = Process {
        rt_priority: Some(50),
        nice: None,
        no_swap: true,
        cpus: BTreeSet::from([0, 3, 1023]),
        rt_time: Some(Duration::from_millis(20)),
    };
    assert_eq!(real_time, expected);
    let nice = process("vrrp_priority -20", &[]);
    assert_eq!(nice, Process { nice: Some(-20), ..Process::default() });
}

#[test]
fn what_goes_only_with_or_without_real_time_priority() {
    let both = process("vrrp_rt_priority 1\nvrrp_priority 5", &["3:1 no-effect"]);
    assert_eq!(both, Process { rt_priority: Some(1), ..Process::default() });
    assert_eq!(process("vrrp_rlimit_rttime 9", &["2:1 no-effect"]), Process::default());
    let old_name = process("vrrp_rlimit_rtime 1\nvrrp_rt_priority 1", &[]);
    assert_eq!(old_name.rt_time, Some(Duration::from_micros(2)));
}

#[test]
fn numbers_out_of_range() {
    for (line, priority) in [
        ("vrrp_rt_priority 0", Some(1)),
        ("vrrp_rt_priority -7", Some(1)),
        ("vrrp_rt_priority 100", Some(99)),
        ("vrrp_rt_priority 99999999999999999999", None),
        ("vrrp_rt_priority high", None),
    ] {
        assert_eq!(process(line, &["2:18 !bad-number"]).rt_priority, priority, "{line}");
    }
    for line in ["vrrp_priority -21", "vrrp_priority 20", "vrrp_priority --1"] {
        assert_eq!(process(line, &["2:15 !bad-number"]), Process::default(), "{line}");
    }
    assert_eq!(process("vrrp_cpu_affinity 1 1024", &["2:21 !bad-number"]), Process::default());
    process("vrrp_rt_priority 1\nvrrp_rlimit_rttime 0", &["3:20 !bad-number"]);
    process("vrrp_no_swap off", &["2:14 extra-words"]);
}

#[test]
fn a_word_is_missing() {
    for line in ["vrrp_rt_priority", "vrrp_priority", "vrrp_cpu_affinity"] {
        let text = format!("global_defs {{\n{line}\n}}\n{}", instance(""));
        check(&text, &["2:1 !!missing-argument"]);
    }
}
