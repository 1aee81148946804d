//! The other peers: FRR's vrrpd and keepalived 2.3, against a scripted peer and each other.

use std::time::Duration;

use vrrp_tests::{
    Chatter, Conf, Lab, Wire,
    craft::virtual_mac,
    cube, frr, keepalived,
    lab::format_mac,
    require, wait_until,
    wire::{Checksum, Frame},
};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn frr_yields_to_a_scripted_peer_and_follows_keepalived() {
    require!(Lab, Keepalived, Frr);
    for conf in [Conf::fast(100), Conf::fast6(100)] {
        let six = conf.is_ipv6();
        let (vip, family) = (conf.vips[0], if six { "v6" } else { "v4" });
        let mut lab = Lab::new("frr").unwrap();
        let node = lab.add_dual_node("frr", "10.0.0.60/24").unwrap();
        let peer = lab.add_dual_node("peer", "10.0.0.61/24").unwrap();
        let client = lab.add_dual_client("client", "10.0.0.10/24").unwrap();
        let wire = Wire::open(&lab).unwrap();
        let says = |mark: u64, port: &str, timeout: Duration| -> Frame {
            let what = format!("{port} to speak");
            wire.expect_from(mark, timeout, &what, |frame| {
                frame.port == port && frame.advert().is_some()
            })
            .unwrap()
        };
        let chatter =
            Chatter::start(&peer, vec![conf.advert(peer.source(six), 200)], conf.interval).unwrap();
        let mut daemon = frr::start(&node, &conf).unwrap();
        std::thread::sleep(conf.down() + SECOND / 2);
        assert_eq!(daemon.state(family).unwrap(), "Backup");
        assert!(wire.last(|frame| frame.port == "frr" && frame.advert().is_some()).is_none());
        assert!(!client.reaches(vip, SECOND / 5));
        drop(chatter);
        let first = says(0, "frr", conf.down() + SECOND);
        let advert = first.advert().unwrap();
        assert_eq!(first.source_mac, virtual_mac(six, conf.vrid));
        assert_eq!((advert.priority, advert.ttl, advert.version), (100, 255, 3));
        assert_eq!((advert.addresses.as_slice(), advert.interval), (&[vip][..], 20));
        assert_eq!(advert.checksum, Checksum::PseudoHeader);
        wait_until(3 * SECOND, "the client to reach it", || client.reaches(vip, SECOND / 5))
            .unwrap();
        let mac = client.neighbour(vip).unwrap().unwrap().mac;
        assert_eq!(mac, Some(format_mac(virtual_mac(six, conf.vrid))));

        // keepalived has the higher priority; it takes over, and hands over when it ends.
        let mark = wire.mark();
        let better = Conf { priority: 200, ..conf.clone() };
        let mut keepalived = keepalived::start(&peer, &better.text()).unwrap();
        says(mark, "peer", better.down() + 2 * SECOND);
        wait_until(SECOND, "FRR to yield", || daemon.state(family).unwrap() == "Backup").unwrap();
        let mark = wire.mark();
        std::thread::sleep(SECOND / 2);
        keepalived.terminate(5 * SECOND).unwrap();
        says(mark, "frr", SECOND);
        daemon.terminate(5 * SECOND).unwrap();
        let last = wire.last(|frame| frame.port == "frr" && frame.advert().is_some()).unwrap();
        assert_eq!(last.advert().unwrap().priority, 0);
    }
}

#[test]
fn keepalived_2_3_speaks_as_2_2_does() {
    require!(Lab, Keepalived, Keepalived23);
    let mut lab = Lab::new("newer").unwrap();
    let old = lab.add_node("old", "10.0.0.60/24").unwrap();
    let new = lab.add_node("new", "10.0.0.61/24").unwrap();
    let wire = Wire::open(&lab).unwrap();
    let old_daemon = keepalived::start(&old, &Conf::cube(90).text()).unwrap();
    let conf = Conf { state: "MASTER", ..Conf::cube(255) };
    let newer = keepalived::start_2_3(&new, &conf.text()).unwrap();
    let advert = wire
        .expect(3 * SECOND, "an advert of the newer", |frame| frame.is_advert_from(new.address()))
        .unwrap_or_else(|error| panic!("{error:#}\n{}", newer.log()));
    assert!(newer.log().contains("Keepalived v2.3."), "{}", newer.log());
    let mut ours = conf.advert(new.address(), 255);
    let mut theirs = advert.bytes;
    for frame in [&mut ours, &mut theirs] {
        frame[18..20].fill(0);
        frame[24..26].fill(0);
    }
    assert_eq!(ours, theirs);
    wait_until(SECOND, "the address", || new.has_address(cube::VIP)).unwrap();
    std::thread::sleep(4 * SECOND);
    assert!(wire.adverts_from(old.address()).is_empty(), "{}", old_daemon.log());
}
