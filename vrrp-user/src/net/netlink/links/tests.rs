use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::*;

fn report(index: u32, name: &str) -> LinkReport {
    LinkReport {
        name: Some(name.to_owned()),
        mtu: Some(1500),
        ..LinkReport::new(index, LinkFlags::empty())
    }
}

fn address(last: u8, scope: u8, secondary: bool) -> InterfaceAddress {
    InterfaceAddress {
        address: Ipv4Addr::new(10, 0, 0, last).into(),
        peer: None,
        prefix_length: 24,
        scope,
        secondary,
        usable: true,
    }
}

#[test]
fn a_partial_report_keeps_what_it_does_not_mention() {
    let mut links = Links::default();
    links.update(LinkReport { kind: Some("veth".into()), ..report(3, "a") });
    links.update(LinkReport::new(3, LinkFlags::Up));
    let link = links.get("a").unwrap();
    assert!(link.admin_up);
    assert_eq!((link.mtu, link.kind.as_deref()), (1500, Some("veth")));
    links.update(LinkReport::new(4, LinkFlags::empty()));
    assert_eq!(links.name_of(4), None);
}

#[test]
fn names_may_be_swapped() {
    let mut links = Links::default();
    links.update(report(3, "a"));
    links.update(report(4, "b"));
    links.update(report(3, "tmp"));
    links.update(report(4, "a"));
    links.update(report(3, "b"));
    assert_eq!((links.index_of("a"), links.index_of("b")), (Some(4), Some(3)));
    assert_eq!(links.index_of("tmp"), None);
    links.remove(4);
    assert_eq!((links.index_of("a"), links.index_of("b")), (None, Some(3)));
}

#[test]
fn a_name_taken_over_survives_the_removal_of_its_old_bearer() {
    let mut links = Links::default();
    links.update(report(3, "a"));
    links.update(report(9, "a"));
    links.remove(3);
    assert_eq!(links.index_of("a"), Some(9));
}

fn ipv6(last: u16, scope: u8) -> InterfaceAddress {
    InterfaceAddress {
        address: Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last).into(),
        prefix_length: 64,
        ..address(0, scope, false)
    }
}

/// The last number of each address.
fn order(links: &Links) -> Vec<u16> {
    let last = |address: &InterfaceAddress| match address.address {
        IpAddr::V4(address) => address.octets()[3].into(),
        IpAddr::V6(address) => address.segments()[7],
    };
    links.get("a").unwrap().addresses.iter().map(last).collect()
}

#[test]
fn addresses_stand_in_the_kernels_order() {
    let mut links = Links::default();
    links.update(report(3, "a"));
    for new in [
        address(1, 0, false),
        address(2, 0, true),
        address(3, 253, false),
        address(4, 0, false),
        address(5, 0, true),
    ] {
        links.add_address(3, new);
    }
    assert_eq!(order(&links), [3, 1, 4, 2, 5]);
    links.remove_address(3, &address(1, 0, false));
    // Promoted: no longer secondary.
    links.add_address(3, address(2, 0, false));
    assert_eq!(order(&links), [3, 4, 2, 5]);
}

#[test]
fn ipv6_addresses_stand_behind_those_of_ipv4_in_the_kernels_order() {
    let mut links = Links::default();
    links.update(report(3, "a"));
    for new in [ipv6(101, 253), ipv6(102, 0), address(1, 0, false), ipv6(103, 0), ipv6(104, 253)] {
        links.add_address(3, new);
    }
    links.add_address(3, address(2, 0, true));
    assert_eq!(order(&links), [1, 2, 103, 102, 104, 101]);
    // Found to be a duplicate: it stays where it is.
    let duplicate = InterfaceAddress { usable: false, ..ipv6(102, 0) };
    links.add_address(3, duplicate);
    assert_eq!(order(&links), [1, 2, 103, 102, 104, 101]);
    assert_eq!(links.get("a").unwrap().addresses[3], duplicate);
    // Whatever its mask was, it can be there only once.
    links.remove_address(3, &InterfaceAddress { prefix_length: 128, ..ipv6(102, 0) });
    assert_eq!(order(&links), [1, 2, 103, 104, 101]);
}
