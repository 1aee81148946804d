//! Byte for byte what keepalived sends.

use std::{net::Ipv4Addr, thread, time::Duration};

use vrrp_tests::{
    Conf, Lab, Moment, Node, Wire, cube, keepalived, require, vrrp,
    wire::{Frame, frame::ARP_REPLY},
};

const SECOND: Duration = Duration::from_secs(1);
const ANOTHER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 71);

/// What a daemon has said from its start to its end.
struct Said {
    adverts: Vec<Frame>,
    requests: Vec<Frame>,
    replies: Vec<Frame>,
}

/// Listens to a daemon for a while, then ends it and listens on until it has resigned.
fn listen(
    conf: &Conf,
    wire: &Wire,
    mark: u64,
    mut daemon: vrrp_tests::Daemon,
    time: Duration,
) -> Said {
    let first = wire.expect_from(mark, 5 * SECOND, "an advert", |frame| frame.advert().is_some());
    let first = first.unwrap_or_else(|error| panic!("{error:#}\n{}", daemon.log()));
    thread::sleep((first.at + time).since(Moment::now()));
    assert!(daemon.terminate(10 * SECOND).unwrap().success());
    let from = |wanted: &dyn Fn(&Frame) -> bool| {
        wire.frames(|frame| frame.number >= mark && frame.port == "node" && wanted(frame))
    };
    Said {
        adverts: from(&|frame| frame.advert().is_some()),
        requests: from(&|frame| conf.vips.iter().any(|vip| frame.announces(*vip))),
        replies: from(&|frame| {
            frame.arp().is_some_and(|arp| arp.operation == ARP_REPLY && arp.is_gratuitous())
        }),
    }
}

/// The frame without what is another each time: IP identification and the header's checksum, or the
/// flow label.
fn comparable(frame: &Frame) -> Vec<u8> {
    let mut bytes = frame.bytes.clone();
    if bytes[12] == 0x86 {
        bytes[15] &= 0xf0;
        bytes[16..18].fill(0);
    } else if frame.advert().is_some() {
        bytes[18..20].fill(0);
        bytes[24..26].fill(0);
    }
    bytes
}

fn compare(conf: &Conf, time: Duration) -> (Node, Said, Said) {
    let mut lab = Lab::new("bytes").unwrap();
    let node = lab.add_dual_node("node", "10.0.0.60/24").unwrap();
    lab.add_dual_node("peer", "10.0.0.61/24").unwrap();
    let wire = Wire::open(&lab).unwrap();
    let theirs = keepalived::start(&node, &conf.text()).unwrap();
    let theirs = listen(conf, &wire, 0, theirs, time);
    let mark = wire.mark();
    let ours = vrrp::start(&node, &conf.text(), &[]).unwrap();
    let ours = listen(conf, &wire, mark, ours, time);
    // The first, one on the beat, and the resignation.
    for pick in [0, 1] {
        assert_eq!(comparable(&ours.adverts[pick]), comparable(&theirs.adverts[pick]));
    }
    let (our_last, their_last) = (ours.adverts.last().unwrap(), theirs.adverts.last().unwrap());
    assert_eq!(our_last.advert().unwrap().priority, 0);
    assert_eq!(comparable(our_last), comparable(their_last));
    for frame in &ours.adverts {
        let advert = frame.advert().unwrap();
        assert_eq!((advert.ttl, advert.service), (255, 0xc0));
        // An IPv4 header's checksum sums up to nothing.
        let header = &frame.bytes[14..34];
        assert!(conf.is_ipv6() || vrrp_tests::craft::checksum(&[header]) == 0);
    }
    // The same announcements, before each other and right after the first advert.
    let forms = |said: &Said, from: usize, count: usize| -> Vec<Vec<u8>> {
        let some = said.requests.iter().skip(from).take(count);
        let mut forms: Vec<_> = some.map(comparable).collect();
        forms.sort();
        forms
    };
    let first = 5 * conf.vips.len();
    assert_eq!(forms(&ours, 0, first), forms(&theirs, 0, first));
    assert_eq!(forms(&ours, 0, first).len(), first);
    let begin = ours.adverts[0].at;
    assert!(ours.requests[0].at > begin);
    assert!(ours.requests[first - 1].at.since(begin) < SECOND / 10);
    (node, ours, theirs)
}

