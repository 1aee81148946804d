use std::net::IpAddr;

use crate::config::{
    model::{Transport, Unicast, UnicastPeer},
    testing::{check, check_body, check_body_v6, check_first, instance, instance_v6},
};

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn peer(text: &str) -> UnicastPeer {
    UnicastPeer { address: address(text), min_ttl: 0, max_ttl: 255 }
}

fn unicast(peers: Vec<UnicastPeer>) -> Unicast {
    Unicast { peers, ttl: 255, check_source: false }
}

/// The transport of an instance with this body, from line 5 on.
#[track_caller]
fn transport(body: &str, expected: &[&str]) -> Transport {
    check_body(body, expected).unwrap().transport
}

#[test]
fn peers_and_their_bounds() {
    let two = unicast(vec![peer("10.0.0.61"), peer("10.0.0.62")]);
    let checked = |peer| Unicast { check_source: true, ..unicast(vec![peer]) };
    let cases = [
        ("unicast_peer {\n10.0.0.61\n10.0.0.62\n}", two.clone()),
        ("unicast_peer { 10.0.0.61 }\nunicast_peer {\n10.0.0.62\n}", two.clone()),
        (
            "unicast_peer { 10.0.0.61 }\nunicast_ttl 64",
            Unicast { ttl: 64, ..unicast(vec![peer("10.0.0.61")]) },
        ),
        ("check_unicast_src\nunicast_peer { 10.0.0.61 }", checked(peer("10.0.0.61"))),
        (
            "unicast_peer { 10.0.0.61 min_ttl 254 }",
            checked(UnicastPeer { min_ttl: 254, ..peer("10.0.0.61") }),
        ),
        (
            "unicast_peer { 10.0.0.61 max_ttl 9 min_ttl 9 }",
            checked(UnicastPeer { min_ttl: 9, max_ttl: 9, ..peer("10.0.0.61") }),
        ),
        (
            "unicast_src_ip 10.0.0.60\nunicast_fault_no_peer\nold_unicast_checksum never\n\
             unicast_peer { 10.0.0.61 }",
            unicast(vec![peer("10.0.0.61")]),
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(transport(body, &[]), Transport::Unicast(expected), "{body}");
    }
    let globals = "global_defs {\nvrrp_check_unicast_src\n}\n".to_owned();
    let text = globals + &instance("unicast_peer { 10.0.0.61 }");
    let expected = checked(peer("10.0.0.61"));
    assert_eq!(check_first(&text, &[]).unwrap().transport, Transport::Unicast(expected));
}

#[test]
fn what_is_wrong_with_a_peer() {
    let cases: &[(&str, &[&str])] = &[
        ("10.0.0.61", &["7:1 unicast-peer"]),
        ("fd00::1", &["7:1 !address-family"]),
        ("10.0.0.60", &["7:1 unicast-peer"]),
        ("eth0", &["7:1 !bad-address"]),
        ("10.0.0.0/24", &["7:1 !bad-address"]),
        ("224.0.0.18", &["7:1 !bad-address"]),
        ("10.0.0.61 { x }", &["7:1 !unexpected-block", "7:1 unicast-peer"]),
        ("10.0.0.61 10.0.0.62", &["7:1 unicast-peer", "7:11 !unicast-peer"]),
        (
            "10.0.0.61 min_tll 5",
            &["7:1 unicast-peer", "7:11 !unknown-keyword", "7:19 !unknown-keyword"],
        ),
        ("10.0.0.61 min_ttl", &["7:1 unicast-peer", "7:11 !unicast-peer"]),
        ("10.0.0.61 min_ttl 256", &["7:1 unicast-peer", "7:19 !bad-number"]),
    ];
    for (line, expected) in cases {
        let body = format!("unicast_src_ip 10.0.0.60\nunicast_peer {{ 10.0.0.61\n{line}\n}}");
        let expected_peers = Transport::Unicast(unicast(vec![peer("10.0.0.61")]));
        assert_eq!(transport(&body, expected), expected_peers, "{line}");
    }
    let none = "unicast_peer {\n10.0.0.61 min_ttl 9 max_ttl 8\n}";
    assert!(matches!(transport(none, &["6:1 !unicast-peer"]), Transport::Unicast(_)));
    let text = instance("unicast_peer {\n10.0.0.61 min_tll 5\n}");
    let loaded = crate::config::parse("test", text.as_bytes());
    assert_eq!(loaded.diagnostics[0].help.as_deref(), Some("did you mean `min_ttl`?"));
}

#[test]
fn unicast_without_a_peer() {
    let group = Transport::Multicast { group: address("224.0.0.18") };
    for body in ["unicast_src_ip 10.0.0.60", "unicast_peer {\n}", "check_unicast_src"] {
        assert_eq!(transport(body, &["5:1 no-peer"]), group, "{body}");
    }
    assert_eq!(transport("unicast_ttl 9", &["5:1 no-peer"]), group);
    let cases: &[(&str, &[&str])] = &[
        ("unicast_fault_no_peer", &["5:1 !!no-peer"]),
        ("unicast_peer {\nfd00::1\n}", &["5:1 !!no-peer", "6:1 !address-family"]),
        ("unicast_peer {\nx\n}", &["5:1 !!no-peer", "6:1 !bad-address"]),
        (
            "unicast_src_ip 10.0.0.60\nunicast_peer {\n10.0.0.60\n}",
            &["5:1 !!no-peer", "7:1 unicast-peer"],
        ),
        ("unicast_peer", &["1:1 !missing-close-brace", "5:1 !!missing-open-brace", "5:1 no-peer"]),
    ];
    for (body, expected) in cases {
        assert!(check_body(body, expected).is_none(), "{body}");
    }
}

#[test]
fn the_small_keywords_of_unicast() {
    let peer = "unicast_peer { 10.0.0.61 }\n";
    let cases: &[(&str, &[&str])] = &[
        ("unicast_ttl 0", &["6:13 !bad-number"]),
        ("unicast_ttl 256", &["6:13 !bad-number"]),
        ("old_unicast_checksum", &["6:1 unsupported-keyword"]),
        ("old_unicast_checksum x", &["6:1 unsupported-keyword"]),
        ("mcast_dst_ip 224.0.0.19", &["6:14 no-effect"]),
        ("unicast_fault_no_peer x", &["6:23 extra-words"]),
    ];
    for (line, expected) in cases {
        assert!(
            matches!(transport(&format!("{peer}{line}"), expected), Transport::Unicast(_)),
            "{line}"
        );
    }
}

#[test]
fn no_interface_is_fatal_with_peers_too() {
    let text = instance("unicast_src_ip 10.0.0.60\nunicast_peer { 10.0.0.61 }");
    let loaded = check(&text.replace("interface eth0\n", "\n"), &["1:15 !!missing-keyword"]);
    let note = loaded.diagnostics[0].note.as_deref().unwrap();
    assert!(note.contains("with unicast peers too"), "{note}");
}

#[test]
fn groups() {
    let group = |text: &str, expected: &[&str]| {
        let Transport::Multicast { group } = check_first(text, expected).unwrap().transport else {
            panic!("{text}");
        };
        group.to_string()
    };
    let globals = |line: &str| format!("global_defs {{\n{line}\n}}\n");
    assert_eq!(group(&instance(""), &[]), "224.0.0.18");
    assert_eq!(group(&instance_v6(""), &[]), "ff02::12");
    let both = globals("vrrp_mcast_group4 224.0.0.19\nvrrp_mcast_group6 ff02::13");
    assert_eq!(group(&(both.clone() + &instance("")), &[]), "224.0.0.19");
    assert_eq!(group(&(both.clone() + &instance_v6("")), &[]), "ff02::13");
    assert_eq!(group(&(both + &instance("mcast_dst_ip 224.0.0.20")), &[]), "224.0.0.20");
    for (line, expected) in [
        ("vrrp_mcast_group4 10.0.0.1", "2:19 !bad-address"),
        ("vrrp_mcast_group4 ff02::12", "2:19 !bad-address"),
        ("vrrp_mcast_group6 224.0.0.18", "2:19 !bad-address"),
        ("vrrp_mcast_group6 fe80::1", "2:19 !bad-address"),
    ] {
        assert_eq!(group(&(globals(line) + &instance("")), &[expected]), "224.0.0.18", "{line}");
    }
    let wide = globals("vrrp_mcast_group6 ff05::12") + &instance_v6("");
    assert_eq!(group(&wide, &["2:19 link-local"]), "ff05::12");
    for (body, expected) in [
        ("mcast_dst_ip 10.0.0.1", "5:14 !bad-address"),
        ("mcast_dst_ip ff05::12", "5:14 !bad-address"),
        ("mcast_dst_ip ff02::13", "5:14 !address-family"),
    ] {
        assert_eq!(group(&instance(body), &[expected]), "224.0.0.18", "{body}");
    }
    let v6 = check_body_v6("mcast_dst_ip ff12::5", &[]).unwrap();
    assert_eq!(v6.transport, Transport::Multicast { group: address("ff12::5") });
}
