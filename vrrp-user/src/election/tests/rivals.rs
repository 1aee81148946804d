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
