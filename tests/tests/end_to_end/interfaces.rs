//! Addresses and interfaces that others change while the daemon runs.

use std::thread;

use vrrp_tests::{
    Chatter, Conf, Moment, Node, cube, lab::format_mac, require, timing::longest_gap, vrrp,
    wait_until,
};

use super::support::{Bench, LATE, PEER, SECOND, announcements, number, router, wait_for, word};

#[test]
fn an_address_removed_by_hand_is_back_at_once() {
    require!(Lab, Vrrp);
    let bench = Bench::new("hand");
    let conf = Conf::fast(255);
    let daemon = bench.start_master(&conf, &[]);
    let dut = &bench.dut;
    wait_until(SECOND, "the address", || dut.has_address(cube::VIP)).unwrap();
    let mark = bench.wire.mark();
    for _ in 0..3 {
        let removed = Moment::now();
        dut.namespace().ip(&["addr", "del", "10.0.0.70/32", "dev", "eth0"]).unwrap();
        wait_until(SECOND, "the address again", || dut.has_address(cube::VIP)).unwrap();
        let took = Moment::now().since(removed);
        assert!(took < SECOND * 15 / 100, "{took:?}");
    }
    thread::sleep(2 * conf.interval);
    assert!(longest_gap(&bench.adverts_since(mark)) < 2 * conf.interval);
    assert_eq!(number(&router(dut), "/transitions"), 1);
    assert!(daemon.log().contains("someone removed 10.0.0.70/32"), "{}", daemon.log());
}

#[test]
fn an_address_that_is_there_at_start_goes_unless_elected() {
    require!(Lab, Vrrp);
    let bench = Bench::new("stale");
    let conf = Conf::fast(100);
    let _chatter =
        Chatter::start(&bench.peer, vec![conf.advert(PEER, 150)], conf.interval).unwrap();
    bench.dut.namespace().ip(&["addr", "add", "10.0.0.70/32", "dev", "eth0"]).unwrap();
    let _daemon = bench.start(&conf, &[]);
    wait_until(SECOND, "the stale address to go", || !bench.dut.has_address(cube::VIP)).unwrap();
    assert!(bench.dut.has_address(bench.dut.address()));
    thread::sleep(conf.down() + LATE);
    assert!(!bench.dut.has_address(cube::VIP));
    assert!(bench.adverts_since(0).is_empty());
}

#[test]
fn a_link_that_goes_down_is_a_fault_and_ends_with_it() {
    require!(Lab, Vrrp);
    let bench = Bench::new("link");
    let Bench { dut, client, .. } = &bench;
    let conf = Conf::fast(100);
    let mut daemon = bench.start_master(&conf, &[]);
    for carrier in [false, true] {
        if carrier {
            dut.unplug().unwrap();
        } else {
            dut.admin_down().unwrap();
        }
        wait_for(dut, "fault", 2 * SECOND);
        assert_eq!(word(&router(dut), "/reason"), "interface_down");
        wait_until(SECOND, "the address to go", || !dut.has_address(cube::VIP)).unwrap();
        let (mark, up) = (bench.wire.mark(), Moment::now());
        if carrier {
            dut.plug().unwrap();
        } else {
            dut.admin_up().unwrap();
        }
        wait_for(dut, "backup", 2 * SECOND);
        let advert = bench.next_advert(mark, conf.down() + 2 * SECOND);
        assert!(advert.at.since(up) >= conf.down(), "it listens first");
        wait_for(dut, "master", SECOND);
        wait_until(SECOND, "the address", || dut.has_address(cube::VIP)).unwrap();
        assert_eq!(client.arping(cube::VIP, SECOND).unwrap().unwrap().mac, dut.mac());
        assert!(!announcements(&bench.wire, dut, mark).is_empty());
    }
    assert_eq!(number(&router(dut), "/became_master"), 3);
    assert!(daemon.terminate(5 * SECOND).unwrap().success());
}

