use std::time::Duration;

use crate::config::{
    model::{GarpSchedule, Pacing, PacingGroup, Pauses, RivalSchedule},
    testing::{check, instance},
};

const SECOND: Duration = Duration::from_secs(1);

/// The schedule of a file with these lines in `global_defs`, from line 2 on, and in the instance,
/// from line 8 on.
#[track_caller]
fn garp(globals: &str, body: &str, expected: &[&str]) -> GarpSchedule {
    let text = format!("global_defs {{\n{globals}\n}}\n{}", instance(body));
    check(&text, expected).config.unwrap().instances[0].garp
}

fn told(delay: u32, repeat: u32) -> RivalSchedule {
    RivalSchedule::AsTold { delay: SECOND * delay, repeat }
}

#[test]
fn what_follows_a_lesser_master() {
    for (globals, body, rivals) in [
        ("", "", RivalSchedule::UntilQuiet),
        ("", "garp_lower_prio_delay 10\ngarp_lower_prio_repeat 1", told(10, 1)),
        ("vrrp_garp_lower_prio_repeat 2", "garp_lower_prio_delay 7", told(7, 2)),
        ("vrrp_garp_lower_prio_delay 3", "garp_lower_prio_delay 0", told(0, 5)),
        // As in keepalived: the global values of the master, not those of the instance.
        ("vrrp_garp_master_delay 9", "garp_lower_prio_repeat 0", told(9, 0)),
        ("", "garp_master_delay 9\ngarp_lower_prio_repeat 3", told(5, 3)),
        ("vrrp_garp_master_repeat 8", "garp_lower_prio_delay 1", told(1, 8)),
        ("vrrp_min_garp", "garp_lower_prio_delay 1", told(1, 1)),
    ] {
        assert_eq!(garp(globals, body, &[]).rivals, rivals, "{globals} {body}");
    }
    garp("", "garp_lower_prio_delay 4295", &["8:23 !bad-number"]);
}

#[test]
fn strict_mode_allows_no_announcements_against_a_lesser_master() {
    let strict = "2:1 strict-mode";
    let of = |body: &str, expected: &[&str]| garp("vrrp_strict", body, expected).rivals;
    assert_eq!(of("", &[strict]), told(0, 0));
    let resets = of("garp_lower_prio_repeat 2", &[strict, "8:1 strict-mode"]);
    assert_eq!(resets, told(0, 0));
}

#[test]
fn as_few_as_can_be() {
    let few =
        GarpSchedule { delay: Duration::ZERO, repeat: 1, refresh: None, ..GarpSchedule::default() };
    assert_eq!(garp("vrrp_min_garp", "", &[]), few);
    assert_eq!(garp("vrrp_min_garp off", "", &[]), GarpSchedule::default());
    let more = garp("vrrp_min_garp on\nvrrp_garp_master_delay 3", "garp_master_repeat 2", &[]);
    assert_eq!(more, GarpSchedule { delay: 3 * SECOND, repeat: 2, ..few });
    // An instance has no such keyword.
    garp("", "min_garp", &["8:1 !unknown-keyword"]);
}

#[test]
fn other_interfaces() {
    for (globals, body, elsewhere, expected) in [
        ("", "garp_extra_if all 100", Some(100), &[][..]),
        ("", "vmac_garp_intvl 100 all", Some(100), &[]),
        ("vrrp_garp_extra_if all 50", "", Some(50), &[]),
        ("vrrp_garp_extra_if all 50", "garp_extra_if 20", Some(20), &[]),
        ("vrrp_garp_extra_if all 50", "garp_extra_if 0", None, &[]),
        ("vrrp_garp_extra_if 50", "", None, &["2:1 no-effect"]),
        ("", "garp_extra_if 20", None, &["8:1 no-effect"]),
        ("", "garp_extra_if all 86401", None, &["8:19 !bad-number"]),
        ("", "garp_extra_if all", None, &["8:1 !!missing-argument"][..]),
    ] {
        let text = format!("global_defs {{\n{globals}\n}}\n{}", instance(body));
        let config = check(&text, expected).config;
        let found = config.and_then(|config| config.instances[0].garp.elsewhere);
        assert_eq!(found, elsewhere.map(Duration::from_secs), "{globals} {body}");
    }
}

/// The pauses of a file with these lines in front of an instance.
#[track_caller]
fn pacing(lines: &str, expected: &[&str]) -> Pacing {
    check(&format!("{lines}\n{}", instance("")), expected).config.unwrap().pacing
}

#[test]
fn pauses_of_all_interfaces_and_of_some() {
    assert_eq!(pacing("", &[]), Pacing::default());
    let micros = Duration::from_micros;
    let found = pacing(
        "garp_group {\ngarp_interval 0.5\ninterfaces {\neth1 eth2\neth3\n}\n}\n\
         garp_group {\ninterface eth4\ngna_interval 0.25\n}\n\
         global_defs {\nvrrp_garp_interval 0.001\nvrrp_gna_interval 0.000001\n}",
        &[],
    );
    let group = |names: &[&str], arp, nd| PacingGroup {
        interfaces: names.iter().map(|name| (*name).to_owned()).collect(),
        pauses: Pauses { arp: micros(arp), nd: micros(nd) },
    };
    let groups = vec![group(&["eth1", "eth2", "eth3"], 500_000, 0), group(&["eth4"], 0, 250_000)];
    assert_eq!(found, Pacing { every: Pauses { arp: micros(1000), nd: micros(1) }, groups });
}

#[test]
fn pauses_that_do_nothing_or_too_much() {
    let empty = pacing("garp_group {\ngarp_interval 0.5\n}", &["1:1 no-effect"]);
    assert_eq!(empty, Pacing::default());
    pacing("garp_group {\ninterface eth1\n}", &["1:1 no-effect"]);
    pacing(
        "garp_group {\ninterface eth1\ngarp_interval 0.1\n}\n\
         garp_group {\ninterface eth1\ninterface eth2\ngarp_interval 0.1\n}",
        &["6:11 !repeated-keyword", "7:1 repeated-keyword"],
    );
    pacing("global_defs {\nvrrp_garp_interval 1.5\n}", &["2:20 long-pause"]);
    pacing("global_defs {\nvrrp_garp_interval 5000\n}", &["2:20 !bad-number"]);
    pacing("global_defs {\nvrrp_gna_interval fast\n}", &["2:19 !bad-number"]);
}
