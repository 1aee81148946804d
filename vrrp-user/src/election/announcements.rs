//! When a master sends gratuitous ARP.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    config::model::{GarpSchedule, RivalSchedule},
    protocol::Monotonic,
};

/// After a rival master has been heard, the addresses are announced again once it has been quiet
/// for this long, so that ours is the last word. A rival yields within milliseconds of our answer;
/// of one that does not we hear every `vrrp_ebpf::advert::REPEAT_NS`, which must not look like quiet.
pub(super) const RIVAL_QUIET: Duration = Duration::from_millis(250);

/// A rival that keeps talking does not put the announcement off for longer than this.
const RIVAL_PATIENCE: Duration = Duration::from_secs(1);

/// Other claims to our addresses are answered at most this often: two that defend themselves must not
/// keep each other busy (RFC 5227 §2.4). Each is followed by an answer, which has the last word.
const DEFENCE_GAP: Duration = Duration::from_secs(1);

/// The announcements that are due. All times are deadlines.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Announcements {
    /// The second set after becoming master.
    second: Option<Monotonic>,
    /// The next refresh.
    refresh: Option<Monotonic>,
    /// After somebody else's claim to an address.
    defence: Option<Monotonic>,
    /// After a rival.
    reassert: Option<Reassertion>,
    /// The later set after a rival, where the file says when that is.
    #[serde(default)]
    after_rival: Option<Monotonic>,
    /// The next on interfaces other than the router's own.
    #[serde(default)]
    elsewhere: Option<Monotonic>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
struct Reassertion {
    at: Monotonic,
    at_the_latest: Monotonic,
}

impl Announcements {
    /// Starts the schedule of a new master, whose first set is sent right away.
    pub(super) fn start(garp: &GarpSchedule, now: Monotonic) -> Self {
        let second = (garp.delay > Duration::ZERO).then(|| now + garp.delay);
        let refresh = garp.refresh.map(|refresh| now + garp.delay + refresh);
        let elsewhere = garp.elsewhere.map(|interval| now + interval);
        Self { second, refresh, elsewhere, ..Self::default() }
    }

    /// The schedule has changed: what it has begun goes on, and what it no longer has ends.
    pub(super) fn follow(&mut self, garp: &GarpSchedule, now: Monotonic) {
        let next = |span: Option<Duration>, at: Option<Monotonic>| {
            span.map(|span| at.map_or(now + span, |at| at.min(now + span)))
        };
        // The first refresh comes a whole delay later.
        let waits_for_second = self.second.is_some();
        if !waits_for_second || garp.refresh.is_none() {
            self.refresh = next(garp.refresh, self.refresh);
        }
        self.elsewhere = next(garp.elsewhere, self.elsewhere);
    }

    /// Somebody else claims an address: true if it is to be announced at once. It is again later,
    /// after whatever else is claimed until then.
    pub(super) fn contested(&mut self, now: Monotonic) -> bool {
        let is_first = self.defence.is_none();
        self.defence.get_or_insert(now + DEFENCE_GAP);
        is_first
    }

    /// A rival master was heard: the addresses are announced once it is quiet, or when the file
    /// says.
    pub(super) fn rival_heard(&mut self, garp: &GarpSchedule, now: Monotonic) {
        if let RivalSchedule::AsTold { delay, repeat } = garp.rivals {
            self.after_rival = (repeat > 0 && !delay.is_zero()).then(|| now + delay);
            return;
        }
        let at_the_latest =
            self.reassert.map_or(now + RIVAL_PATIENCE, |reassertion| reassertion.at_the_latest);
        let at = (now + RIVAL_QUIET).min(at_the_latest);
        self.reassert = Some(Reassertion { at, at_the_latest });
        if garp.delay > Duration::ZERO {
            self.second = Some(now + garp.delay);
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Monotonic> {
        let reassert = self.reassert.map(|reassertion| reassertion.at);
        let all =
            [self.second, self.refresh, self.defence, reassert, self.after_rival, self.elsewhere];
        all.into_iter().flatten().min()
    }

    /// Whether one on the interfaces other than the router's own is due.
    pub(super) fn expire_elsewhere(&mut self, garp: &GarpSchedule, now: Monotonic) -> bool {
        let is_due = self.elsewhere.is_some_and(|at| at <= now);
        if is_due {
            self.elsewhere = garp.elsewhere.map(|interval| now + interval);
        }
        is_due
    }

    /// How many announcements per address are due.
    pub(super) fn expire(&mut self, garp: &GarpSchedule, now: Monotonic) -> Option<u32> {
        let mut repeat = None;
        if self.refresh.is_some_and(|at| at <= now) {
            self.refresh = garp.refresh.map(|refresh| now + refresh);
            repeat = Some(garp.refresh_repeat);
        }
        if self.defence.is_some_and(|at| at <= now) {
            self.defence = None;
            repeat = Some(1);
        }
        if self.after_rival.is_some_and(|at| at <= now) {
            self.after_rival = None;
            if let RivalSchedule::AsTold { repeat: told, .. } = garp.rivals {
                repeat = Some(told);
            }
        }
        if self.second.is_some_and(|at| at <= now) {
            self.second = None;
            repeat = Some(garp.repeat);
        }
        if self.reassert.is_some_and(|reassertion| reassertion.at <= now) {
            self.reassert = None;
            repeat = Some(garp.repeat);
        }
        repeat
    }
}
