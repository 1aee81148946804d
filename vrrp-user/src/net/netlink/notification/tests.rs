use proptest::prelude::*;

use super::*;
use crate::net::netlink::wire::{Request, messages};

fn read(bytes: &[u8]) -> Option<Notification> {
    messages(bytes).next().as_ref().and_then(Notification::parse)
}

/// `struct ifinfomsg` of interface 7, set up.
fn link_header(family: u8) -> [u8; 16] {
    let mut header = [0; 16];
    header[0] = family;
    header[4..8].copy_from_slice(&7u32.to_ne_bytes());
    header[8..12].copy_from_slice(&1u32.to_ne_bytes());
    header
}

/// An attribute on its own, to nest in another.
fn nested(kind: u16, value: &[u8]) -> Vec<u8> {
    Request::new(0, 0, &[]).attribute(kind, value).finish(0).split_off(16)
}

#[test]
fn an_interface_is_read_in_full() {
    let xdp = [nested(IFLA_XDP_ATTACHED, &[2]), nested(IFLA_XDP_PROG_ID, &9u32.to_ne_bytes())];
    let bytes = Request::new(libc::RTM_NEWLINK, 0, &link_header(0))
        .attribute(IFLA_IFNAME, b"eth0\0")
        .attribute(IFLA_ADDRESS, &[2, 0, 0, 0, 0, 1])
        .attribute(IFLA_MTU, &1500u32.to_ne_bytes())
        .attribute(IFLA_LINKINFO | 0x8000, &nested(IFLA_INFO_KIND, b"vlan\0"))
        .attribute(IFLA_XDP | 0x8000, &xdp.concat())
        .attribute(999, &[0xa5; 5])
        .finish(0);
    let expected = LinkReport {
        index: 7,
        flags: 1,
        name: Some("eth0".into()),
        mac: Some([2, 0, 0, 0, 0, 1]),
        mtu: Some(1500),
        kind: Some("vlan".into()),
        xdp: XdpReport::Attached(AttachedXdp { mode: XdpMode::Generic, program: Some(9) }),
    };
    assert_eq!(read(&bytes), Some(Notification::Link(expected)));
}

#[test]
fn a_program_taken_off_differs_from_one_not_mentioned() {
    let request = || Request::new(libc::RTM_NEWLINK, 0, &link_header(0));
    let xdp = |bytes: Vec<u8>| match read(&bytes) {
        Some(Notification::Link(report)) => report.xdp,
        other => panic!("{other:?}"),
    };
    assert_eq!(xdp(request().finish(0)), XdpReport::Unmentioned);
    let none = nested(IFLA_XDP_ATTACHED, &[0]);
    assert_eq!(xdp(request().attribute(IFLA_XDP, &none).finish(0)), XdpReport::Detached);
}

#[test]
fn what_a_bridge_says_of_its_ports_is_not_for_us() {
    const AF_BRIDGE: u8 = 7;
    for kind in [libc::RTM_NEWLINK, libc::RTM_DELLINK] {
        let bytes = Request::new(kind, 0, &link_header(AF_BRIDGE)).finish(0);
        assert_eq!(read(&bytes), None);
    }
    let gone = Request::new(libc::RTM_DELLINK, 0, &link_header(0)).finish(0);
    assert_eq!(read(&gone), Some(Notification::LinkGone(7)));
}

#[test]
fn an_address_may_have_a_peer_and_may_be_ipv6() {
    let request = |family, local: &[u8], remote: &[u8]| {
        Request::new(libc::RTM_NEWADDR, 0, &[family, 24, 1, 253, 0, 0, 0, 0])
            .attribute(IFA_ADDRESS, remote)
            .attribute(IFA_LOCAL, local)
            .finish(0)
    };
    let address = |peer| InterfaceAddress {
        address: Ipv4Addr::new(10, 0, 0, 1),
        peer,
        prefix_length: 24,
        scope: 253,
        secondary: true,
    };
    let (here, there) = ([10, 0, 0, 1], [10, 0, 0, 2]);
    let plain = Some(Notification::Address(0, address(None)));
    assert_eq!(read(&request(AF_INET, &here, &here)), plain);
    let peered = Some(Notification::Address(0, address(Some(Ipv4Addr::from(there)))));
    assert_eq!(read(&request(AF_INET, &here, &there)), peered);
    assert_eq!(read(&request(10, &[0; 16], &[0; 16])), None);
    assert_eq!(read(&request(AF_INET, &[1], &[1])), None);
}

#[test]
fn a_refusal_gives_its_reason_behind_what_it_quotes() {
    let message = |flags, body: &[u8]| {
        let bytes = Request::new(2, flags, body).finish(0);
        let message = messages(&bytes).next().unwrap();
        parse_verdict(&message)
    };
    let mut quoted = (-22i32).to_ne_bytes().to_vec();
    quoted.extend(18u32.to_ne_bytes());
    quoted.resize(4 + 20, 0xa5);
    quoted.extend(nested(1, b"no such label\0"));
    assert_eq!(message(0x200, &quoted), Some((22, Some("no such label".into()))));
    assert_eq!(message(0, &quoted), Some((22, None)));
    quoted.drain(20..24);
    assert_eq!(message(0x300, &quoted), Some((22, Some("no such label".into()))));
    assert_eq!(message(0, &[0; 4]), Some((0, None)));
    assert_eq!(message(0x200, &[0; 4]), Some((0, None)));
    assert_eq!(message(0, &[]), None);
}

proptest! {
    #[test]
    fn no_bytes_make_it_fail(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for message in messages(&bytes) {
            let _ = (Notification::parse(&message), parse_verdict(&message));
        }
        for kind in [16, 17, 20, 21, 2] {
            let message = Message { kind, flags: 0x200, sequence: 0, body: &bytes };
            let _ = (Notification::parse(&message), parse_verdict(&message));
        }
    }
}
