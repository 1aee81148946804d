use std::{net::Ipv4Addr, time::Duration};

use super::*;
use crate::{
    config::model::{GarpSchedule, Manners, Preemption},
    election::{Action, Advert, Reason, Settings},
    protocol::{AdvertInterval, Monotonic, Priority, Version},
};

/// A group of routers, brought in step as the daemon does it.
struct Group {
    members: Vec<VirtualRouter>,
    actions: Vec<(usize, Action)>,
}

fn at(millis: u64) -> Monotonic {
    Monotonic::from_nanos(1_000_000_000 + millis * 1_000_000)
}

impl Group {
    fn new(priorities: &[u8]) -> Self {
        let members = priorities
            .iter()
            .map(|&priority| {
                VirtualRouter::new(Settings {
                    version: Version::V2,
                    priority: Priority::new(priority),
                    advert_interval: AdvertInterval::DEFAULT,
                    preemption: Preemption::Preempt { delay: Duration::ZERO },
                    down_adverts: 3,
                    late_below: None,
                    grouped: true,
                    own_address: Ipv4Addr::new(10, 0, 0, 60).into(),
                    garp: GarpSchedule::default(),
                    manners: Manners::default(),
                })
            })
            .collect();
        Self { members, actions: Vec::new() }
    }

    fn started(priorities: &[u8]) -> Self {
        let mut group = Self::new(priorities);
        for index in 0..priorities.len() {
            group.drive(index, at(0), VirtualRouter::start);
        }
        group
    }

    fn drive(
        &mut self,
        index: usize,
        now: Monotonic,
        input: impl FnOnce(&mut VirtualRouter, Monotonic, &mut Vec<Action>),
    ) {
        let mut actions = Vec::new();
        input(&mut self.members[index], now, &mut actions);
        let change = change(&actions);
        self.actions.extend(actions.into_iter().map(|action| (index, action)));
        for _ in 0..2 * self.members.len() {
            let members: Vec<_> = self.members.iter().collect();
            let Some((others, step)) = next_step(&members, change) else { return };
            for other in others {
                let (router, mut actions) = (&mut self.members[other], Vec::new());
                match step {
                    Step::TakeOver => router.take_over(now, &mut actions),
                    Step::StepDown => router.step_down(now, &mut actions),
                    Step::Fault => router.fault(FaultReason::SyncGroup, &mut actions),
                    Step::Start => router.start(now, &mut actions),
                }
                self.actions.extend(actions.into_iter().map(|action| (other, action)));
            }
        }
        panic!("the group does not come to rest");
    }

    fn expire(&mut self, index: usize, now: Monotonic) {
        self.drive(index, now, |router, now, actions| router.expire(now, Monotonic::ZERO, actions));
    }

    fn hears(&mut self, index: usize, priority: u8, now: Monotonic) {
        let advert = Advert {
            source: Ipv4Addr::new(10, 0, 0, 61).into(),
            priority: Priority::new(priority),
            interval: Some(AdvertInterval::DEFAULT),
            received_at: now,
            fingerprint: u64::from(priority) | 1 << 40,
        };
        self.drive(index, now, |router, now, actions| router.receive(advert, now, actions));
    }

    fn states(&self) -> Vec<State> {
        self.members.iter().map(VirtualRouter::state).collect()
    }

    fn reasons(&mut self) -> Vec<(usize, Reason)> {
        std::mem::take(&mut self.actions)
            .into_iter()
            .filter_map(|(index, action)| match action {
                Action::Report(transition) => Some((index, transition.reason)),
                _ => None,
            })
            .collect()
    }
}

use State::{Backup, Fault, Master};

#[test]
fn a_group_takes_over_when_all_want_to() {
    let mut group = Group::started(&[100, 90]);
    assert_eq!(group.states(), [Backup; 2]);
    group.expire(0, at(3610));
    assert_eq!(group.states(), [Backup; 2], "the other has heard nothing for 3.610 s only");
    assert!(group.members[0].next_deadline().unwrap() > at(3610), "it does not spin meanwhile");
    group.reasons();
    group.expire(1, at(3649));
    assert_eq!(group.states(), [Master; 2]);
    let silent = Reason::MasterSilent;
    assert_eq!(group.reasons(), [(0, silent), (1, silent)]);
}

#[test]
fn a_member_that_hears_its_master_keeps_the_group_back() {
    let mut group = Group::started(&[100, 100]);
    for second in 1..20 {
        group.hears(1, 150, at(second * 1000));
        group.expire(0, at(second * 1000));
        assert_eq!(group.states(), [Backup; 2], "{second}");
    }
    // And one that hears its master again wants no more.
    group.hears(0, 150, at(20_000));
    group.expire(1, at(22_700));
    assert_eq!(group.states(), [Backup; 2]);
    group.expire(0, at(24_000));
    assert_eq!(group.states(), [Master; 2]);
}

#[test]
fn what_beats_one_member_beats_them_all() {
    let mut group = Group::started(&[100, 100]);
    group.expire(0, at(3610));
    group.expire(1, at(3610));
    group.reasons();
    group.hears(1, 150, at(5000));
    assert_eq!(group.states(), [Backup; 2]);
    let resigns = |(_, action): &(usize, Action)| *action == Action::Advertise(Priority::RESIGN);
    assert!(!group.actions.iter().any(resigns));
    let [(1, Reason::BetterMaster { .. }), (0, Reason::SyncGroup)] = group.reasons()[..] else {
        panic!("{:?}", group.actions);
    };
}

#[test]
fn a_fault_of_one_is_a_fault_of_all() {
    let mut group = Group::started(&[100, 100, 100]);
    for index in 0..3 {
        group.expire(index, at(3610));
    }
    assert_eq!(group.states(), [Master; 3]);
    group.reasons();
    let down = |router: &mut VirtualRouter, _: Monotonic, actions: &mut Vec<Action>| {
        router.fault(FaultReason::InterfaceDown, actions);
    };
    group.drive(1, at(4000), down);
    assert_eq!(group.states(), [Fault; 3]);
    let by_group = Reason::Fault(FaultReason::SyncGroup);
    let own = Reason::Fault(FaultReason::InterfaceDown);
    assert_eq!(group.reasons(), [(1, own), (0, by_group), (2, by_group)]);

    // A second one has a fault of its own, and the first recovers.
    group.drive(2, at(4500), down);
    group.drive(1, at(5000), VirtualRouter::start);
    assert_eq!(group.states(), [Fault; 3]);
    group.drive(2, at(6000), VirtualRouter::start);
    assert_eq!(group.states(), [Backup; 3]);
    for index in 0..3 {
        group.expire(index, at(9609));
    }
    assert_eq!(group.states(), [Backup; 3], "the timers begin afresh");
}

#[test]
fn owners_are_masters_at_once_when_all_are() {
    assert_eq!(Group::started(&[255, 255]).states(), [Master; 2]);
    let mut mixed = Group::started(&[255, 100]);
    assert_eq!(mixed.states(), [Backup; 2]);
    mixed.expire(1, at(3610));
    assert_eq!(mixed.states(), [Master; 2]);
}
