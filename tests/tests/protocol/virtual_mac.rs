//! Virtual MAC addresses without macvlan: the whole LAN keeps one MAC address for an address,
//! whoever has it.

use std::{thread, time::Duration};

use nix::sys::signal::Signal;
use vrrp_tests::{
    Client, Conf, Daemon, Lab, Node, Wire,
    craft::{arp_request, unicast_solicitation, virtual_mac},
    cube, keepalived,
    lab::{NeighbourWatch, format_mac},
    require, vrrp, wait_until,
    wire::{Frame, Kind},
};

use super::support::{Bench, SECOND, SILENCE, start, wait_for};

fn confs(priority: u8) -> [Conf; 2] {
    [Conf::fast(priority).named("VI_4", 44), Conf::fast6(priority).named("VI_6", 66)]
        .map(Conf::use_vmac)
}

fn text(confs: &[Conf]) -> String {
    confs.iter().map(Conf::text).collect()
}

fn mac(conf: &Conf) -> [u8; 6] {
    virtual_mac(conf.is_ipv6(), conf.vrid)
}

#[test]
fn everything_about_the_address_carries_the_virtual_mac_and_nothing_else_does() {
    require!(Lab, Vrrp);
    // Not in native mode, which comes too late on veth.
    for hook in ["generic", "tc"] {
        let bench = Bench::for_hook("vmac", hook);
        let Bench { wire, dut, client, .. } = &bench;
        let links = || dut.output(&["ip", "-d", "link", "show"]).unwrap();
        let (settings, before) = (dut.sysctls().unwrap(), links());
        let confs = confs(255);
        let [four, six] = &confs;
        let mut daemon = bench.start(&text(&confs), &["--hook", hook]);
        bench.wait_for_masters(&[four, six]);
        // No interface was made for it.
        let names = dut.output(&["ls", "/sys/class/net"]).unwrap();
        assert_eq!(names.split_whitespace().collect::<Vec<_>>(), ["eth0", "lo"]);

        // ARP: broadcast, and to either MAC address.
        let request = arp_request(client.mac(), client.address(), cube::VIP);
        for to in [[0xff; 6], mac(four), dut.mac()] {
            let mut request = request.clone();
            request[..6].copy_from_slice(&to);
            let answers = client.ask(&request, cube::VIP, SILENCE, 9).unwrap();
            let macs: Vec<_> = answers.iter().map(|answer| answer.mac).collect();
            assert_eq!(macs, [mac(four)], "{hook}: asked at {}", format_mac(to));
        }
        // The same of IPv6.
        let told = client.solicit_all(cube::VIP6, SILENCE).unwrap();
        let (local, target) = (client.link_local(), cube::VIP6);
        let unicast = unicast_solicitation(client.mac(), local, target, mac(six));
        let again = client.ask_nd(&unicast, target, SILENCE, 9).unwrap();
        for answers in [&told, &again] {
            assert_eq!(answers.len(), 1, "{hook}: {answers:?}");
            assert_eq!(answers[0].advertisement.target_mac, Some(mac(six)), "{hook}");
            assert_eq!(answers[0].source_mac, mac(six), "{hook}");
        }
        // The ordinary stack takes what is sent to it.
        for conf in &confs {
            let vip = conf.vips[0];
            assert!(client.reaches(vip, SECOND), "{hook}: {vip}");
            let known = client.neighbour(vip).unwrap().and_then(|it| it.mac);
            assert_eq!(known, Some(format_mac(mac(conf))), "{hook}");
        }
        // The node's own addresses keep its own MAC address.
        assert_eq!(client.arping(dut.address(), SECOND).unwrap().unwrap().mac, dut.mac());
        let own = client.solicit(dut.address6(), SECOND).unwrap().unwrap();
        assert_eq!(own.advertisement.target_mac, Some(dut.mac()));
        assert!(client.reaches(dut.address(), SECOND) && client.reaches(dut.address6(), SECOND));
        only_virtual(wire, &confs, &["dut"]);

        assert!(daemon.terminate(5 * SECOND).unwrap().success());
        assert_eq!(links(), before, "{hook}");
        assert_eq!(dut.sysctls().unwrap(), settings, "{hook}");
        for conf in &confs {
            assert!(!client.reaches(conf.vips[0], SILENCE), "{hook}: after the end");
        }
    }
}

