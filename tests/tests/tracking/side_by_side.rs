//! The same changes under both: what their adverts say, and when.

use std::{fs, thread};

use vrrp_tests::{Conf, Lab, Node, Wire, lab::Segment, require, timing::longest_gap, vrrp};

use super::support::{
    LATE, SECOND, Subject, adverts, expect_priority, track_file, tracked, tracked_file, write,
};

/// A node under test, alone with itself.
struct Stage {
    wire: Wire,
    node: Node,
    subject: Subject,
    /// Goes last.
    _lab: Lab,
}

impl Stage {
    fn new(tag: &str, subject: Subject) -> Self {
        let mut lab = Lab::new(tag).unwrap();
        let node = lab.add_node("dut", "10.0.0.60/24").unwrap();
        lab.add_interface(&node, "eth1", "10.1.0.60/24", Segment::Alone).unwrap();
        let wire = Wire::open(&lab).unwrap();
        Self { wire, node, subject, _lab: lab }
    }

    fn eth1(&self, state: &str) {
        self.node.namespace().ip(&["link", "set", "eth1", state]).unwrap();
    }

    /// The router changes its priority without a word out of turn.
    #[track_caller]
    fn changes(&self, conf: &Conf, to: u8, change: impl FnOnce()) {
        let mark = self.wire.mark();
        change();
        expect_priority(&self.wire, &self.node, conf, mark, to);
        thread::sleep(conf.interval);
        let since = adverts(&self.wire, &self.node, conf.vrid, mark);
        let gap = longest_gap(&since);
        assert!(gap < conf.interval + LATE, "{:?}: {gap:?}", self.subject);
        let pairs = since.windows(2).map(|pair| pair[1].at.since(pair[0].at));
        let least = pairs.min().unwrap_or(conf.interval);
        assert!(least > conf.interval / 2, "{:?} was in a hurry: {least:?}", self.subject);
    }

    /// The router resigns, and is silent.
    #[track_caller]
    fn faults(&self, conf: &Conf, change: impl FnOnce()) {
        let mark = self.wire.mark();
        change();
        expect_priority(&self.wire, &self.node, conf, mark, 0);
        let mark = self.wire.mark();
        thread::sleep(conf.interval * 2);
        let later = adverts(&self.wire, &self.node, conf.vrid, mark);
        // keepalived may resign twice.
        let speaks = later.iter().any(|it| it.advert().is_some_and(|advert| advert.priority > 0));
        assert!(!speaks, "{:?}: {later:?}", self.subject);
    }

    /// The router begins anew: it listens for as long as any does.
    #[track_caller]
    fn recovers(&self, conf: &Conf, priority: u8, change: impl FnOnce()) {
        let mark = self.wire.mark();
        let begin = vrrp_tests::Moment::now();
        change();
        let first = expect_priority(&self.wire, &self.node, conf, mark, priority);
        let after = first.at.since(begin);
        // keepalived's skew is that of the priority before.
        let least = conf.interval * 3;
        assert!(after > least && after < conf.down() + LATE, "{:?}: {after:?}", self.subject);
    }
}

/// Two subjects at a time, each on a stage of its own.
fn for_both(tag: &str, story: impl Fn(&Stage) + Sync) {
    thread::scope(|scope| {
        for subject in [Subject::Vrrp, Subject::Keepalived] {
            let story = &story;
            scope.spawn(move || story(&Stage::new(&format!("{tag}-{subject:?}"), subject)));
        }
    });
}

#[test]
fn interfaces_count() {
    require!(Lab, Vrrp, Keepalived);
    for_both("track-if", |stage| {
        let weighted = Conf::fast(100).with("track_interface {\n        eth1 weight -30\n    }");
        let plain =
            Conf::fast(100).named("VI_2", 52).vips(&[std::net::Ipv4Addr::new(10, 0, 0, 72)]);
        let plain = plain.with("track_interface {\n        eth1\n    }");
        let daemon = stage.subject.start(&stage.node, &(weighted.text() + &plain.text()));
        expect_priority(&stage.wire, &stage.node, &weighted, 0, 100);
        expect_priority(&stage.wire, &stage.node, &plain, 0, 100);
        stage.changes(&weighted, 70, || stage.faults(&plain, || stage.eth1("down")));
        if stage.subject == Subject::Vrrp {
            let router = vrrp::router(&stage.node, "VI_2").unwrap();
            assert_eq!((&router["reason"], &router["state"]), (&"tracked".into(), &"fault".into()));
            assert_eq!(router["reason_text"], "interface eth1 is down");
            let router = vrrp::router(&stage.node, "VI_1").unwrap();
            assert_eq!([&router["priority"], &router["effective_priority"]], [100, 70]);
            let log = daemon.log();
            assert!(log.contains("priority 100 -> 70: interface eth1 is down"), "{log}");
        }
        stage.changes(&weighted, 100, || stage.recovers(&plain, 100, || stage.eth1("up")));
    });
}

