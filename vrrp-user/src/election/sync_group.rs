//! Virtual routers that are master together, or not at all: keepalived's `vrrp_sync_group`.
//!
//! A group becomes master when every member wants to be, so that it prefers backup over half a
//! mastership. It stops being master as soon as one member does, and none takes part while one
//! cannot.

use super::{Action, FaultReason, State, VirtualRouter};

/// What has happened to a member.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Change {
    /// It became master.
    BecameMaster,
    /// It was master, and is backup now.
    BecameBackup,
    /// Anything else.
    Other,
}

/// What another member has to do to stay in step.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    /// [`VirtualRouter::take_over`].
    TakeOver,
    /// [`VirtualRouter::step_down`].
    StepDown,
    /// [`VirtualRouter::fault`] with [`FaultReason::SyncGroup`].
    Fault,
    /// [`VirtualRouter::start`].
    Start,
}

/// The members that are out of step, in their order, and what each has to do; `None` if there is
/// none. To be asked again until then, with the same `change`: each step brings those members in
/// line for good.
#[must_use]
pub fn next_step(members: &[&VirtualRouter], change: Change) -> Option<(Vec<usize>, Step)> {
    let find = |wanted: &dyn Fn(&VirtualRouter) -> bool, step| {
        let found = members.iter().enumerate().filter(|(_, member)| wanted(member));
        let found: Vec<usize> = found.map(|(index, _)| index).collect();
        (!found.is_empty()).then_some((found, step))
    };
    let takes_part =
        |member: &VirtualRouter| matches!(member.state(), State::Backup | State::Master);
    if members.iter().any(|member| has_own_fault(member)) {
        return find(&takes_part, Step::Fault);
    }
    let waits = |member: &VirtualRouter| member.fault_reason() == Some(FaultReason::SyncGroup);
    if let Some(step) = find(&waits, Step::Start) {
        return Some(step);
    }
    let is = |state: State| move |member: &VirtualRouter| member.state() == state;
    match change {
        Change::BecameBackup => find(&is(State::Master), Step::StepDown),
        Change::BecameMaster => find(&is(State::Backup), Step::TakeOver),
        Change::Other if members.iter().all(|member| member.wants_mastership()) => {
            find(&is(State::Backup), Step::TakeOver)
        }
        Change::Other => None,
    }
}

/// What the actions of a member say has happened to it.
#[must_use]
pub fn change(actions: &[Action]) -> Change {
    let transition = actions.iter().rev().find_map(|action| match action {
        Action::Report(transition) => Some((transition.from, transition.to)),
        _ => None,
    });
    match transition {
        Some((_, State::Master)) => Change::BecameMaster,
        Some((State::Master, State::Backup)) => Change::BecameBackup,
        _ => Change::Other,
    }
}

/// Whether a member cannot take part for a reason of its own.
#[must_use]
pub fn has_own_fault(member: &VirtualRouter) -> bool {
    member.fault_reason().is_some_and(|reason| reason != FaultReason::SyncGroup)
}

#[cfg(test)]
mod tests;