/// Fails unless every frame that tells where the addresses are tells of the virtual MAC address, and
/// comes from it.
fn only_virtual(wire: &Wire, confs: &[Conf], ports: &[&str]) {
    for conf in confs {
        let vip = conf.vips[0];
        let telling = wire
            .frames(|frame| ports.contains(&frame.port.as_str()) && tells(frame, conf).is_some());
        assert!(telling.len() > 5, "{vip}: {} frames", telling.len());
        for frame in &telling {
            let told = tells(frame, conf).unwrap();
            assert_eq!((frame.source_mac, told), (mac(conf), mac(conf)), "{frame:?}");
        }
        // They are the switch's business too: a frame from the virtual MAC address moves its table.
        let foreign = wire
            .frames(|frame| !ports.contains(&frame.port.as_str()) && frame.source_mac == mac(conf));
        assert!(foreign.is_empty(), "{foreign:?}");
    }
}

/// The MAC address that a frame gives for the address of a configuration, if it gives one.
fn tells(frame: &Frame, conf: &Conf) -> Option<[u8; 6]> {
    let vip = conf.vips[0];
    match &frame.kind {
        Kind::Advert(advert) if advert.vrid == conf.vrid => Some(frame.source_mac),
        Kind::Arp(arp) if vip == arp.sender => Some(arp.sender_mac),
        Kind::Advertisement(said) if vip == said.target => said.target_mac,
        // A solicitation tells of its source.
        Kind::Solicitation(asked) if vip == asked.source => asked.source_mac,
        _ => None,
    }
}

/// A client goes on with its neighbour entry while the address moves from one node to another and
/// back.
struct Move {
    lab: Lab,
    wire: Wire,
    nodes: [Node; 2],
    client: Client,
    watch: NeighbourWatch,
    confs: [Conf; 2],
}

impl Move {
    fn new(tag: &str) -> Self {
        let mut lab = Lab::new(tag).unwrap();
        let one = lab.add_dual_node("one", "10.0.0.60/24").unwrap();
        let two = lab.add_dual_node("two", "10.0.0.61/24").unwrap();
        let client = lab.add_dual_client("client", "10.0.0.10/24").unwrap();
        let wire = Wire::open(&lab).unwrap();
        let watch = client.watch_neighbours().unwrap();
        Self { lab, wire, nodes: [one, two], client, watch, confs: confs(200) }
    }

    /// Waits until a node is master of all, then uses the addresses there for a while.
    fn served_by(&self, node: &Node, mark: u64) {
        for conf in &self.confs {
            let vip = conf.vips[0];
            let what = format!("{} to be master of {}", node.name(), conf.name);
            self.wire
                .expect_from(mark, conf.down() + 3 * SECOND, &what, |frame| {
                    super::support::is_advert(frame, node.name(), conf)
                })
                .unwrap();
            wait_until(2 * SECOND, &what, || self.client.reaches(vip, SECOND / 5)).unwrap();
            // The node has to ask for the client, and may not tell of another MAC address in doing so.
            node.namespace().ip(&["neigh", "flush", "dev", "eth0"]).unwrap();
            wait_until(SECOND, "a ping", || self.client.reaches(vip, SECOND / 5)).unwrap();
            let port = self.lab.port_of(mac(conf)).unwrap();
            assert_eq!(port.as_deref(), Some(node.name()), "the switch, of {}", conf.name);
        }
        thread::sleep(SECOND / 2);
    }

    /// The client has never known another MAC address.
    fn was_seamless(&self) {
        for conf in &self.confs {
            let vip = conf.vips[0];
            assert_eq!(self.watch.macs(vip).unwrap(), [format_mac(mac(conf))], "{vip}");
        }
        for conf in &self.confs {
            only_virtual(&self.wire, std::slice::from_ref(conf), &["one", "two"]);
        }
    }
}

#[test]
fn a_failover_leaves_the_clients_tables_alone() {
    require!(Lab, Vrrp);
    let moving = Move::new("seamless");
    let [one, two] = &moving.nodes;
    let settings = moving.nodes.each_ref().map(|node| node.sysctls().unwrap());
    let mut first = start(one, &text(&moving.confs), &["--hook", "generic"]);
    moving.served_by(one, 0);
    let mut second = start(two, &text(&confs(100)), &["--hook", "generic"]);
    let pings = moving
        .confs
        .each_ref()
        .map(|conf| moving.client.ping(conf.vips[0], Duration::from_millis(10)).unwrap());
    thread::sleep(SECOND / 2);

    // A machine that is switched off.
    let mark = moving.wire.mark();
    first.kill_group(Signal::SIGKILL).unwrap();
    one.unplug().unwrap();
    moving.served_by(two, mark);
    // It comes back, and takes over again.
    for conf in &moving.confs {
        let address = conf.vips[0].to_string();
        // What a restart of the machine would have done.
        let _ = one.namespace().ip(&["addr", "del", &address, "dev", "eth0"]);
    }
    one.plug().unwrap();
    let mark = moving.wire.mark();
    first = start(one, &text(&moving.confs), &["--hook", "generic"]);
    moving.served_by(one, mark);
    // And hands over in good order.
    let mark = moving.wire.mark();
    assert!(first.terminate(5 * SECOND).unwrap().success());
    moving.served_by(two, mark);

    for (ping, conf) in pings.into_iter().zip(&moving.confs) {
        let report = ping.finish().unwrap();
        let outage = report.longest_outage();
        assert!(outage < confs(100)[0].down() + SECOND, "{}: {outage:?}", conf.name);
        assert!(report.echoes.last().unwrap().answered.is_some());
    }
    moving.was_seamless();
    assert!(second.terminate(5 * SECOND).unwrap().success());
    assert_eq!(moving.nodes.each_ref().map(|node| node.sysctls().unwrap()), settings);
}

