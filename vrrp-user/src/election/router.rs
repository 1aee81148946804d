//! The state machine.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    Advert, KnownMaster, LesserMaster, Settings,
    action::{Action, FaultReason, Reason, State, Transition},
    announcements::Announcements,
    backup::Backup,
    master::Master,
};
use crate::{
    config::model::RivalSchedule,
    protocol::{Monotonic, Priority},
};

/// One virtual router on this node.
///
/// ```text
///                  start, 255                        start
///        ┌──────────────────────── Initialize ─────────────────────┐
///        ▼                            ▲    ▲                       ▼
///     Master ── stop ─────────────────┘    └──────── stop ────── Backup
///        │  ▲                                                   ▲  │
///        │  └────────── Master_Down_Interval over ──────────────┼──┘
///        └───── better master; paused, and another speaks ──────┘
///                fault: any ──► Fault ── start ──► as from Initialize
/// ```
#[derive(Clone, Debug)]
pub struct VirtualRouter {
    settings: Settings,
    phase: Phase,
    /// Until then nobody's silence counts, and nobody takes over.
    not_before: Monotonic,
}

/// What a router has come to, for another process that is to go on from there. Its times are of the
/// machine's clock, which both read.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Standing(Phase);

#[derive(Clone, Debug, Deserialize, Serialize)]
enum Phase {
    Initialize,
    Fault(FaultReason),
    Backup(Backup),
    Master(Master),
}

impl VirtualRouter {
    /// A router that has not started.
    #[must_use]
    pub const fn new(settings: Settings) -> Self {
        Self { settings, phase: Phase::Initialize, not_before: Monotonic::ZERO }
    }

    /// Has it become master no earlier than a down timer after `until` (for an owner: at `until`),
    /// as `vrrp_startup_delay` asks. Until then it listens. For a router that has not started.
    #[must_use]
    pub const fn held_back(mut self, until: Monotonic) -> Self {
        self.not_before = until;
        self
    }

    /// A router that goes on where another process left it.
    #[must_use]
    pub fn resume(settings: Settings, standing: Standing) -> Self {
        let not_before = match &standing.0 {
            Phase::Backup(backup) => backup.not_before,
            _ => Monotonic::ZERO,
        };
        Self { settings, phase: standing.0, not_before }
    }

    /// What it has come to, given when the kernel last heard the known master without telling
    /// anybody.
    #[must_use]
    pub fn standing(&self, last_heard: Monotonic) -> Standing {
        let mut phase = self.phase.clone();
        if let Phase::Backup(backup) = &mut phase {
            backup.take_in(&self.settings, last_heard);
        }
        Standing(phase)
    }

    /// What it was told.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The state it is in.
    #[must_use]
    pub const fn state(&self) -> State {
        match self.phase {
            Phase::Initialize => State::Initialize,
            Phase::Fault(_) => State::Fault,
            Phase::Backup(_) => State::Backup,
            Phase::Master(_) => State::Master,
        }
    }

    /// The master that it follows, if it is a backup and has heard one.
    #[must_use]
    pub const fn master(&self) -> Option<&KnownMaster> {
        match &self.phase {
            Phase::Backup(backup) => backup.master.as_ref(),
            _ => None,
        }
    }

    /// The master that a backup is about to replace, if it follows none.
    #[must_use]
    pub const fn lesser_master(&self) -> Option<&LesserMaster> {
        match &self.phase {
            Phase::Backup(backup) => backup.rival.as_ref(),
            _ => None,
        }
    }

    /// Until when this node may answer for the addresses; zero if it may not.
    #[must_use]
    pub const fn lease_until(&self) -> Monotonic {
        match &self.phase {
            Phase::Master(master) => master.lease_until,
            _ => Monotonic::ZERO,
        }
    }

    /// When a backup will take over if it hears nothing until then.
    #[must_use]
    pub const fn master_down_at(&self) -> Option<Monotonic> {
        match &self.phase {
            Phase::Backup(backup) => Some(backup.down_at),
            _ => None,
        }
    }

    /// As [`Self::master_down_at`], given when the kernel last heard the known master without
    /// telling anybody; zero if this is no backup.
    #[must_use]
    pub fn master_down_at_if_heard(&self, last_heard: Monotonic) -> Monotonic {
        match &self.phase {
            Phase::Backup(backup) if last_heard > backup.counted_from => {
                let interval = backup.interval(&self.settings);
                backup.down_at_from(last_heard, self.settings.master_down_interval(interval))
            }
            Phase::Backup(backup) => backup.down_at,
            _ => Monotonic::ZERO,
        }
    }

