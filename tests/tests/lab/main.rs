//! The lab itself, with keepalived as the daemon.

mod dual;
mod peers;

use std::{fs, time::Duration};

use nix::sys::signal::Signal;
use vrrp_tests::{
    FrameSender, Lab, Moment, Wire,
    craft::{self, AdvertV2},
    cube, keepalived, require,
    timing::master_down_interval,
    wait_until,
    wire::frame::ARP_REQUEST,
};

const SECOND: Duration = Duration::from_secs(1);

fn namespaces() -> String {
    fs::read_dir("/run/netns")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned() + "\n")
        .collect()
}

#[test]
fn dropping_a_lab_leaves_nothing_behind() {
    require!(Lab);
    let mut lab = Lab::new("cleanup").unwrap();
    let node = lab.add_node("cube01", "10.0.0.60/24").unwrap();
    let bpffs = node.bpffs().unwrap();
    let sleeper = node.spawn("sleep", &["sleep", "600"]).unwrap();
    let pid = sleeper.pid();
    sleeper.keep();
    let prefix = lab.prefix().to_owned();
    let folder = lab.folder().to_owned();
    assert!(namespaces().contains(&prefix));
    assert!(bpffs.is_dir());

    drop(lab);
    assert!(!namespaces().contains(&prefix));
    assert!(!folder.exists());
    // A killed child of ours that nobody waits for stays as a zombie.
    // The signal has been sent, but it ends the process when that is scheduled next.
    wait_until(Duration::from_secs(2), "the sleeper to end", || {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        status.is_empty() || status.contains("State:\tZ")
    })
    .unwrap();
}

#[test]
fn a_panic_leaves_nothing_behind_either() {
    require!(Lab);
    let (tell, told) = std::sync::mpsc::channel();
    let test = std::thread::spawn(move || {
        let mut lab = Lab::new("panic").unwrap();
        lab.add_node("cube01", "10.0.0.60/24").unwrap();
        tell.send(lab.prefix().to_owned()).unwrap();
        panic!("this is meant to happen");
    });
    let prefix = told.recv().unwrap();
    test.join().unwrap_err();
    assert!(!namespaces().contains(&prefix));
}

#[test]
fn two_keepalived_elect_and_the_observer_sees_it() {
    require!(Lab, Keepalived);
    let mut lab = Lab::new("election").unwrap();
    let one = lab.add_node("cube01", "10.0.0.60/24").unwrap();
    let two = lab.add_node("cube02", "10.0.0.61/24").unwrap();
    let client = lab.add_client("client", "10.0.0.10/24").unwrap();
    let wire = Wire::open(&lab).unwrap();
    let mut first = keepalived::start(&one, &cube::config("VI_1", "MASTER", 100)).unwrap();
    let _second = keepalived::start(&two, &cube::config("VI_1", "BACKUP", 90)).unwrap();

    let advert = wire.expect(8 * SECOND, "an advert of cube01", |frame| {
        frame.port == "cube01" && frame.advert().is_some()
    });
    let advert = advert.unwrap_or_else(|error| panic!("{error:#}\n{}", first.log()));
    let seen = advert.advert().unwrap();
    assert_eq!(
        (seen.version, seen.vrid, seen.priority, seen.interval, seen.ttl),
        (2, cube::VRID, 100, 1, 255),
    );
    assert_eq!(seen.addresses, [cube::VIP]);
    assert_eq!(advert.source_mac, one.mac());
    // What we would craft is what keepalived sends, but for the IP identification and checksum.
    let mut ours = AdvertV2::default().frame();
    let mut theirs = advert.bytes.clone();
    for frame in [&mut ours, &mut theirs] {
        frame[18..20].fill(0);
        frame[24..26].fill(0);
    }
    assert_eq!(ours, theirs);

    wait_until(SECOND, "the VIP on cube01", || one.has_address(cube::VIP)).unwrap();
    wire.expect(SECOND, "a gratuitous ARP", |frame| {
        frame.arp().is_some_and(|arp| {
            arp.operation == ARP_REQUEST && arp.is_gratuitous() && arp.sender == cube::VIP
        })
    })
    .unwrap();
    let answers = client.arping_all(cube::VIP, SECOND / 5).unwrap();
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].mac, one.mac());

    let ping = client.ping(cube::VIP, SECOND / 100).unwrap();
    std::thread::sleep(SECOND / 2);
    let mark = wire.mark();
    first.kill_group(Signal::SIGKILL).unwrap();
    one.unplug().unwrap();
    let takeover = wire
        .expect_from(mark, 5 * SECOND, "an advert of cube02", |frame| {
            frame.is_advert_from(two.address())
        })
        .unwrap();
    let silence = takeover.at.since(wire.last_advert_from(one.address()).unwrap().at);
    let expected = master_down_interval(2, SECOND, 90);
    assert!(
        silence >= expected && silence < expected + SECOND / 4,
        "{silence:?}, not {expected:?}"
    );
    wait_until(SECOND, "the VIP on cube02", || two.has_address(cube::VIP)).unwrap();
    std::thread::sleep(SECOND / 2);
    let report = ping.finish().unwrap();
    assert!(
        report.lost() > 0 && report.longest_outage() > 2 * SECOND,
        "{:?}",
        report.longest_outage()
    );
    assert!(report.echoes.last().unwrap().answered.is_some());
    let neighbour = client.neighbour(cube::VIP).unwrap().unwrap();
    assert_eq!(neighbour.mac.as_deref(), Some("02:00:0a:00:00:3d"));
    assert_eq!(wire.forgotten(), 0);
}

#[test]
fn frames_pass_partitions_and_injected_frames_are_seen() {
    require!(Lab);
    let mut lab = Lab::new("partition").unwrap();
    let one = lab.add_node("cube01", "10.0.0.60/24").unwrap();
    let client = lab.add_client("client", "10.0.0.10/24").unwrap();
    let wire = Wire::open(&lab).unwrap();
    let sender = FrameSender::open(&client).unwrap();
    let before = Moment::now();
    sender.send(&craft::arp_request(client.mac(), client.address(), one.address())).unwrap();
    let reply = wire
        .expect(SECOND, "the reply", |frame| frame.port == "cube01" && frame.arp().is_some())
        .unwrap();
    assert!(reply.at.since(before) < SECOND && reply.at > before, "{:?}", reply.at.since(before));
    assert_eq!(reply.arp().unwrap().sender_mac, one.mac());

    assert!(client.arping(one.address(), SECOND).unwrap().is_some());
    lab.partition(&[&client]).unwrap();
    assert!(client.arping(one.address(), SECOND / 4).unwrap().is_none());
    lab.heal().unwrap();
    assert!(client.arping(one.address(), SECOND).unwrap().is_some());
    one.unplug().unwrap();
    one.wait_for_carrier(false).unwrap();
    one.plug().unwrap();
    assert!(client.arping(one.address(), SECOND).unwrap().is_some());
}
