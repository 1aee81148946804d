//! What all that a router tracks comes to: its effective priority, or that it cannot take part.
//!
//! Sans-IO: what things are like comes in as [`Condition`]s, and what that means goes out as a
//! [`Verdict`]. As in keepalived, the points of all things are added to the configured priority, and
//! the sum is kept within 1 to 254; 255 stays 255 and cannot be reached.

mod condition;
mod describe;

pub use condition::{Condition, Contribution, contribution};
pub use describe::describe;

use crate::{
    config::model::tracking::{Track, Tracked},
    protocol::Priority,
};

/// What a router's tracked things come to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Verdict<'t> {
    /// The effective priority.
    pub priority: Priority,
    /// The first thing because of which the router cannot take part.
    pub bar: Option<&'t Track>,
    /// The first thing of which has to be known before the router begins to take part. It does not
    /// stop one that does.
    pub awaited: Option<&'t Track>,
}

/// Judges by the configured priority `base`, and by what is known of each thing.
pub fn judge(
    base: Priority,
    tracks: &[Track],
    condition_of: impl Fn(&Tracked) -> Option<Condition>,
) -> Verdict<'_> {
    let mut sum = i32::from(base.get());
    let (mut bar, mut awaited) = (None, None);
    for track in tracks {
        match contribution(track.weight, condition_of(&track.what)) {
            Contribution::Points(points) => sum = sum.saturating_add(points),
            Contribution::Bars => bar = bar.or(Some(track)),
            Contribution::Awaited => awaited = awaited.or(Some(track)),
        }
    }
    let priority = match u8::try_from(sum.clamp(1, 254)) {
        Ok(priority) if !base.is_owner() => Priority::new(priority),
        _ => base,
    };
    Verdict { priority, bar, awaited }
}

#[cfg(test)]
mod tests;
