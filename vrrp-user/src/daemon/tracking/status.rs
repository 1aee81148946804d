//! What is tracked, for `vrrp status`.

use std::time::UNIX_EPOCH;

use super::Known;
use crate::{
    config::model::{Instance, tracking::Track},
    control::status::TrackedStatus,
    daemon::driver::Driver,
    protocol::Monotonic,
    tracking::{Condition, Contribution, contribution},
};

impl Driver {
    /// Everything that an instance tracks.
    pub(in crate::daemon) fn tracked_status(
        &self,
        instance: &Instance,
        now: Monotonic,
    ) -> Vec<TrackedStatus> {
        let one = |track| tracked_status(track, self.tracking.known(&track.what), now);
        instance.track.iter().map(one).collect()
    }
}

fn tracked_status(track: &Track, known: Option<&Known>, now: Monotonic) -> TrackedStatus {
    let Track { what, weight } = track;
    let condition = known.map(|known| known.condition);
    let counts = contribution(*weight, condition);
    let value = match condition {
        Some(Condition::Value(value)) => Some(value),
        _ => None,
    };
    let word = match (condition, counts) {
        (None, _) => "unknown",
        (Some(Condition::Absent), _) => "absent",
        (Some(Condition::Ill), _) | (Some(Condition::Value(_)), Contribution::Bars) => "ill",
        (Some(_), _) => "well",
    };
    TrackedStatus {
        kind: what.kind().to_owned(),
        name: what.name().to_owned(),
        condition: word.to_owned(),
        value,
        since: known
            .map(|known| known.since.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()),
        since_seconds: known.map(|known| now.since(known.since_monotonic).as_secs_f64()),
        weight: weight.points,
        reverse: weight.reverse,
        contribution: match counts {
            Contribution::Points(points) => points,
            Contribution::Bars | Contribution::Awaited => 0,
        },
        bars: counts == Contribution::Bars,
    }
}
