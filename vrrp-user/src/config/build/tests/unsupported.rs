use crate::config::testing::{check, check_body, instance};

#[test]
fn unknown_keywords_are_ignored() {
    for (body, expected) in [
        ("prioriy 50", "5:1 !unknown-keyword"),
        ("frobnicate {\npriority 7\n}", "5:1 !unknown-keyword"),
        ("auth_pass x", "5:1 !misplaced-keyword"),
        ("router_id x", "5:1 !misplaced-keyword"),
    ] {
        assert_eq!(check_body(body, &[expected]).unwrap().priority.get(), 100, "{body}");
    }
    check(&(instance("") + "priority 5\n"), &["7:1 !misplaced-keyword"]);
}

#[test]
fn a_slip_of_the_finger_gets_a_suggestion() {
    for (body, help) in [
        ("prioriy 50", "did you mean `priority`?"),
        ("Priority 50", "did you mean `priority`?"),
        ("nopremept", "did you mean `nopreempt`?"),
        ("auth_pass x", "it stands inside `authentication { … }`"),
    ] {
        let loaded = crate::config::parse("test", instance(body).as_bytes());
        assert_eq!(loaded.diagnostics[0].help.as_deref(), Some(help), "{body}");
    }
}

#[test]
fn what_only_this_node_would_miss_is_a_warning() {
    check_body("smtp_alert", &["5:1 unsupported-keyword"]).unwrap();
    let root = "linkbeat_interfaces {\neth1\n}\n".to_owned();
    check(&(root + &instance("")), &["1:1 unsupported-keyword"]);
    let globals = "global_defs {\nnotification_email {\na@b.c\n}\nenable_traps\n}\n";
    check(
        &(globals.to_owned() + &instance("")),
        &["2:1 unsupported-keyword", "5:1 unsupported-keyword"],
    );
}

#[test]
fn the_load_balancer_is_passed_over_unread() {
    for root in [
        "virtual_server 10.0.0.1 80 {\nreal_server 10.0.0.2 80 {\nTCP_CHECK {\n}\n}\n}\n",
        "virtual_server group G\n{\nfrobnicate {\nvrrp_instance V {\n}\n}\nglobal_defs\n}\n",
        "virtual_server_group G { 10.0.0.1 80 }\n",
        "virtual_server 10.0.0.1 80 {\nmisc_path \"a\nb\n}\n",
        "SSL {\npassword x\npriority\n{\n}\n}\n",
    ] {
        check(&(root.to_owned() + &instance("")), &["1:1 load-balancer"]);
    }
    let mut bytes = b"SSL {\npassword \xff\n}\n".to_vec();
    bytes.extend(instance("").into_bytes());
    let loaded = crate::config::parse("test", &bytes);
    assert_eq!(crate::config::testing::found(&loaded), ["1:1 load-balancer"]);
    let two = "virtual_server 10.0.0.1 80 {\n}\nvirtual_server 10.0.0.1 81 {\n}\n";
    check(&(two.to_owned() + &instance("")), &["1:1 load-balancer", "3:1 load-balancer"]);
}

/// Nothing that follows may be lost in it.
#[test]
fn a_load_balancer_without_its_brace_is_read() {
    let text = "virtual_server 10.0.0.1 80 {\nreal_server 10.0.0.2 80 {\n}\n".to_owned();
    check(&(text + &instance("")), &["1:1 load-balancer", "1:1 !!missing-close-brace"]);
    let text = "virtual_server 10.0.0.1 80\nreal_server 10.0.0.2 80 {\n}\n}\n".to_owned();
    check(&(text + &instance("")), &["1:1 load-balancer", "1:1 !!missing-open-brace"]);
}

#[test]
fn what_the_peers_would_notice_is_fatal() {
    for body in ["use_ipvlan", "vrf red"] {
        assert!(check_body(body, &["5:1 !!unsupported-wire"]).is_none(), "{body}");
    }
}

#[test]
fn a_switch_that_is_off_is_as_good_as_absent() {
    for body in ["v3_checksum_as_v2 off", "smtp_alert no", "skip_check_adv_addr false", "accept"] {
        check_body(body, &[]).unwrap();
    }
}

#[test]
fn strict_mode_is_done_in_part() {
    let globals = |value| format!("global_defs {{\nvrrp_strict{value}\n}}\n{}", instance(""));
    check(&globals(""), &["2:1 strict-mode"]);
    check(&globals(" off"), &[]);
    check(&globals(" OFF"), &["2:1 strict-mode", "2:13 !bad-value"]);
}
