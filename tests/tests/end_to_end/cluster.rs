//! The reference user's cluster.

use std::{fs, thread};

use nix::sys::signal::Signal;
use vrrp_tests::{
    Lab, Moment, Node, Wire, cube, require,
    timing::{longest_gap, master_down_interval, skew_time},
    vrrp, wait_until,
};

use super::support::{
    LATE, SECOND, adverts, announcements, on_time, router, wait_for, wait_for_program, word,
};

const ADDRESS_LINE: &str = "inet 10.0.0.70/32 scope global eth0";

fn holders(nodes: &[Node]) -> Vec<&str> {
    nodes.iter().filter(|node| node.has_address(cube::VIP)).map(Node::name).collect()
}

#[test]
fn four_nodes_elect_fail_over_preempt_and_hand_over() {
    require!(Lab, Vrrp);
    let mut lab = Lab::new("cube").unwrap();
    let (nodes, client) = lab.add_cube().unwrap();
    let wire = Wire::open(&lab).unwrap();
    let start = |index: usize| {
        let (name, _, state, priority) = cube::NODES[index];
        let daemon = vrrp::start(&nodes[index], &cube::config(name, state, priority), &[]).unwrap();
        let answers = || vrrp::status(&nodes[index]).is_ok();
        wait_until(5 * SECOND, "the daemon to answer", answers).unwrap();
        daemon
    };
    // The best first: neighbours' patience differs by 39 ms only.
    let started = Moment::now();
    let mut daemons = vec![start(0)];
    for index in 1..4 {
        thread::sleep(SECOND / 10);
        daemons.push(start(index));
    }

    // Election. `state MASTER` with priority 100 waits like everybody else.
    let down = master_down_interval(2, SECOND, 100);
    let first = wire.expect(down + 2 * SECOND, "an advert", |frame| frame.advert().is_some());
    let first = first.unwrap();
    assert_eq!((first.port.as_str(), first.source_mac), ("cube01", nodes[0].mac()));
    assert!(first.at.since(started) >= down, "{:?}", first.at.since(started));
    wait_until(SECOND, "the address", || holders(&nodes) == ["cube01"]).unwrap();
    let shown = nodes[0].output(&["ip", "a", "show", "eth0"]).unwrap();
    assert!(shown.contains(ADDRESS_LINE), "{shown}");
    let vip = cube::VIP.to_string();
    assert!(client.run(&["ping", "-c", "1", "-W", "1", &vip]).unwrap().status.success());
    let answers = client.arping_all(cube::VIP, SECOND / 4).unwrap();
    let macs: Vec<_> = answers.iter().map(|answer| answer.mac).collect();
    assert_eq!(macs, [nodes[0].mac()]);

    // Death of cube01, right after an advert.
    let mark = wire.mark();
    wire.expect_from(mark, 2 * SECOND, "an advert", |frame| frame.advert().is_some()).unwrap();
    let mark = wire.mark();
    daemons[0].kill_group(Signal::SIGKILL).unwrap();
    nodes[0].unplug().unwrap();
    let takeover = wire
        .expect_from(mark, 6 * SECOND, "somebody to take over", |frame| frame.advert().is_some())
        .unwrap();
    assert_eq!(takeover.port, "cube02");
    let last = wire.last_advert_from(nodes[0].address()).unwrap();
    on_time("failover", takeover.at.since(last.at), master_down_interval(2, SECOND, 90));
    wait_until(SECOND, "the address on cube02", || nodes[1].has_address(cube::VIP)).unwrap();
    assert_eq!(client.arping(cube::VIP, SECOND).unwrap().unwrap().mac, nodes[1].mac());

    // Its return: it listens, then preempts. The address that the dead daemon left is gone at once.
    nodes[0].plug().unwrap();
    let (mark, returned) = (wire.mark(), Moment::now());
    daemons[0] = start(0);
    wait_until(SECOND, "the stale address to go", || !nodes[0].has_address(cube::VIP)).unwrap();
    let preempted = wire
        .expect_from(mark, 6 * SECOND, "cube01", |frame| frame.is_advert_from(nodes[0].address()))
        .unwrap();
    assert!(preempted.at.since(returned) >= down);
    assert!(preempted.at.since(returned) < down + 2 * SECOND);
    wait_until(SECOND, "one holder", || holders(&nodes) == ["cube01"]).unwrap();
    wait_until(SECOND, "cube02's reason", || {
        vrrp::router(&nodes[1], "cube02").is_ok_and(|it| it["reason"] == "better_master")
    })
    .unwrap();
    // cube02 is quiet from then on, and did not resign: that would set the others going.
    thread::sleep(SECOND);
    let of_second = adverts(&wire, &nodes[1], mark);
    let after = |frame: &&vrrp_tests::wire::Frame| frame.at > preempted.at + LATE;
    assert_eq!(of_second.iter().filter(after).count(), 0);
    assert!(of_second.iter().all(|frame| frame.advert().unwrap().priority == 90));

    // SIGTERM: priority 0 at once, cube02 follows after its skew, and nothing is left.
    let told = Moment::now();
    let mark = wire.mark();
    let status = daemons[0].terminate(5 * SECOND).unwrap();
    assert!(status.success(), "{status}\n{}", daemons[0].log());
    let resignation = adverts(&wire, &nodes[0], mark);
    let resignation = resignation.iter().find(|frame| frame.advert().unwrap().priority == 0);
    let resignation = resignation.expect("a resignation");
    assert!(resignation.at.since(told) < SECOND / 20, "{:?}", resignation.at.since(told));
    let successor = wire
        .expect_from(mark, 2 * SECOND, "cube02", |frame| frame.is_advert_from(nodes[1].address()))
        .unwrap();
    on_time("handover", successor.at.since(resignation.at), skew_time(2, SECOND, 90));
    let reason = vrrp::router(&nodes[1], "cube02").unwrap();
    assert_eq!(word(&reason, "/reason"), "master_resigned");
    nothing_is_left(&nodes[0]);

    // The cube has had no accident: one master at a time, on the beat.
    assert!(longest_gap(&adverts(&wire, &nodes[1], mark)) < SECOND + LATE);
    assert!(announcements(&wire, &nodes[2], 0).is_empty());
    for daemon in &mut daemons[1..] {
        assert!(daemon.is_running());
    }
}

