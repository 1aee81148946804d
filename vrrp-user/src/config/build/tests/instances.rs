use std::{net::Ipv4Addr, time::Duration};

use crate::{
    config::{
        model::{GarpSchedule, Instance, Password, Preemption},
        testing::{check, check_body, instance},
    },
    protocol::Version,
};

#[test]
fn an_instance_with_nothing_else_has_keepalived_s_defaults() {
    let instance = check_body("", &[]).unwrap();
    assert_eq!(instance.priority.get(), 100);
    assert_eq!(instance.version, Version::V2);
    assert_eq!(instance.advert_interval.to_string(), "1 s");
    assert_eq!(instance.preemption, Preemption::Preempt { delay: Duration::ZERO });
    assert_eq!((instance.password, instance.source), (None, None));
    assert_eq!(instance.garp, GarpSchedule::default());
}

#[test]
fn what_keepalived_does_not_start_with() {
    let cases: &[(&str, &[&str])] = &[
        (
            "vrrp_instance A {\ninterface e\nvirtual_ipaddress {\n1.1.1.1\n}\n}",
            &["1:15 !!missing-keyword"],
        ),
        (
            "vrrp_instance A {\nvirtual_router_id 1\nvirtual_ipaddress {\n1.1.1.1\n}\n}",
            &["1:15 !!missing-keyword"],
        ),
        ("vrrp_instance A {\ninterface e\nvirtual_router_id 1\n}", &["1:15 !!no-address"]),
        (
            "vrrp_instance A {\ninterface e\nvirtual_router_id 1\nvirtual_ipaddress {\nx\n}\n}",
            &["1:15 !!no-address", "5:1 !bad-address"],
        ),
        (
            "vrrp_instance {\ninterface e\nvirtual_router_id 1\nvirtual_ipaddress {\n1.1.1.1\n}\n}",
            &["1:1 !!missing-argument"],
        ),
        (
            "vrrp_instance A { interface }",
            &["1:15 !!no-address", "1:15 !!missing-keyword", "1:19 !!missing-argument"],
        ),
        ("", &["1:1 !!no-instance"]),
        ("global_defs {\n}", &["1:1 !!no-instance"]),
    ];
    for (text, expected) in cases {
        check(text, expected);
    }
    for vrid in ["0", "256", "x", "-1", "1.5", "99999999999999999999"] {
        check_body(
            &format!("virtual_router_id {vrid}"),
            &["5:1 repeated-keyword", "5:19 !!bad-number"],
        );
    }
    for name in ["sixteen-bytes-xx", "\"\"", "a/b", "a:b", ".."] {
        check_body(&format!("interface {name}"), &["5:1 repeated-keyword", "5:11 !!bad-interface"]);
    }
    check_body("interface fifteen-bytes-x", &["5:1 repeated-keyword"]);
}

#[test]
fn instances_share_neither_name_nor_vrid() {
    let twice = instance("") + &instance("");
    check(&twice, &["7:15 !!duplicate-instance", "10:1 !!duplicate-vrid"]);
    let other_interface =
        instance("") + &instance("").replace("eth0", "eth1").replace(" V ", " W ");
    check(&other_interface, &[]);
    let other_vrid = instance("") + &instance("").replace("51", "52").replace(" V ", " W ");
    check(&other_vrid, &["8:21 shared-address"]);
}

#[test]
fn state_and_priority() {
    let cases: &[(&str, u8, &[&str])] = &[
        ("state MASTER\npriority 100", 100, &[]),
        ("state BACKUP\npriority 255", 255, &[]),
        ("state BACKUP", 100, &[]),
        ("state MASTER", 255, &["5:1 owner-by-default"]),
        ("state MASTER\npriority x", 100, &["6:10 !bad-number"]),
        ("state master\npriority 7", 7, &["5:7 !bad-value"]),
        ("priority 256", 100, &["5:10 !bad-number"]),
        ("priority 0", 100, &["5:10 !bad-number"]),
        ("priority 1x", 100, &["5:10 !bad-number"]),
        ("priority 50\npriority 60", 60, &["6:1 repeated-keyword"]),
        ("priority 50 60", 50, &["5:13 extra-words"]),
        ("priority 50 { x }", 50, &["5:1 !unexpected-block"]),
    ];
    for (body, priority, expected) in cases {
        assert_eq!(check_body(body, expected).unwrap().priority.get(), *priority, "{body}");
    }
    check_body("priority", &["5:1 !!missing-argument"]);
}

