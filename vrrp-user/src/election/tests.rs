//! The state machine alone, in pairs, and on a simulated LAN.

mod early;
mod priority;
mod rivals;
mod starting;

use std::{net::Ipv4Addr, time::Duration};

use proptest::prelude::*;

use super::{lan::Lan, *};
use crate::{
    config::model::{GarpSchedule, Manners, Preemption, RivalSchedule},
    protocol::{AdvertInterval, Monotonic, Priority, Version},
};

const SECOND: Duration = Duration::from_secs(1);

fn settings(last: u8, priority: u8) -> Settings {
    Settings {
        version: Version::V2,
        priority: Priority::new(priority),
        advert_interval: AdvertInterval::DEFAULT,
        preemption: Preemption::Preempt { delay: Duration::ZERO },
        down_adverts: 3,
        late_below: None,
        grouped: false,
        own_address: Ipv4Addr::new(10, 0, 0, last).into(),
        garp: GarpSchedule::default(),
        manners: Manners::default(),
    }
}

/// The reference cluster.
fn cube() -> Lan {
    Lan::new([(60, 100), (61, 90), (62, 80), (63, 70)].map(|(last, p)| settings(last, p)))
}

fn at(millis: u64) -> Monotonic {
    Monotonic::from_nanos(1_000_000_000 + millis * 1_000_000)
}

fn advert(last: u8, priority: u8, received_at: Monotonic) -> Advert {
    Advert {
        source: Ipv4Addr::new(10, 0, 0, last).into(),
        priority: Priority::new(priority),
        interval: Some(AdvertInterval::DEFAULT),
        received_at,
        fingerprint: u64::from(last) << 8 | u64::from(priority) | 1 << 60,
    }
}

fn started(settings: Settings) -> (VirtualRouter, Vec<Action>) {
    let mut router = VirtualRouter::new(settings);
    let mut actions = Vec::new();
    router.start(at(0), &mut actions);
    (router, actions)
}

fn mastered(settings: Settings) -> VirtualRouter {
    let (mut router, _) = started(settings);
    let mut actions = Vec::new();
    while router.state() != State::Master {
        let deadline = router.next_deadline().unwrap();
        router.expire(deadline, Monotonic::ZERO, &mut actions);
    }
    let sent_at = router.next_deadline().unwrap() - SECOND;
    router.departed(sent_at);
    router
}

#[test]
fn the_intervals_are_those_of_the_rfcs() {
    let nanos = |v2: bool, priority, centis| {
        let version = if v2 { Version::V2 } else { Version::V3 };
        let interval = AdvertInterval::from_centis(centis, version).unwrap();
        let settings = Settings { version, advert_interval: interval, ..settings(1, priority) };
        settings.master_down_interval(interval).as_nanos()
    };
    assert_eq!(nanos(true, 100, 100), 3_609_375_000);
    assert_eq!(nanos(true, 254, 100), 3_007_812_500);
    assert_eq!(nanos(true, 90, 200), 6_648_437_500);
    assert_eq!(nanos(false, 100, 10), 360_937_500);
    assert_eq!(nanos(false, 100, 1), 36_093_750);
}

#[test]
fn down_timer_adverts_stretches_the_wait_and_the_lease_alike() {
    for down_adverts in [1, 3, 100] {
        let settings = Settings { down_adverts, ..settings(60, 100) };
        let (skew, whole) = (Duration::from_micros(609_375), SECOND * u32::from(down_adverts));
        assert_eq!(settings.master_down_interval(AdvertInterval::DEFAULT), whole + skew);
        let eager = Settings { priority: Priority::new(254), ..settings.clone() };
        let patience = eager.master_down_interval(AdvertInterval::DEFAULT);
        // It bridges what an advert may come late, and ends before the most eager backup takes over.
        assert!(whole < settings.lease() && settings.lease() < patience, "{settings:?}");
    }
}

