//! Unicast peers: whom adverts go to, and from whom they are taken (V11).

use std::{net::IpAddr, thread};

use vrrp_tests::{
    Conf, FrameSender,
    lab::{link_local_address, mac_of},
    require, vrrp,
    wire::{Checksum, Frame},
};

use super::support::{Bench, LATE, PEER, SECOND, dropped, is_advert, on_time, peer_source, word};

/// A stranger that is no peer; the peer's node speaks for it.
const STRANGER: std::net::Ipv4Addr = std::net::Ipv4Addr::new(10, 0, 0, 81);

/// One router of each kind, with a destination for what is crafted.
fn kinds(bench: &Bench) -> [Conf; 3] {
    let two = Conf { password: Some("mypasswo"), ..Conf::cube(100) }.named("U_2", 21);
    let three = Conf::fast(100).named("U_3", 22);
    let six = Conf::fast6(100).named("U_6", 23);
    let vip = |last: u8| IpAddr::from(std::net::Ipv4Addr::new(10, 0, 0, last));
    [two.vips(&[vip(121)]), three.vips(&[vip(122)]), six].map(|conf| {
        let own = bench.dut.source(conf.is_ipv6());
        Conf { destination: Some((own, bench.dut.mac())), ..conf }
    })
}

fn to(bench: &Bench, conf: &Conf, lines: &[&str]) -> Conf {
    let six = conf.is_ipv6();
    let (own, peer, client) =
        (bench.dut.source(six), bench.peer.source(six), bench.client.source(six));
    let conf = conf.clone().unicast(own, &[peer, client]);
    lines.iter().fold(conf, |conf, line| conf.with(line))
}

#[test]
fn every_peer_gets_each_advert_and_nobody_else_does() {
    require!(Lab, Vrrp);
    for hook in ["generic", "native", "tc", "off"] {
        let bench = Bench::for_hook("unicast", hook);
        let confs = kinds(&bench).map(|conf| to(&bench, &conf, &["unicast_ttl 77"]));
        let text: String = confs.iter().map(Conf::text).collect();
        let mut daemon = bench.start(&text, &["--hook", hook]);
        bench.wait_for_masters(&confs.each_ref());
        thread::sleep(2 * SECOND);
        let mark = bench.wire.mark();
        assert!(daemon.terminate(5 * SECOND).unwrap().success());
        for conf in &confs {
            let six = conf.is_ipv6();
            let adverts = bench.adverts(conf, 0);
            for to in [&bench.peer, &*bench.client] {
                let his: Vec<_> =
                    adverts.iter().filter(|frame| frame.destination_mac == to.mac()).collect();
                assert!(his.len() >= 2, "{}: {} to {}", conf.name, his.len(), to.name());
                for frame in &his {
                    let advert = frame.advert().unwrap();
                    assert_eq!(advert.destination, to.source(six), "{}", conf.name);
                    assert_eq!(advert.source, bench.dut.source(six), "{}", conf.name);
                    assert_eq!((advert.ttl, frame.source_mac), (77, bench.dut.mac()));
                    let covers =
                        if conf.version == 2 { Checksum::Message } else { Checksum::PseudoHeader };
                    assert_eq!(advert.checksum, covers, "{}", conf.name);
                    assert_eq!(advert.addresses, conf.vips);
                }
                let farewells = |frame: &&&Frame| frame.advert().unwrap().priority == 0;
                assert_eq!(his.iter().filter(farewells).count(), 1, "{}", conf.name);
                assert!(his.iter().find(farewells).unwrap().number >= mark);
            }
            let others = adverts.iter().filter(|frame| {
                ![bench.peer.mac(), bench.client.mac()].contains(&frame.destination_mac)
            });
            assert_eq!(others.count(), 0, "{}", conf.name);
            // Clients are told by broadcast all the same.
            let vip = conf.vips[0];
            assert!(bench.wire.last(|frame| frame.port == "dut" && frame.announces(vip)).is_some());
        }
    }
}

