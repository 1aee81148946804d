//! Timers that are served early, since the loop is awake anyway.

use super::*;

const MILLI: Duration = Duration::from_millis(1);

#[test]
fn an_early_advert_leaves_the_grid_as_it_is() {
    let mut router = mastered(settings(60, 100));
    let due = router.next_deadline().unwrap();
    assert_eq!(router.earliness(), MILLI);
    let mut actions = Vec::new();
    router.expire_early(due - 2 * MILLI, Monotonic::ZERO, &mut actions);
    assert_eq!((actions.len(), router.next_deadline()), (0, Some(due)));
    router.expire_early(due - MILLI, Monotonic::ZERO, &mut actions);
    assert_eq!(actions, [Action::Advertise(Priority::new(100))]);
    assert_eq!(router.next_deadline(), Some(due + SECOND));
}

#[test]
fn a_fast_master_is_early_by_less() {
    let interval = AdvertInterval::from_centis(1, Version::V3).unwrap();
    let settings =
        Settings { version: Version::V3, advert_interval: interval, ..settings(60, 100) };
    let (mut router, _) = started(settings);
    assert_eq!(router.earliness(), Duration::ZERO);
    let due = router.next_deadline().unwrap();
    router.expire(due, Monotonic::ZERO, &mut Vec::new());
    assert_eq!(router.state(), State::Master);
    assert_eq!(router.earliness(), Duration::from_nanos(156_250));
}

#[test]
fn nobody_takes_over_early() {
    let (mut router, _) = started(settings(61, 90));
    let mut actions = Vec::new();
    router.receive(advert(60, 100, at(100)), at(100), &mut actions);
    assert_eq!(router.earliness(), SECOND / 2);
    let due = router.next_deadline().unwrap();
    actions.clear();
    // It has been heard since.
    router.expire_early(due - SECOND / 2, at(3000), &mut actions);
    let later = due + Duration::from_millis(2900);
    assert_eq!(router.next_deadline(), Some(later));
    // It has not: that can wait, however late it is.
    router.expire_early(later + 10 * SECOND, at(3000), &mut actions);
    assert_eq!((router.state(), router.next_deadline()), (State::Backup, Some(later)));
    assert_eq!(actions, []);
    router.expire(later, at(3000), &mut actions);
    assert_eq!(router.state(), State::Master);
}
