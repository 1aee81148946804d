use std::{net::Ipv4Addr, time::Duration};

use crate::config::{
    model::{AddressFlags, Instance, Preferred, VirtualAddress},
    testing::check,
};

/// An instance with nothing but these lines in its `virtual_ipaddress`, from line 5 on.
#[track_caller]
fn held(lines: &str, expected: &[&str]) -> Instance {
    let text = format!(
        "vrrp_instance V {{\ninterface eth0\nvirtual_router_id 51\nvirtual_ipaddress {{\n{lines}\n\
         }}\n}}\n"
    );
    check(&text, expected).config.unwrap().instances.pop().unwrap()
}

fn plain(last: u8) -> VirtualAddress {
    VirtualAddress::new(Ipv4Addr::new(10, 0, 0, last).into(), 32)
}

#[test]
fn options() {
    let wide = |last| VirtualAddress { prefix_length: 24, ..plain(last) };
    let broadcast = |last, value| VirtualAddress { broadcast: Some(value), ..wide(last) };
    let cases = [
        ("10.0.0.70", plain(70)),
        ("10.0.0.70/24", wide(70)),
        ("10.0.0.70/24 brd +", broadcast(70, Ipv4Addr::new(10, 0, 0, 255))),
        ("10.0.0.70/24 broadcast -", broadcast(70, Ipv4Addr::new(10, 0, 0, 0))),
        ("10.0.0.70/24 brd 10.0.0.7", broadcast(70, Ipv4Addr::new(10, 0, 0, 7))),
        ("10.0.0.70 dev eth1", VirtualAddress { device: Some("eth1".to_owned()), ..plain(70) }),
        ("10.0.0.70 scope link", VirtualAddress { scope: 253, ..plain(70) }),
        ("10.0.0.70 scope 200", VirtualAddress { scope: 200, ..plain(70) }),
        (
            "10.0.0.70 label eth0:v",
            VirtualAddress { label: Some("eth0:v".to_owned()), ..plain(70) },
        ),
        (
            "10.0.0.70/24 dev eth1 scope host label x",
            VirtualAddress {
                device: Some("eth1".to_owned()),
                scope: 254,
                label: Some("x".to_owned()),
                ..wide(70)
            },
        ),
        ("10.0.0.70 no_track", VirtualAddress { tracked: false, ..plain(70) }),
        (
            "10.0.0.70 peer 10.9.0.1",
            VirtualAddress { peer: Some(Ipv4Addr::new(10, 9, 0, 1).into()), ..plain(70) },
        ),
        (
            "10.0.0.70 peer 10.9.0.1/30",
            VirtualAddress {
                peer: Some(Ipv4Addr::new(10, 9, 0, 1).into()),
                prefix_length: 30,
                ..plain(70)
            },
        ),
        (
            "10.0.0.70 home mngtmpaddr noprefixroute autojoin",
            VirtualAddress {
                flags: AddressFlags {
                    home: true,
                    temporaries: true,
                    no_prefix_route: true,
                    auto_join: true,
                    check_duplicates: false,
                },
                ..plain(70)
            },
        ),
    ];
    for (line, address) in cases {
        assert_eq!(held(line, &[]).addresses, [address], "{line}");
    }
}