#[test]
fn version_2_with_a_password_and_both_sets_of_announcements() {
    require!(Lab, Vrrp, Keepalived);
    let conf = Conf { state: "MASTER", ..Conf::cube(255) };
    let (node, ours, theirs) = compare(&conf, 5 * SECOND + SECOND / 2);
    assert_eq!(ours.adverts[0].source_mac, node.mac());
    assert_eq!(ours.adverts[0].destination_mac, [1, 0, 0x5e, 0, 0, 0x12]);
    let arp = ours.requests[0].arp().unwrap();
    assert_eq!((arp.target_mac, arp.sender_mac), ([0xff; 6], node.mac()));
    for said in [&ours, &theirs] {
        assert_eq!(said.requests.len(), 10);
        let second = said.requests[5].at.since(said.adverts[0].at);
        assert!(
            second + SECOND / 20 > 5 * SECOND && second < 5 * SECOND + SECOND / 4,
            "{second:?}"
        );
    }
    let forms =
        |said: &Said| -> Vec<_> { said.requests.iter().map(|it| it.bytes.clone()).collect() };
    assert_eq!(forms(&ours), forms(&theirs));
    // We send the form of a reply with each, for those who heed only that one.
    assert_eq!(ours.replies.len(), 10);
}

#[test]
fn version_2_without_password_and_with_two_addresses() {
    require!(Lab, Vrrp, Keepalived);
    let conf = Conf { state: "MASTER", password: None, ..Conf::cube(255) };
    compare(&conf.vips(&[ANOTHER, cube::VIP]), SECOND + SECOND / 2);
}

#[test]
fn version_3_with_its_checksum_over_the_pseudo_header() {
    require!(Lab, Vrrp, Keepalived);
    let conf = Conf { state: "MASTER", ..Conf::fast(255) };
    compare(&conf.vips(&[cube::VIP, ANOTHER]), SECOND);
}

#[test]
fn version_3_over_ipv6_with_both_sets_of_announcements() {
    require!(Lab, Vrrp, Keepalived);
    let conf = Conf { state: "MASTER", ..Conf::fast6(255) };
    let another = "2001:db8::47".parse().unwrap();
    let (_, ours, theirs) = compare(&conf.vips(&[cube::VIP6, another]), 5 * SECOND + SECOND / 2);
    for said in [&ours, &theirs] {
        assert_eq!(said.requests.len(), 20);
    }
    let forms = |said: &Said| {
        let mut forms: Vec<_> = said.requests.iter().map(comparable).collect();
        forms.sort();
        forms
    };
    assert_eq!(forms(&ours), forms(&theirs));
}

#[test]
fn version_3_from_the_virtual_mac() {
    require!(Lab, Vrrp, Keepalived);
    let conf = Conf { state: "MASTER", ..Conf::fast(255) }.use_vmac();
    let (_, ours, _) = compare(&conf, SECOND);
    assert_eq!(ours.adverts[0].source_mac, vrrp_tests::craft::virtual_mac(false, conf.vrid));
}

#[test]
fn version_3_to_a_peer() {
    require!(Lab, Vrrp, Keepalived);
    let (own, peer) = (Ipv4Addr::new(10, 0, 0, 60), Ipv4Addr::new(10, 0, 0, 61));
    let conf = Conf { state: "MASTER", ..Conf::fast(255) }.unicast(own, &[peer]);
    let (_, ours, _) = compare(&conf, SECOND);
    assert_eq!(ours.adverts[0].destination_mac, vrrp_tests::lab::mac_of(peer));
}
