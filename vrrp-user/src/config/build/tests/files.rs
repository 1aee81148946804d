use std::time::Duration;

use crate::{
    config::{
        model::{Config, GarpSchedule, Instance, Password, Preemption, Transport, VirtualAddress},
        testing::{check, instance, reference},
    },
    protocol::{AdvertInterval, Family, Priority, Version, Vrid},
};

#[test]
fn the_reference_cluster() {
    for (state, priority) in [("MASTER", 100), ("BACKUP", 90), ("BACKUP", 80), ("BACKUP", 70)] {
        let loaded = check(&reference(state, priority), &["12:19 password-truncated"]);
        assert!(!loaded.has_errors());
        let expected = Config {
            router_id: Some("cube01".to_owned()),
            instances: vec![Instance {
                name: "VI_1".to_owned(),
                interface: "eth0".to_owned(),
                vrid: Vrid::new(51).unwrap(),
                version: Version::V2,
                priority: Priority::new(priority),
                advert_interval: AdvertInterval::DEFAULT,
                password: Some(Password(*b"mypasswo")),
                preemption: Preemption::Preempt { delay: Duration::ZERO },
                source: None,
                hmac: None,
                family: Family::Ipv4,
                transport: Transport::Multicast { group: [224, 0, 0, 18].into() },
                pseudo_header: true,
                virtual_mac: false,
                accept: true,
                down_adverts: 3,
                late_below: None,
                addresses: vec![VirtualAddress {
                    address: [10, 0, 0, 70].into(),
                    prefix_length: 32,
                    device: None,
                    scope: 0,
                    label: None,
                    broadcast: None,
                }],
                excluded: Vec::new(),
                garp: GarpSchedule::default(),
            }],
            sync_groups: Vec::new(),
        };
        assert_eq!(loaded.config, Some(expected));
    }
}

#[test]
fn how_a_file_is_written_does_not_matter() {
    let text = reference("MASTER", 100);
    let expected = check(&text, &["12:19 password-truncated"]).config;
    for (from, to) in [
        ("\n", "\r\n"),
        ("    ", "\t"),
        (" {", "{"),
        (" { ", "\n{\n"),
        (" {\n", "\n{\n"),
        ("100", "100 # comment"),
        ("100", "\"100\" ! comment"),
        ("10.0.0.70\n    }", "10.0.0.70 }"),
        ("global_defs", "\u{feff}global_defs"),
    ] {
        let loaded = crate::config::parse("test", text.replace(from, to).as_bytes());
        assert_eq!(loaded.diagnostics.len(), 1, "{from:?} to {to:?}: {}", loaded.render(false));
        assert_eq!(loaded.config, expected, "{from:?} to {to:?}");
    }
}

#[test]
fn the_last_brace_may_be_missing() {
    let text = reference("MASTER", 100);
    let text = text.strip_suffix("}\n").unwrap();
    check(text, &["4:1 !missing-close-brace", "12:19 password-truncated"]);
    check(&(instance("") + "}\n"), &["7:1 !stray-brace"]);
}

#[test]
fn a_brace_missing_in_the_middle_is_fatal() {
    let text = instance("authentication {\nauth_type PASS\nauth_pass x").replace("\n}\n", "\n");
    check(
        &(text + &instance("").replace(" V ", " W ").replace("51", "52")),
        &["5:1 !!missing-close-brace", "9:21 shared-address"],
    );
    let text = reference("MASTER", 100).replacen("VI_1 {", "VI_1", 1);
    check(&text, &["4:1 !!missing-open-brace", "12:19 password-truncated"]);
}

#[test]
fn diagnostics_are_bounded_and_none_is_forgotten() {
    let text = "frobnicate\n".repeat(5000) + &instance("use_ipvlan");
    let loaded = crate::config::parse("test", text.as_bytes());
    assert_eq!((loaded.diagnostics.len(), loaded.suppressed), (100, 4901));
    assert!(loaded.has_errors() && !loaded.is_usable());
    assert!(loaded.render(false).ends_with("… and 4901 more\n"));
}
