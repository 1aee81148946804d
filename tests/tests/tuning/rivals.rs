//! What a master does about a lesser one, as the file says: ours and keepalived.

use std::thread;

use vrrp_tests::{Conf, FrameSender, Node, cube, keepalived, require, vrrp};

use super::{Bench, SECOND, announces};

/// Adverts in answer to one of a lesser master, and announcements: at once, and later.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Reaction {
    answered: bool,
    at_once: usize,
    later: usize,
}

/// What a master with these lines does, which takes over within `3 * 1 s + skew`.
fn reaction(bench: &Bench, node: &Node, conf: &Conf) -> Reaction {
    let from = node.address();
    let is_advert = |frame: &vrrp_tests::wire::Frame| frame.is_advert_from(from);
    bench.wire.expect(8 * SECOND, "the master's advert", is_advert).unwrap();
    thread::sleep(SECOND / 2);
    // Right after an advert, so that one that comes soon is an answer.
    bench.wire.expect_from(bench.wire.mark(), 2 * SECOND, "an advert", is_advert).unwrap();
    let mark = bench.wire.mark();
    let sender = FrameSender::open(&bench.peer).unwrap();
    sender.send(&conf.advert(bench.peer.address(), 50)).unwrap();
    thread::sleep(SECOND * 2 / 5);
    let answered = !bench.wire.frames(|frame| frame.number >= mark && is_advert(frame)).is_empty();
    let announced = || {
        let all = bench.wire.frames(|it| it.number >= mark && announces(it, node, cube::VIP));
        all.len()
    };
    let at_once = announced();
    thread::sleep(SECOND);
    Reaction { answered, at_once, later: announced() - at_once }
}

#[test]
fn the_keywords_do_what_they_do_in_keepalived() {
    require!(Lab, Vrrp, Keepalived);
    let lines = ["garp_lower_prio_repeat 2", "garp_lower_prio_delay 1", "garp_master_delay 0"];
    let base = lines
        .iter()
        .fold(Conf { version: 3, password: None, ..Conf::cube(255) }, |it, line| it.with(line));
    let silent = base.clone().with("lower_prio_no_advert");
    thread::scope(|scope| {
        for (tag, conf, answered) in [("lower", &base, true), ("silent", &silent, false)] {
            let expected = Reaction { answered, at_once: 2, later: 2 };
            scope.spawn(move || {
                let bench = Bench::new(&format!("{tag}-ours"));
                let daemon = bench.start_master(&conf.text());
                let found = reaction(&bench, &bench.dut, conf);
                assert_eq!(found, expected, "{}", daemon.log());
                assert_eq!(vrrp::state(&bench.dut, "VI_1").unwrap(), "master");
            });
            scope.spawn(move || {
                let bench = Bench::new(&format!("{tag}-keepalived"));
                let daemon = keepalived::start(&bench.dut, &conf.text()).unwrap();
                assert_eq!(reaction(&bench, &bench.dut, conf), expected, "{}", daemon.log());
            });
        }
    });
}
