//! The rules of the election, against a scripted peer.

use std::{net::Ipv4Addr, thread, time::Duration};

use vrrp_tests::{
    Chatter, Conf, FrameSender, Moment,
    craft::AdvertV3,
    cube,
    lab::mac_of,
    require,
    timing::{longest_gap, skew_time},
    vrrp, wait_until,
};

use super::support::{Bench, PEER, SECOND, number, on_time, router, wait_for, word};

/// Speaks as a router with this priority at this address.
fn peer(bench: &Bench, conf: &Conf, source: Ipv4Addr, priority: u8) -> Chatter {
    Chatter::start(&bench.peer, vec![conf.advert(source, priority)], conf.interval).unwrap()
}

#[test]
fn nopreempt_leaves_a_lesser_master_alone_and_preempt_does_not() {
    require!(Lab, Vrrp);
    let bench = Bench::new("nopreempt");
    let plain = Conf::fast(150);
    let chatter = peer(&bench, &plain, PEER, 100);
    let mut daemon = bench.start(&plain.clone().with("nopreempt"), &[]);
    thread::sleep(2 * plain.down());
    assert!(bench.adverts_since(0).is_empty());
    assert_eq!(word(&router(&bench.dut), "/master/address"), PEER.to_string());
    // Silence is another matter.
    drop(chatter);
    wait_for(&bench.dut, "master", plain.down() + SECOND);
    assert!(daemon.terminate(5 * SECOND).unwrap().success());

    let _chatter = peer(&bench, &plain, PEER, 100);
    let (mark, started) = (bench.wire.mark(), Moment::now());
    let _daemon = bench.start(&plain, &[]);
    let advert = bench.next_advert(mark, plain.down() + SECOND);
    assert!(advert.at.since(started) >= plain.down());
    wait_for(&bench.dut, "master", SECOND);
    assert_eq!(word(&router(&bench.dut), "/reason"), "preempting");
}

#[test]
fn preempt_delay_holds_a_better_router_back() {
    require!(Lab, Vrrp);
    let bench = Bench::new("delay");
    let conf = Conf::fast(150);
    let _chatter = peer(&bench, &conf, PEER, 100);
    let started = Moment::now();
    let _daemon = bench.start(&conf.clone().with("preempt_delay 2"), &[]);
    let advert = bench.next_advert(0, 5 * SECOND);
    let took = advert.at.since(started);
    assert!(took >= 2 * SECOND, "{took:?}");
    assert!(took <= 2 * SECOND + conf.down() + SECOND, "{took:?}");
}

#[test]
fn equal_priorities_are_decided_by_address() {
    require!(Lab, Vrrp);
    let bench = Bench::new("tie");
    let conf = Conf::fast(100);
    let _daemon = bench.start_master(&conf, &[]);
    let lower = peer(&bench, &conf, Ipv4Addr::new(10, 0, 0, 59), 100);
    thread::sleep(3 * conf.interval);
    assert_eq!(number(&router(&bench.dut), "/transitions"), 2);
    drop(lower);
    // Compared as a number, not byte by byte from the back.
    let _higher = peer(&bench, &conf, Ipv4Addr::new(10, 0, 1, 1), 100);
    wait_for(&bench.dut, "backup", SECOND);
    assert_eq!(word(&router(&bench.dut), "/reason"), "better_master");
    wait_until(SECOND, "the address to go", || !bench.dut.has_address(cube::VIP)).unwrap();
    let last = bench.adverts_since(0);
    assert_ne!(last.last().unwrap().advert().unwrap().priority, 0, "yielding is no resignation");
}

