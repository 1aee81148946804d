use std::net::IpAddr;

use crate::{
    config::{
        model::{Instance, VirtualAddress},
        testing::{check, check_body, check_body_v6, check_first, instance, instance_v6},
    },
    protocol::{Family, Version},
};

fn list(addresses: &[VirtualAddress]) -> Vec<String> {
    addresses.iter().map(|one| format!("{}/{}", one.address, one.prefix_length)).collect()
}

/// An instance with these blocks, from line 4 on.
#[track_caller]
fn held(blocks: &str, expected: &[&str]) -> Option<Instance> {
    let head = "vrrp_instance V {\ninterface eth0\nvirtual_router_id 51\n";
    check_first(&format!("{head}{blocks}\n}}\n"), expected)
}

#[test]
fn the_first_address_tells_the_family() {
    let v6 = check_body_v6("", &[]).unwrap();
    assert_eq!((v6.family, v6.version), (Family::Ipv6, Version::V3));
    assert_eq!(list(&v6.addresses), ["fe80::70/128"]);
    let v4 = check_body("", &[]).unwrap();
    assert_eq!((v4.family, v4.version), (Family::Ipv4, Version::V2));
    // The excluded ones may be of either.
    let both = check_body("virtual_ipaddress_excluded {\nfd00::1/64\n10.0.0.71\n}", &[]).unwrap();
    assert_eq!((both.family, list(&both.excluded).len()), (Family::Ipv4, 2));
}

#[test]
fn addresses_of_the_other_family_are_skipped_as_keepalived_skips_them() {
    let text = "virtual_ipaddress {\n10.0.0.70\nfd00::1\n10.0.0.71\n}";
    let instance = held(text, &["6:1 !address-family"]).unwrap();
    assert_eq!(list(&instance.addresses), ["10.0.0.70/32", "10.0.0.71/32"]);
    let text = "virtual_ipaddress {\nfe80::1\n10.0.0.71/24\n}";
    let instance = held(text, &["6:1 !address-family"]).unwrap();
    assert_eq!(list(&instance.addresses), ["fe80::1/128"]);
}

#[test]
fn native_ipv6() {
    let native = check_body_v6("native_ipv6", &[]).unwrap();
    assert_eq!((native.family, native.version), (Family::Ipv6, Version::V3));
    // Otherwise two halves of a cluster would speak two families.
    assert!(check_body("native_ipv6", &["1:15 !!no-address", "2:21 !address-family"]).is_none());
    let none = held("no_virtual_ipaddress\nnative_ipv6", &[]).unwrap();
    assert_eq!((none.family, none.addresses.len()), (Family::Ipv6, 0));
}

#[test]
fn an_instance_may_have_no_address() {
    let cases = [
        ("", Family::Ipv4),
        ("mcast_src_ip fe80::1", Family::Ipv6),
        ("unicast_peer {\nfd00::2\n}", Family::Ipv6),
        ("mcast_dst_ip ff02::13", Family::Ipv6),
        ("unicast_peer {\n10.0.0.2\n}", Family::Ipv4),
    ];
    for (body, family) in cases {
        let instance = held(&format!("no_virtual_ipaddress\n{body}"), &[]).unwrap();
        assert_eq!((instance.family, instance.addresses.len()), (family, 0), "{body}");
    }
}

#[test]
fn ipv6_is_version_3() {
    let v6 = check_body_v6("version 2", &["5:1 !ipv6-version"]).unwrap();
    assert_eq!(v6.version, Version::V3);
    let globals = "global_defs {\nvrrp_version 2\n}\n";
    let v6 = check_first(&(globals.to_owned() + &instance_v6("")), &[]).unwrap();
    assert_eq!(v6.version, Version::V3, "the global value is for IPv4");
    let block = "authentication {\nauth_type PASS\nauth_pass x\n}";
    let v6 = check_body_v6(block, &["5:1 authentication-off"]).unwrap();
    assert_eq!(v6.password, None);
}

#[test]
fn a_link_local_address_comes_first() {
    let text = "virtual_ipaddress {\nfd00::1\nfe80::1\n}";
    held(text, &["5:1 link-local"]).unwrap();
    held("virtual_ipaddress {\nfe80::1\nfd00::1\n}", &[]).unwrap();
    held(&format!("{text}\nunicast_peer {{\nfd00::61\n}}"), &[]).unwrap();
}

#[test]
fn options_of_ipv6_addresses() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("fe80::1/64", "fe80::1/64", &[]),
        ("fe80::1/0", "fe80::1/0", &[]),
        ("fe80::1/129", "fe80::1/128", &["5:1 !bad-number"]),
        ("fe80::1/64 scope link", "fe80::1/64", &["5:12 bad-address-option"]),
        ("fe80::1 label e:1", "fe80::1/128", &["5:9 bad-address-option"]),
        ("fe80::1 fe80::2", "fe80::1/128", &["5:9 !bad-address-option"]),
        ("fe80::9 brd +\nfe80::1", "fe80::1/128", &["5:9 !bad-address-option"]),
        ("ff02::12\nfe80::1", "fe80::1/128", &["5:1 !bad-address"]),
        ("::\nfe80::1", "fe80::1/128", &["5:1 !bad-address"]),
        ("fe80::1%eth0\nfe80::1", "fe80::1/128", &["5:1 !bad-address"]),
        ("fe80::1\nfe80:0::1", "fe80::1/128", &["6:1 duplicate-address"]),
    ];
    for (line, shown, expected) in cases {
        let instance = held(&format!("virtual_ipaddress {{\n{line}\n}}"), expected).unwrap();
        assert_eq!(list(&instance.addresses), [*shown], "{line}");
        assert_eq!((instance.addresses[0].scope, &instance.addresses[0].label), (0, &None));
    }
    let other = held("virtual_ipaddress {\nfe80::1 dev eth1\n}", &[]).unwrap();
    assert_eq!(other.addresses[0].device.as_deref(), Some("eth1"));
}

#[test]
fn an_advert_over_ipv6_holds_89_addresses() {
    let lines = |count: u16| -> String {
        let lines: Vec<String> = (1..=count).map(|last| format!("fe80::{last:x}")).collect();
        format!("virtual_ipaddress {{\n{}\n}}", lines.join("\n"))
    };
    assert_eq!(held(&lines(89), &[]).unwrap().excluded.len(), 0);
    let instance = held(&lines(90), &["94:1 too-many-addresses"]).unwrap();
    assert_eq!((instance.addresses.len(), instance.excluded.len()), (89, 1));
}

#[test]
fn the_source_of_ipv6_adverts() {
    let source = |body: &str, expected: &[&str]| check_body_v6(body, expected).unwrap().source;
    let parsed = |text: &str| Some(text.parse::<IpAddr>().unwrap());
    assert_eq!(source("mcast_src_ip fe80::60", &[]), parsed("fe80::60"));
    assert_eq!(source("mcast_src_ip fd00::60", &["5:14 link-local"]), parsed("fd00::60"));
    assert_eq!(source("mcast_src_ip 10.0.0.60", &["5:14 !address-family"]), None);
    let unicast = "unicast_src_ip fd00::60\nunicast_peer {\nfd00::61\n}";
    assert_eq!(source(unicast, &[]), parsed("fd00::60"));
}

#[test]
fn the_families_have_separate_numbers() {
    let both = instance("") + &instance_v6("").replace(" V ", " W ");
    check(&both, &[]);
    let twice = instance_v6("") + &instance_v6("").replace(" V ", " W ");
    check(&twice, &["8:21 shared-address", "10:1 !!duplicate-vrid"]);
}
