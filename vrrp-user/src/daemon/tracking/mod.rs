//! What routers track, and what becomes of it: the priority and the state that follow from what
//! is known of each thing.
//!
//! ```text
//!   netlink thread ─► links ──────┐
//!   watch thread ───► files, … ───┼─► on_tracked ─► judge ─┬─ another priority ─► reconfigure
//!   scripts ────────► results ────┘                        └─ barred, or free ──► fault, start
//! ```

mod known;
mod status;

pub(super) use known::{Known, Tracking};

use super::{driver::Driver, heard::BATCH, virtual_router::Router};
use crate::{
    config::model::tracking::{Track, Tracked},
    dataplane::Slot,
    election::{FaultReason, State},
    net::{Link, monotonic_now},
    protocol::{Monotonic, Priority},
    tracking::Condition,
    watch::{Report, Targets},
};

/// What a router may do, as far as it depends on what it tracks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Permission {
    /// Take part.
    Granted,
    /// Go on as it is: something is not known yet without which it is not to begin.
    Pending,
    /// Not take part.
    Refused(FaultReason),
}

impl Driver {
    /// Something that routers may track is in this condition now. To be told at every change, and
    /// for the first time as soon as it is known; repetitions do nothing.
    pub(super) fn on_tracked(&mut self, what: &Tracked, condition: Condition) {
        if self.learn(what, condition) {
            self.follow(what);
        }
    }

    /// Takes in what the watch thread has seen.
    pub(super) fn on_report(&mut self, report: &Report) {
        self.on_tracked(&report.what, report.condition);
    }

    /// Takes note of the condition, and does not act on it yet. True if it is news.
    fn learn(&mut self, what: &Tracked, condition: Condition) -> bool {
        let is_news = self.tracking.learn(what, condition, monotonic_now());
        if is_news {
            tracing::debug!(kind = what.kind(), name = what.name(), ?condition, "a tracked thing");
        }
        is_news
    }

    /// Has everybody who tracks a thing act on what it is like.
    pub(super) fn follow(&mut self, what: &Tracked) {
        let followers = self.tracking.followers(what);
        for (round, some) in followers.chunks(BATCH).enumerate() {
            if round > 0 {
                self.scheduling.pause();
            }
            for &slot in some {
                if self.weigh(slot, Some(what)) {
                    self.reconfigure(slot);
                }
                self.settle_participation(slot, None);
            }
        }
    }

    /// Takes note of what the kernel tells of an interface, or that there is none. Tracked, it is
    /// well while it is up and running. Returns it if that is news, to be followed.
    pub(super) fn learn_link(&mut self, name: &str, link: Option<&Link>) -> Option<Tracked> {
        let what = Tracked::Interface(name.to_owned());
        let is_up = link.is_some_and(|link| link.admin_up && link.running);
        let condition = if is_up { Condition::Well } else { Condition::Ill };
        (self.tracking.is_tracked(&what) && self.learn(&what, condition)).then_some(what)
    }

    /// Has files and processes watched that somebody tracks.
    pub(super) fn watch_trackers(&mut self, is_start: bool) {
        let mut trackers = self.config.trackers.clone();
        let is_tracked = |what: Tracked| self.tracking.is_tracked(&what);
        trackers.files.retain(|it| is_tracked(Tracked::File(it.name.clone())));
        trackers.processes.retain(|it| is_tracked(Tracked::Process(it.name.clone())));
        trackers.bfd_instances.retain(|it| is_tracked(Tracked::Bfd(it.name.clone())));
        if let Err(error) = self.watcher.watch(Targets { trackers, is_start }) {
            tracing::error!(%error, "tracked files and processes are not watched: {error}");
        }
    }

    /// Finds a router's priority anew, `because` of a change of this thing, or of the configuration.
    /// True if it is another, of which the election is not told yet.
    pub(super) fn weigh(&mut self, slot: Slot, because: Option<&Tracked>) -> bool {
        let Some(router) = self.routers.get_mut(&slot) else { return false };
        let priority = self.tracking.judge(&router.instance).priority;
        if priority == router.priority {
            return false;
        }
        let reason = because.map_or_else(
            || "the configuration has changed".to_owned(),
            |what| self.tracking.describe(what),
        );
        router.change_priority(priority, &reason, monotonic_now());
        if matches!(router.machine.state(), State::Backup | State::Master) {
            self.tell_of_priority(slot);
        }
        true
    }

    /// Has a router's election go on with the settings that it has now.
    pub(super) fn reconfigure(&mut self, slot: Slot) {
        let heard = self.last_heard(slot);
        let Some(settings) = self.routers.get(&slot).map(Router::settings) else { return };
        self.drive(slot, |machine, now, actions| {
            // Its patience counts from what the kernel has kept to itself, too.
            machine.take_in(heard);
            machine.reconfigure(settings, now, actions);
        });
    }

    /// When the kernel last heard the master that a router follows without telling anybody.
    pub(super) fn last_heard(&self, slot: Slot) -> Monotonic {
        let master = self.routers.get(&slot).and_then(|router| router.machine.master());
        master.map_or(Monotonic::ZERO, |master| self.plane.last_heard(slot, master.fingerprint))
    }

    /// Whether what a router tracks lets it take part.
    pub(super) fn permission(&mut self, slot: Slot) -> Permission {
        let Some(router) = self.routers.get_mut(&slot) else { return Permission::Pending };
        let verdict = self.tracking.judge(&router.instance);
        let takes_part = matches!(router.machine.state(), State::Backup | State::Master);
        match (verdict.bar, verdict.awaited) {
            (Some(Track { what, .. }), _) => {
                router.barred_by = Some(self.tracking.describe(what));
                Permission::Refused(FaultReason::Tracked)
            }
            (None, Some(_)) if !takes_part => Permission::Pending,
            (None, _) => Permission::Granted,
        }
    }
}

impl Router {
    fn change_priority(&mut self, to: Priority, reason: &str, now: Monotonic) {
        let from = std::mem::replace(&mut self.priority, to);
        let Some(held_back) = self.priorities_told.admit(now) else { return };
        let name = &self.instance.name;
        tracing::info!(
            instance = %name,
            from = from.get(),
            to = to.get(),
            base = self.instance.priority.get(),
            held_back = (held_back > 0).then_some(held_back),
            "{name}: priority {from} -> {to}: {reason}",
        );
    }
}
