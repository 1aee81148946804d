use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;
use rtnetlink::packet_core::{DefaultNla, Emitable};

use super::*;

const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
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

fn new_address(
    family: u8,
    mask: u8,
    flags: u8,
    attributes: &[(u16, &[u8])],
) -> Option<Notification> {
    let mut body = vec![family, mask, flags, 253, 7, 0, 0, 0];
    body.extend(emit(attributes));
    Notification::read(libc::RTM_NEWADDR, &body)
}

#[test]
fn an_ipv4_address_may_have_a_peer() {
    let read = |local: &[u8], remote: &[u8]| {
        new_address(AF_INET, 24, 1, &[(IFA_ADDRESS, remote), (IFA_LOCAL, local)])
    };
    let address = |peer| InterfaceAddress {
        address: Ipv4Addr::new(10, 0, 0, 1).into(),
        peer,
        prefix_length: 24,
        scope: 253,
        secondary: true,
        usable: true,
    };
    let (here, there) = ([10, 0, 0, 1], [10, 0, 0, 2]);
    let plain = Some(Notification::Address(7, address(None)));
    assert_eq!(read(&here, &here), plain);
    let peered = Some(Notification::Address(7, address(Some(IpAddr::from(there)))));
    assert_eq!(read(&here, &there), peered);
    assert_eq!(read(&[1], &[1]), None);
}

#[test]
fn an_ipv6_address_may_be_temporary_tentative_or_a_duplicate() {
    const TEMPORARY: u8 = 0x01;
    const OPTIMISTIC: u8 = 0x04;
    const DADFAILED: u8 = 0x08;
    const TENTATIVE: u8 = 0x40;
    let here = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);
    for (flags, usable) in [
        (0, true),
        (TEMPORARY, true),
        (TENTATIVE, false),
        (TENTATIVE | OPTIMISTIC, true),
        (TENTATIVE | DADFAILED, false),
        (DADFAILED, false),
    ] {
        let address = InterfaceAddress {
            address: here.into(),
            peer: None,
            prefix_length: 64,
            scope: 253,
            secondary: false,
            usable,
        };
        let read = new_address(AF_INET6, 64, flags, &[(IFA_ADDRESS, &here.octets())]);
        assert_eq!(read, Some(Notification::Address(7, address)), "{flags:#x}");
    }
}

#[test]
fn an_address_is_of_its_messages_family() {
    let (short, long) = (&[10, 0, 0, 1][..], &[0x20; 16][..]);
    for (family, mask, local, remote) in [
        (AF_INET, 24, long, long),
        (AF_INET, 24, short, long),
        (AF_INET6, 24, short, short),
        (AF_INET6, 24, long, short),
        (AF_INET, 33, short, short),
        (AF_INET6, 129, long, long),
        (28, 24, short, short),
    ] {
        let attributes = [(IFA_LOCAL, local), (IFA_ADDRESS, remote)];
        assert_eq!(new_address(family, mask, 0, &attributes), None, "{family} /{mask}");
    }
    assert_eq!(new_address(AF_INET6, 64, 0, &[]), None);
}

#[test]
fn of_ipv6_settings_only_forwarding_is_read() {
    let read = |family: u8, attributes: &[(u16, &[u8])]| {
        let mut body = vec![family, 0, 0, 0];
        body.extend(emit(attributes));
        Notification::read(RTM_NEWNETCONF, &body)
    };
    let seven: &[u8] = &7u32.to_ne_bytes();
    for (value, forwarding) in [(0u32, false), (1, true), (2, true)] {
        let value: &[u8] = &value.to_ne_bytes();
        let settings =
            [(NETCONFA_IFINDEX, seven), (NETCONFA_FORWARDING, value), (5, &[0xa5; 4][..])];
        let found = Some(Notification::Ipv6Forwarding(7, forwarding));
        assert_eq!(read(AF_INET6, &settings), found);
        assert_eq!(read(AF_INET, &settings), None);
    }
    assert_eq!(read(AF_INET6, &[(NETCONFA_IFINDEX, seven), (5, &[0xa5; 4])]), None);
    assert_eq!(read(AF_INET6, &[(NETCONFA_FORWARDING, seven)]), None);
    assert_eq!(Notification::read(RTM_NEWNETCONF, &[]), None);
}

proptest! {
    #[test]
    fn no_bytes_make_it_fail(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for kind in [16, 17, 20, 21, 80, 2] {
            let _ = Notification::read(kind, &bytes);
        }
    }
}
