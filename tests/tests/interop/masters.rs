//! Looking for two masters at a time.

use std::time::Duration;

use vrrp_tests::{
    Moment, Node,
    wire::{Advert, Frame, Kind},
};

/// The longest time for which two nodes both sent adverts though each could hear the other: from
/// the second's first advert to the last of the two that the other one still contested.
///
/// Two speakers are masters at a time if the second speaks within one and a fifth `interval` of the
/// first. `reconnected` are the moments when a cut link came back: what was said before could not be heard.
pub(super) fn longest_contest(
    frames: &[Frame],
    reconnected: &[Moment],
    interval: Duration,
) -> Duration {
    let master_for = interval * 6 / 5;
    let mut longest = Duration::ZERO;
    // Since when two have been speaking.
    let mut contest: Option<Moment> = None;
    for (before, frame) in frames.iter().zip(frames.iter().skip(1)) {
        let gap = frame.at.since(before.at);
        let cut = reconnected.iter().any(|at| before.at < *at && *at <= frame.at);
        if cut || resigns(before) || resigns(frame) || gap > master_for {
            contest = None;
        } else if before.port != frame.port {
            let since = *contest.get_or_insert(frame.at);
            longest = longest.max(frame.at.since(since));
        } else if gap > master_for / 2 {
            // It has spoken twice at its own pace, and the other kept quiet.
            contest = None;
        }
    }
    longest
}

fn resigns(frame: &Frame) -> bool {
    frame.advert().is_some_and(|advert| advert.priority == 0)
}

/// Which of the nodes have the address.
pub(super) fn holders<'a>(nodes: &[&'a Node]) -> Vec<&'a str> {
    let holding = nodes.iter().filter(|node| node.has_address(vrrp_tests::cube::VIP));
    holding.map(|node| node.name()).collect()
}

fn said(port: &str, millis: u64, priority: u8) -> Frame {
    let advert = Advert::example(std::net::Ipv4Addr::LOCALHOST, 51, priority);
    Frame {
        number: millis,
        at: Moment::from_nanos(millis * 1_000_000),
        port: port.to_owned(),
        source_mac: [0; 6],
        destination_mac: [0; 6],
        kind: Kind::Advert(advert),
        bytes: Vec::new(),
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn two_masters_are_found_and_a_change_of_master_is_none() {
    let contest = |said: &[Frame]| longest_contest(said, &[], SECOND).as_millis();
    // One takes over from the other, which says farewell.
    let mut story: Vec<_> = (0..5).map(|n| said("a", n * 1_000, 90)).collect();
    story.extend([said("b", 4_990, 100), said("a", 4_991, 90), said("b", 4_992, 100)]);
    story.extend((0..5).map(|n| said("b", 5_990 + n * 1_000, 100)));
    assert_eq!(contest(&story), 2);
    // One resigns, the other follows.
    assert_eq!(contest(&[said("a", 0, 100), said("a", 500, 0), said("b", 600, 90)]), 0);
    // Both go on, whatever their phase.
    for phase in [10, 500, 990] {
        let mut both: Vec<_> = (0..6).map(|n| said("a", n * 1_000, 100)).collect();
        both.extend((0..6).map(|n| said("b", n * 1_000 + phase, 90)));
        both.sort_by_key(|frame| frame.at);
        assert!(contest(&both) >= 4_900, "{phase}");
        let heard = Moment::from_nanos(4_200_000_000);
        assert!(longest_contest(&both, &[heard], SECOND).as_millis() < 4_200);
    }
}
