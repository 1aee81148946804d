//! `vrrp_sync_group`: what happens to one member happens to all.

use std::thread;

use vrrp_tests::{
    Chatter, Conf, Daemon, Moment, Segment, Wire, conf::sync_group, cube, keepalived, require,
    timing::skew_time, vrrp, wait_until, wire::Frame,
};

use super::support::{Bench, LATE, SECOND, is_advert, peer_source, start};

/// The members: one on each interface, and one of IPv6.
fn confs(priority: u8) -> [Conf; 3] {
    [
        Conf::fast(priority).named("VI_IN", 31),
        Conf { interface: "eth1", ..Conf::fast(priority).named("VI_OUT", 32) }
            .vips(&["10.1.0.70".parse::<std::net::Ipv4Addr>().unwrap()]),
        Conf::fast6(priority).named("VI_6", 33),
    ]
}

fn text(confs: &[Conf]) -> String {
    let names: Vec<_> = confs.iter().map(|conf| conf.name.as_str()).collect();
    confs.iter().map(Conf::text).collect::<String>() + &sync_group("G1", &names)
}

struct Group {
    bench: Bench,
    confs: [Conf; 3],
    run: fn(&Bench, &str) -> Daemon,
}

impl Group {
    fn new(tag: &str, run: fn(&Bench, &str) -> Daemon) -> Self {
        let mut bench = Bench::new(tag);
        let (dut, peer) = (bench.dut.clone(), bench.peer.clone());
        bench.lab.add_interface(&dut, "eth1", "10.1.0.60/24", Segment::Second).unwrap();
        bench.lab.add_interface(&peer, "eth1", "10.1.0.80/24", Segment::Second).unwrap();
        bench.wire = Wire::open(&bench.lab).unwrap();
        Self { bench, confs: confs(100), run }
    }

    fn start(&self) -> Daemon {
        (self.run)(&self.bench, &text(&self.confs))
    }

    fn port(conf: &Conf) -> &'static str {
        if conf.interface == "eth1" { "dut-eth1" } else { "dut" }
    }

    /// Each member's next advert.
    #[track_caller]
    fn all_speak(&self, mark: u64) -> Vec<Frame> {
        let speak = |conf: &Conf| {
            let what = format!("an advert of {}", conf.name);
            let wanted = |frame: &Frame| {
                is_advert(frame, Self::port(conf), conf) && frame.advert().unwrap().priority != 0
            };
            self.bench.wire.expect_from(mark, conf.down() + 4 * SECOND, &what, wanted).unwrap()
        };
        self.confs.iter().map(speak).collect()
    }

    /// Waits until no member has its address, and none speaks.
    #[track_caller]
    fn all_fall_silent(&self) {
        for conf in &self.confs {
            let (vip, interface) = (conf.vips[0], conf.interface);
            let what = format!("{vip} to go from {interface}");
            let gone = || !self.bench.dut.has_address_on(interface, vip);
            wait_until(2 * SECOND, &what, gone).unwrap();
        }
        let mark = self.bench.wire.mark();
        thread::sleep(self.confs[0].interval * 2);
        for conf in &self.confs {
            let spoken = self
                .bench
                .wire
                .frames(|frame| frame.number >= mark && is_advert(frame, Self::port(conf), conf));
            assert!(spoken.is_empty(), "{} speaks: {spoken:?}", conf.name);
        }
    }

    fn all_are(&self, state: &str) {
        for conf in &self.confs {
            let dut = &self.bench.dut;
            vrrp::wait_for_state(dut, &conf.name, state, 2 * SECOND).unwrap();
        }
    }

    fn story(&self, ours: bool) {
        let Self { bench, confs, .. } = self;
        let expect = |state: &str| {
            if ours {
                self.all_are(state);
            }
        };
        // One that hears a better master keeps the others from becoming masters.
        let inside = &confs[0];
        let better = inside.advert(peer_source(inside), 200);
        let chatter = Chatter::start(&bench.peer, vec![better.clone()], inside.interval).unwrap();
        let mut daemon = self.start();
        thread::sleep(confs[1].down() + SECOND);
        self.all_fall_silent();
        expect("backup");
        // It falls silent: all become masters together.
        drop(chatter);
        let mark = bench.wire.mark();
        let first = self.all_speak(mark);
        let moments: Vec<Moment> = first.iter().map(|frame| frame.at).collect();
        let apart = moments.iter().max().unwrap().since(*moments.iter().min().unwrap());
        assert!(apart < LATE, "{apart:?} apart");
        expect("master");

        // A better one on one side takes all.
        vrrp_tests::FrameSender::open(&bench.peer).unwrap().send(&better).unwrap();
        self.all_fall_silent();
        expect("backup");
        let mark = bench.wire.mark();
        self.all_speak(mark);

        // The loss of one link is a fault of all; the others say farewell.
        let mark = bench.wire.mark();
        bench.dut.namespace().ip(&["link", "set", "eth1", "down"]).unwrap();
        self.all_fall_silent();
        expect("fault");
        for conf in [&confs[0], &confs[2]] {
            let last = bench
                .wire
                .last(|frame| frame.number >= mark && is_advert(frame, "dut", conf))
                .unwrap();
            assert_eq!(last.advert().unwrap().priority, 0, "{}", conf.name);
        }
        assert!(!bench.client.reaches(cube::VIP, SECOND / 5));
        bench.dut.namespace().ip(&["link", "set", "eth1", "up"]).unwrap();
        let (mark, up) = (bench.wire.mark(), Moment::now());
        let back = self.all_speak(mark);
        // Not before they have listened for a while.
        let least = skew_time(3, confs[0].interval, 100);
        assert!(back.iter().all(|frame| frame.at.since(up) >= least));
        expect("master");
        for conf in confs {
            wait_until(SECOND, "the address", || {
                bench.dut.has_address_on(conf.interface, conf.vips[0])
            })
            .unwrap();
        }
        assert!(bench.client.reaches(cube::VIP, SECOND));
        assert!(daemon.terminate(10 * SECOND).unwrap().success());
        self.all_fall_silent();
    }
}