#[test]
fn a_resignation_shortens_the_wait_to_the_skew() {
    require!(Lab, Vrrp);
    let bench = Bench::new("resign");
    let conf = Conf::cube(100);
    let _daemon = bench.start(&conf, &[]);
    let chatter = peer(&bench, &conf, PEER, 150);
    thread::sleep(SECOND + SECOND / 2);
    drop(chatter);
    FrameSender::open(&bench.peer).unwrap().send(&conf.advert(PEER, 0)).unwrap();
    let advert = bench.next_advert(0, 4 * SECOND);
    let resigned = bench
        .wire
        .last(|frame| frame.is_advert_from(PEER) && frame.advert().unwrap().priority == 0)
        .unwrap();
    on_time("takeover", advert.at.since(resigned.at), conf.skew());
    wait_for(&bench.dut, "master", SECOND);
    assert_eq!(word(&router(&bench.dut), "/reason"), "master_resigned");

    // As a master it answers one at once, and stays.
    let mark = bench.wire.mark();
    FrameSender::open(&bench.peer).unwrap().send(&conf.advert(PEER, 0)).unwrap();
    let answer = bench.next_advert(mark, SECOND);
    let asked = bench.wire.last_advert_from(PEER).unwrap();
    assert!(answer.at.since(asked.at) < SECOND / 20, "{:?}", answer.at.since(asked.at));
    assert_eq!(vrrp::state(&bench.dut, "VI_1").unwrap(), "master");
}

#[test]
fn the_owner_does_not_wait() {
    require!(Lab, Vrrp);
    let bench = Bench::new("owner");
    let conf = Conf { state: "MASTER", ..Conf::cube(255) };
    let started = Moment::now();
    let _daemon = bench.start(&conf, &[]);
    let first = bench.next_advert(0, 2 * SECOND);
    assert!(first.at.since(started) < SECOND, "{:?}", first.at.since(started));
    assert_eq!(first.advert().unwrap().priority, 255);
    wait_for(&bench.dut, "master", SECOND);
    assert_eq!(word(&router(&bench.dut), "/reason"), "owner");
}

#[test]
fn a_lesser_master_is_answered_quickly_but_not_without_end() {
    require!(Lab, Vrrp);
    for hook in ["generic", "off"] {
        let bench = Bench::new("lesser");
        let conf = Conf::fast(200);
        let daemon = bench.start_master(&conf, &["--hook", hook]);
        // Between two adverts of its own.
        let mark = bench.wire.mark();
        let own = bench.next_advert(mark, SECOND);
        thread::sleep(conf.interval / 4);
        let mark = bench.wire.mark();
        let chatter =
            Chatter::start(&bench.peer, vec![conf.advert(PEER, 90)], Duration::from_millis(1))
                .unwrap();
        let answer = bench.next_advert(mark, SECOND);
        assert!(answer.at.since(own.at) + SECOND / 20 < conf.interval, "it waited for its turn");
        thread::sleep(2 * SECOND);
        let rounds = chatter.stop().unwrap();
        assert!(rounds > 1_000, "{rounds}");
        let adverts = bench.adverts_since(mark).len();
        // Ten answers a second, and its own five.
        assert!((20..=34).contains(&adverts), "{hook}: {adverts}");
        let announced = super::support::announcements(&bench.wire, &bench.dut, mark).len();
        assert!(announced <= 25, "{hook}: {announced}");
        assert_eq!(number(&router(&bench.dut), "/transitions"), 2);
        assert!(daemon.log().lines().count() < 20, "{}", daemon.log());
    }
}

#[test]
fn version_3_follows_the_master_s_interval() {
    require!(Lab, Vrrp);
    let bench = Bench::new("interval");
    let conf = Conf::fast(100);
    let _daemon = bench.start(&conf, &[]);
    let advert = AdvertV3 {
        source: PEER.into(),
        source_mac: mac_of(PEER),
        priority: 150,
        interval: 50,
        ..AdvertV3::default()
    };
    let chatter = Chatter::start(&bench.peer, vec![advert.frame()], SECOND / 2).unwrap();
    thread::sleep(2 * SECOND);
    drop(chatter);
    assert!(bench.adverts_since(0).is_empty(), "half a second is longer than its own patience");
    let last = bench.wire.last_advert_from(PEER).unwrap();
    let first = bench.next_advert(0, 4 * SECOND);
    let theory = SECOND * 3 / 2 + skew_time(3, SECOND / 2, 100);
    on_time("takeover", first.at.since(last.at), theory);
    // As a master it has its own interval again.
    thread::sleep(SECOND);
    assert_eq!(first.advert().unwrap().interval, 20);
    let gap = longest_gap(&bench.adverts_since(0));
    assert!(gap < conf.interval * 3 / 2, "{gap:?}");
}