#[test]
fn adverts_are_taken_from_peers_within_their_bounds() {
    require!(Lab, Vrrp);
    for hook in ["generic", "native", "tc", "off"] {
        let bench = Bench::for_hook("bounds", hook);
        for bounds in [false, true] {
            strangers(&bench, hook, bounds);
        }
    }
}

/// Each frame goes to each kind of router, and is either heard, and keeps it quiet, or dropped for a
/// reason.
fn strangers(bench: &Bench, hook: &str, bounds: bool) {
    let confs = kinds(bench).map(|conf| {
        let six = conf.is_ipv6();
        let (own, peer) = (bench.dut.source(six), bench.peer.source(six));
        let mut conf = conf.unicast(own, &[peer]);
        if bounds {
            let line = conf.more.iter_mut().find(|line| line.trim() == peer.to_string()).unwrap();
            line.push_str(" min_ttl 200 max_ttl 250");
        }
        conf
    });
    let text: String = confs.iter().map(Conf::text).collect();
    let mut daemon = bench.start(&text, &["--hook", hook]);
    let sender = FrameSender::open(&bench.peer).unwrap();
    let router = |conf: &Conf| vrrp::router(&bench.dut, &conf.name).unwrap();
    let mut wanted = Vec::new();
    for conf in &confs {
        let six = conf.is_ipv6();
        let peer = peer_source(conf);
        let stranger: IpAddr =
            if six { link_local_address(STRANGER).into() } else { STRANGER.into() };
        let group = Conf { destination: None, ..conf.clone() };
        let frame = |conf: &Conf, source: IpAddr, ttl: u8| {
            if let (2, IpAddr::V4(source)) = (conf.version, source) {
                return vrrp_tests::craft::AdvertV2 { ttl, ..conf.advert_v2(source, 150) }.frame();
            }
            vrrp_tests::craft::AdvertV3 { ttl, ..conf.advert_v3(source, 150) }.frame()
        };
        let mut reasons = std::collections::BTreeMap::<String, u64>::new();
        let mut send = |frame: Vec<u8>, reason: Option<&str>| {
            sender.send(&frame).unwrap();
            if let Some(reason) = reason {
                *reasons.entry(reason.to_owned()).or_default() += 1;
            }
        };
        // Without a program and without membership nobody hears what goes to the group.
        send(frame(&group, peer, 255), (hook != "off").then_some("destination"));
        send(frame(conf, stranger, 220), bounds.then_some("source"));
        send(frame(conf, peer, 255), bounds.then_some("ttl"));
        send(frame(conf, peer, 199), bounds.then_some("ttl"));
        send(frame(conf, peer, 251), bounds.then_some("ttl"));
        send(frame(conf, peer, 250), None);
        send(frame(conf, peer, 200), None);
        wanted.push(reasons.into_iter().collect::<Vec<_>>());
    }
    thread::sleep(SECOND / 10);
    for (conf, wanted) in confs.iter().zip(wanted) {
        let now = router(conf);
        assert_eq!(dropped(&now), wanted, "{hook}, {}, bounds {bounds}", conf.name);
        // The last word was the peer's.
        let peer = peer_source(conf).to_string();
        assert_eq!(word(&now, "/master/address"), peer, "{hook}, {}", conf.name);
    }
    for conf in &confs {
        let last = bench.wire.last(|frame| is_advert(frame, "peer", conf)).unwrap();
        let first = bench.next_advert(conf, last.number, conf.down() + SECOND);
        on_time(&conf.name, first.at.since(last.at), conf.down());
    }
    assert!(daemon.terminate(5 * SECOND).unwrap().success());
    thread::sleep(LATE / 3);
    let left = bench.dut.output(&["ip", "maddr", "show", "dev", "eth0"]).unwrap();
    assert!(!left.contains("224.0.0.18") && !left.contains("ff02::12"), "{left}");
    assert_eq!(mac_of(PEER), bench.peer.mac());
}
