//! Stories of backups: when they take over and when they do not.

use std::{thread, time::Duration};

use vrrp_tests::{
    Conf,
    timing::{longest_gap, skew_time},
};

use super::{BOTH, Stage, Story};
use crate::support::{LATE, SECOND, number, on_time, word};

pub(super) const STORIES: &[Story] = &[
    Story {
        name: "nobody_speaks",
        keepalived: true,
        versions: BOTH,
        conf: |conf| conf,
        master: None,
        act: nobody_speaks,
    },
    Story {
        name: "a_better_one_speaks",
        keepalived: true,
        versions: BOTH,
        conf: |conf| Conf { state: "MASTER", ..conf },
        master: Some(150),
        act: a_better_one_speaks,
    },
    Story {
        name: "a_lesser_one_speaks",
        keepalived: true,
        versions: BOTH,
        conf: |conf| conf,
        master: Some(90),
        act: a_lesser_one_speaks,
    },
    Story {
        name: "the_master_resigns",
        keepalived: true,
        versions: BOTH,
        conf: |conf| conf,
        master: Some(150),
        act: the_master_resigns,
    },
    Story {
        name: "nopreempt",
        keepalived: true,
        versions: BOTH,
        conf: |conf| Conf { priority: 150, ..conf }.with("nopreempt"),
        master: Some(100),
        act: nopreempt,
    },
    Story {
        name: "preempt_delay",
        keepalived: true,
        versions: BOTH,
        conf: |conf| Conf { priority: 150, ..conf }.with("preempt_delay 2"),
        master: Some(100),
        act: preempt_delay,
    },
    Story {
        name: "patience",
        keepalived: true,
        versions: BOTH,
        conf: |conf| conf.with("down_timer_adverts 5"),
        master: None,
        act: patience,
    },
    Story {
        name: "a_slower_master",
        keepalived: true,
        versions: &[3],
        conf: |conf| conf,
        master: None,
        act: a_slower_master,
    },
    Story {
        name: "another_interval_in_version_2",
        keepalived: true,
        versions: &[2],
        conf: |conf| conf,
        master: None,
        act: another_interval_in_version_2,
    },
];

/// V6, H1: it waits for its full time, then it says everything right.
fn nobody_speaks(stage: &mut Stage<'_>) {
    let first = stage.first_advert();
    stage.waited_since_start(&first, stage.conf.down());
    stage.is_right(&first, 100);
    thread::sleep(LATE);
    let announced = stage.announcements(0);
    assert!(announced.len() >= 5, "{} announcements", announced.len());
    assert!(announced.iter().all(|frame| frame.at > first.at), "announced before the advert");
    assert!(stage.bench.dut.has_address(stage.conf.vips[0]));
    stage.is("master", "master_silent");
    stage.keeps_speaking(3);
}

/// V3, X11, H1: `state MASTER` is no reason to speak while a better one does.
fn a_better_one_speaks(stage: &mut Stage<'_>) {
    stage.silent_for(stage.conf.down() + SECOND / 2);
    if let Some(router) = stage.router() {
        assert_eq!(
            word(&router, "/master/address"),
            crate::support::peer_source(&stage.conf).to_string()
        );
    }
    let last = stage.silence();
    let first = stage.next_advert(0, stage.conf.down() + SECOND);
    on_time("takeover", first.at.since(last.at), stage.conf.down());
    stage.is("master", "master_silent");
}

/// V7: adverts of a lesser one do not put it off.
fn a_lesser_one_speaks(stage: &mut Stage<'_>) {
    let first = stage.first_advert();
    stage.waited_since_start(&first, stage.conf.down());
    stage.is_right(&first, 100);
    stage.is("master", "preempting");
    stage.silence();
    stage.keeps_speaking(2);
}

/// X7, H2: priority 0 leaves the skew to a backup, and a master answers it at once.
fn the_master_resigns(stage: &mut Stage<'_>) {
    thread::sleep(stage.conf.interval + stage.conf.interval / 2);
    stage.silence();
    let resigned = stage.send(&stage.advert(0));
    let first = stage.next_advert(resigned.number, stage.conf.down() + SECOND);
    on_time("handover", first.at.since(resigned.at), stage.conf.skew());
    stage.is("master", "master_resigned");
    thread::sleep(stage.conf.interval / 2);
    let mark = stage.bench.wire.mark();
    let resigned = stage.send(&stage.advert(0));
    let answer = stage.next_advert(mark, SECOND);
    let took = answer.at.since(resigned.at);
    assert!(took < Duration::from_millis(50), "the answer took {took:?}");
    stage.keeps_speaking(2);
}

/// X10: a lesser master is left alone until it falls silent.
fn nopreempt(stage: &mut Stage<'_>) {
    stage.silent_for(stage.conf.down() * 5 / 4);
    let last = stage.silence();
    let first = stage.next_advert(0, stage.conf.down() + SECOND);
    on_time("takeover", first.at.since(last.at), stage.conf.down());
    stage.is("master", "master_silent");
}

/// X10: a lesser master is left alone for a while: the delay from its first advert on, then the timer
/// at most.
fn preempt_delay(stage: &mut Stage<'_>) {
    let delay = 2 * SECOND;
    let first = stage.next_advert(0, delay + stage.conf.down() + 3 * SECOND);
    assert!(first.at >= stage.started + delay, "{:?}", first.at.since(stage.started));
    let late = stage.ready + stage.conf.interval + delay + stage.conf.down() + LATE;
    assert!(first.at <= late, "{:?}", first.at.since(stage.started));
    stage.is("master", "preempting");
}

/// `down_timer_adverts`: so many adverts have to be missing.
fn patience(stage: &mut Stage<'_>) {
    let wait = stage.conf.interval * 5 + stage.conf.skew();
    let first = stage.next_advert(0, wait + 2 * SECOND);
    stage.waited_since_start(&first, wait);
}

/// X8: version 3 learns the master's interval, and has its own again as master.
fn a_slower_master(stage: &mut Stage<'_>) {
    let slow = SECOND / 2;
    let master = Conf { interval: slow, ..stage.conf.clone() };
    let advert = master.advert(crate::support::peer_source(&master), 150);
    stage.send(&advert);
    stage.silent_for(slow);
    stage.send(&advert);
    stage.silent_for(slow);
    let last = stage.send(&advert);
    let first = stage.next_advert(last.number, 4 * SECOND);
    let theory = slow * 3 + skew_time(3, slow, 100);
    on_time("takeover", first.at.since(last.at), theory);
    assert_eq!(first.advert().unwrap().interval, 20);
    if let Some(router) = stage.router() {
        assert!(number(&router, "/adverts/interval_mismatches") >= 1, "{router}");
    }
    thread::sleep(SECOND);
    let gap = longest_gap(&stage.adverts(0));
    assert!(gap < stage.conf.interval * 3 / 2, "{gap:?}");
}

/// H6: version 2 heeds nobody with another interval.
fn another_interval_in_version_2(stage: &mut Stage<'_>) {
    let master = Conf { interval: 2 * SECOND, ..stage.conf.clone() };
    let advert = master.advert(crate::support::peer_source(&master), 150);
    for _ in 0..3 {
        stage.send(&advert);
        thread::sleep(SECOND);
    }
    let first = stage.first_advert();
    stage.waited_since_start(&first, stage.conf.down());
    if let Some(router) = stage.router() {
        assert_eq!(crate::support::dropped(&router), [("interval".to_owned(), 3)]);
    }
}