/// keepalived 2.2.7 does the same with macvlan interfaces and sysctls, and fails at this: its kernel
/// asks for the client from the interface below, as the virtual address with the wrong MAC address.
#[test]
fn keepalived_tells_of_another_mac_when_it_asks() {
    require!(Lab, Keepalived);
    let moving = Move::new("macvlan");
    let [one, two] = &moving.nodes;
    let run = |node: &Node, priority: u8| -> Daemon {
        keepalived::start(node, &text(&confs(priority))).unwrap()
    };
    let mut first = run(one, 200);
    moving.served_by(one, 0);
    let _second = run(two, 100);
    thread::sleep(SECOND / 2);
    let mark = moving.wire.mark();
    first.terminate(5 * SECOND).unwrap();
    moving.served_by(two, mark);
    let [four, six] = &moving.confs;
    assert_eq!(moving.watch.macs(cube::VIP6).unwrap(), [format_mac(mac(six))]);
    let known = moving.watch.macs(cube::VIP).unwrap();
    assert_eq!(known.first(), Some(&format_mac(mac(four))));
    assert!(known.contains(&format_mac(one.mac())), "it has learnt: {known:?}");
}

/// A backup neither takes frames to the virtual MAC address nor says anything from it.
#[test]
fn a_backup_keeps_away_from_the_virtual_mac() {
    require!(Lab, Vrrp);
    let bench = Bench::new("vmac-backup");
    let confs = confs(100);
    let adverts: Vec<_> = confs
        .iter()
        .map(|conf| {
            let mut advert = conf.advert(super::support::peer_source(conf), 150);
            advert[6..12].copy_from_slice(&mac(conf));
            advert
        })
        .collect();
    let _chatter = vrrp_tests::Chatter::start(&bench.peer, adverts, confs[0].interval).unwrap();
    let _daemon = bench.start(&text(&confs), &["--hook", "generic"]);
    for conf in &confs {
        wait_for(&bench.dut, &conf.name, "backup", SECOND);
    }
    assert_eq!(bench.client.arping_all(cube::VIP, SILENCE).unwrap(), []);
    assert_eq!(bench.client.solicit_all(cube::VIP6, SILENCE).unwrap(), []);
    thread::sleep(confs[0].down());
    for conf in &confs {
        let from = bench.wire.frames(|frame| frame.port == "dut" && frame.source_mac == mac(conf));
        assert!(from.is_empty(), "{from:?}");
        assert_eq!(vrrp::state(&bench.dut, &conf.name).unwrap(), "backup");
        let port = bench.lab.port_of(mac(conf)).unwrap();
        assert_eq!(port.as_deref(), Some("peer"));
    }
}

/// Without a program, and on veth in native mode, nobody gives frames for the virtual MAC address to
/// the stack: where clients are told that the address is, it is, and people are told why it is not
/// where they wanted it.
#[test]
fn nobody_is_told_of_a_mac_that_does_not_answer() {
    require!(Lab, Vrrp);
    for hook in ["off", "native"] {
        let bench = Bench::for_hook("vmac", hook);
        let confs = confs(255);
        let daemon = bench.start(&text(&confs), &["--hook", hook]);
        bench.wait_for_masters(&confs.each_ref());
        for conf in &confs {
            let vip = conf.vips[0];
            let announced =
                bench.wire.expect(SECOND, "an announcement", |it| it.announces(vip)).unwrap();
            let told = tells(&announced, conf).unwrap();
            assert!(bench.client.reaches(vip, SECOND), "{hook}: {vip}");
            let known = bench.client.neighbour(vip).unwrap().and_then(|it| it.mac);
            assert_eq!(known, Some(format_mac(told)), "{hook}: {vip} was announced elsewhere");
        }
        let told = daemon.log().matches("virtual MAC").count();
        assert_eq!(told, 1, "{hook}: told {told} times:\n{}", daemon.log());
    }
}