/// `timer_expired_backup 200`: a backup of that priority has taken over 3.219 s after the advert.
#[test]
fn a_master_that_wakes_up_too_late_gives_way_unasked() {
    let late_below = Some(Priority::new(200));
    for (late_below, woken_after, stays) in
        [(late_below, 3_218, true), (late_below, 3_220, false), (None, 3_220, true)]
    {
        let mut router = mastered(Settings { late_below, ..settings(60, 100) });
        let sent_at = router.lease_until() - 3 * SECOND;
        let mut actions = Vec::new();
        let now = sent_at + Duration::from_millis(woken_after);
        router.expire(now, Monotonic::ZERO, &mut actions);
        assert_eq!(router.state() == State::Master, stays, "{woken_after}");
        let speaks = actions.iter().any(|action| matches!(action, Action::Advertise(_)));
        assert_eq!(speaks, stays, "{actions:?}");
        if !stays {
            assert_eq!(actions[..2], [Action::RevokeLease, Action::ReleaseAddresses]);
            assert_eq!(router.master_down_at(), Some(now + Duration::from_micros(3_609_375)));
        }
    }
}

#[test]
fn a_lesser_than_owner_listens_first_whatever_its_configured_state() {
    let (router, actions) = started(settings(60, 100));
    assert_eq!(router.state(), State::Backup);
    assert_eq!(router.next_deadline(), Some(at(0) + Duration::from_micros(3_609_375)));
    assert!(matches!(actions[..], [Action::Absorb(None), Action::Report(_)]));
}

#[test]
fn an_owner_is_master_at_once() {
    let (router, actions) = started(settings(60, 255));
    assert_eq!(router.state(), State::Master);
    assert_eq!(actions[0], Action::Advertise(Priority::OWNER));
}

#[test]
fn becoming_master_sends_the_advert_before_taking_the_addresses() {
    let (mut router, _) = started(settings(60, 100));
    let mut actions = Vec::new();
    let deadline = router.next_deadline().unwrap();
    router.expire(deadline - Duration::from_nanos(1), Monotonic::ZERO, &mut actions);
    assert_eq!((actions.len(), router.state()), (0, State::Backup));
    router.expire(deadline, Monotonic::ZERO, &mut actions);
    assert_eq!(actions[0], Action::Advertise(Priority::new(100)));
    let position = |wanted| actions.iter().position(|action| *action == wanted).unwrap();
    assert!(position(Action::HoldAddresses) > 0);
    assert!(position(Action::Announce { repeat: 5 }) > 0);
}

/// `(own priority, nopreempt, their priority, their last octet) -> stays backup for good`.
#[test]
fn a_backup_follows_its_betters_and_equals_and_with_nopreempt_everybody() {
    for (nopreempt, theirs, follows) in
        [(false, 101, true), (false, 100, true), (false, 99, false), (true, 1, true)]
    {
        let mut settings = settings(60, 100);
        if nopreempt {
            settings.preemption = Preemption::Never;
        }
        let (mut router, _) = started(settings);
        let before = router.master_down_at();
        let mut actions = Vec::new();
        let theirs = advert(61, theirs, at(1000));
        router.receive(theirs, at(1000), &mut actions);
        assert_eq!(router.master_down_at() != before, follows, "{theirs:?}");
        let absorbed = actions.contains(&Action::Absorb(Some(theirs.fingerprint)));
        assert_eq!(absorbed, follows, "{theirs:?}");
        let lesser = router.lesser_master().map(|lesser| lesser.source);
        assert_eq!(lesser, (!follows).then_some(theirs.source), "{theirs:?}");
    }
}

#[test]
fn a_resignation_leaves_only_the_skew() {
    let (mut router, _) = started(settings(61, 100));
    let mut actions = Vec::new();
    router.receive(advert(60, 200, at(500)), at(500), &mut actions);
    router.receive(advert(60, 0, at(900)), at(900), &mut actions);
    assert_eq!(router.master_down_at(), Some(at(900) + Duration::from_micros(609_375)));
    // What was heard before it resigned does not count.
    router.expire(at(1600), at(800), &mut actions);
    assert_eq!(router.state(), State::Master);
}

