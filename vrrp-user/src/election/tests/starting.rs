//! Nobody takes over for a while after the start.

use super::*;

fn held_back(settings: Settings, until: Monotonic) -> VirtualRouter {
    let mut router = VirtualRouter::new(settings).held_back(until);
    router.start(at(0), &mut Vec::new());
    router
}

#[test]
fn silence_counts_from_the_end_of_the_delay_on() {
    let router = held_back(settings(60, 100), at(5000));
    assert_eq!(router.state(), State::Backup);
    assert_eq!(router.next_deadline(), Some(at(5000) + Duration::from_micros(3_609_375)));
    let router = held_back(settings(60, 100), Monotonic::ZERO);
    assert_eq!(router.next_deadline(), Some(at(0) + Duration::from_micros(3_609_375)));
}

#[test]
fn an_owner_is_master_at_the_end_of_the_delay_unless_another_owner_speaks() {
    let mut router = held_back(settings(60, 255), at(5000));
    assert_eq!((router.state(), router.next_deadline()), (State::Backup, Some(at(5000))));
    let mut actions = Vec::new();
    router.reconfigure(settings(60, 255), at(100), &mut actions);
    router.expire(at(4999), Monotonic::ZERO, &mut actions);
    assert_eq!(router.state(), State::Backup);
    router.receive(advert(61, 100, at(3000)), at(3000), &mut actions);
    router.expire(at(5000), Monotonic::ZERO, &mut actions);
    assert_eq!(router.state(), State::Master);

    let mut router = held_back(settings(60, 255), at(5000));
    router.receive(advert(61, 255, at(4000)), at(4000), &mut actions);
    let down = Duration::from_micros(3_003_906) + Duration::from_nanos(250);
    assert_eq!(router.next_deadline(), Some(at(5000) + down));
}

#[test]
fn what_is_heard_meanwhile_does_not_bring_the_end_nearer() {
    let mut router = held_back(settings(60, 100), at(5000));
    let mut actions = Vec::new();
    router.receive(advert(61, 200, at(1000)), at(1000), &mut actions);
    let down = Duration::from_micros(3_609_375);
    assert_eq!(router.next_deadline(), Some(at(5000) + down));
    assert_eq!(router.master_down_at_if_heard(at(2000)), at(5000) + down);
    // The master resigns.
    router.receive(advert(61, 0, at(2000)), at(2000), &mut actions);
    assert_eq!(router.next_deadline(), Some(at(5000) + Duration::from_micros(609_375)));
    // It speaks on, until after the delay.
    router.receive(advert(61, 200, at(6000)), at(6000), &mut actions);
    assert_eq!(router.next_deadline(), Some(at(6000) + down));
}

#[test]
fn a_fault_meanwhile_does_not_end_the_delay_and_a_take_over_keeps_it() {
    let mut router = held_back(settings(60, 100), at(5000));
    let mut actions = Vec::new();
    router.fault(FaultReason::InterfaceDown, &mut actions);
    router.start(at(1000), &mut actions);
    let down = at(5000) + Duration::from_micros(3_609_375);
    assert_eq!(router.next_deadline(), Some(down));
    let resumed = VirtualRouter::resume(settings(60, 100), router.standing(at(2000)));
    assert_eq!(resumed.next_deadline(), Some(down));
}

#[test]
fn a_group_of_owners_waits_as_one() {
    let mut router = held_back(Settings { grouped: true, ..settings(60, 255) }, at(5000));
    assert!(!router.wants_mastership());
    router.expire(at(5000), Monotonic::ZERO, &mut Vec::new());
    assert!(router.wants_mastership());
}
