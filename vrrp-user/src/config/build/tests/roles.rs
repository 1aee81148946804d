use crate::{
    config::{
        model::Instance,
        testing::{check_body, check_body_v6, check_first, instance},
    },
    protocol::Priority,
};

#[track_caller]
fn body(body: &str, expected: &[&str]) -> Instance {
    check_body(body, expected).unwrap()
}

#[test]
fn the_virtual_mac_and_what_stands_after_it() {
    assert!(!body("", &[]).virtual_mac);
    let cases: &[(&str, &[&str])] = &[
        ("use_vmac", &[]),
        ("use_vmac\nuse_vmac_addr", &[]),
        ("use_vmac vrrp.51", &["5:10 virtual-mac"]),
        ("use_vmac name vrrp.51", &["5:15 virtual-mac"]),
        ("use_vmac netlink_notify_msg", &["5:10 unsupported-keyword"]),
        ("use_vmac group 7", &["5:10 unsupported-keyword"]),
        ("use_vmac v group 7", &["5:10 virtual-mac", "5:12 unsupported-keyword"]),
        ("use_vmac\nvmac_xmit_base", &["6:1 no-effect"]),
        ("use_vmac\nunicast_peer { 10.0.0.61 }", &["5:1 virtual-mac"]),
        ("use_vmac\nvmac_xmit_base\nunicast_peer { 10.0.0.61 }", &[]),
        ("use_vmac { x }", &["5:1 !unexpected-block"]),
    ];
    for (text, expected) in cases {
        assert!(body(text, expected).virtual_mac, "{text}");
    }
    for (text, expected) in [
        ("use_vmac 02:00:00:00:00:01", &["5:10 !!unsupported-wire"][..]),
        ("use_vmac v 02:00:00:00:01", &["5:10 virtual-mac", "5:12 !!unsupported-wire"]),
        ("use_vmac group", &["5:10 !!missing-argument", "5:10 unsupported-keyword"]),
        ("use_vmac name", &["5:10 !!missing-argument"]),
        ("use_ipvlan", &["5:1 !!unsupported-wire"]),
    ] {
        assert!(check_body(text, expected).is_none(), "{text}");
    }
}

#[test]
fn companions_of_use_vmac_alone() {
    let on_address = instance("").replace("10.0.0.70", "10.0.0.70 dev eth1 use_vmac");
    assert!(!check_first(&on_address, &["2:40 virtual-mac"]).unwrap().virtual_mac);
    let both = on_address.replace("virtual_router_id", "use_vmac\nvirtual_router_id");
    assert!(check_first(&both, &[]).unwrap().virtual_mac);
    assert!(!body("use_vmac_addr", &["5:1 virtual-mac"]).virtual_mac);
    assert!(!body("vmac_xmit_base", &["5:1 no-effect"]).virtual_mac);
    let excluded = "virtual_ipaddress_excluded {\nfd00::1 use_vmac\n}";
    assert!(!body(excluded, &["6:9 virtual-mac"]).virtual_mac);
}

#[test]
fn who_takes_packets_to_the_addresses() {
    let cases: &[(&str, bool, &[&str])] = &[
        ("", true, &[]),
        ("accept", true, &[]),
        ("no_accept", false, &[]),
        ("no_accept x", false, &["5:11 extra-words"]),
        ("no_accept\naccept", true, &[]),
        ("accept\nno_accept", false, &[]),
        ("priority 255\nno_accept", true, &["6:1 no-effect"]),
        ("strict_mode", false, &["5:1 strict-mode"]),
        ("strict_mode off", true, &[]),
        ("strict_mode\npriority 255", true, &["5:1 strict-mode"]),
        ("strict_mode\naccept", false, &["5:1 strict-mode", "6:1 strict-mode"]),
        ("strict_mode\nversion 3\naccept", true, &["5:1 strict-mode"]),
        ("strict_mode\npriority 255\naccept", true, &["5:1 strict-mode"]),
    ];
    for (text, accept, expected) in cases {
        assert_eq!(body(text, expected).accept, *accept, "{text}");
    }
    let globals = "global_defs {\nvrrp_strict\n}\n";
    let of = |text: &str| {
        let text = globals.to_owned() + &instance(text);
        check_first(&text, &["2:1 strict-mode"]).unwrap().accept
    };
    assert!(!of(""));
    assert!(of("strict_mode off"));
}

