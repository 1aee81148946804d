//! A router that waits for its master to fall silent (RFC 9568 §6.4.2).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    Advert, KnownMaster, LesserMaster, Settings,
    action::{Action, Reason},
};
use crate::{
    config::model::Preemption,
    protocol::{AdvertInterval, Monotonic},
};

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Backup {
    /// `Master_Down_Timer`.
    pub(super) down_at: Monotonic,
    /// The moment that `down_at` was counted from: only what was heard later puts it off.
    pub(super) counted_from: Monotonic,
    /// Silence counts from here on only: the node has just started.
    #[serde(default)]
    pub(super) not_before: Monotonic,
    pub(super) master: Option<KnownMaster>,
    pub(super) resigned: bool,
    /// The last lesser master whose adverts were disregarded.
    pub(super) rival: Option<LesserMaster>,
    /// A member of a sync group: why it would be master, were it alone.
    pub(super) wants: Option<Reason>,
    /// `preempt_delay`: until then a lesser master is followed.
    pub(super) suffer_until: Option<Monotonic>,
}

impl Backup {
    /// A backup that has heard nothing since `from`.
    pub(super) fn waiting(settings: &Settings, interval: AdvertInterval, from: Monotonic) -> Self {
        Self {
            down_at: from + settings.master_down_interval(interval),
            counted_from: from,
            not_before: Monotonic::ZERO,
            master: None,
            resigned: false,
            rival: None,
            wants: None,
            suffer_until: None,
        }
    }

    /// The same of a node that has just started and counts silence from `not_before` on only.
    pub(super) fn starting(settings: &Settings, from: Monotonic, not_before: Monotonic) -> Self {
        let mut backup =
            Self { not_before, ..Self::waiting(settings, settings.advert_interval, from) };
        let patience = if settings.priority.is_owner() {
            Duration::ZERO
        } else {
            settings.master_down_interval(settings.advert_interval)
        };
        backup.wait(from, patience);
        backup
    }

    /// Waits for `patience` from `from` on, when somebody was heard or silence began.
    pub(super) fn wait(&mut self, from: Monotonic, patience: Duration) {
        self.counted_from = from;
        self.down_at = self.down_at_from(from, patience);
    }

    /// When the down timer runs out that is counted from `from`.
    pub(super) fn down_at_from(&self, from: Monotonic, patience: Duration) -> Monotonic {
        from.max(self.not_before) + patience
    }

    /// The interval that counts: the master's, and until one is known our own.
    pub(super) fn interval(&self, settings: &Settings) -> AdvertInterval {
        self.master.map_or(settings.advert_interval, |master| master.interval)
    }

    pub(super) fn receive(
        &mut self,
        settings: &Settings,
        advert: Advert,
        now: Monotonic,
        actions: &mut Vec<Action>,
    ) {
        if advert.priority.is_resignation() {
            self.wait(advert.received_at, settings.skew_time(self.interval(settings)));
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
            self.rival = Some(LesserMaster {
                source: advert.source,
                priority: advert.priority,
                interval: master.interval,
                heard_at: advert.received_at,
            });
            return;
        }
        if settings.yields_to(&master) {
            self.suffer_until = None;
            self.rival = None;
        }
        self.resigned = false;
        self.wants = None;
        if advert.received_at >= self.counted_from {
            self.wait(advert.received_at, settings.master_down_interval(master.interval));
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

    /// The known master has been heard without anybody being told.
    pub(super) fn take_in(&mut self, settings: &Settings, last_heard: Monotonic) {
        if last_heard > self.counted_from {
            self.wait(last_heard, settings.master_down_interval(self.interval(settings)));
            self.resigned = false;
            self.wants = None;
        }
    }

    /// `Some` if the time has come to take over.
    pub(super) fn expire(
        &mut self,
        settings: &Settings,
        now: Monotonic,
        last_heard: Monotonic,
        actions: &mut Vec<Action>,
    ) -> Option<Reason> {
        let interval = self.interval(settings);
        self.take_in(settings, last_heard);
        if self.suffer_until.is_some_and(|until| until <= now)
            && let Some(master) = self.master
            && !settings.yields_to(&master)
        {
            // From now on its adverts do not count; the timer that the last one set runs out.
            self.rival = Some(LesserMaster {
                source: master.source,
                priority: master.priority,
                interval: master.interval,
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
        let reason = match rival {
            Some(LesserMaster { source, priority, .. }) => Reason::Preempting { source, priority },
            None if self.resigned => Reason::MasterResigned,
            None => Reason::MasterSilent,
        };
        if settings.grouped {
            self.wants = Some(reason);
            self.down_at = now + settings.master_down_interval(interval);
            return None;
        }
        Some(reason)
    }
}
