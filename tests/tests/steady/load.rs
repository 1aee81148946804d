//! Adverts every 10 ms while every processor is busy.

use std::{
    sync::{Mutex, PoisonError},
    thread,
    time::Duration,
};

use vrrp_tests::{Conf, Lab, Moment, Wire, cube, reign::reigns, require, vrrp, wire::Frame};

use super::{crowd::Crowd, witness::Witness};

const SECOND: Duration = Duration::from_secs(1);
const INTERVAL: Duration = Duration::from_millis(10);
const WINDOW: Duration = Duration::from_secs(10);
/// What the way of a frame through two namespaces and the observer adds.
const SLACK: Duration = Duration::from_millis(3);

/// How far apart adverts came.
#[derive(Debug)]
struct Cadence {
    median: Duration,
    mean: Duration,
    worst: Duration,
}

impl Cadence {
    fn of(frames: &[Frame]) -> Self {
        let pairs = frames.iter().zip(frames.iter().skip(1));
        let mut gaps: Vec<Duration> = pairs.map(|(one, next)| next.at.since(one.at)).collect();
        gaps.sort_unstable();
        let count = gaps.len();
        assert!(count > 100, "{count} gaps");
        Self {
            mean: gaps.iter().sum::<Duration>() / u32::try_from(count).unwrap(),
            median: gaps[count / 2],
            worst: gaps[count - 1],
        }
    }
}

/// A master and a backup, ten seconds beside a crowd.
struct Beside {
    adverts: Vec<Frame>,
    /// Times that the backup became master although the master had been heard.
    false_alarms: usize,
    /// Times that it became master.
    alarms: usize,
    /// For how long the machine was away at worst.
    away: Duration,
}

fn beside_a_crowd(globals: &str) -> Beside {
    static ONE_CROWD: Mutex<()> = Mutex::new(());
    let _alone = ONE_CROWD.lock().unwrap_or_else(PoisonError::into_inner);
    let mut lab = Lab::new("crowd").unwrap();
    let leader = lab.add_node("leader", "10.0.0.60/24").unwrap();
    let waiter = lab.add_node("waiter", "10.0.0.61/24").unwrap();
    let wire = Wire::open(&lab).unwrap();
    let conf = |priority| Conf::fast(priority).every(INTERVAL);
    let start = |node, priority| {
        let text = format!("global_defs {{\n{globals}\n}}\n{}", conf(priority).text());
        vrrp::start(node, &text, &["--hook", "generic"]).unwrap()
    };
    let _leading = start(&leader, 200);
    vrrp::wait_for_state(&leader, "VI_1", "master", 5 * SECOND).unwrap();
    let _waiting = start(&waiter, 100);
    vrrp::wait_for_state(&waiter, "VI_1", "backup", 5 * SECOND).unwrap();
    // The second set of announcements is over.
    thread::sleep(6 * SECOND);
    let crowd = Crowd::gather(2 * WINDOW);
    let witness = Witness::begin();
    let frames = wire.watch(WINDOW, |frame| frame.advert().is_some());
    let away = witness.end();
    drop(crowd);
    let heard: Vec<Frame> =
        frames.iter().filter(|frame| frame.is_advert_from(leader.address())).cloned().collect();
    let silence = |at: Moment| {
        let before = heard.iter().rev().find(|frame| frame.at <= at);
        before.map_or(Duration::MAX, |frame| at.since(frame.at))
    };
    let rises: Vec<Moment> = reigns(&frames, cube::VRID, INTERVAL)
        .iter()
        .filter(|reign| reign.source == waiter.address())
        .map(|reign| reign.first)
        .collect();
    let early = rises.iter().filter(|&&at| silence(at) + SLACK < conf(100).down());
    Beside { false_alarms: early.count(), alarms: rises.len(), adverts: heard, away }
}

/// Whoever has only the ordinary policy may be late beside a crowd. That is then so, and no mistake
/// of whoever waits.
#[test]
fn nobody_is_taken_for_silent_who_has_spoken() {
    require!(Lab, Vrrp);
    let Beside { adverts, false_alarms, alarms, away } = beside_a_crowd("");
    println!("{alarms} changes: {:?}, away {away:?}", Cadence::of(&adverts));
    assert_eq!(false_alarms, 0);
}

#[test]
fn with_real_time_priority_a_crowd_changes_nothing() {
    require!(Lab, Vrrp);
    let globals = "vrrp_rt_priority 50\nvrrp_no_swap\nvrrp_cpu_affinity 0";
    let Beside { adverts, alarms, away, .. } = beside_a_crowd(globals);
    let cadence = Cadence::of(&adverts);
    println!("{cadence:?}, away {away:?}");
    let off = cadence.median.abs_diff(INTERVAL);
    assert!(off < Duration::from_micros(100), "{cadence:?}");
    assert!(cadence.worst < INTERVAL + away + SLACK, "{cadence:?}, away {away:?}");
    if away < SLACK {
        let drift = cadence.mean.abs_diff(INTERVAL);
        assert!(drift < Duration::from_micros(10), "{cadence:?}");
    }
    if away < 2 * INTERVAL {
        assert_eq!(alarms, 0, "{cadence:?}, away {away:?}");
    }
}
