//! Frames that are wrong: each has a defined result, and none of them disturbs the election.
//!
//! Every kind has a virtual router of its own in one daemon, so that all are tried at once.

mod kinds;

use std::{
    net::{Ipv4Addr, Ipv6Addr},
    thread,
    time::Duration,
};

use vrrp_tests::{
    Chatter, Conf, FrameSender, require,
    timing::{longest_gap, master_down_interval},
    vrrp,
    wire::Frame,
};

use self::kinds::{Bait, Fate, Kind, kinds4, kinds6};
use super::support::{
    Bench, LATE, SECOND, dropped, is_advert, log_lines, number, on_time, peer_source, word,
};

/// The first VRID; that of the unknown router is none of them.
const FIRST: u8 = 101;

/// Twenty of each kind a second.
const RATE: Duration = Duration::from_millis(50);

/// Priority of what is injected, and of the scripted master before it falls silent.
const PRIORITY: u8 = 150;

#[test]
fn junk_neither_keeps_a_master_alive_nor_disturbs_one_in_generic_mode() {
    require!(Lab, Vrrp);
    storm("generic", false);
}

#[test]
fn junk_neither_keeps_a_master_alive_nor_disturbs_one_in_native_mode() {
    require!(Lab, Vrrp);
    storm("native", false);
}

#[test]
fn junk_neither_keeps_a_master_alive_nor_disturbs_one_at_tc() {
    require!(Lab, Vrrp);
    storm("tc", false);
}

#[test]
fn junk_neither_keeps_a_master_alive_nor_disturbs_one_without_ebpf() {
    require!(Lab, Vrrp);
    storm("off", false);
}

#[test]
fn junk_over_ipv6_does_nothing_either_in_generic_mode() {
    require!(Lab, Vrrp);
    storm("generic", true);
}

#[test]
fn junk_over_ipv6_does_nothing_either_in_native_mode() {
    require!(Lab, Vrrp);
    storm("native", true);
}

#[test]
fn junk_over_ipv6_does_nothing_either_at_tc() {
    require!(Lab, Vrrp);
    storm("tc", true);
}

#[test]
fn junk_over_ipv6_does_nothing_either_without_ebpf() {
    require!(Lab, Vrrp);
    storm("off", true);
}

/// One kind of junk and the router it is for.
struct Case {
    kind: Kind,
    conf: Conf,
}

fn cases(hook: &str, ipv6: bool) -> Vec<Case> {
    let kinds = if ipv6 { kinds6() } else { kinds4(hook) };
    let cases = kinds.into_iter().zip(FIRST..).map(|(kind, vrid)| {
        let conf = Conf {
            name: kind.name.to_owned(),
            vrid,
            version: kind.version,
            password: (kind.version == 2).then_some("mypasswo"),
            vips: vec![if ipv6 {
                Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 1, vrid.into()).into()
            } else {
                Ipv4Addr::new(10, 0, 0, vrid).into()
            }],
            ..Conf::cube(100)
        };
        Case { kind, conf }
    });
    cases.collect()
}

fn storm(hook: &str, ipv6: bool) {
    let bench = Bench::for_hook("junk", hook);
    let cases = cases(hook, ipv6);
    let text: String = cases.iter().map(|case| case.conf.text()).collect();
    let mut daemon = bench.start(&text, &["--hook", hook]);
    let status = vrrp::status(&bench.dut).unwrap();
    assert_eq!(word(&status, "/interfaces/0/hook/mode"), hook, "{status}");

    // A master speaks for each router, and then never again.
    let sender = FrameSender::open(&bench.peer).unwrap();
    for case in &cases {
        sender.send(&case.conf.advert(peer_source(&case.conf), PRIORITY)).unwrap();
    }
    let bait = |conf: &Conf| Bait { conf: conf.clone(), dut: bench.dut.clone() };
    let junk: Vec<_> =
        cases.iter().flat_map(|case| (case.kind.frames)(&bait(&case.conf))).collect();
    let chatter = Chatter::start(&bench.peer, junk, RATE).unwrap();

    let down = master_down_interval(2, SECOND, 100);
    thread::sleep(down + SECOND / 2);
    let of = |case: &Case| {
        let source = bench.dut.source(ipv6);
        let adverts = bench.adverts(&case.conf, 0).into_iter();
        adverts.filter(|frame| frame.is_advert_from(source)).collect::<Vec<_>>()
    };
    // Three more seconds against those that are masters now.
    thread::sleep(3 * SECOND);
    let rounds = chatter.stop().unwrap();
    let status = vrrp::status(&bench.dut).unwrap();
    for case in &cases {
        let spoken = bench.wire.frames(|frame| is_good_advert(frame, &case.conf));
        assert_eq!(spoken.len(), 1);
        judge(case, &spoken[0], &of(case), down, rounds, &status);
    }
    let unknown = number(&status, "/node/unknown_router");
    assert!(hook == "off" || unknown >= rounds, "{unknown}");

    // Who is not what it should be has been told of once, and nothing else was said of junk.
    let log = daemon.log();
    for case in &cases {
        let lines = log.lines().filter(|line| line.contains(&format!("{}:", case.kind.name)));
        let alarms = lines.filter(|line| line.contains("advertises other addresses")).count();
        assert_eq!(alarms, usize::from(case.kind.alarm), "{}\n{log}", case.kind.name);
    }
    assert!(log_lines(&daemon) < 6 * cases.len(), "{log}");
    assert!(daemon.terminate(5 * SECOND).unwrap().success());
}

