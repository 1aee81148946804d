//! New files for routers of IPv6, unicast and virtual MACs while they run (V2, H8, H9).

use std::{net::Ipv6Addr, thread};

use nix::sys::signal::Signal;
use vrrp_tests::{Chatter, Conf, cube, require, timing::longest_gap, vrrp, wait_until};

use super::support::{Bench, SECOND, number, peer_source, wait_for, word};

const ANOTHER: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x47);

/// Writes a new file, has it read, and waits for that.
fn reload(bench: &Bench, daemon: &mut vrrp_tests::Daemon, text: &str) {
    let reloads = || number(&vrrp::status(&bench.dut).unwrap(), "/reloads");
    let before = reloads();
    bench.dut.write_file("vrrp.conf", text).unwrap();
    daemon.kill(Signal::SIGHUP).unwrap();
    wait_until(2 * SECOND, "the reload", || reloads() > before)
        .unwrap_or_else(|error| panic!("{error:#}\n{}", daemon.log()));
}

#[test]
fn a_master_of_ipv6_takes_a_new_list_in_its_stride() {
    require!(Lab, Vrrp);
    let bench = Bench::new("reload6");
    let Bench { dut, wire, client, .. } = &bench;
    let conf = Conf::fast6(200);
    let mut daemon = bench.start(&conf.text(), &["--hook", "generic"]);
    bench.wait_for_masters(&[&conf]);
    let begin = wire.mark();
    let both = conf.clone().vips(&[cube::VIP6, ANOTHER]);
    reload(&bench, &mut daemon, &both.text());
    wire.expect_from(begin, SECOND, "the new one announced", |it| it.announces(ANOTHER)).unwrap();
    wire.expect_from(begin, SECOND, "an advert with both", |frame| {
        frame.advert().is_some_and(|advert| advert.addresses == [cube::VIP6, ANOTHER])
    })
    .unwrap();
    wait_until(SECOND, "the new address", || dut.has_address(ANOTHER)).unwrap();
    assert!(client.solicit(ANOTHER, SECOND).unwrap().is_some());
    reload(&bench, &mut daemon, &conf.clone().vips(&[ANOTHER]).text());
    wait_until(SECOND, "the old address to go", || !dut.has_address(cube::VIP6)).unwrap();
    assert_eq!(client.solicit(cube::VIP6, SECOND / 5).unwrap(), None);
    assert!(client.solicit(ANOTHER, SECOND).unwrap().is_some());
    // Another instance comes and goes; the first does not notice.
    let other = Conf::fast(255).named("VI_2", 52);
    let second = conf.clone().vips(&[ANOTHER]).text() + &other.text();
    reload(&bench, &mut daemon, &second);
    wait_for(dut, "VI_2", "master", SECOND);
    reload(&bench, &mut daemon, &conf.clone().vips(&[ANOTHER]).text());
    wait_until(SECOND, "the second to go", || !dut.has_address(cube::VIP)).unwrap();
    thread::sleep(2 * conf.interval);
    let adverts = bench.adverts(&conf, begin);
    let gap = longest_gap(&adverts);
    assert!(gap < conf.interval * 3 / 2, "{gap:?}");
    assert!(adverts.iter().all(|frame| frame.advert().unwrap().priority == 200));
    assert_eq!(number(&vrrp::router(dut, "VI_1").unwrap(), "/transitions"), 2);
}

/// V2: an owner that is one no longer follows the better router at once.
#[test]
fn an_owner_with_a_new_priority_yields() {
    require!(Lab, Vrrp);
    let bench = Bench::new("demoted");
    let confs = |priority| {
        [Conf::fast(priority).named("VI_4", 44), Conf::fast6(priority).named("VI_6", 66)]
    };
    let text = |priority| confs(priority).iter().map(Conf::text).collect::<String>();
    let mut daemon = bench.start(&text(255), &["--hook", "generic"]);
    bench.wait_for_masters(&confs(255).each_ref());
    reload(&bench, &mut daemon, &text(100));
    let adverts = confs(100).iter().map(|conf| conf.advert(peer_source(conf), 110)).collect();
    let chatter = Chatter::start(&bench.peer, adverts, confs(100)[0].interval).unwrap();
    for conf in &confs(100) {
        wait_for(&bench.dut, &conf.name, "backup", SECOND);
    }
    let mark = bench.wire.mark();
    thread::sleep(confs(100)[0].down() + SECOND);
    for conf in &confs(100) {
        assert!(bench.adverts(conf, mark).is_empty(), "{}", conf.name);
        assert!(!bench.dut.has_address(conf.vips[0]));
    }
    drop(chatter);
    bench.wait_for_masters(&confs(100).each_ref());
}

/// How adverts travel, and from which MAC address, may change; the address stays served.
#[test]
fn a_router_changes_its_ways() {
    require!(Lab, Vrrp);
    let bench = Bench::new("ways");
    let Bench { dut, peer, client, .. } = &bench;
    let plain = Conf { state: "MASTER", ..Conf::fast(255) };
    let unicast = plain.clone().unicast(dut.address(), &[peer.address()]);
    let virtual_mac = plain.clone().use_vmac();
    let mut daemon = bench.start(&plain.text(), &["--hook", "generic"]);
    bench.wait_for_masters(&[&plain]);
    for (what, conf, mac, to_group) in [
        ("unicast", &unicast, dut.mac(), false),
        ("a virtual MAC", &virtual_mac, vrrp_tests::craft::virtual_mac(false, plain.vrid), true),
        ("as before", &plain, dut.mac(), true),
    ] {
        reload(&bench, &mut daemon, &conf.text());
        wait_for(dut, "VI_1", "master", conf.down() + 2 * SECOND);
        thread::sleep(conf.interval);
        let mark = bench.wire.mark();
        let advert = bench.next_advert(conf, mark, SECOND);
        let seen = advert.advert().unwrap();
        assert_eq!((advert.source_mac, seen.destination.is_multicast()), (mac, to_group), "{what}");
        wait_until(SECOND, what, || dut.has_address(cube::VIP)).unwrap();
        assert_eq!(client.arping(cube::VIP, SECOND).unwrap().unwrap().mac, mac, "{what}");
        assert!(client.reaches(cube::VIP, SECOND), "{what}");
        let groups = dut.output(&["ip", "maddr", "show", "dev", "eth0"]).unwrap();
        assert_eq!(groups.contains("224.0.0.18"), to_group, "{what}: {groups}");
    }
    assert_eq!(word(&vrrp::router(dut, "VI_1").unwrap(), "/reason"), "owner");
}