#[test]
fn files_count() {
    require!(Lab, Vrrp, Keepalived);
    for_both("track-file", |stage| {
        let conf = Conf::fast(100).with("track_file {\n        tracked weight 2\n    }");
        write(&stage.node, "5");
        let _daemon = stage.subject.start(&stage.node, &(track_file(&stage.node) + &conf.text()));
        expect_priority(&stage.wire, &stage.node, &conf, 0, 110);
        stage.changes(&conf, 254, || write(&stage.node, "100"));
        stage.changes(&conf, 1, || write(&stage.node, "-60\n"));
        stage.changes(&conf, 132, || write(&stage.node, "0x10 or so"));
        stage.faults(&conf, || write(&stage.node, "-127"));
        stage.recovers(&conf, 100, || write(&stage.node, "rubbish"));
        let new = stage.node.folder().join("new");
        stage.changes(&conf, 120, || {
            fs::write(&new, "10").unwrap();
            fs::rename(&new, tracked_file(&stage.node)).unwrap();
        });
        stage.changes(&conf, 100, || fs::remove_file(tracked_file(&stage.node)).unwrap());
        if stage.subject == Subject::Vrrp {
            let tracked = tracked(&stage.node);
            assert_eq!((&tracked["value"], &tracked["weight"]), (&0.into(), &2.into()));
        }
    });
}

#[test]
fn the_own_link_and_source_count_as_the_file_says() {
    require!(Lab, Vrrp, Keepalived);
    for_both("track-own", |stage| {
        let careless = Conf::fast(100).with("dont_track_primary");
        let careful =
            Conf::fast(100).named("VI_2", 52).vips(&[std::net::Ipv4Addr::new(10, 0, 0, 72)]);
        let careful = careful.with("mcast_src_ip 10.0.0.59").with("track_src_ip");
        let source = |what| {
            let address = ["addr", what, "10.0.0.59/24", "dev", "eth0"];
            stage.node.namespace().ip(&address).unwrap();
        };
        source("add");
        let _daemon = stage.subject.start(&stage.node, &(careless.text() + &careful.text()));
        let from = std::net::Ipv4Addr::new(10, 0, 0, 59);
        let of_careful = |mark, priority| {
            let within = careful.down() + 6 * SECOND;
            let what = format!("priority {priority} of {:?}", stage.subject);
            let expected = stage.wire.expect_from(mark, within, &what, |frame| {
                frame.is_advert_from(from)
                    && frame.advert().is_some_and(|it| it.priority == priority)
            });
            expected.unwrap();
        };
        expect_priority(&stage.wire, &stage.node, &careless, 0, 100);
        of_careful(0, 100);
        let mark = stage.wire.mark();
        source("del");
        thread::sleep(2 * careful.interval);
        let mark = mark.max(stage.wire.mark());
        let silent = stage.wire.watch(3 * careful.interval, |frame| {
            frame.number >= mark && frame.is_advert_from(from)
        });
        // keepalived 2.2.7 means to be silent, but does not notice that the address has gone.
        assert_eq!(silent.is_empty(), stage.subject == Subject::Vrrp, "{silent:?}");
        let mark = stage.wire.mark();
        source("add");
        of_careful(mark, 100);

        // Without a carrier nobody hears it, but it stays what it is.
        stage.node.unplug().unwrap();
        stage.node.wait_for_carrier(false).unwrap();
        thread::sleep(careless.interval);
        let mark = stage.wire.mark();
        stage.node.plug().unwrap();
        let frame = expect_priority(&stage.wire, &stage.node, &careless, mark, 100);
        assert!(stage.node.has_address(vrrp_tests::cube::VIP), "{:?} {frame:?}", stage.subject);
        if stage.subject == Subject::Vrrp {
            let router = vrrp::router(&stage.node, "VI_1").unwrap();
            assert_eq!(router["transitions"], 2);
        }
    });
}
