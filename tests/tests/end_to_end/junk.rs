//! Frames that are wrong: each has a defined result, and none of them disturbs the election.
//!
//! Every kind has a virtual router of its own in one daemon, so that all are tried at once.

mod kinds;

use std::{net::Ipv4Addr, thread, time::Duration};

use vrrp_tests::{
    Chatter, Conf, FrameSender, require,
    timing::{longest_gap, master_down_interval},
    vrrp,
    wire::Frame,
};

use self::kinds::{Bait, Fate, Kind, kinds};
use super::support::{Bench, LATE, PEER, SECOND, number, on_time, word};

/// The first VRID; that of the unknown router is none of them.
const FIRST: u8 = 101;

/// Twenty of each kind a second.
const RATE: Duration = Duration::from_millis(50);

/// Priority of what is injected, and of the scripted master before it falls silent.
const PRIORITY: u8 = 150;

#[test]
fn junk_neither_keeps_a_master_alive_nor_disturbs_one_in_generic_mode() {
    require!(Lab, Vrrp);
    storm("generic");
}

#[test]
fn junk_neither_keeps_a_master_alive_nor_disturbs_one_in_native_mode() {
    require!(Lab, Vrrp);
    storm("native");
}

#[test]
fn junk_neither_keeps_a_master_alive_nor_disturbs_one_without_ebpf() {
    require!(Lab, Vrrp);
    storm("off");
}

/// One kind of junk and the router it is for.
struct Case {
    kind: Kind,
    conf: Conf,
}

fn cases(hook: &str) -> Vec<Case> {
    let cases = kinds(hook).into_iter().zip(FIRST..).map(|(kind, vrid)| {
        let conf = Conf {
            name: kind.name.to_owned(),
            vrid,
            version: kind.version,
            password: (kind.version == 2).then_some("mypasswo"),
            vips: vec![Ipv4Addr::new(10, 0, 0, vrid).into()],
            ..Conf::cube(100)
        };
        Case { kind, conf }
    });
    cases.collect()
}

fn storm(hook: &str) {
    let bench = Bench::new(hook);
    let cases = cases(hook);
    let text: String = cases.iter().map(|case| case.conf.text()).collect();
    let mut daemon = vrrp::start(&bench.dut, &text, &["--hook", hook]).unwrap();
    let running = || vrrp::status(&bench.dut).is_ok();
    vrrp_tests::wait_until(5 * SECOND, "the daemon", running).unwrap();
    let status = vrrp::status(&bench.dut).unwrap();
    assert_eq!(word(&status, "/interfaces/0/hook/mode"), hook, "{status}");

    // A master speaks for each router, and then never again.
    let sender = FrameSender::open(&bench.peer).unwrap();
    for case in &cases {
        sender.send(&case.conf.advert(PEER, PRIORITY)).unwrap();
    }
    let bait = |conf: &Conf| Bait { conf: conf.clone(), dut: bench.dut.clone() };
    let junk: Vec<_> =
        cases.iter().flat_map(|case| (case.kind.frames)(&bait(&case.conf))).collect();
    let chatter = Chatter::start(&bench.peer, junk, RATE).unwrap();

    let down = master_down_interval(2, SECOND, 100);
    thread::sleep(down + SECOND / 2);
    let of = |case: &Case| {
        let (vrid, source) = (case.conf.vrid, bench.dut.address());
        bench.wire.frames(|frame| {
            frame.port == "dut"
                && frame.is_advert_from(source)
                && frame.advert().is_some_and(|advert| advert.vrid == vrid)
        })
    };
    // Three more seconds against those that are masters now.
    thread::sleep(3 * SECOND);
    let rounds = chatter.stop().unwrap();
    let status = vrrp::status(&bench.dut).unwrap();
    for case in &cases {
        let spoken = bench.wire.frames(|frame| is_good_advert(frame, case.conf.vrid));
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
    assert!(log.lines().count() < 6 * cases.len(), "{log}");
    assert!(daemon.terminate(5 * SECOND).unwrap().success());
}

/// The scripted master's advert; junk comes from another address.
fn is_good_advert(frame: &Frame, vrid: u8) -> bool {
    frame.is_advert_from(PEER) && frame.advert().is_some_and(|advert| advert.vrid == vrid)
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
    let dropped = router.pointer("/adverts/dropped").unwrap().as_object().unwrap();
    let dropped: Vec<_> = dropped.iter().filter(|(_, count)| **count != 0).collect();
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
            let [(counter, count)] = dropped[..] else {
                panic!("{name}: {dropped:?}, {router}, {}", status["node"])
            };
            assert_eq!((counter.as_str(), count.as_u64()), (reason, Some(rounds)), "{name}");
        }
        Fate::Ignored => assert!(dropped.is_empty(), "{name}: {dropped:?}"),
        Fate::Accepted => {}
    }
}

#[test]
fn a_flood_of_junk_leaves_cadence_state_and_log_alone() {
    require!(Lab, Vrrp);
    for hook in ["generic", "off"] {
        let bench = Bench::new("flood");
        let conf =
            Conf { version: 2, interval: SECOND, password: Some("mypasswo"), ..Conf::fast(255) };
        let daemon = bench.start_master(&conf, &["--hook", hook]);
        let bait = Bait { conf: conf.clone(), dut: bench.dut.clone() };
        let dropped =
            kinds(hook).into_iter().filter(|kind| kind.version == 2 && kind.fate != Fate::Accepted);
        let frames: Vec<_> = dropped.flat_map(|kind| (kind.frames)(&bait)).collect();
        let mark = bench.wire.mark();
        let chatter = Chatter::start(&bench.peer, frames, Duration::from_millis(5)).unwrap();
        thread::sleep(3 * SECOND + SECOND / 2);
        let rounds = chatter.stop().unwrap();
        let adverts = bench.adverts_since(mark);
        let gap = longest_gap(&adverts);
        assert!(adverts.len() >= 3 && gap < SECOND + LATE / 2, "{hook}: {gap:?}");
        assert_eq!(bench.wire.forgotten(), 0);
        let router = super::support::router(&bench.dut);
        assert_eq!((word(&router, "/state"), number(&router, "/transitions")), ("master", 1));
        // Nine kinds are dropped for a reason of their own router's.
        assert!(number(&router, "/adverts/dropped_total") >= 9 * rounds, "{hook}: {router}");
        assert!(rounds > 100, "{rounds}");
        let lines = daemon.log().lines().count();
        assert!(lines < 20, "{lines} lines:\n{}", daemon.log());
    }
}
