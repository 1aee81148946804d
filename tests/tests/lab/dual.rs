//! The lab with IPv6 and several interfaces, with keepalived as the daemon.

use std::{net::Ipv6Addr, time::Duration};

use vrrp_tests::{
    Conf, FrameSender, Lab, Segment, Wire,
    craft::{self, Advertise, GROUP, GROUP6, group_mac, virtual_mac},
    cube, keepalived,
    lab::format_mac,
    require, wait_until,
    wire::{Checksum, Frame, Wish},
};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn neighbours_of_ipv6_are_solicited_pinged_and_watched() {
    require!(Lab);
    let mut lab = Lab::new("dual").unwrap();
    let node = lab.add_dual_node("cube01", "10.0.0.60/24").unwrap();
    let client = lab.add_dual_client("client", "10.0.0.10/24").unwrap();
    let wire = Wire::open(&lab).unwrap();
    assert_eq!(node.address6(), "2001:db8::3c".parse::<Ipv6Addr>().unwrap());
    assert_eq!(node.link_local(), "fe80::3c".parse::<Ipv6Addr>().unwrap());
    assert_eq!(node.addresses_on("eth0").unwrap().len(), 3);

    let watch = client.watch_neighbours().unwrap();
    assert!(client.reaches(node.address6(), SECOND));
    assert!(client.reaches(node.link_local(), SECOND));
    assert!(client.reaches(node.address(), SECOND));
    assert!(!client.reaches(cube::VIP6, SECOND / 5));
    let mac = format_mac(node.mac());
    for address in [node.address().into(), node.address6().into(), node.link_local().into()] {
        let address: std::net::IpAddr = address;
        assert_eq!(client.neighbour(address).unwrap().unwrap().mac.as_deref(), Some(&*mac));
        assert_eq!(watch.macs(address).unwrap(), [mac.as_str()]);
    }

    let reply = client.solicit(node.address6(), SECOND).unwrap().unwrap();
    assert_eq!((reply.source_mac, reply.advertisement.target_mac), (node.mac(), Some(node.mac())));
    assert!(reply.advertisement.solicited && reply.advertisement.checksum_is_right);
    assert_eq!(reply.advertisement.hop_limit, 255);
    assert_eq!(client.solicit_all(cube::VIP6, SECOND / 5).unwrap(), []);
    let asked = wire.frames(|frame| frame.solicitation().is_some());
    assert!(asked.iter().all(|frame| frame.solicitation().unwrap().checksum_is_right));
    // The kernel defends its own address.
    let probe = craft::duplicate_probe(client.mac(), node.address6());
    let defence = client.ask_nd(&probe, node.address6(), SECOND, 1).unwrap();
    assert!(!defence[0].advertisement.solicited && defence[0].advertisement.overriding);

    // A stranger's claim is believed, and seen in both the table and its history.
    let stranger = [2, 0, 0, 0, 0, 0x99];
    let (source, target) = (node.link_local(), node.address6());
    let claim = Advertise { mac: stranger, source, target, hop_limit: 255 };
    let sender = FrameSender::open(&node).unwrap();
    sender.send(&Advertise { hop_limit: 254, ..claim }.frame()).unwrap();
    assert_eq!(watch.macs(target).unwrap(), [mac.as_str()]);
    sender.send(&claim.frame()).unwrap();
    sender.send(&craft::claim(1, stranger, node.address())).unwrap();
    for address in [std::net::IpAddr::from(node.address()), target.into()] {
        wait_until(SECOND, "the claim to be believed", || {
            watch.macs(address).unwrap() == [mac.clone(), format_mac(stranger)]
        })
        .unwrap();
    }
    assert!(wire.last(|frame| frame.announces(target)).is_some());
    // Nobody looks for routers or invents addresses.
    assert!(wire.frames(|frame| frame.advertisement().is_some()).len() < 12);
}

#[test]
fn a_ping_over_ipv6_counts_what_is_lost() {
    require!(Lab);
    let mut lab = Lab::new("ping6").unwrap();
    let node = lab.add_dual_node("cube01", "10.0.0.60/24").unwrap();
    let client = lab.add_dual_client("client", "10.0.0.10/24").unwrap();
    assert!(client.reaches(node.address6(), SECOND));
    let ping = client.ping(node.address6(), SECOND / 100).unwrap();
    std::thread::sleep(SECOND / 4);
    lab.partition(&[&node]).unwrap();
    std::thread::sleep(SECOND / 4);
    lab.heal().unwrap();
    std::thread::sleep(SECOND / 4);
    let report = ping.finish().unwrap();
    let outage = report.longest_outage();
    assert!(outage > SECOND / 5 && outage < SECOND / 2, "{outage:?}");
    assert!(report.echoes.first().unwrap().answered.is_some());
    assert!(report.echoes.last().unwrap().answered.is_some());
}

