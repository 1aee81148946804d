//! Lists of addresses: long ones, other ones, and those that are held without being in the adverts.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    thread,
};

use vrrp_tests::{Chatter, Conf, FrameSender, cube, require, vrrp, wait_until};

use super::support::{Bench, SECOND, SILENCE, dropped, number, peer_source, wait_for, word};

fn four(count: usize) -> Vec<IpAddr> {
    let all = (1..=2_u8).flat_map(|net| (1..=250_u8).map(move |one| [10, 7, net, one]));
    all.map(|octets| Ipv4Addr::from(octets).into()).take(count).collect()
}

fn six(count: u16) -> Vec<IpAddr> {
    (1..=count).map(|one| Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 7, one).into()).collect()
}

/// X27: every address is held, announced and answered for; the adverts list as many as they hold.
#[test]
fn long_lists_are_advertised_as_far_as_they_fit() {
    require!(Lab, Vrrp);
    let bench = Bench::new("lists");
    let owner = || Conf { state: "MASTER", ..Conf::fast(255) };
    // RFC 9568 §5.2.5 counts to 255; 1486 bytes of a packet hold 89 addresses of IPv6.
    let cases = [
        (owner().named("V_20", 20).vips(&four(20)), 20),
        (owner().named("V_255", 255).vips(&four(300)[20..275]), 255),
        (owner().named("V6_89", 89).vips(&six(89)), 89),
    ];
    let text: String = cases.iter().map(|(conf, _)| conf.text()).collect();
    let _daemon = bench.start(&text, &["--hook", "generic"]);
    for (conf, count) in &cases {
        let advert = bench.next_advert(conf, 0, 3 * SECOND);
        let listed = &advert.advert().unwrap().addresses;
        assert_eq!((listed.len(), listed), (*count, &conf.vips), "{}", conf.name);
        for vip in &conf.vips {
            bench
                .wire
                .expect(3 * SECOND, &format!("the announcement of {vip}"), |it| it.announces(*vip))
                .unwrap();
        }
        let last = conf.vips[count - 1];
        wait_until(3 * SECOND, "the last address", || bench.dut.has_address(last)).unwrap();
        assert!(bench.client.arping(Ipv4Addr::new(10, 7, 1, 20), SECOND).unwrap().is_some());
    }
    // A router with another list of 255 addresses is not misunderstood (V12).
    let other = &cases[1].0;
    let alike = Conf { vips: four(300)[..255].to_vec(), ..other.clone() };
    let status = || vrrp::router(&bench.dut, "V_255").unwrap();
    let before = number(&status(), "/adverts/received");
    FrameSender::open(&bench.peer).unwrap().send(&alike.advert(peer_source(&alike), 200)).unwrap();
    wait_until(SECOND, "the advert to be counted", || {
        number(&status(), "/adverts/received") > before
    })
    .unwrap();
    assert_eq!(number(&status(), "/adverts/address_list_mismatches"), 1);
    assert_eq!((word(&status(), "/state"), dropped(&status())), ("master", vec![]));
}

#[test]
fn what_does_not_fit_is_held_without_being_advertised() {
    require!(Lab, Vrrp);
    let bench = Bench::new("excess");
    let conf = Conf { state: "MASTER", ..Conf::fast(255) }.vips(&four(300));
    let file = bench.dut.write_file("check.conf", &conf.text()).unwrap();
    let output = vrrp::run(&bench.dut, &["check", "-f", file.to_str().unwrap()]).unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(said.contains("255") && said.contains("virtual_ipaddress_excluded"), "{said}");
    let _daemon = bench.start(&conf.text(), &["--hook", "generic"]);
    let advert = bench.next_advert(&conf, 0, 3 * SECOND);
    assert_eq!(advert.advert().unwrap().addresses, conf.vips[..255]);
    let last = conf.vips[299];
    wait_until(3 * SECOND, "the last address", || bench.dut.has_address(last)).unwrap();
    assert!(bench.client.arping(Ipv4Addr::new(10, 7, 2, 50), SECOND).unwrap().is_some());
}