/// keepalived tracks the `dev` of an address too: behind a dead one nobody reaches it.
#[test]
fn the_interface_that_an_address_is_put_on_counts_too() {
    require!(Lab, Vrrp);
    let bench = Bench::new("dev");
    let dut = &bench.dut;
    let inside = dut.namespace();
    inside.ip(&["link", "add", "eth1", "type", "veth", "peer", "name", "far1"]).unwrap();
    for link in ["eth1", "far1"] {
        inside.ip(&["link", "set", link, "up"]).unwrap();
    }
    let config = Conf::fast(100).text().replace("10.0.0.70", "10.0.0.70 dev eth1");
    let _daemon = vrrp::start(dut, &config, &[]).unwrap();
    wait_for(dut, "master", 3 * SECOND);
    let on_eth1 = || dut.output(&["ip", "-o", "addr", "show", "dev", "eth1"]).unwrap();
    wait_until(SECOND, "the address", || on_eth1().contains("inet 10.0.0.70/32")).unwrap();
    inside.ip(&["link", "set", "far1", "down"]).unwrap();
    wait_for(dut, "fault", 3 * SECOND);
    assert_eq!(word(&router(dut), "/reason"), "device_down");
    inside.ip(&["link", "set", "far1", "up"]).unwrap();
    wait_for(dut, "master", 5 * SECOND);
}

/// Hangs an interface on the switch.
fn plug_in(bench: &Bench, node: &Node, interface: &str, port: &str, address: &str) {
    let (switch, inside) = (bench.lab.switch(), node.namespace());
    let mac = format_mac(node.mac());
    switch
        .ip(&[
            "link",
            "add",
            port,
            "type",
            "veth",
            "peer",
            "name",
            interface,
            "address",
            &mac,
            "netns",
            inside.name(),
        ])
        .unwrap();
    switch.ip(&["link", "set", port, "master", "br0", "up"]).unwrap();
    inside.ip(&["addr", "add", address, "dev", interface]).unwrap();
    inside.ip(&["link", "set", interface, "up"]).unwrap();
}

#[test]
fn an_interface_that_is_deleted_and_made_anew_is_used_again() {
    require!(Lab, Vrrp);
    let bench = Bench::new("anew");
    let Bench { dut, client, .. } = &bench;
    let conf = Conf::fast(100);
    let mut daemon = bench.start_master(&conf, &["--hook", "generic"]);
    for _ in 0..2 {
        dut.namespace().ip(&["link", "del", "eth0"]).unwrap();
        wait_for(dut, "fault", 2 * SECOND);
        let status = router(dut);
        assert_eq!(word(&status, "/reason"), "interface_missing");
        plug_in(&bench, dut, "eth0", "dut", "10.0.0.60/24");
        wait_for(dut, "master", conf.down() + 3 * SECOND);
        wait_until(SECOND, "the address", || dut.has_address(cube::VIP)).unwrap();
        assert_eq!(client.arping(cube::VIP, SECOND).unwrap().unwrap().mac, dut.mac());
        let status = router(dut);
        assert!(number(&status, "/arp/answered") > 0, "the program is attached again");
        assert_eq!(word(&status, "/hook/mode"), "generic");
    }
    // Adverts of others are heard on it.
    let chatter = Chatter::start(&bench.peer, vec![conf.advert(PEER, 200)], conf.interval).unwrap();
    wait_for(dut, "backup", SECOND);
    drop(chatter);
    assert!(daemon.terminate(5 * SECOND).unwrap().success());
}

#[test]
fn an_interface_may_come_after_the_daemon() {
    require!(Lab, Vrrp);
    let bench = Bench::new("later");
    let Bench { dut, client, .. } = &bench;
    let conf = Conf { interface: "eth1", ..Conf::fast(100) };
    let daemon = bench.start(&conf, &[]);
    wait_for(dut, "fault", SECOND);
    assert_eq!(word(&router(dut), "/reason"), "interface_missing");
    assert_eq!(vrrp::status(dut).unwrap()["interfaces"][0]["up"], false);
    // The node's MAC address is taken on this switch.
    dut.namespace().ip(&["link", "del", "eth0"]).unwrap();
    plug_in(&bench, dut, "eth1", "late", "10.0.0.60/24");
    wait_for(dut, "master", conf.down() + 3 * SECOND);
    assert_eq!(client.arping(cube::VIP, SECOND).unwrap().unwrap().mac, dut.mac());
    assert!(daemon.log().lines().count() < 20, "{}", daemon.log());
}