/// What a stopped daemon must not leave: address, program, pin, runtime directory.
fn nothing_is_left(node: &Node) {
    assert!(!node.has_address(cube::VIP));
    wait_for_program(node, false);
    // The kernel puts two files of its own into every bpffs.
    let pins = fs::read_dir(node.bpffs().unwrap()).unwrap().flatten();
    let pins: Vec<_> = pins.map(|entry| entry.file_name().into_string().unwrap()).collect();
    let foreign = ["maps.debug", "progs.debug"];
    assert!(pins.iter().all(|name| foreign.contains(&name.as_str())), "{pins:?}");
    assert!(!node.runtime_dir().exists());
    let groups = node.output(&["ip", "maddr", "show", "dev", "eth0"]).unwrap();
    assert!(!groups.contains("224.0.0.18"), "{groups}");
}

#[test]
fn a_backup_leaves_nothing_behind_and_says_nothing_when_it_stops() {
    require!(Lab, Vrrp);
    let bench = super::support::Bench::new("quiet");
    let conf = vrrp_tests::Conf::fast(100);
    let chatter = vrrp_tests::Chatter::start(
        &bench.peer,
        vec![conf.advert(super::support::PEER, 150)],
        conf.interval,
    )
    .unwrap();
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut daemon = bench.start(&conf, &[]);
        wait_for(&bench.dut, "backup", SECOND);
        wait_for_program(&bench.dut, true);
        assert_eq!(word(&router(&bench.dut), "/hook/mode"), "tc");
        assert!(bench.dut.runtime_dir().join("control.sock").exists());
        daemon.kill(signal).unwrap();
        assert!(daemon.wait_exit(5 * SECOND).unwrap().success());
        nothing_is_left(&bench.dut);
    }
    drop(chatter);
    assert!(bench.adverts_since(0).is_empty());
}