/// One instance for both families, as keepalived does it: the other one is excluded.
#[test]
fn an_instance_of_ipv4_holds_addresses_of_ipv6_and_the_other_way_round() {
    require!(Lab, Vrrp);
    let (other4, other6) =
        (Ipv4Addr::new(10, 0, 0, 71), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x47));
    // RFC 9568 §5.2.9: the router's link-local address comes first.
    let gateway = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0x46);
    for hook in ["generic", "native", "tc", "off"] {
        let bench = Bench::for_hook("excluded", hook);
        let Bench { dut, client, wire, .. } = &bench;
        let six = Conf::fast6(100).named("VI_6", 66).vips(&[gateway, cube::VIP6]);
        let confs = [
            Conf { excluded: vec![other6.into()], ..Conf::fast(100).named("VI_4", 44) },
            Conf { excluded: vec![other4.into()], ..six },
        ];
        let text: String = confs.iter().map(Conf::text).collect();
        let adverts = confs.iter().map(|conf| conf.advert(peer_source(conf), 150)).collect();
        let chatter = Chatter::start(&bench.peer, adverts, confs[0].interval).unwrap();
        let mut daemon = bench.start(&text, &["--hook", hook]);
        thread::sleep(confs[0].down());
        assert_eq!(client.arping(other4, SILENCE).unwrap(), None, "{hook}");
        assert_eq!(client.solicit(other6, SILENCE).unwrap(), None, "{hook}");
        drop(chatter);
        bench.wait_for_masters(&confs.each_ref());
        for conf in &confs {
            let advert = bench.next_advert(conf, 0, SECOND);
            assert_eq!(advert.advert().unwrap().addresses, conf.vips, "{hook}");
            for address in conf.vips.iter().chain(&conf.excluded) {
                let what = format!("{hook}: the announcement of {address}");
                wire.expect(SECOND, &what, |frame| frame.announces(*address)).unwrap();
                assert!(client.reaches(*address, SECOND), "{hook}: {address}");
            }
        }
        assert_eq!(client.arping(other4, SECOND).unwrap().unwrap().mac, dut.mac());
        let told = client.solicit(other6, SECOND).unwrap().unwrap();
        assert_eq!(told.advertisement.target_mac, Some(dut.mac()));
        // As hosts of one address each, and without a wait for duplicates.
        let held = dut.addresses_on("eth0").unwrap();
        for conf in &confs {
            for address in conf.vips.iter().chain(&conf.excluded) {
                let length = if address.is_ipv6() { 128 } else { 32 };
                assert!(held.contains(&(*address, length)), "{hook}: {held:?}");
            }
        }
        let shown = dut.output(&["ip", "-6", "addr", "show", "dev", "eth0"]).unwrap();
        assert!(!shown.contains("tentative") && !shown.contains("dadfailed"), "{hook}: {shown}");
        assert!(daemon.terminate(5 * SECOND).unwrap().success());
        assert_eq!(dut.addresses_on("eth0").unwrap().len(), 3, "{hook}");
    }
}

/// Addresses of IPv6 that others take off or leave behind.
#[test]
fn an_address_of_ipv6_comes_back_and_a_stale_one_goes() {
    require!(Lab, Vrrp);
    let bench = Bench::new("hand6");
    let dut = &bench.dut;
    let conf = Conf::fast6(100);
    let add = ["addr", "add", "2001:db8::46/128", "dev", "eth0", "nodad"];
    dut.namespace().ip(&add).unwrap();
    let advert = conf.advert(peer_source(&conf), 150);
    let chatter = Chatter::start(&bench.peer, vec![advert], conf.interval).unwrap();
    let _daemon = bench.start(&conf.text(), &["--hook", "generic"]);
    wait_until(SECOND, "the stale address to go", || !dut.has_address(cube::VIP6)).unwrap();
    drop(chatter);
    wait_for(dut, "VI_1", "master", conf.down() + SECOND);
    wait_until(SECOND, "the address", || dut.has_address(cube::VIP6)).unwrap();
    dut.namespace().ip(&["addr", "del", "2001:db8::46/128", "dev", "eth0"]).unwrap();
    let took = wait_until(SECOND, "the address again", || dut.has_address(cube::VIP6)).unwrap();
    assert!(took < SECOND / 4, "{took:?}");
    let router = vrrp::router(dut, "VI_1").unwrap();
    assert_eq!((word(&router, "/state"), number(&router, "/transitions")), ("master", 2));
}

/// An owner's addresses may be its interface's own, in either family: they stay, whatever becomes of
/// the router.
#[test]
fn an_owner_s_own_addresses_are_left_alone() {
    require!(Lab, Vrrp);
    let bench = Bench::new("owned6");
    let dut = &bench.dut;
    let own = |length| format!("{}/{length}", dut.address6());
    let conf = Conf::fast6(255);
    let text = conf.text().replace("2001:db8::46", &own(64));
    let held = dut.addresses_on("eth0").unwrap();
    assert!(held.contains(&(dut.address6().into(), 64)), "{held:?}");
    // At first it cannot take part.
    let link_local = format!("{}/64", dut.link_local());
    dut.namespace().ip(&["addr", "del", &link_local, "dev", "eth0"]).unwrap();
    let mut daemon = vrrp::start(dut, &text, &["--hook", "generic"]).unwrap();
    wait_for(dut, "VI_1", "fault", 3 * SECOND);
    thread::sleep(SECOND / 4);
    assert!(dut.has_address(dut.address6()), "{}", daemon.log());
    dut.namespace().ip(&["addr", "add", &link_local, "dev", "eth0", "nodad"]).unwrap();
    wait_for(dut, "VI_1", "master", 3 * SECOND);
    assert!(daemon.terminate(5 * SECOND).unwrap().success());
    assert!(dut.has_address(dut.address6()), "{}", daemon.log());
}
