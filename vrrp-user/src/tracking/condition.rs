//! What one tracked thing is like, and what that counts.

use serde::{Deserialize, Serialize};

use crate::config::model::tracking::Weight;

/// What is known of a tracked thing.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Condition {
    /// All is well.
    Well,
    /// It is not.
    Ill,
    /// The number in a `track_file`.
    Value(i64),
    /// It is not to be had, as a script that cannot be run: as good as not tracked.
    Absent,
}

/// What one thing adds to the judgement.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Contribution {
    /// Points for the priority, -508 to 253.
    Points(i32),
    /// The router cannot take part.
    Bars,
    /// Nothing is known yet of something without which the router cannot take part.
    Awaited,
}

/// A file that comes to this or less bars the router.
const FAULT: i64 = -254;
/// More than this a file does not add.
const MOST: i64 = 253;

/// What a thing in this condition, `None` for one that is not known, adds (keepalived's
/// `vrrp_track.c` and `track_file.c`). What is not known counts nothing.
#[must_use]
pub fn contribution(weight: Weight, condition: Option<Condition>) -> Contribution {
    let Weight { points, reverse } = weight;
    let sign = if reverse { -1 } else { 1 };
    let Some(condition) = condition else {
        return if points == 0 { Contribution::Awaited } else { Contribution::Points(0) };
    };
    let is_well = match condition {
        Condition::Well => true,
        Condition::Ill => false,
        Condition::Absent => return Contribution::Points(0),
        Condition::Value(value) if points == 0 => value == 0,
        Condition::Value(value) => {
            let product = value.saturating_mul(i64::from(points)).saturating_mul(sign);
            return if product <= FAULT {
                Contribution::Bars
            } else {
                Contribution::Points(i32::try_from(product.min(MOST)).unwrap_or_default())
            };
        }
    };
    let counts = if points > 0 { is_well } else { !is_well };
    match points {
        0 if is_well == reverse => Contribution::Bars,
        _ if counts => Contribution::Points(i32::from(points) * i32::try_from(sign).unwrap_or(1)),
        _ => Contribution::Points(0),
    }
}
