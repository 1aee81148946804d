//! Stories of owners: priority 255.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    thread,
};

use vrrp_tests::Conf;

use super::{BOTH, Stage, Story};
use crate::support::{LATE, SECOND, number, word};

pub(super) const STORIES: &[Story] = &[
    Story {
        name: "an_owner",
        keepalived: true,
        versions: BOTH,
        conf: |conf| Conf { state: "MASTER", priority: 255, ..conf },
        master: None,
        act: an_owner,
    },
    Story {
        name: "an_owner_preempts",
        keepalived: true,
        versions: BOTH,
        conf: |conf| Conf { state: "MASTER", priority: 255, ..conf },
        master: Some(254),
        act: an_owner,
    },
    Story {
        name: "two_owners",
        // keepalived lowers itself to 254.
        keepalived: false,
        versions: BOTH,
        conf: |conf| Conf { state: "MASTER", priority: 255, ..conf },
        master: None,
        act: two_owners,
    },
];

/// V1, X12: it does not wait.
fn an_owner(stage: &mut Stage<'_>) {
    let first = stage.first_advert();
    assert!(first.at < stage.ready + LATE, "{:?} after the start", first.at.since(stage.ready));
    stage.is_right(&first, 255);
    stage.is("master", "owner");
    stage.silence_if_any();
    thread::sleep(LATE);
    let announced = stage.announcements(0);
    assert!(announced.len() >= 5 && announced[0].at > first.at, "{} announced", announced.len());
    stage.keeps_speaking(3);
}

/// The one with the higher address stays.
fn two_owners(stage: &mut Stage<'_>) {
    let (lower, higher): (IpAddr, IpAddr) = if stage.conf.is_ipv6() {
        (
            Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 2).into(),
            Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 1, 1).into(),
        )
    } else {
        (Ipv4Addr::new(10, 0, 0, 59).into(), Ipv4Addr::new(10, 0, 1, 1).into())
    };
    stage.first_advert();
    for _ in 0..3 {
        stage.send(&stage.conf.advert(lower, 255));
        thread::sleep(stage.conf.interval / 2);
    }
    stage.keeps_speaking(2);
    let router = stage.router().unwrap();
    assert_eq!((word(&router, "/state"), number(&router, "/transitions")), ("master", 1));
    let said = stage.send(&stage.conf.advert(higher, 255));
    stage.is("backup", "better_master");
    let since = stage.adverts(said.number);
    assert!(since.len() <= 1, "it went on speaking");
    assert!(since.iter().all(|frame| frame.at.since(said.at) < SECOND / 10));
}
