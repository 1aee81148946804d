use std::time::Duration;

use crate::{
    config::{
        model::{
            Config, GarpSchedule, Instance, Manners, Password, Preemption, Transport,
            VirtualAddress, notify::Notify, tracking::OwnTracks,
        },
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
                addresses: vec![VirtualAddress::new([10, 0, 0, 70].into(), 32)],
                excluded: Vec::new(),
                routing: Vec::new(),
                promote_secondaries: false,
                garp: GarpSchedule::default(),
                notify: Notify::default(),
                manners: Manners::default(),
                track: Vec::new(),
                tracks_own: OwnTracks::default(),
            }],
            ..Config::default()
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

/// What issue 3 wants explained: every finding says what to write instead.
#[test]
fn what_cannot_work_is_explained() {
    let many: Vec<String> =
        (0..300).map(|last| format!("10.{}.0.{}", last / 250 + 1, last % 250 + 1)).collect();
    let list = format!("virtual_ipaddress {{\n{}\n}}", many.join("\n"));
    let pass = "authentication {\nauth_type PASS\nauth_pass x\n}";
    let cases: &[(&str, &str)] = &[
        ("advert_int 0.1", "interval-rounded"),
        (&format!("version 3\n{pass}"), "authentication-off"),
        (&list, "too-many-addresses"),
        ("virtual_ipaddress {\nfd00::1\n}", "address-family"),
        ("authentication {\nauth_type AH\nauth_pass x\n}", "authentication"),
        ("unicast_peer {\nfd00::61\n}", "no-peer"),
        ("unicast_peer {\n10.0.0.61\nfd00::61\n}", "address-family"),
        ("mcast_src_ip fd00::1", "address-family"),
        ("mcast_dst_ip ff02::12", "address-family"),
        ("use_vmac 02:00:00:00:00:01", "unsupported-wire"),
        ("auth_hmac {\nkey 1 x\n}", "hmac-key"),
        ("timer_expired_backup", "preemption"),
    ];
    for (body, code) in cases {
        let loaded = crate::config::parse("test", instance(body).as_bytes());
        assert!(loaded.diagnostics.iter().any(|one| one.code.as_str() == *code), "{body}");
        for one in &loaded.diagnostics {
            assert!(one.help.is_some(), "{body}: {}", one.message);
        }
    }
    let old = instance("version 2").replace("10.0.0.70", "fe80::70");
    let loaded = check(&old, &["5:1 !ipv6-version"]);
    assert_eq!(loaded.diagnostics[0].help.as_deref(), Some("write `version 3`, or leave it out"));
}

#[test]
fn what_the_maps_do_not_hold_is_told_of_before_the_start() {
    let file = |count: u32| -> Vec<String> {
        (0..count)
            .map(|index| {
                format!(
                    "vrrp_instance V{index} {{\ninterface e{}\nvirtual_router_id {}\n\
                     virtual_ipaddress {{\n10.{}.{}.1\n}}\n}}\n",
                    index / 255,
                    index % 255 + 1,
                    index / 256,
                    index % 256,
                )
            })
            .collect()
    };
    assert!(check(&file(4096).concat(), &[]).config.is_some());
    assert!(check(&file(4097).concat(), &["28673:15 !!too-many"]).config.is_none());
}