#[test]
fn members_change_together() {
    require!(Lab, Vrrp);
    Group::new("group", |bench, text| start(&bench.dut, text, &["--hook", "generic"])).story(true);
}

#[test]
fn members_change_together_without_ebpf() {
    require!(Lab, Vrrp);
    Group::new("group-off", |bench, text| start(&bench.dut, text, &["--hook", "off"])).story(true);
}

/// The rules are keepalived's.
#[test]
fn members_of_keepalived_change_together_too() {
    require!(Lab, Keepalived);
    Group::new("group-ka", |bench, text| keepalived::start(&bench.dut, text).unwrap()).story(false);
}

/// A group that a reload makes of a master and a backup is no half a master for long.
#[test]
fn a_group_made_by_a_reload_is_of_one_mind() {
    require!(Lab, Vrrp);
    let bench = Bench::new("group-reload");
    let better = Conf::fast(200).named("VI_A", 41);
    let lesser = Conf::fast(50)
        .named("VI_B", 42)
        .vips(&["10.0.0.71".parse::<std::net::Ipv4Addr>().unwrap()]);
    let alone = better.text() + &lesser.text();
    let advert = lesser.advert(peer_source(&lesser), 150);
    let _chatter = Chatter::start(&bench.peer, vec![advert], lesser.interval).unwrap();
    let mut daemon = start(&bench.dut, &alone, &["--hook", "generic"]);
    let wait = |name, state| {
        vrrp::wait_for_state(&bench.dut, name, state, better.down() + 2 * SECOND).unwrap();
    };
    wait("VI_A", "master");
    wait("VI_B", "backup");
    let grouped = alone + &sync_group("G1", &["VI_A", "VI_B"]);
    bench.dut.write_file("vrrp.conf", &grouped).unwrap();
    daemon.kill(nix::sys::signal::Signal::SIGHUP).unwrap();
    wait("VI_A", "backup");
    thread::sleep(better.down() * 2);
    for name in ["VI_A", "VI_B"] {
        assert_eq!(vrrp::state(&bench.dut, name).unwrap(), "backup", "{name}");
    }
}