#[test]
fn intervals_are_rounded_as_keepalived_rounds() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("advert_int 3", "3 s", &[]),
        ("advert_int 255", "255 s", &[]),
        ("advert_int 2.6", "3 s", &["5:12 interval-rounded"]),
        ("advert_int 2.4", "2 s", &["5:12 interval-rounded"]),
        ("advert_int 0.01", "1 s", &["5:12 interval-rounded"]),
        ("advert_int 300", "1 s", &["5:12 !bad-number"]),
        ("advert_int 0", "1 s", &["5:12 !bad-number"]),
        ("advert_int 2s", "1 s", &["5:12 !bad-number"]),
        ("advert_int 0.01\nversion 3", "0.01 s", &[]),
        ("version 3\nadvert_int 0.015", "0.02 s", &["6:12 interval-rounded"]),
        ("version 3\nadvert_int 40.95", "40.95 s", &[]),
        ("version 3\nadvert_int 60", "40.95 s", &["6:12 interval-rounded"]),
        ("version 4", "1 s", &["5:9 !bad-number"]),
    ];
    for (body, interval, expected) in cases {
        let instance = check_body(body, expected).unwrap();
        assert_eq!(instance.advert_interval.to_string(), *interval, "{body}");
    }
}

#[test]
fn authentication_is_whole_or_off() {
    type Case<'c> = (&'c str, Option<&'c [u8; 8]>, &'c [&'c str]);
    let cases: &[Case<'_>] = &[
        ("auth_type PASS\nauth_pass 1234", Some(b"1234\0\0\0\0"), &[]),
        ("auth_pass 12345678\nauth_type PASS", Some(b"12345678"), &[]),
        ("auth_type PASS\nauth_pass mypassword", Some(b"mypasswo"), &["7:11 password-truncated"]),
        ("auth_type PASS\nauth_pass \"a b#c\"", Some(b"a b#c\0\0\0"), &[]),
        ("auth_type PASS\nauth_pass a!b", Some(b"a\0\0\0\0\0\0\0"), &["7:11 password-cut"]),
        ("auth_type PASS\nauth_pass a\\!b", Some(b"a!b\0\0\0\0\0"), &["7:11 password-cut"]),
        ("auth_type PASS\nauth_pass p$w~x", Some(b"p$w~x\0\0\0"), &[]),
        ("auth_type PASS", None, &["5:1 !authentication"]),
        ("auth_pass x", None, &["5:1 !authentication"]),
        ("", None, &["5:1 !authentication"]),
        ("auth_type PASS\nauth_pass \"\"", None, &["5:1 !authentication"]),
        ("auth_type pass\nauth_pass x", None, &["6:11 !authentication"]),
        ("auth_type PASS auth_pass x", None, &["5:1 !authentication", "6:16 extra-words"]),
        ("auth_type AH\nauth_pass x", None, &["6:11 !!authentication"]),
        ("auth_type PASS\nauth_pas x", None, &["5:1 !authentication", "7:1 !unknown-keyword"]),
    ];
    for (block, password, expected) in cases {
        let instance = check_body(&format!("authentication {{\n{block}\n}}"), expected);
        let found = instance.and_then(|instance| instance.password);
        assert_eq!(found, password.copied().map(Password), "{block}");
    }
    let block = "authentication {\nauth_type PASS\nauth_pass x\n}\n";
    for (more, expected) in [
        ("version 3", &["5:1 authentication-off"][..]),
        ("strict_mode on", &["5:1 authentication-off", "9:1 strict-mode"]),
        ("strict_mode off", &[]),
    ] {
        let instance = check_body(&format!("{block}{more}"), expected).unwrap();
        assert_eq!(instance.password.is_none(), !expected.is_empty(), "{more}");
    }
}

#[test]
fn preemption() {
    let delay = |millis| Preemption::Preempt { delay: Duration::from_millis(millis) };
    let cases: &[(&str, Preemption, &[&str])] = &[
        ("preempt", delay(0), &[]),
        ("nopreempt", Preemption::Never, &[]),
        ("nopreempt\npreempt", delay(0), &[]),
        ("preempt_delay 2.25", delay(2250), &[]),
        ("preempt_delay 1000", delay(1_000_000), &[]),
        ("preempt_delay 1001", delay(0), &["5:15 !bad-number"]),
        ("nopreempt\npreempt_delay 2", Preemption::Never, &["6:1 preemption"]),
        ("state MASTER\npriority 9\nnopreempt", delay(0), &["7:1 preemption"]),
        ("state MASTER\npriority 9\npreempt_delay 9", delay(0), &["7:1 preemption"]),
        ("priority 255\nnopreempt", delay(0), &["6:1 preemption"]),
    ];
    for (body, preemption, expected) in cases {
        assert_eq!(check_body(body, expected).unwrap().preemption, *preemption, "{body}");
    }
}

#[test]
fn gratuitous_arp() {
    let garp = |text: &str, expected: &[&str]| {
        check(text, expected).config.unwrap().instances.pop().unwrap().garp
    };
    let body = "garp_master_delay 0\ngarp_master_repeat 0\ngarp_master_refresh 0\n\
                garp_master_refresh_repeat 3";
    let expected = GarpSchedule {
        delay: Duration::ZERO,
        repeat: 1,
        refresh: None,
        refresh_repeat: 3,
        ..GarpSchedule::default()
    };
    assert_eq!(garp(&instance(body), &[]), expected);
    // Globals hold for every instance, wherever they stand, and give way to its own.
    let globals = "global_defs {\nvrrp_garp_master_delay 9\nvrrp_garp_master_repeat 8\n\
                   vrrp_garp_master_refresh 7\nvrrp_garp_master_refresh_repeat 6\n}\n";
    let mut expected = GarpSchedule {
        delay: Duration::from_secs(9),
        repeat: 8,
        refresh: Some(Duration::from_secs(7)),
        refresh_repeat: 6,
        ..GarpSchedule::default()
    };
    assert_eq!(garp(&(globals.to_owned() + &instance("")), &[]), expected);
    assert_eq!(garp(&(instance("") + globals), &["8:1 order"]), expected);
    expected.delay = Duration::from_secs(1);
    assert_eq!(garp(&(instance("garp_master_delay 1") + globals), &["8:1 order"]), expected);
    let wrong = "garp_master_delay 4295\ngarp_master_refresh x";
    let garp = garp(&instance(wrong), &["5:19 !bad-number", "6:21 !bad-number"]);
    assert_eq!(garp, GarpSchedule::default());
}

#[test]
fn the_source_of_adverts() {
    let source = |body: &str, expected: &[&str]| check_body(body, expected).unwrap().source;
    assert_eq!(source("mcast_src_ip 10.0.0.60", &[]), Some(Ipv4Addr::new(10, 0, 0, 60).into()));
    assert_eq!(source("unicast_src_ip 10.0.0.60", &["5:1 no-peer"]), Some([10, 0, 0, 60].into()));
    for word in ["eth0", "224.0.0.18", "0.0.0.0", "ff02::12", "::", "10.0.0.60/24", "fe80::1%e"] {
        assert_eq!(source(&format!("mcast_src_ip {word}"), &["5:14 !bad-address"]), None);
    }
    assert_eq!(source("mcast_src_ip fe80::1", &["5:14 !address-family"]), None);
}

#[test]
fn globals() {
    let text = "global_defs {\nrouter_id cube01\nvrrp_version 3\n}\n".to_owned()
        + &instance("")
        + &instance("version 2").replace(" V ", " W ").replace("eth0", "eth1");
    let config = check(&text, &[]).config.unwrap();
    assert_eq!(config.router_id.as_deref(), Some("cube01"));
    let versions: Vec<Version> =
        config.instances.iter().map(|one: &Instance| one.version).collect();
    assert_eq!(versions, [Version::V3, Version::V2]);
}