#[test]
fn a_master_that_speaks_again_after_resigning_is_followed_again() {
    let (mut router, _) = started(settings(61, 100));
    let mut actions = Vec::new();
    router.receive(advert(60, 0, at(900)), at(900), &mut actions);
    router.expire(at(1600), at(1550), &mut actions);
    assert_eq!(router.state(), State::Backup);
}

#[test]
fn what_the_kernel_heard_counts_from_when_it_heard_it() {
    let (mut router, _) = started(settings(61, 100));
    let mut actions = Vec::new();
    router.receive(advert(60, 200, at(100)), at(100), &mut actions);
    // Nobody was scheduled for a minute, but the master spoke a second ago.
    router.expire(at(60_000), at(59_000), &mut actions);
    assert_eq!(router.state(), State::Backup);
    assert_eq!(router.master_down_at(), Some(at(59_000) + Duration::from_micros(3_609_375)));
    router.expire(at(63_000), at(59_000), &mut actions);
    assert_eq!(router.state(), State::Master);
}

#[test]
fn a_master_yields_to_higher_priority_or_equal_with_higher_address() {
    for (last, priority, yields) in
        [(61, 101, true), (61, 100, true), (59, 100, false), (99, 99, false), (99, 0, false)]
    {
        let mut router = mastered(settings(60, 100));
        let now = router.next_deadline().unwrap() - Duration::from_millis(500);
        let mut actions = Vec::new();
        router.receive(advert(last, priority, now), now, &mut actions);
        assert_eq!(router.state() == State::Backup, yields, "{last} {priority}");
        if yields {
            assert_eq!(actions[0], Action::RevokeLease, "the answers stop first");
            assert!(actions.contains(&Action::ReleaseAddresses));
            // A farewell, and no resignation: that would set the other backups going.
            let said: Vec<_> =
                actions.iter().filter(|action| matches!(action, Action::Advertise(_))).collect();
            assert_eq!(said, [&Action::Advertise(Priority::new(100))]);
        } else {
            assert_eq!(actions[0], Action::Advertise(Priority::new(100)));
        }
    }
}

#[test]
fn adverts_keep_to_their_grid() {
    let mut router = mastered(settings(60, 100));
    let first = router.next_deadline().unwrap();
    let mut actions = Vec::new();
    // Late by 30 ms, then by 2.7 s: the grid stays, nothing is sent in a burst.
    router.expire(first + Duration::from_millis(30), Monotonic::ZERO, &mut actions);
    router.departed(first + Duration::from_millis(30));
    assert_eq!(router.next_deadline(), Some(first + SECOND));
    router.expire(first + Duration::from_millis(2_700), Monotonic::ZERO, &mut actions);
    let sent = actions.iter().filter(|action| matches!(action, Action::Advertise(_))).count();
    assert_eq!((sent, router.next_deadline()), (2, Some(first + 3 * SECOND)));
}

/// A reload that asks to follow the lesser master for good must not leave a deadline that nobody
/// meets: the loop would spin on it.
#[test]
fn nopreempt_ends_a_preempt_delay() {
    let delay = Duration::from_secs(5);
    let patient = Settings { preemption: Preemption::Preempt { delay }, ..settings(60, 100) };
    for changed in [
        Settings { preemption: Preemption::Never, ..patient.clone() },
        Settings { priority: Priority::new(80), ..patient.clone() },
    ] {
        let (mut router, _) = started(patient.clone());
        let mut actions = Vec::new();
        router.receive(advert(61, 90, at(100)), at(100), &mut actions);
        assert_eq!(router.master().map(|master| master.priority.get()), Some(90));
        router.reconfigure(changed, at(200), &mut actions);
        let heard = at(6_000);
        router.expire(at(6_100), heard, &mut actions);
        assert_eq!(router.state(), State::Backup);
        assert!(router.next_deadline().is_some_and(|next| next > at(8_000)), "{router:?}");
    }
}

