//! A router that holds the addresses (RFC 9568 §6.4.3).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    Advert, Settings,
    action::{Action, Reason},
    announcements::{Announcements, RIVAL_QUIET},
};
use crate::{config::model::RivalSchedule, protocol::Monotonic};

/// Adverts of lesser masters are answered, and announced against, at most this often.
const ANSWER_GAP: Duration = Duration::from_millis(100);

/// A rival that comes back after so long is told of anew.
const RIVAL_FORGOTTEN: Duration = Duration::from_secs(10);

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Master {
    /// `Adver_Timer`, on a grid that does not drift.
    pub(super) advert_at: Monotonic,
    pub(super) lease_until: Monotonic,
    /// Answers to lesser masters are held back until then.
    pub(super) answer_from: Monotonic,
    /// So are announcements against them.
    #[serde(default)]
    pub(super) announce_from: Monotonic,
    pub(super) rival_heard: Option<Monotonic>,
    pub(super) announcements: Announcements,
}

impl Master {
    /// `Some` if we have to yield.
    pub(super) fn receive(
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
        let was_quiet_for = |span| self.rival_heard.is_none_or(|at| now.since(at) > span);
        let (is_new, is_back) = (was_quiet_for(RIVAL_FORGOTTEN), was_quiet_for(RIVAL_QUIET));
        self.rival_heard = Some(now);
        if settings.manners.answers_lesser {
            self.answer(settings, now, actions);
        }
        // Whoever believes the rival is not to wait until it has yielded.
        match settings.garp.rivals {
            RivalSchedule::UntilQuiet if is_back => {
                actions.push(Action::Announce { repeat: settings.garp.repeat });
            }
            RivalSchedule::AsTold { repeat, .. } if repeat > 0 && now >= self.announce_from => {
                self.announce_from = now + ANSWER_GAP;
                actions.push(Action::Announce { repeat });
            }
            RivalSchedule::UntilQuiet | RivalSchedule::AsTold { .. } => {}
        }
        if is_new {
            actions.push(Action::ReportRival { source, priority });
        }
        self.announcements.rival_heard(&settings.garp, now);
        None
    }

    /// Whether a lease was granted and has run out: this node was paused, or nothing it sent left.
    pub(super) fn lease_is_over(&self, now: Monotonic) -> bool {
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

    /// Announces the addresses against somebody else's claim to them, now or soon.
    pub(super) fn defend(&mut self, now: Monotonic, actions: &mut Vec<Action>) {
        if !self.lease_is_over(now) && self.announcements.contested(now) {
            actions.push(Action::Announce { repeat: 1 });
        }
    }

    /// `Some` if we have to become a backup.
    pub(super) fn expire(
        &mut self,
        settings: &Settings,
        now: Monotonic,
        actions: &mut Vec<Action>,
    ) -> Option<Reason> {
        let is_late = |allowed| self.lease_is_over(now) && now.since(self.lease_until) > allowed;
        if settings.lateness_allowed().is_some_and(is_late) {
            return Some(Reason::Late);
        }
        let reached = now + settings.earliness();
        if self.advert_at <= reached {
            self.advert_at =
                next_on_grid(self.advert_at, settings.advert_interval.as_duration(), reached);
            actions.push(Action::Advertise(settings.priority));
            let missed = settings.advert_interval.as_duration() / 2;
            if self.lease_is_over(now) && now.since(self.lease_until) >= missed {
                // Nobody took over, but nobody was answered meanwhile either.
                actions.push(Action::Announce { repeat: settings.garp.repeat });
            }
        }
        if let Some(repeat) = self.announcements.expire(&settings.garp, reached) {
            actions.push(Action::Announce { repeat });
        }
        if self.announcements.expire_elsewhere(&settings.garp, reached) {
            actions.push(Action::AnnounceElsewhere);
        }
        None
    }
}

/// The first point after `now` of the grid through `at`.
fn next_on_grid(at: Monotonic, step: Duration, now: Monotonic) -> Monotonic {
    let step_nanos = step.as_nanos().max(1);
    let missed = now.since(at).as_nanos() / step_nanos;
    let ahead = (missed + 1).saturating_mul(step_nanos);
    at + Duration::from_nanos(u64::try_from(ahead).unwrap_or(u64::MAX))
}