/// The scripted master's advert; junk comes from another address.
fn is_good_advert(frame: &Frame, conf: &Conf) -> bool {
    is_advert(frame, "peer", conf) && frame.is_advert_from(peer_source(conf))
}

fn judge(
    case: &Case,
    spoken: &Frame,
    adverts: &[Frame],
    down: Duration,
    rounds: u64,
    status: &serde_json::Value,
) {
    let name = case.kind.name;
    let routers = status.pointer("/routers").unwrap().as_array().unwrap();
    let router = routers.iter().find(|router| router["name"] == name).unwrap();
    let dropped = dropped(router);
    if case.kind.fate == Fate::Accepted {
        assert!(adverts.is_empty(), "{name}: took over from a master that spoke");
        assert_eq!(word(router, "/state"), "backup", "{name}");
        assert!(dropped.is_empty(), "{name}: {dropped:?}");
        assert_eq!(number(router, "/adverts/received"), rounds + 1, "{name}");
        return;
    }
    let first = adverts.first().unwrap_or_else(|| panic!("{name}: never took over: {router}"));
    on_time(name, first.at.since(spoken.at), down);
    let gap = longest_gap(adverts);
    assert!(adverts.len() >= 3 && gap < SECOND * 11 / 10, "{name}: {gap:?}");
    assert_eq!(word(router, "/state"), "master", "{name}");
    assert_eq!(number(router, "/transitions"), 2, "{name}");
    match case.kind.fate {
        Fate::Dropped(reason) => {
            assert_eq!(dropped, [(reason.to_owned(), rounds)], "{name}: {}", status["node"]);
        }
        Fate::Ignored => assert!(dropped.is_empty(), "{name}: {dropped:?}"),
        Fate::Accepted => {}
    }
}

#[test]
fn a_flood_of_junk_leaves_cadence_state_and_log_alone() {
    require!(Lab, Vrrp);
    for hook in ["generic", "tc", "off"] {
        let bench = Bench::new("flood");
        let conf =
            Conf { version: 2, interval: SECOND, password: Some("mypasswo"), ..Conf::fast(255) };
        let daemon = bench.start(&conf.text(), &["--hook", hook]);
        bench.wait_for_masters(&[&conf]);
        let bait = Bait { conf: conf.clone(), dut: bench.dut.clone() };
        let dropped = kinds4(hook)
            .into_iter()
            .filter(|kind| kind.version == 2 && kind.fate != Fate::Accepted);
        let frames: Vec<_> = dropped.flat_map(|kind| (kind.frames)(&bait)).collect();
        let mark = bench.wire.mark();
        let chatter = Chatter::start(&bench.peer, frames, Duration::from_millis(5)).unwrap();
        thread::sleep(3 * SECOND + SECOND / 2);
        let rounds = chatter.stop().unwrap();
        let adverts = bench.adverts(&conf, mark);
        let gap = longest_gap(&adverts);
        assert!(adverts.len() >= 3 && gap < SECOND + LATE / 2, "{hook}: {gap:?}");
        assert_eq!(bench.wire.forgotten(), 0);
        let router = vrrp::router(&bench.dut, "VI_1").unwrap();
        assert_eq!((word(&router, "/state"), number(&router, "/transitions")), ("master", 1));
        // Nine kinds are dropped for a reason of their own router's.
        assert!(number(&router, "/adverts/dropped_total") >= 9 * rounds, "{hook}: {router}");
        assert!(rounds > 100, "{rounds}");
        let lines = log_lines(&daemon);
        assert!(lines < 20, "{lines} lines:\n{}", daemon.log());
    }
}