#[test]
fn what_strict_mode_takes_back() {
    let strict =
        |text: &str, more: &str| body(&format!("strict_mode\n{text}"), &["5:1 strict-mode", more]);
    assert_eq!(strict("down_timer_adverts 5", "6:1 strict-mode").down_adverts, 3);
    let delayed = strict("preempt_delay 5", "6:1 strict-mode").preemption;
    assert_eq!(delayed, body("", &[]).preemption);
    strict("unicast_peer { 10.0.0.61 }", "6:1 !strict-mode");
}

#[test]
fn adverts_that_may_go_missing() {
    let cases: &[(&str, u8, &[&str])] = &[
        ("", 3, &[]),
        ("down_timer_adverts 1", 1, &[]),
        ("down_timer_adverts 100", 100, &[]),
        ("down_timer_adverts 0", 3, &["5:20 !bad-number"]),
        ("down_timer_adverts 101", 3, &["5:20 !bad-number"]),
    ];
    for (text, adverts, expected) in cases {
        assert_eq!(body(text, expected).down_adverts, *adverts, "{text}");
    }
    let of = |globals: &str, text: &str, expected: &[&str]| {
        let text = format!("global_defs {{\n{globals}\n}}\n{}", instance(text));
        check_first(&text, expected).unwrap().down_adverts
    };
    let seven = "vrrp_down_timer_adverts 7";
    assert_eq!(of(seven, "", &[]), 7);
    assert_eq!(of(seven, "down_timer_adverts 9", &[]), 9);
    assert_eq!(of(seven, "strict_mode", &["8:1 strict-mode"]), 3);
    assert_eq!(of("vrrp_down_timer_adverts 0", "", &["2:25 !bad-number"]), 3);
}

#[test]
fn a_master_that_was_late() {
    let cases: &[(&str, Option<u8>, &[&str])] = &[
        ("", None, &[]),
        ("nopreempt\ntimer_expired_backup", Some(254), &[]),
        ("timer_expired_backup 90\nnopreempt", Some(90), &[]),
        ("nopreempt\nthread_timer_expired 1", Some(1), &[]),
        ("nopreempt\ntimer_expired_backup 255", None, &["6:22 !bad-number"]),
        ("nopreempt\ntimer_expired_backup 0", None, &["6:22 !bad-number"]),
        ("timer_expired_backup", None, &["5:1 preemption"]),
        (
            "priority 255\nnopreempt\ntimer_expired_backup 9",
            None,
            &["6:1 preemption", "7:1 preemption"],
        ),
    ];
    for (text, priority, expected) in cases {
        let expected_priority = priority.map(Priority::new);
        assert_eq!(body(text, expected).late_below, expected_priority, "{text}");
    }
}

#[test]
fn the_checksum_of_version_3() {
    assert!(body("", &[]).pseudo_header);
    assert!(!body("version 3\nv3_checksum_as_v2", &[]).pseudo_header);
    assert!(body("v3_checksum_as_v2 false", &[]).pseudo_header);
    let of = |text: &str| {
        let text = "global_defs {\nv3_checksum_as_v2 on\n}\n".to_owned() + &instance(text);
        check_first(&text, &[]).unwrap().pseudo_header
    };
    assert!(!of("version 3"));
    assert!(of("version 3\nv3_checksum_as_v2 off"));
}

#[test]
fn the_virtual_mac_goes_with_ipv6_too() {
    assert!(check_body_v6("use_vmac", &[]).unwrap().virtual_mac);
}