    /// The moment that a backup's down timer was last counted from; zero if this is no backup.
    #[must_use]
    pub const fn counted_from(&self) -> Monotonic {
        match &self.phase {
            Phase::Backup(backup) => backup.counted_from,
            _ => Monotonic::ZERO,
        }
    }

    /// When [`Self::expire`] wants to be called next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Monotonic> {
        match &self.phase {
            Phase::Initialize | Phase::Fault(_) => None,
            Phase::Backup(backup) => Some(match backup.suffer_until {
                // Once it is over no master is followed, and only the down timer is left.
                Some(until) if backup.master.is_some() => until.min(backup.down_at),
                _ => backup.down_at,
            }),
            Phase::Master(master) => Some(match master.announcements.next_deadline() {
                Some(at) => at.min(master.advert_at),
                None => master.advert_at,
            }),
        }
    }

    /// The longest that a link may be down without its router being told of it: more, and a backup
    /// would take over from a node that does not know yet. keepalived bounds
    /// `interface_up_down_delays` so.
    #[must_use]
    pub fn link_patience(&self) -> Duration {
        let interval = match &self.phase {
            Phase::Backup(backup) => backup.interval(&self.settings),
            _ => self.settings.advert_interval,
        };
        let interval = interval.as_duration();
        let whole = interval * u32::from(self.settings.down_adverts.saturating_sub(1));
        whole.saturating_sub(interval / 256)
    }

    /// How much before [`Self::next_deadline`] it is worth calling [`Self::expire_early`].
    #[must_use]
    pub fn earliness(&self) -> Duration {
        match &self.phase {
            // By then the master has been heard again, if it lives.
            Phase::Backup(backup) if backup.master.is_some() => {
                backup.interval(&self.settings).as_duration() / 2
            }
            Phase::Master(_) => self.settings.earliness(),
            Phase::Initialize | Phase::Fault(_) | Phase::Backup(_) => Duration::ZERO,
        }
    }

    /// The interface can be used: from now on the router takes part (RFC 9568 §6.4.1).
    pub fn start(&mut self, now: Monotonic, actions: &mut Vec<Action>) {
        if matches!(self.phase, Phase::Backup(_) | Phase::Master(_)) {
            return;
        }
        let is_owner = self.settings.priority.is_owner();
        let is_held_back = now < self.not_before;
        if is_owner && !self.settings.grouped && !is_held_back {
            self.become_master(Reason::Owner, None, now, actions);
        } else {
            let from = self.state();
            let mut backup = if is_held_back {
                Backup::starting(&self.settings, now, self.not_before)
            } else {
                Backup::waiting(&self.settings, self.settings.advert_interval, now)
            };
            backup.wants = (is_owner && !is_held_back).then_some(Reason::Owner);
            self.phase = Phase::Backup(backup);
            // Whatever was told of before the start is news now.
            actions.push(Action::Absorb(None));
            report(from, State::Backup, Reason::Started, actions);
        }
    }

    /// The router stops taking part; a master resigns, so that a backup takes over within its
    /// skew (RFC 9568 §6.4.3, shutdown).
    pub fn stop(&mut self, actions: &mut Vec<Action>) {
        self.leave(Phase::Initialize, Reason::Stopped, actions);
    }

    /// The router cannot take part until [`Self::start`].
    pub fn fault(&mut self, reason: FaultReason, actions: &mut Vec<Action>) {
        self.leave(Phase::Fault(reason), Reason::Fault(reason), actions);
    }

    /// The kernel last heard the known master at `last_heard` without telling anybody;
    /// [`Monotonic::ZERO`] for never.
    pub fn take_in(&mut self, last_heard: Monotonic) {
        if let Phase::Backup(backup) = &mut self.phase {
            backup.take_in(&self.settings, last_heard);
        }
    }

    /// New settings for a running router. Its state stays, save that priority 255 takes over.
    pub fn reconfigure(&mut self, settings: Settings, now: Monotonic, actions: &mut Vec<Action>) {
        let before = std::mem::replace(&mut self.settings, settings);
        match &mut self.phase {
            Phase::Initialize | Phase::Fault(_) => {}
            Phase::Backup(backup)
                if self.settings.priority.is_owner()
                    && !self.settings.grouped
                    && backup.not_before <= now =>
            {
                self.become_master(Reason::Owner, None, now, actions);
            }
            Phase::Backup(backup) => {
                let is_owner = self.settings.priority.is_owner() && backup.master.is_none();
                let down = if is_owner && now < backup.not_before {
                    Duration::ZERO
                } else {
                    self.settings.master_down_interval(backup.interval(&self.settings))
                };
                backup.down_at = backup.down_at_from(backup.counted_from, down).max(now);
                match backup.master {
                    Some(master) if self.settings.yields_to(&master) => {
                        // It is not merely suffered any more: no end of that is waited for.
                        backup.suffer_until = None;
                    }
                    Some(_) => {
                        // It has to be judged anew, which absorbed adverts are not.
                        backup.master = None;
                        actions.push(Action::Absorb(None));
                    }
                    None => {}
                }
            }
            Phase::Master(master) => {
                let interval = self.settings.advert_interval.as_duration();
                master.advert_at = master.advert_at.min(now + interval);
                master.announcements.follow(&self.settings.garp, now);
                if before.priority != self.settings.priority {
                    // Whoever was lesser may be better now: what it says is news again.
                    actions.push(Action::Absorb(None));
                }
            }
        }
    }

    /// An advert with `priority` above 0 has left at `at`: until the returned time this node may
    /// answer for the addresses.
    pub fn departed(&mut self, at: Monotonic) -> Monotonic {
        match &mut self.phase {
            Phase::Master(master) => {
                master.lease_until = at + self.settings.lease();
                master.lease_until
            }
            _ => Monotonic::ZERO,
        }
    }

    /// An advert that passed every check has been heard.
    pub fn receive(&mut self, advert: Advert, now: Monotonic, actions: &mut Vec<Action>) {
        if !self.settings.manners.heeds_others {
            return;
        }
        match &mut self.phase {
            Phase::Initialize | Phase::Fault(_) => {}
            Phase::Backup(backup) => backup.receive(&self.settings, advert, now, actions),
            Phase::Master(master) => {
                if let Some(reason) = master.receive(&self.settings, advert, now, actions) {
                    self.yield_to(advert, reason, now, actions);
                }
            }
        }
    }

    /// Somebody else says that one of our addresses is theirs. A master says otherwise.
    pub fn contested(&mut self, now: Monotonic, actions: &mut Vec<Action>) {
        if let Phase::Master(master) = &mut self.phase {
            master.defend(now, actions);
        }
    }

    /// A deadline may have passed. `last_heard` is when the kernel last heard the known master
    /// without telling anybody; [`Monotonic::ZERO`] for never.
    pub fn expire(&mut self, now: Monotonic, last_heard: Monotonic, actions: &mut Vec<Action>) {
        match &mut self.phase {
            Phase::Initialize | Phase::Fault(_) => {}
            Phase::Backup(backup) => {
                if let Some(reason) = backup.expire(&self.settings, now, last_heard, actions) {
                    let rival = backup.rival;
                    self.become_master(reason, rival, now, actions);
                }
            }
            Phase::Master(master) => {
                if let Some(reason) = master.expire(&self.settings, now, actions) {
                    self.let_go(reason, now, actions);
                }
            }
        }
    }

    /// A deadline is near, and the driver is awake anyway. A master advertises; a backup whose
    /// master has been heard meanwhile waits on, and does nothing else: nobody takes over early.
    pub fn expire_early(
        &mut self,
        now: Monotonic,
        last_heard: Monotonic,
        actions: &mut Vec<Action>,
    ) {
        match &mut self.phase {
            Phase::Backup(backup) => backup.take_in(&self.settings, last_heard),
            Phase::Master(_) => self.expire(now, last_heard, actions),
            Phase::Initialize | Phase::Fault(_) => {}
        }
    }

    /// Whether its timer has run out but it is for its sync group to decide, or it is master.
    #[must_use]
    pub const fn wants_mastership(&self) -> bool {
        match &self.phase {
            Phase::Backup(backup) => backup.wants.is_some(),
            Phase::Master(_) => true,
            Phase::Initialize | Phase::Fault(_) => false,
        }
    }

    /// What keeps it from taking part.
    #[must_use]
    pub const fn fault_reason(&self) -> Option<FaultReason> {
        match self.phase {
            Phase::Fault(reason) => Some(reason),
            _ => None,
        }
    }

    /// The sync group becomes master: a backup takes over.
    pub fn take_over(&mut self, now: Monotonic, actions: &mut Vec<Action>) {
        if let Phase::Backup(backup) = &self.phase {
            let (reason, rival) = (backup.wants.unwrap_or(Reason::SyncGroup), backup.rival);
            self.become_master(reason, rival, now, actions);
        }
    }

    /// The sync group is master no more: a master becomes a backup. It says nothing, as in
    /// keepalived: whoever beat the other member takes this one over too.
    pub fn step_down(&mut self, now: Monotonic, actions: &mut Vec<Action>) {
        if self.state() == State::Master {
            self.let_go(Reason::SyncGroup, now, actions);
        }
    }

    /// A master becomes a backup that has heard of no other master yet.
    fn let_go(&mut self, reason: Reason, now: Monotonic, actions: &mut Vec<Action>) {
        actions.push(Action::RevokeLease);
        actions.push(Action::ReleaseAddresses);
        let interval = self.settings.advert_interval;
        self.phase = Phase::Backup(Backup::waiting(&self.settings, interval, now));
        actions.push(Action::Absorb(None));
        report(State::Master, State::Backup, reason, actions);
    }

    fn become_master(
        &mut self,
        reason: Reason,
        rival: Option<LesserMaster>,
        now: Monotonic,
        actions: &mut Vec<Action>,
    ) {
        let from = self.state();
        let settings = &self.settings;
        let mut announcements = Announcements::start(&settings.garp, now);
        if rival.is_some() && settings.garp.rivals == RivalSchedule::UntilQuiet {
            // It may still send its own announcements after ours.
            announcements.rival_heard(&settings.garp, now);
        }
        self.phase = Phase::Master(Master {
            advert_at: now + settings.advert_interval.as_duration(),
            lease_until: Monotonic::ZERO,
            answer_from: now,
            announce_from: now,
            rival_heard: rival.map(|rival| rival.heard_at),
            announcements,
        });
        // The advert first: a lesser master lets go before we take hold.
        actions.push(Action::Advertise(settings.priority));
        actions.push(Action::Absorb(None));
        actions.push(Action::Announce { repeat: settings.garp.repeat });
        actions.push(Action::HoldAddresses);
        report(from, State::Master, reason, actions);
    }

    /// A master becomes the backup of the router that sent `advert`.
    fn yield_to(
        &mut self,
        advert: Advert,
        reason: Reason,
        now: Monotonic,
        actions: &mut Vec<Action>,
    ) {
        actions.push(Action::RevokeLease);
        if matches!(reason, Reason::BetterMaster { .. })
            && self.settings.manners.bids_farewell
            && !self.lease_is_over(now)
        {
            // A farewell, which the winner answers with announcements of its own: after a healed
            // partition it would else not learn that clients had been told to come to us.
            actions.push(Action::Advertise(self.settings.priority));
        }
        actions.push(Action::ReleaseAddresses);
        let interval = advert.interval.unwrap_or(self.settings.advert_interval);
        let from = match reason {
            // Time spent paused is no time spent listening.
            Reason::LeaseLost { .. } => now,
            _ => advert.received_at,
        };
        let mut backup = Backup::waiting(&self.settings, interval, from);
        backup.receive(&self.settings, advert, now, actions);
        self.phase = Phase::Backup(backup);
        report(State::Master, State::Backup, reason, actions);
    }

    /// Whether this is a master that was paused, or that nothing left.
    fn lease_is_over(&self, now: Monotonic) -> bool {
        matches!(&self.phase, Phase::Master(master) if master.lease_is_over(now))
    }

    fn leave(&mut self, to: Phase, reason: Reason, actions: &mut Vec<Action>) {
        let from = self.state();
        if from == State::Master {
            actions.push(Action::RevokeLease);
            actions.push(Action::Advertise(Priority::RESIGN));
            actions.push(Action::ReleaseAddresses);
        }
        if matches!(from, State::Master | State::Backup) {
            actions.push(Action::Absorb(None));
        }
        let is_news = match (&self.phase, &to) {
            (Phase::Fault(before), Phase::Fault(after)) => before != after,
            (Phase::Initialize, Phase::Initialize) => false,
            _ => true,
        };
        self.phase = to;
        if is_news {
            report(from, self.state(), reason, actions);
        }
    }
}

fn report(from: State, to: State, reason: Reason, actions: &mut Vec<Action>) {
    actions.push(Action::Report(Transition { from, to, reason }));
}
