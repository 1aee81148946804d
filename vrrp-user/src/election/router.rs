//! The state machine.

use std::{net::Ipv4Addr, time::Duration};

use super::{
    Settings,
    action::{Action, FaultReason, Reason, State, Transition},
    announcements::Announcements,
};
use crate::{
    config::model::Preemption,
    protocol::{AdvertInterval, Monotonic, Priority},
};

/// Adverts of lesser masters are answered at most this often.
const ANSWER_GAP: Duration = Duration::from_millis(100);

/// An advert that passed every check.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Advert {
    /// IP source.
    pub source: Ipv4Addr,
    /// Priority.
    pub priority: Priority,
    /// The sender's interval; `None` if the field held none that can be (version 3, zero).
    pub interval: Option<AdvertInterval>,
    /// When the kernel received it.
    pub received_at: Monotonic,
    /// Identity of sender and content.
    pub fingerprint: u64,
}

/// The master that a backup follows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KnownMaster {
    /// Its address.
    pub source: Ipv4Addr,
    /// Its priority.
    pub priority: Priority,
    /// Its interval (`Master_Adver_Interval`).
    pub interval: AdvertInterval,
    /// Identity of the adverts it repeats.
    pub fingerprint: u64,
}

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
}

#[derive(Clone, Debug)]
enum Phase {
    Initialize,
    Fault(FaultReason),
    Backup(Backup),
    Master(Master),
}

#[derive(Clone, Debug)]
struct Backup {
    /// `Master_Down_Timer`.
    down_at: Monotonic,
    /// The moment that `down_at` was counted from: only what was heard later puts it off.
    counted_from: Monotonic,
    master: Option<KnownMaster>,
    resigned: bool,
    /// The last lesser master whose adverts were disregarded.
    rival: Option<Rival>,
    /// `preempt_delay`: until then a lesser master is followed.
    suffer_until: Option<Monotonic>,
}

#[derive(Clone, Copy, Debug)]
struct Rival {
    source: Ipv4Addr,
    priority: Priority,
    heard_at: Monotonic,
}

#[derive(Clone, Debug)]
struct Master {
    /// `Adver_Timer`, on a grid that does not drift.
    advert_at: Monotonic,
    lease_until: Monotonic,
    /// Answers to lesser masters are held back until then.
    answer_from: Monotonic,
    rival_heard: Option<Monotonic>,
    announcements: Announcements,
}

