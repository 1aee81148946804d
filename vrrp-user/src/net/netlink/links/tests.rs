use std::net::{IpAddr, Ipv4Addr};

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
    let order = |links: &Links| -> Vec<u8> {
        links
            .get("a")
            .unwrap()
            .addresses
            .iter()
            .map(|a| match a.address {
                IpAddr::V4(address) => address.octets()[3],
                IpAddr::V6(_) => 0,
            })
            .collect()
    };
    assert_eq!(order(&links), [3, 1, 4, 2, 5]);
    links.remove_address(3, &address(1, 0, false));
    // Promoted: no longer secondary.
    links.add_address(3, address(2, 0, false));
    assert_eq!(order(&links), [3, 4, 2, 5]);
}