/// Everything keepalived says as an owner is decoded, and its checksums are found right.
#[test]
fn keepalived_over_both_families_and_with_virtual_macs_is_understood() {
    require!(Lab, Keepalived);
    let mut lab = Lab::new("speech").unwrap();
    let node = lab.add_dual_node("cube01", "10.0.0.60/24").unwrap();
    let peer = lab.add_dual_node("cube02", "10.0.0.61/24").unwrap();
    lab.add_interface(&node, "eth1", "10.1.0.60/24", Segment::Second).unwrap();
    lab.add_interface(&node, "eth2", "10.2.0.60/24", Segment::Alone).unwrap();
    let wire = Wire::open(&lab).unwrap();
    let owner = || Conf { state: "MASTER", ..Conf::fast(255) };
    let four = owner().named("VI_4", 41);
    let six = owner().named("VI_6", 61).vips(&[cube::VIP6]);
    let virtual4 = owner()
        .named("VI_V4", 42)
        .vips(&["10.0.0.71".parse::<std::net::Ipv4Addr>().unwrap()])
        .use_vmac();
    let virtual6 =
        owner().named("VI_V6", 62).vips(&["2001:db8::47".parse::<Ipv6Addr>().unwrap()]).use_vmac();
    let unicast = owner()
        .named("VI_U", 43)
        .vips(&["10.0.0.72".parse::<std::net::Ipv4Addr>().unwrap()])
        .unicast(node.address(), &[peer.address()]);
    let second = Conf { interface: "eth1", ..owner().named("VI_2", 44) };
    let alone = Conf { interface: "eth2", ..owner().named("VI_3", 45) };
    let all = [&four, &six, &virtual4, &virtual6, &unicast, &second, &alone];
    let text: String = all.iter().map(|conf| conf.text()).collect();
    let daemon = keepalived::start(&node, &text).unwrap();
    let advert = |vrid: u8, port: &str| -> Frame {
        let what = format!("an advert of {vrid}");
        wire.expect(6 * SECOND, &what, |frame| {
            frame.port == port && frame.advert().is_some_and(|it| it.vrid == vrid)
        })
        .unwrap_or_else(|error| panic!("{error:#}\n{}", daemon.log()))
    };
    for (conf, ipv6, mac, port) in [
        (&four, false, node.mac(), "cube01"),
        (&six, true, node.mac(), "cube01"),
        (&virtual4, false, virtual_mac(false, 42), "cube01"),
        (&virtual6, true, virtual_mac(true, 62), "cube01"),
        (&second, false, vrrp_tests::lab::mac_of("10.1.0.60".parse().unwrap()), "cube01-eth1"),
        (&alone, false, vrrp_tests::lab::mac_of("10.2.0.60".parse().unwrap()), "cube01-eth2"),
    ] {
        let frame = advert(conf.vrid, port);
        let seen = frame.advert().unwrap();
        assert_eq!((frame.source_mac, seen.ttl, seen.priority), (mac, 255, 255), "{}", conf.name);
        assert_eq!(seen.addresses.len(), conf.vips.len());
        assert_eq!(seen.addresses.last(), conf.vips.last());
        assert_eq!(seen.checksum, Checksum::PseudoHeader, "{}", conf.name);
        assert_eq!((seen.version, seen.interval, seen.trailer), (3, 20, None));
        if ipv6 {
            assert_eq!(frame.destination_mac, group_mac(GROUP6));
            assert_eq!(seen.destination, GROUP6);
        } else {
            assert_eq!(seen.destination, GROUP);
        }
    }
    // What we would craft is what keepalived sends over IPv6 without a virtual MAC.
    let theirs = advert(61, "cube01");
    let mut ours = six.advert(node.link_local(), 255);
    ours[14..18].copy_from_slice(&theirs.bytes[14..18]);
    assert_eq!(ours, theirs.bytes);
    let one = advert(43, "cube01");
    assert_eq!((one.destination_mac, one.source_mac), (peer.mac(), node.mac()));
    assert_eq!(one.advert().unwrap().destination, peer.address());

    for vip in all.iter().flat_map(|conf| &conf.vips) {
        let what = format!("an announcement of {vip}");
        wire.expect(3 * SECOND, &what, |frame| frame.announces(*vip)).unwrap();
    }
    let joins = |frame: &Frame, group: std::net::IpAddr| {
        frame.report().is_some_and(|report| report.groups.contains(&(Wish::Join, group)))
    };
    wire.expect(3 * SECOND, "IGMP", |frame| joins(frame, GROUP.into())).unwrap();
    wire.expect(3 * SECOND, "MLD", |frame| joins(frame, GROUP6.into())).unwrap();
    assert_eq!(lab.port_of(virtual_mac(false, 42)).unwrap().as_deref(), Some("cube01"));
}
