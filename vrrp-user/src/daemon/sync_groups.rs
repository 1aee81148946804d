//! Keeping the members of sync groups in step.

use std::{collections::BTreeMap, rc::Rc};

use super::driver::Driver;
use crate::{
    config::model::{SyncGroup, notify::Notify},
    dataplane::Slot,
    election::{Change, FaultReason, State, Step, VirtualRouter, has_own_fault, next_step},
};

/// Which routers belong together.
#[derive(Debug, Default)]
pub(super) struct SyncGroups {
    by_slot: BTreeMap<Slot, Rc<Group>>,
}

/// A group, as far as its members exist.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) members: Vec<Slot>,
    pub(super) notify: Notify,
}

impl SyncGroups {
    /// Groups of the configuration, given which slot each instance has.
    pub(super) fn new(groups: &[SyncGroup], slot_of: &BTreeMap<String, Slot>) -> Self {
        let mut by_slot = BTreeMap::new();
        for SyncGroup { name, members, notify } in groups {
            let members: Vec<Slot> =
                members.iter().filter_map(|member| slot_of.get(member).copied()).collect();
            let group = Rc::new(Group { name: name.clone(), members, notify: notify.clone() });
            by_slot.extend(group.members.iter().map(|&slot| (slot, Rc::clone(&group))));
        }
        Self { by_slot }
    }

    /// The group that a router is in.
    pub(super) fn of(&self, slot: Slot) -> Option<Rc<Group>> {
        self.by_slot.get(&slot).cloned()
    }
}

impl Driver {
    /// Reads from the configuration who belongs together, and has everybody act accordingly.
    pub(super) fn form_sync_groups(&mut self) {
        let slot_of: BTreeMap<String, Slot> = self
            .routers
            .iter()
            .map(|(&slot, router)| (router.instance.name.clone(), slot))
            .collect();
        self.sync_groups = SyncGroups::new(&self.config.sync_groups, &slot_of);
        for slot in slot_of.into_values() {
            let grouped = self.sync_groups.of(slot).is_some();
            let Some(router) = self.routers.get_mut(&slot) else { continue };
            if std::mem::replace(&mut router.grouped, grouped) != grouped {
                self.reconfigure(slot);
            }
            let held_back = |router: &super::virtual_router::Router| {
                router.machine.fault_reason() == Some(FaultReason::SyncGroup)
            };
            if !grouped && self.routers.get(&slot).is_some_and(held_back) {
                self.drive(slot, VirtualRouter::start);
            } else if grouped {
                self.keep_in_step(slot, Change::Other);
                self.mend_split(slot);
            }
        }
    }

    /// A group that was formed of masters and backups is master altogether or, if not all its members
    /// want that, not at all.
    fn mend_split(&mut self, slot: Slot) {
        let Some(group) = self.sync_groups.of(slot) else { return };
        let states: Vec<_> = group
            .members
            .iter()
            .filter_map(|member| self.routers.get(member))
            .map(|router| router.machine.state())
            .collect();
        if states.contains(&State::Master) && states.contains(&State::Backup) {
            self.keep_in_step(slot, Change::BecameBackup);
        }
    }

    /// Has a router take part, unless another member of its group cannot.
    pub(super) fn start_router(&mut self, slot: Slot) {
        let is_held_back = self.sync_groups.of(slot).is_some_and(|group| {
            let mut others = group.members.iter().filter(|&&other| other != slot);
            others.any(|other| {
                self.routers.get(other).is_some_and(|router| has_own_fault(&router.machine))
            })
        });
        if is_held_back {
            self.drive(slot, |machine, _, actions| machine.fault(FaultReason::SyncGroup, actions));
        } else {
            self.drive(slot, VirtualRouter::start);
        }
    }

    /// Has the other members of a router's group follow what has happened to it.
    pub(super) fn keep_in_step(&mut self, slot: Slot, change: Change) {
        let Some(group) = self.sync_groups.of(slot) else { return };
        // Every step brings members in line; a second round is more than they need.
        for _ in 0..2 * group.members.len() {
            let members: Option<Vec<&VirtualRouter>> = group
                .members
                .iter()
                .map(|member| self.routers.get(member).map(|router| &router.machine))
                .collect();
            let Some((indices, step)) = members.and_then(|members| next_step(&members, change))
            else {
                return;
            };
            for &member in indices.into_iter().filter_map(|index| group.members.get(index)) {
                self.drive_alone(member, |machine, now, actions| match step {
                    Step::TakeOver => machine.take_over(now, actions),
                    Step::StepDown => machine.step_down(now, actions),
                    Step::Fault => machine.fault(FaultReason::SyncGroup, actions),
                    Step::Start => machine.start(now, actions),
                });
            }
        }
    }
}
