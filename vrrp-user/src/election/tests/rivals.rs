//! Others that speak for the addresses: in chatter, by claims, and after a partition.

use super::*;

#[test]
fn chatter_neither_silences_a_master_nor_makes_it_chatter() {
    let mut router = mastered(settings(60, 100));
    let due = router.next_deadline().unwrap();
    let mut answers = 0;
    for step in 0..9_000_u32 {
        let now = due - SECOND + Duration::from_micros(100) * step;
        let mut actions = Vec::new();
        router.receive(advert(61, 90, now), now, &mut actions);
        answers += actions.iter().filter(|action| matches!(action, Action::Advertise(_))).count();
    }
    assert!((1..=10).contains(&answers), "{answers}");
    let mut actions = Vec::new();
    router.expire(due, Monotonic::ZERO, &mut actions);
    assert!(actions.contains(&Action::Advertise(Priority::new(100))), "on time: {actions:?}");
}

#[test]
fn each_claim_to_an_address_is_answered_and_a_storm_of_them_in_measure() {
    let mut router = mastered(settings(60, 100));
    let begin = router.lease_until() - 3 * SECOND;
    let moment = |millis| begin + Duration::from_millis(millis);
    let mut announced = Vec::new();
    let mut last_claim = 0;
    for millis in (0..4000).step_by(50) {
        let now = moment(millis);
        let mut actions = Vec::new();
        if (100..2500).contains(&millis) {
            router.contested(now, &mut actions);
            last_claim = millis;
        }
        router.expire(now, Monotonic::ZERO, &mut actions);
        router.departed(now);
        let is_told = actions.contains(&Action::Announce { repeat: 1 });
        announced.extend(is_told.then_some(millis));
    }
    assert_eq!(announced.first(), Some(&100), "at once");
    assert!(*announced.last().unwrap() > last_claim, "the last word: {announced:?}");
    assert!(announced.len() <= 6, "{announced:?}");
}

#[test]
fn after_a_healed_partition_the_winner_has_the_last_word() {
    // Whichever of the two masters happens to speak first.
    for tenths in 0..10 {
        let mut lan = cube();
        lan.start_all();
        lan.run_for(10 * SECOND);
        lan.sides = vec![0, 1, 1, 1];
        lan.run_for(10 * SECOND + tenths * SECOND / 10);
        assert_eq!(lan.master(), [0, 1]);
        lan.sides = vec![0; 4];
        let healed = lan.now;
        lan.longest_double_answer = Duration::ZERO;
        lan.run_for(10 * SECOND);
        assert_eq!(lan.master(), [0]);
        let winner = *lan.nodes[0].announced.last().unwrap();
        let loser = lan.nodes[1].announced.iter().copied().filter(|at| *at >= healed).max();
        assert!(
            winner > healed && loser.is_none_or(|loser| loser < winner),
            "{winner:?} {loser:?}"
        );
        assert!(lan.longest_double_answer <= SECOND, "{:?}", lan.longest_double_answer);
    }
}

#[test]
fn a_rival_is_announced_against_at_once_each_time_it_comes_back() {
    let mut router = mastered(settings(60, 100));
    let begin = router.lease_until() - 3 * SECOND;
    let mut announces_on = |millis| {
        let now = begin + Duration::from_millis(millis);
        let mut actions = Vec::new();
        router.receive(advert(61, 90, now), now, &mut actions);
        actions.iter().any(|action| matches!(action, Action::Announce { .. }))
    };
    let heard = [100, 150, 300, 500, 1500, 1600];
    assert_eq!(heard.map(&mut announces_on), [true, false, false, false, true, false]);
}

/// At 10 ms everything can happen within the time in which repetitions are not told of.
#[test]
fn a_better_master_that_comes_back_at_once_is_heard_at_once() {
    let fast = |last, priority| Settings {
        version: Version::V3,
        advert_interval: AdvertInterval::from_centis(1, Version::V3).unwrap(),
        ..settings(last, priority)
    };
    let mut lan = Lan::new([fast(60, 200), fast(61, 90)]);
    lan.start_all();
    lan.run_for(SECOND);
    for _ in 0..5 {
        lan.sides = vec![0, 1];
        lan.run_for(Duration::from_millis(40));
        assert_eq!(lan.master(), [0, 1]);
        lan.sides = vec![0, 0];
        lan.run_for(Duration::from_millis(11));
        assert_eq!(lan.master(), [0]);
    }
}

/// `(adverts, announcements)`
type Reaction = (usize, Vec<u32>);

/// What a master does about lesser adverts a second apart, and
/// what it announces later, with the millisecond.
fn against_rivals(settings: Settings) -> (Vec<Reaction>, Vec<(u64, u32)>) {
    let mut router = mastered(settings);
    let begin = router.lease_until() - 3 * SECOND;
    let (mut at_once, mut later) = (Vec::new(), Vec::new());
    for millis in 100..20_000 {
        let now = begin + Duration::from_millis(millis);
        let mut actions = Vec::new();
        if [100, 1100].contains(&millis) {
            router.receive(advert(61, 90, now), now, &mut actions);
            let adverts = actions.iter().filter(|it| matches!(it, Action::Advertise(_))).count();
            at_once.push((adverts, repeats(&actions)));
        } else {
            router.expire(now, Monotonic::ZERO, &mut actions);
            later.extend(repeats(&actions).into_iter().map(|repeat| (millis, repeat)));
        }
        router.departed(now);
    }
    (at_once, later)
}