impl VirtualRouter {
    /// A router that has not started.
    #[must_use]
    pub const fn new(settings: Settings) -> Self {
        Self { settings, phase: Phase::Initialize }
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
                last_heard + self.settings.master_down_interval(backup.interval(&self.settings))
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

    /// The interface can be used: from now on the router takes part (RFC 9568 §6.4.1).
    pub fn start(&mut self, now: Monotonic, actions: &mut Vec<Action>) {
        if matches!(self.phase, Phase::Backup(_) | Phase::Master(_)) {
            return;
        }
        if self.settings.priority.is_owner() {
            self.become_master(Reason::Owner, None, now, actions);
        } else {
            let from = self.state();
            let interval = self.settings.advert_interval;
            self.phase = Phase::Backup(Backup::waiting(&self.settings, interval, now));
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

    /// New settings for a running router. Its state stays, save that priority 255 takes over.
    pub fn reconfigure(&mut self, settings: Settings, now: Monotonic, actions: &mut Vec<Action>) {
        self.settings = settings;
        match &mut self.phase {
            Phase::Initialize | Phase::Fault(_) => {}
            Phase::Backup(_) if self.settings.priority.is_owner() => {
                self.become_master(Reason::Owner, None, now, actions);
            }
            Phase::Backup(backup) => {
                let down = self.settings.master_down_interval(backup.interval(&self.settings));
                backup.down_at = (backup.counted_from + down).max(now);
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
            Phase::Master(master) => master.expire(&self.settings, now, actions),
        }
    }

    fn become_master(
        &mut self,
        reason: Reason,
        rival: Option<Rival>,
        now: Monotonic,
        actions: &mut Vec<Action>,
    ) {
        let from = self.state();
        let settings = &self.settings;
        let mut announcements = Announcements::start(&settings.garp, now);
        if rival.is_some() {
            // It may still send its own announcements after ours.
            announcements.rival_heard(&settings.garp, now);
        }
        self.phase = Phase::Master(Master {
            advert_at: now + settings.advert_interval.as_duration(),
            lease_until: Monotonic::ZERO,
            answer_from: now,
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
        if matches!(reason, Reason::BetterMaster { .. }) && !self.lease_is_over(now) {
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

impl Settings {
    /// Whether a backup follows such a master without a thought of taking over.
    fn yields_to(&self, master: &KnownMaster) -> bool {
        master.priority >= self.priority || self.preemption == Preemption::Never
    }

    /// Whether an advert beats us while we are master (RFC 9568 §6.4.3).
    fn is_beaten_by(&self, advert: &Advert) -> bool {
        advert.priority > self.priority
            || (advert.priority == self.priority && advert.source > self.own_address)
    }
}

impl Backup {
    /// A backup that has heard nothing since `from`.
    fn waiting(settings: &Settings, interval: AdvertInterval, from: Monotonic) -> Self {
        Self {
            down_at: from + settings.master_down_interval(interval),
            counted_from: from,
            master: None,
            resigned: false,
            rival: None,
            suffer_until: None,
        }
    }

    /// The interval that counts: the master's, and until one is known our own.
    fn interval(&self, settings: &Settings) -> AdvertInterval {
        self.master.map_or(settings.advert_interval, |master| master.interval)
    }

    fn receive(
        &mut self,
        settings: &Settings,
        advert: Advert,
        now: Monotonic,
        actions: &mut Vec<Action>,
    ) {
        if advert.priority.is_resignation() {
            self.down_at = advert.received_at + settings.skew_time(self.interval(settings));
            self.counted_from = advert.received_at;
            self.resigned = true;
            self.suffer_until = None;
            if self.master.take().is_some() {
                actions.push(Action::Absorb(None));
            }
            return;
        }
        let master = KnownMaster {
            source: advert.source,
            priority: advert.priority,
            // An interval of zero would make us master at once (RFC 9568 §7.1 forbids it).
            interval: advert.interval.unwrap_or(settings.advert_interval),
            fingerprint: advert.fingerprint,
        };
        if !settings.yields_to(&master) && !self.suffers(settings, now) {
            self.rival = Some(Rival {
                source: advert.source,
                priority: advert.priority,
                heard_at: advert.received_at,
            });
            return;
        }
        if settings.yields_to(&master) {
            self.suffer_until = None;
            self.rival = None;
        }
        self.resigned = false;
        if advert.received_at >= self.counted_from {
            self.counted_from = advert.received_at;
            self.down_at = advert.received_at + settings.master_down_interval(master.interval);
        }
        if self.master.map(|known| known.fingerprint) != Some(master.fingerprint) {
            actions.push(Action::Absorb(Some(master.fingerprint)));
        }
        self.master = Some(master);
    }

    /// Whether a lesser master is to be followed for now, as `preempt_delay` asks.
    fn suffers(&mut self, settings: &Settings, now: Monotonic) -> bool {
        match settings.preemption {
            Preemption::Never => true,
            Preemption::Preempt { delay } if delay.is_zero() => false,
            Preemption::Preempt { delay } => now < *self.suffer_until.get_or_insert(now + delay),
        }
    }

    /// `Some` if the time has come to take over.
    fn expire(
        &mut self,
        settings: &Settings,
        now: Monotonic,
        last_heard: Monotonic,
        actions: &mut Vec<Action>,
    ) -> Option<Reason> {
        let interval = self.interval(settings);
        if last_heard > self.counted_from {
            self.counted_from = last_heard;
            self.down_at = last_heard + settings.master_down_interval(interval);
            self.resigned = false;
        }
        if self.suffer_until.is_some_and(|until| until <= now)
            && let Some(master) = self.master
            && !settings.yields_to(&master)
        {
            // From now on its adverts do not count; the timer that the last one set runs out.
            self.rival = Some(Rival {
                source: master.source,
                priority: master.priority,
                heard_at: self.counted_from,
            });
            self.master = None;
            actions.push(Action::Absorb(None));
        }
        if self.down_at > now {
            return None;
        }
        let rival = self
            .rival
            .filter(|rival| now.since(rival.heard_at) < settings.master_down_interval(interval));
        self.rival = rival;
        Some(match rival {
            Some(Rival { source, priority, .. }) => Reason::Preempting { source, priority },
            None if self.resigned => Reason::MasterResigned,
            None => Reason::MasterSilent,
        })
    }
}

impl Master {
    /// `Some` if we have to yield.
    fn receive(
        &mut self,
        settings: &Settings,
        advert: Advert,
        now: Monotonic,
        actions: &mut Vec<Action>,
    ) -> Option<Reason> {
        let Advert { source, priority, .. } = advert;
        if settings.is_beaten_by(&advert) {
            return Some(Reason::BetterMaster { source, priority });
        }
        if priority.is_resignation() {
            self.answer(settings, now, actions);
            return None;
        }
        if self.lease_is_over(now) {
            return Some(Reason::LeaseLost { source, priority });
        }
        let is_new = self.rival_heard.is_none_or(|at| now.since(at) > Duration::from_secs(10));
        self.rival_heard = Some(now);
        self.answer(settings, now, actions);
        if is_new {
            actions.push(Action::Announce { repeat: settings.garp.repeat });
            actions.push(Action::ReportRival { source, priority });
        }
        self.announcements.rival_heard(&settings.garp, now);
        None
    }

    /// Whether a lease was granted and has run out: this node was paused, or nothing it sent left.
    fn lease_is_over(&self, now: Monotonic) -> bool {
        self.lease_until <= now && self.lease_until != Monotonic::ZERO
    }

    /// Says at once who is master. The advert timer stays as it is: only what it sends re-arms
    /// it, so nobody's chatter can silence us.
    fn answer(&mut self, settings: &Settings, now: Monotonic, actions: &mut Vec<Action>) {
        if now >= self.answer_from {
            self.answer_from = now + ANSWER_GAP;
            actions.push(Action::Advertise(settings.priority));
        }
    }

    fn expire(&mut self, settings: &Settings, now: Monotonic, actions: &mut Vec<Action>) {
        if self.advert_at <= now {
            self.advert_at =
                next_on_grid(self.advert_at, settings.advert_interval.as_duration(), now);
            actions.push(Action::Advertise(settings.priority));
            if self.lease_is_over(now) {
                // Nobody took over, but nobody was answered meanwhile either.
                actions.push(Action::Announce { repeat: settings.garp.repeat });
            }
        }
        if let Some(repeat) = self.announcements.expire(&settings.garp, now) {
            actions.push(Action::Announce { repeat });
        }
    }
}

/// The first point after `now` of the grid through `at`.
fn next_on_grid(at: Monotonic, step: Duration, now: Monotonic) -> Monotonic {
    let step_nanos = step.as_nanos().max(1);
    let missed = now.since(at).as_nanos() / step_nanos;
    let ahead = (missed + 1).saturating_mul(step_nanos);
    at + Duration::from_nanos(u64::try_from(ahead).unwrap_or(u64::MAX))
}

fn report(from: State, to: State, reason: Reason, actions: &mut Vec<Action>) {
    actions.push(Action::Report(Transition { from, to, reason }));
}