#[test]
fn preempt_delay_suffers_a_lesser_master_for_so_long() {
    let delay = Duration::from_secs(5);
    let mut lan = Lan::new([
        Settings { preemption: Preemption::Preempt { delay }, ..settings(60, 100) },
        settings(61, 90),
    ]);
    lan.start(1);
    lan.run_for(10 * SECOND);
    assert_eq!(lan.master(), [1]);
    let start = lan.now;
    lan.start(0);
    lan.run_for(20 * SECOND);
    assert_eq!(lan.master(), [0]);
    let (took_over, _, reason) = *lan.nodes[0].reasons.last().unwrap();
    assert!(matches!(reason, Reason::Preempting { .. }));
    let waited = took_over.since(start);
    assert!(waited >= delay + Duration::from_millis(2_600), "{waited:?}");
    assert!(waited <= delay + SECOND + Duration::from_millis(3_610), "{waited:?}");
}

#[test]
fn the_cube_elects_fails_over_and_preempts() {
    let mut lan = cube();
    lan.start_all();
    lan.run_for(10 * SECOND);
    assert_eq!((lan.master(), lan.answering()), (vec![0], vec![0]));
    assert!(lan.nodes[0].holds_addresses);

    let (last, _) = *lan.nodes[0].sent.last().unwrap();
    lan.kill(0);
    lan.run_for(5 * SECOND);
    assert_eq!((lan.master(), lan.answering()), (vec![1], vec![1]));
    let down = settings(61, 90).master_down_interval(AdvertInterval::DEFAULT);
    assert_eq!(lan.nodes[1].sent[0].0, last + down + Duration::from_micros(50));

    lan.start(0);
    lan.run_for(10 * SECOND);
    assert_eq!((lan.master(), lan.answering()), (vec![0], vec![0]));

    let resigned = lan.now;
    lan.stop(0);
    lan.run_for(SECOND);
    assert_eq!((lan.master(), lan.answering()), (vec![1], vec![1]));
    let waited = lan.nodes[1].sent.last().unwrap().0.since(resigned);
    assert!(waited < SECOND, "{waited:?}");
    assert!(lan.longest_double_answer <= SECOND);
}

#[test]
fn a_paused_master_stops_answering_and_looks_before_it_speaks() {
    let mut lan = cube();
    lan.start_all();
    lan.run_for(10 * SECOND);
    lan.pause(0);
    lan.run_for(10 * SECOND);
    assert_eq!(lan.answering(), [1]);
    let sent = lan.nodes[0].sent.len();
    lan.resume(0);
    assert_eq!(lan.nodes[0].router.state(), State::Backup);
    assert!(!lan.nodes[0].holds_addresses);
    assert_eq!(lan.nodes[0].sent.len(), sent, "it said nothing on waking");
    assert!(matches!(lan.nodes[0].reasons.last().unwrap().2, Reason::LeaseLost { .. }));
    lan.run_for(10 * SECOND);
    assert_eq!(lan.master(), [0], "it preempts in the ordinary way");
    assert!(lan.longest_double_answer <= Duration::from_millis(1));
}

#[test]
fn a_paused_master_that_nobody_replaced_goes_on() {
    let mut lan = Lan::new([settings(60, 100)]);
    lan.start_all();
    lan.run_for(10 * SECOND);
    lan.pause(0);
    lan.run_for(10 * SECOND);
    assert!(lan.answering().is_empty());
    lan.resume(0);
    assert_eq!((lan.master(), lan.answering()), (vec![0], vec![0]));
    assert_eq!(*lan.nodes[0].announced.last().unwrap(), lan.now);
}

#[test]
fn owners_settle_by_address() {
    let mut lan = Lan::new([settings(60, 255), settings(61, 255)]);
    lan.start_all();
    lan.run_for(2 * SECOND);
    assert_eq!(lan.master(), [1]);
}

#[test]
fn a_fault_is_reported_once_per_reason_and_a_start_begins_anew() {
    let mut router = mastered(settings(60, 100));
    let mut actions = Vec::new();
    router.fault(FaultReason::InterfaceDown, &mut actions);
    assert!(actions.contains(&Action::RevokeLease) && actions.contains(&Action::ReleaseAddresses));
    assert_eq!(router.next_deadline(), None);
    actions.clear();
    router.fault(FaultReason::InterfaceDown, &mut actions);
    assert_eq!(actions, []);
    router.start(at(99_000), &mut actions);
    assert_eq!(router.state(), State::Backup);
    assert_eq!(router.master_down_at(), Some(at(99_000) + Duration::from_micros(3_609_375)));
}