fn repeats(actions: &[Action]) -> Vec<u32> {
    let repeat = |action: &Action| match action {
        Action::Announce { repeat } => Some(*repeat),
        _ => None,
    };
    actions.iter().filter_map(repeat).collect()
}

/// A master whose second set after taking over is out of the way.
fn telling(rivals: RivalSchedule) -> Settings {
    let garp = GarpSchedule { delay: Duration::ZERO, refresh: None, rivals, ..Default::default() };
    Settings { garp, ..settings(60, 100) }
}

#[test]
fn the_file_says_what_is_announced_after_a_lesser_master() {
    let told = |delay, repeat| RivalSchedule::AsTold { delay: SECOND * delay, repeat };
    let (at_once, later) = against_rivals(telling(told(10, 2)));
    assert_eq!(at_once, [(1, vec![2]), (1, vec![2])]);
    // Once, 10 s after the last; it leaves up to a millisecond early.
    assert_eq!(later, [(11_099, 2)]);
    let (at_once, later) = against_rivals(telling(told(0, 3)));
    assert_eq!((at_once, later), (vec![(1, vec![3]), (1, vec![3])], Vec::new()));
    let (at_once, later) = against_rivals(telling(told(10, 0)));
    assert_eq!((at_once, later), (vec![(1, Vec::new()), (1, Vec::new())], Vec::new()));
    // Without a word in the file, it is announced again when the lesser one has become quiet.
    let (at_once, later) = against_rivals(telling(RivalSchedule::UntilQuiet));
    assert_eq!(at_once, [(1, vec![5]), (1, vec![5])]);
    assert_eq!(later, [(349, 5), (1349, 5)]);
}

#[test]
fn a_storm_of_lesser_adverts_is_announced_against_in_measure() {
    let told = RivalSchedule::AsTold { delay: SECOND, repeat: 1 };
    let mut router = mastered(telling(told));
    let begin = router.lease_until() - 3 * SECOND;
    let mut announced = 0;
    for micros in (0..900_000).step_by(100) {
        let now = begin + Duration::from_micros(micros);
        let mut actions = Vec::new();
        router.receive(advert(61, 90, now), now, &mut actions);
        announced += repeats(&actions).len();
    }
    assert!((8..=10).contains(&announced), "{announced}");
}

#[test]
fn a_lesser_master_may_be_left_without_an_answer_but_not_one_that_resigns() {
    let manners = Manners { answers_lesser: false, ..Manners::default() };
    let silent = Settings { manners, ..telling(RivalSchedule::UntilQuiet) };
    let (at_once, _) = against_rivals(silent.clone());
    assert!(at_once.iter().all(|(adverts, _)| *adverts == 0));
    let mut router = mastered(silent);
    let now = router.lease_until() - 2 * SECOND;
    let mut actions = Vec::new();
    router.receive(advert(61, 0, now), now, &mut actions);
    assert_eq!(actions, [Action::Advertise(Priority::new(100))]);
}

#[test]
fn a_farewell_to_a_better_master_can_be_switched_off() {
    for bids_farewell in [true, false] {
        let manners = Manners { bids_farewell, ..Manners::default() };
        let mut router = mastered(Settings { manners, ..settings(60, 100) });
        let now = router.lease_until() - 2 * SECOND;
        let mut actions = Vec::new();
        router.receive(advert(61, 200, now), now, &mut actions);
        let speaks = actions.iter().any(|action| matches!(action, Action::Advertise(_)));
        assert_eq!((router.state(), speaks), (State::Backup, bids_farewell));
    }
}

#[test]
fn an_owner_that_ignores_others_neither_yields_nor_answers() {
    for heeds_others in [true, false] {
        let manners = Manners { heeds_others, ..Manners::default() };
        let mut router = mastered(Settings { manners, ..settings(60, 255) });
        let now = at(500);
        let mut actions = Vec::new();
        router.receive(advert(61, 255, now), now, &mut actions);
        assert_eq!(router.state() == State::Master, !heeds_others);
        assert_eq!(actions.is_empty(), !heeds_others, "{actions:?}");
    }
}

#[test]
fn other_interfaces_are_announced_on_at_an_interval_of_their_own() {
    let garp =
        GarpSchedule { elsewhere: Some(7 * SECOND), refresh: None, ..GarpSchedule::default() };
    let mut router = mastered(Settings { garp, ..settings(60, 100) });
    let begin = router.lease_until() - 3 * SECOND;
    let mut announced = Vec::new();
    for tenths in 0..300 {
        let now = begin + SECOND / 10 * tenths;
        let mut actions = Vec::new();
        router.expire(now, Monotonic::ZERO, &mut actions);
        router.departed(now);
        announced.extend(actions.contains(&Action::AnnounceElsewhere).then_some(tenths));
    }
    assert_eq!(announced, [70, 140, 210, 280]);
    // A reload ends it, and begins it, and the refresh too.
    let mut actions = Vec::new();
    let now = begin + 31 * SECOND;
    let garp = GarpSchedule { refresh: Some(2 * SECOND), ..GarpSchedule::default() };
    router.reconfigure(Settings { garp, ..settings(60, 100) }, now, &mut actions);
    router.expire(now + 2 * SECOND, Monotonic::ZERO, &mut actions);
    assert_eq!(repeats(&actions), [1], "{actions:?}");
    assert!(!actions.contains(&Action::AnnounceElsewhere));
}
