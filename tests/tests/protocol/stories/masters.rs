//! Stories of masters that meet others.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    thread,
    time::Duration,
};

use super::{BOTH, Stage, Story};
use crate::support::{LATE, SECOND, number, on_time, word};

/// An answer is at once if it comes before its time.
const AT_ONCE: Duration = Duration::from_millis(50);

pub(super) const STORIES: &[Story] = &[
    Story {
        name: "a_lesser_one_comes",
        keepalived: true,
        versions: BOTH,
        conf: |conf| conf,
        master: None,
        act: a_lesser_one_comes,
    },
    Story {
        name: "a_better_one_comes",
        keepalived: true,
        versions: BOTH,
        conf: |conf| conf,
        master: None,
        act: a_better_one_comes,
    },
    Story {
        name: "an_owner_comes",
        keepalived: true,
        versions: BOTH,
        conf: |conf| conf,
        master: None,
        act: an_owner_comes,
    },
    Story {
        name: "an_equal_one_comes",
        keepalived: true,
        versions: BOTH,
        conf: |conf| conf,
        master: None,
        act: an_equal_one_comes,
    },
    Story {
        name: "somebody_with_our_address",
        // keepalived yields to its own link-local address.
        keepalived: false,
        versions: BOTH,
        conf: |conf| conf,
        master: None,
        act: somebody_with_our_address,
    },
];

/// H3: a lesser one is answered at once, and told to the clients; nothing else changes.
fn a_lesser_one_comes(stage: &mut Stage<'_>) {
    let own = stage.first_advert();
    thread::sleep(stage.conf.interval / 2);
    let mark = stage.bench.wire.mark();
    let lesser = stage.send(&stage.advert(1));
    let answer = stage.next_advert(mark, SECOND);
    let took = answer.at.since(lesser.at);
    assert!(
        took < AT_ONCE,
        "the answer took {took:?} ({:?} since its own)",
        lesser.at.since(own.at)
    );
    stage.is_right(&answer, 100);
    thread::sleep(LATE + SECOND / 4);
    assert!(!stage.announcements(mark).is_empty(), "nobody told the clients");
    stage.keeps_speaking(2);
    stage.is("master", "master_silent");
    if let Some(router) = stage.router() {
        assert_eq!(number(&router, "/transitions"), 2, "{router}");
        assert!(number(&router, "/adverts/lesser_masters_seen") >= 1, "{router}");
    }
}

/// H4: one advert of a better one is enough; yielding is no resignation.
fn a_better_one_comes(stage: &mut Stage<'_>) {
    yields_to(stage, 101);
}

/// V8: the owner is no exception.
fn an_owner_comes(stage: &mut Stage<'_>) {
    yields_to(stage, 255);
}

fn yields_to(stage: &mut Stage<'_>, priority: u8) {
    stage.first_advert();
    thread::sleep(stage.conf.interval / 3);
    let better = stage.send(&stage.advert(priority));
    let vip = stage.conf.vips[0];
    thread::sleep(stage.conf.interval);
    assert!(!stage.bench.dut.has_address(vip), "the address has not gone");
    stage.is("backup", "better_master");
    // Nobody else speaks: it is back after its full time.
    let back = stage
        .bench
        .wire
        .expect_from(better.number, stage.conf.down() + SECOND, "its return", |frame| {
            frame.at > better.at + AT_ONCE && crate::support::is_advert(frame, "dut", &stage.conf)
        })
        .unwrap();
    on_time("return", back.at.since(better.at), stage.conf.down());
    let after = stage.adverts(better.number);
    assert!(after.iter().filter(|frame| frame.at < back.at).count() <= 1, "it went on speaking");
    assert!(after.iter().all(|frame| frame.advert().unwrap().priority == 100), "a resignation");
}

/// X6: the address decides, as a number and not byte by byte from the back.
fn an_equal_one_comes(stage: &mut Stage<'_>) {
    let (lower, higher): (IpAddr, IpAddr) = if stage.conf.is_ipv6() {
        (
            Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 2).into(),
            Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 1, 1).into(),
        )
    } else {
        (Ipv4Addr::new(10, 0, 0, 59).into(), Ipv4Addr::new(10, 0, 1, 1).into())
    };
    stage.first_advert();
    thread::sleep(stage.conf.interval / 2);
    let mark = stage.bench.wire.mark();
    let said = stage.send(&stage.conf.advert(lower, 100));
    let answer = stage.next_advert(mark, SECOND);
    assert!(answer.at.since(said.at) < AT_ONCE, "{:?}", answer.at.since(said.at));
    stage.keeps_speaking(2);
    let said = stage.send(&stage.conf.advert(higher, 100));
    stage.is("backup", "better_master");
    thread::sleep(AT_ONCE);
    stage.silent_for(stage.conf.down().saturating_sub(SECOND / 2 + LATE).max(stage.conf.interval));
    let back = stage.next_advert(stage.bench.wire.mark(), stage.conf.down() + SECOND);
    on_time("return", back.at.since(said.at), stage.conf.down());
}

/// X6: with our own address, it is us, reflected, or somebody with a wrong configuration.
fn somebody_with_our_address(stage: &mut Stage<'_>) {
    stage.first_advert();
    let own = stage.bench.dut.source(stage.conf.is_ipv6());
    let mut reflected = stage.conf.advert(own, 200);
    // The switch shall not look for us elsewhere.
    reflected[6..12].copy_from_slice(&stage.bench.peer.mac());
    for _ in 0..5 {
        stage.send(&reflected);
    }
    stage.keeps_speaking(2);
    let router = stage.router().unwrap();
    assert_eq!((word(&router, "/state"), number(&router, "/transitions")), ("master", 2));
}
