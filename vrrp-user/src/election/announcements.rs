//! When a master sends gratuitous ARP.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{config::model::GarpSchedule, protocol::Monotonic};

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
        Self { second, refresh, defence: None, reassert: None }
    }

    /// Somebody else claims an address: true if it is to be announced at once. It is again later,
    /// after whatever else is claimed until then.
    pub(super) fn contested(&mut self, now: Monotonic) -> bool {
        let is_first = self.defence.is_none();
        self.defence.get_or_insert(now + DEFENCE_GAP);
        is_first
    }

    /// A rival master was heard: the addresses are announced once it is quiet.
    pub(super) fn rival_heard(&mut self, garp: &GarpSchedule, now: Monotonic) {
        let at_the_latest =
            self.reassert.map_or(now + RIVAL_PATIENCE, |reassertion| reassertion.at_the_latest);
        let at = (now + RIVAL_QUIET).min(at_the_latest);
        self.reassert = Some(Reassertion { at, at_the_latest });
        if garp.delay > Duration::ZERO {
            self.second = Some(now + garp.delay);
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Monotonic> {
        [self.second, self.refresh, self.defence, self.reassert.map(|reassertion| reassertion.at)]
            .into_iter()
            .flatten()
            .min()
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
