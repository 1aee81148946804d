//! Telling programs and FIFOs of changes of state, in keepalived's words and at its moments.

use std::{collections::BTreeMap, rc::Rc};

use super::{driver::Driver, sync_groups::Group, virtual_router::Router};
use crate::{
    config::model::{notify::Notify, script::Command},
    dataplane::Slot,
    election::State,
    programs::{Source, Telling},
};

/// keepalived's words that are no states.
const DELETED: &str = "DELETED";
const LESSER_MASTER: &str = "MASTER_RX_LOWER_PRI";
const MASTER_PRIORITY: &str = "MASTER_PRIORITY";
const BACKUP_PRIORITY: &str = "BACKUP_PRIORITY";

/// What has been told, and how it is put.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// What each sync group was last said to be.
    pub(super) groups: BTreeMap<String, State>,
    /// While a router is taken out of the configuration.
    pub(super) is_removing: bool,
    /// While what another process has come to is taken over.
    is_resuming: bool,
}

impl Driver {
    /// A router has changed its state.
    pub(super) fn tell_of_change(&mut self, slot: Slot, to: State) {
        let Some(router) = self.routers.get(&slot) else { return };
        let notify = &router.instance.notify;
        let telling = match to {
            State::Initialize if self.told.is_removing && notify.says_deleted => {
                telling(router, DELETED, notify.deleted.as_ref())
            }
            // keepalived's word for that before it had another; `notify_fault` is not meant.
            State::Initialize if self.told.is_removing => telling(router, word(State::Fault), None),
            _ => telling(router, word(to), command(notify, to)),
        };
        self.programs.tell(telling);
    }

    /// A master has heard one with less right to it.
    pub(super) fn tell_of_lesser_master(&mut self, slot: Slot) {
        let Some(router) = self.routers.get(&slot) else { return };
        let plain = router.instance.notify.lesser_master.as_ref();
        let telling = Telling { general: None, ..telling(router, LESSER_MASTER, plain) };
        self.programs.tell(telling);
    }

    /// The priority of a router that takes part has changed.
    pub(super) fn tell_of_priority(&mut self, slot: Slot) {
        let Some(router) = self.routers.get(&slot) else { return };
        if !router.instance.notify.priority_changes {
            return;
        }
        let word = match router.machine.state() {
            State::Master => MASTER_PRIORITY,
            _ => BACKUP_PRIORITY,
        };
        let telling = Telling { general: None, ..telling(router, word, None) };
        self.programs.tell(telling);
    }

    /// The sync group of a router may have changed its state.
    pub(super) fn tell_of_group(&mut self, slot: Slot) {
        let Some(group) = self.sync_groups.of(slot) else { return };
        let Some(state) = self.state_of(&group) else { return };
        if self.told.groups.get(&group.name) == Some(&state) {
            return;
        }
        self.told.groups.insert(group.name.clone(), state);
        if !self.told.is_resuming {
            self.programs.tell(telling_of(&group, state));
        }
    }

    /// Forms the sync groups for the first time. In the place of another process there is nothing to
    /// tell of them: it has.
    pub(super) fn form_sync_groups_anew(&mut self, is_resuming: bool) {
        self.told.is_resuming = is_resuming;
        self.form_sync_groups();
        for slot in self.routers.keys().copied().collect::<Vec<_>>() {
            self.tell_of_group(slot);
        }
        self.told.is_resuming = false;
    }

    /// All sync groups stop, after their members.
    pub(super) fn tell_that_groups_stop(&mut self) {
        for group in self.groups() {
            self.programs.tell(telling_of(&group, State::Initialize));
        }
    }

    /// `fifo_write_vrrp_states_on_reload`: says again what everybody is.
    pub(super) fn tell_states_on_reload(&mut self) {
        if !self.config.fifos.states_on_reload {
            return;
        }
        let only_written = |telling| Telling { plain: None, general: None, ..telling };
        let mut tellings = Vec::new();
        for group in self.groups() {
            tellings.extend(self.state_of(&group).map(|state| telling_of(&group, state)));
        }
        for router in self.routers.values() {
            tellings.push(telling(router, word(router.machine.state()), None));
        }
        for telling in tellings {
            self.programs.tell(only_written(telling));
        }
    }

    fn groups(&self) -> Vec<Rc<Group>> {
        let mut groups: Vec<_> =
            self.routers.keys().filter_map(|&slot| self.sync_groups.of(slot)).collect();
        groups.sort_by(|one, other| one.name.cmp(&other.name));
        groups.dedup_by(|one, other| one.name == other.name);
        groups
    }

    /// What a group has come to; `None` while its members are starting, stopping or changing.
    fn state_of(&self, group: &Group) -> Option<State> {
        let states: Vec<State> = group
            .members
            .iter()
            .filter_map(|member| self.routers.get(member))
            .map(|router| router.machine.state())
            .collect();
        let all = |wanted: State| !states.is_empty() && states.iter().all(|&one| one == wanted);
        if states.contains(&State::Initialize) {
            None
        } else if states.contains(&State::Fault) {
            Some(State::Fault)
        } else if all(State::Master) {
            Some(State::Master)
        } else {
            all(State::Backup).then_some(State::Backup)
        }
    }
}

const fn word(state: State) -> &'static str {
    match state {
        State::Initialize => "STOP",
        State::Backup => "BACKUP",
        State::Master => "MASTER",
        State::Fault => "FAULT",
    }
}

const fn command(notify: &Notify, state: State) -> Option<&Command> {
    match state {
        State::Initialize => notify.stop.as_ref(),
        State::Backup => notify.backup.as_ref(),
        State::Master => notify.master.as_ref(),
        State::Fault => notify.fault.as_ref(),
    }
}

fn telling(router: &Router, word: &'static str, plain: Option<&Command>) -> Telling {
    Telling {
        source: Source::Instance(router.instance.name.clone()),
        word,
        priority: router.priority.get(),
        plain: plain.cloned(),
        general: router.instance.notify.any.clone(),
    }
}

fn telling_of(group: &Group, state: State) -> Telling {
    Telling {
        source: Source::Group(group.name.clone()),
        word: word(state),
        priority: 0,
        plain: command(&group.notify, state).cloned(),
        general: group.notify.any.clone(),
    }
}
