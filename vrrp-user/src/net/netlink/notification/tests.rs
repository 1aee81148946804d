use std::net::{IpAddr, Ipv4Addr};

use proptest::prelude::*;
use rtnetlink::packet_core::{DefaultNla, Emitable};

use super::*;

const AF_INET: u8 = 2;
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const IFLA_XDP_ATTACHED: u16 = 2;
const IFLA_XDP_PROG_ID: u16 = 4;

/// `struct ifinfomsg` of interface 7, set up, and attributes.
fn link(family: u8, attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let mut body = vec![0; 16];
    body[0] = family;
    body[4..8].copy_from_slice(&7u32.to_ne_bytes());
    body[8..12].copy_from_slice(&1u32.to_ne_bytes());
    body.extend(emit(attributes));
    body
}

fn emit(attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let attributes: Vec<_> =
        attributes.iter().map(|(kind, value)| DefaultNla::new(*kind, value.to_vec())).collect();
    let mut bytes = vec![0; attributes.as_slice().buffer_len()];
    attributes.as_slice().emit(&mut bytes);
    bytes
}

fn new_link(attributes: &[(u16, &[u8])]) -> LinkReport {
    match Notification::read(libc::RTM_NEWLINK, &link(0, attributes)) {
        Some(Notification::Link(report)) => report,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_interface_is_read_in_full() {
    let xdp = emit(&[(IFLA_XDP_ATTACHED, &[2]), (IFLA_XDP_PROG_ID, &9u32.to_ne_bytes())]);
    let report = new_link(&[
        (IFLA_IFNAME, b"eth0\0"),
        (IFLA_ADDRESS, &[2, 0, 0, 0, 0, 1]),
        (IFLA_MTU, &1500u32.to_ne_bytes()),
        (IFLA_LINKINFO | 0x8000, &emit(&[(IFLA_INFO_KIND, b"vlan\0")])),
        (IFLA_XDP | 0x8000, &xdp),
        (999, &[0xa5; 5]),
    ]);
    let expected = LinkReport {
        index: 7,
        flags: LinkFlags::Up,
        name: Some("eth0".into()),
        mac: Some([2, 0, 0, 0, 0, 1]),
        mtu: Some(1500),
        kind: Some("vlan".into()),
        xdp: XdpReport::Attached(AttachedXdp { mode: XdpMode::Generic, program: Some(9) }),
    };
    assert_eq!(report, expected);
}

/// The reason why `LinkMessage` does not do: when it does, [`LinkReport`] can read from it.
#[test]
fn an_attribute_the_library_cannot_read_hides_no_interface() {
    use rtnetlink::packet_route::link::LinkMessage;

    const IFLA_INFO_DATA: u16 = 2;
    const IFLA_CARRIER: u16 = 33;
    for odd in [
        (IFLA_CARRIER, vec![0; 4]),
        (IFLA_LINKINFO, emit(&[(IFLA_INFO_KIND, b"veth\0"), (IFLA_INFO_DATA, &[1, 0, 0, 0])])),
    ] {
        let attributes: &[(u16, &[u8])] = &[(odd.0, &odd.1), (IFLA_IFNAME, b"v0\0")];
        assert!(LinkMessage::parse(&link(0, attributes)).is_err(), "{odd:?}");
        assert_eq!(new_link(attributes).name.as_deref(), Some("v0"));
    }
}

#[test]
fn a_program_taken_off_differs_from_one_not_mentioned() {
    assert_eq!(new_link(&[]).xdp, XdpReport::Unmentioned);
    let none = emit(&[(IFLA_XDP_ATTACHED, &[0])]);
    assert_eq!(new_link(&[(IFLA_XDP, &none)]).xdp, XdpReport::Detached);
}

#[test]
fn what_a_bridge_says_of_its_ports_is_not_for_us() {
    const AF_BRIDGE: u8 = 7;
    for kind in [libc::RTM_NEWLINK, libc::RTM_DELLINK] {
        assert_eq!(Notification::read(kind, &link(AF_BRIDGE, &[])), None);
    }
    let gone = Notification::read(libc::RTM_DELLINK, &link(0, &[]));
    assert_eq!(gone, Some(Notification::LinkGone(7)));
}

#[test]
fn an_address_may_have_a_peer_and_may_be_ipv6() {
    let read = |family, local: &[u8], remote: &[u8]| {
        let mut body = vec![family, 24, 1, 253, 0, 0, 0, 0];
        body.extend(emit(&[(IFA_ADDRESS, remote), (IFA_LOCAL, local)]));
        Notification::read(libc::RTM_NEWADDR, &body)
    };
    let address = |peer| InterfaceAddress {
        address: Ipv4Addr::new(10, 0, 0, 1).into(),
        peer,
        prefix_length: 24,
        scope: 253,
        secondary: true,
    };
    let (here, there) = ([10, 0, 0, 1], [10, 0, 0, 2]);
    let plain = Some(Notification::Address(0, address(None)));
    assert_eq!(read(AF_INET, &here, &here), plain);
    let peered = Some(Notification::Address(0, address(Some(IpAddr::from(there)))));
    assert_eq!(read(AF_INET, &here, &there), peered);
    assert_eq!(read(10, &[0; 16], &[0; 16]), None);
    assert_eq!(read(AF_INET, &[1], &[1]), None);
}

proptest! {
    #[test]
    fn no_bytes_make_it_fail(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for kind in [16, 17, 20, 21, 2] {
            let _ = Notification::read(kind, &bytes);
        }
    }
}