#[test]
fn what_is_ignored_and_what_is_skipped() {
    // The first word: `k` for the address being kept, `s` for skipped.
    let cases: &[(&str, &str, &[&str])] = &[
        ("k", "10.0.0.70/33", &["5:1 !bad-number"]),
        ("k", "10.0.0.70/", &["5:1 !bad-number"]),
        ("k", "10.0.0.70 scope foo", &["5:17 !bad-address-option"]),
        ("k", "10.0.0.70 foo bar", &["5:11 !unknown-keyword", "5:15 !unknown-keyword"]),
        ("k", "10.0.0.70 10.0.0.71", &["5:11 !bad-address-option"]),
        ("k", "10.0.0.70 brd +", &["5:15 bad-address-option"]),
        ("k", "10.0.0.70 peer x", &["5:16 !bad-address-option"]),
        ("k", "10.0.0.70 peer fe80::1", &["5:16 !bad-address-option"]),
        ("k", "10.0.0.70 preferred_lft forever", &["5:11 bad-address-option"]),
        ("k", "10.0.0.70 preferred_lft -1", &["5:11 bad-address-option", "5:25 !bad-number"]),
        ("k", "10.0.0.70 -nodad", &["5:11 bad-address-option"]),
        ("k", "10.0.0.70 track_group G", &["5:11 !bad-address-option", "5:23 !unknown-keyword"]),
        ("s", "10.0.0.70 peer", &["5:11 !bad-address-option"]),
        ("s", "10.0.0.70 dev", &["5:11 !bad-address-option"]),
        ("s", "10.0.0.70 label sixteen-bytes-xx", &["5:17 !bad-address-option"]),
        ("s", "10.0.0.70 brd x", &["5:15 !bad-address-option"]),
        ("s", "10.0.0.270", &["5:1 !bad-address"]),
        ("s", "example.org", &["5:1 !bad-address"]),
        ("s", "224.0.0.18", &["5:1 !bad-address"]),
        ("s", "0.0.0.0", &["5:1 !bad-address"]),
    ];
    for (fate, line, expected) in cases {
        let instance = held(&format!("{line}\n10.0.0.99"), expected);
        let expected: &[_] = if *fate == "k" { &[plain(70), plain(99)] } else { &[plain(99)] };
        assert_eq!(instance.addresses, expected, "{line}");
    }
}

#[test]
fn a_peer_takes_the_place_of_length_and_broadcast_address() {
    let peer = Some(Ipv4Addr::new(10, 9, 0, 1).into());
    let line = "10.0.0.70/24 peer 10.9.0.1 brd +";
    let instance = held(line, &["5:19 bad-address-option", "5:32 !bad-address-option"]);
    assert_eq!(instance.addresses, [VirtualAddress { peer, ..plain(70) }]);
}

#[test]
fn over_ipv6_a_single_address_is_never_preferred_unless_the_file_says_so() {
    let of = |line: &str| held(line, &[]).addresses.pop().unwrap();
    let seconds = |seconds| Preferred::For(Duration::from_secs(seconds));
    for (line, preferred) in [
        ("fe80::70", seconds(0)),
        ("fe80::70/64", Preferred::Forever),
        ("fe80::70 preferred_lft forever", Preferred::Forever),
        ("fe80::70/64 preferred_lft 90", seconds(90)),
    ] {
        assert_eq!(of(line).preferred(), preferred, "{line}");
    }
    assert!(of("fe80::70 -nodad").flags.check_duplicates);
}

#[test]
fn duplicates_are_held_once() {
    let instance = held("10.0.0.70\n10.0.0.71\n10.0.0.70/24", &["7:1 duplicate-address"]);
    assert_eq!(instance.addresses, [plain(70), plain(71)]);
    let both = "10.0.0.70\n}\nvirtual_ipaddress_excluded {\n10.0.0.70\n10.0.0.80";
    let instance = held(both, &["8:1 duplicate-address"]);
    assert_eq!((instance.addresses, instance.excluded), (vec![plain(70)], vec![plain(80)]));
}

#[test]
fn blocks_add_up() {
    let instance = held("10.0.0.70\n}\nvirtual_ipaddress {\n10.0.0.71", &[]);
    assert_eq!(instance.addresses, [plain(70), plain(71)]);
}

#[test]
fn what_an_advert_cannot_hold_is_not_advertised() {
    let lines = |count: u32| -> Vec<String> {
        (1..=count).map(|bits| Ipv4Addr::from_bits(0x0a01_0000 + bits).to_string()).collect()
    };
    assert_eq!(held(&lines(255).join("\n"), &[]).excluded.len(), 0);
    let instance = held(&lines(257).join("\n"), &["260:1 too-many-addresses"]);
    assert_eq!((instance.addresses.len(), instance.excluded.len()), (255, 2));
}