#[derive(Clone, Debug)]
enum Event {
    Run(u64),
    Kill(usize),
    Stop(usize),
    Start(usize),
    Pause(usize),
    Resume(usize),
    Split(u8),
    Heal,
}

fn event() -> impl Strategy<Value = Event> {
    let node = 0..4_usize;
    prop_oneof![
        5 => (1..6_000_u64).prop_map(Event::Run),
        1 => node.clone().prop_map(Event::Kill),
        1 => node.clone().prop_map(Event::Stop),
        2 => node.clone().prop_map(Event::Start),
        1 => node.clone().prop_map(Event::Pause),
        2 => node.prop_map(Event::Resume),
        1 => any::<u8>().prop_map(Event::Split),
        2 => Just(Event::Heal),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever happened: once it is quiet, the best living node alone answers; and two nodes that
    /// hear each other never both answer for longer than an advert interval and its flight.
    #[test]
    fn any_history_ends_with_one_master(events in prop::collection::vec(event(), 1..30)) {
        let mut lan = cube();
        lan.silent_nodes_count = false;
        lan.start_all();
        for event in events {
            match event {
                Event::Run(millis) => lan.run_for(Duration::from_millis(millis)),
                Event::Kill(node) => lan.kill(node),
                Event::Stop(node) if lan.nodes[node].alive && !lan.nodes[node].paused => {
                    lan.stop(node);
                }
                Event::Start(node) if !lan.nodes[node].alive => lan.start(node),
                Event::Pause(node) if lan.nodes[node].alive => lan.pause(node),
                Event::Resume(node) if lan.nodes[node].paused => lan.resume(node),
                Event::Split(sides) => {
                    lan.sides = (0..4).map(|node| sides >> node & 1).collect();
                }
                Event::Heal => lan.sides = vec![0; 4],
                _ => {}
            }
        }
        for node in 0..4 {
            if lan.nodes[node].paused {
                lan.resume(node);
            }
        }
        lan.sides = vec![0; 4];
        prop_assert!(lan.longest_double_answer <= SECOND + Duration::from_millis(1));
        lan.run_for(20 * SECOND);
        let best: Vec<usize> = (0..4).filter(|&node| lan.nodes[node].alive).take(1).collect();
        prop_assert_eq!(lan.master(), best.clone());
        prop_assert_eq!(lan.answering(), best);
        prop_assert!(lan.longest_double_answer <= SECOND + Duration::from_millis(1));
    }

    /// No sequence of adverts and clock readings makes the machine panic or ask to be woken in the
    /// past over and over.
    #[test]
    fn no_input_makes_it_spin(
        inputs in prop::collection::vec((0..5_000_u64, any::<u8>(), any::<u8>(), 0..3_u8), 1..200),
        own in 1..=255_u8,
    ) {
        let (mut router, _) = started(settings(60, own));
        let mut now = at(0);
        for (millis, last, priority, kind) in inputs {
            now = now + Duration::from_millis(millis);
            let mut actions = Vec::new();
            match kind {
                0 => router.receive(advert(last, priority, now), now, &mut actions),
                1 => router.expire(now, Monotonic::ZERO, &mut actions),
                _ => router.expire(now, now - Duration::from_millis(u64::from(last)), &mut actions),
            }
            prop_assert!(actions.len() < 16);
            if actions.contains(&Action::Advertise(router.settings().priority)) {
                router.departed(now);
            }
            let mut rounds = 0;
            while router.next_deadline().is_some_and(|at| at <= now) {
                rounds += 1;
                prop_assert!(rounds < 4, "{:?}", router);
                router.expire(now, Monotonic::ZERO, &mut actions);
            }
        }
    }
}
