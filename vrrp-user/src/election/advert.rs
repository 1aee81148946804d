//! What is heard of other routers.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::protocol::{AdvertInterval, Monotonic, Priority};

/// An advert that passed every check.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Advert {
    /// IP source.
    pub source: IpAddr,
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
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct KnownMaster {
    /// Its address.
    pub source: IpAddr,
    /// Its priority.
    pub priority: Priority,
    /// Its interval (`Master_Adver_Interval`).
    pub interval: AdvertInterval,
    /// Identity of the adverts it repeats.
    pub fingerprint: u64,
}

/// A router that acts as master with less right to it than a backup has.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct LesserMaster {
    /// Its address.
    pub source: IpAddr,
    /// Its priority.
    pub priority: Priority,
    /// Its interval.
    pub interval: AdvertInterval,
    /// When an advert of it was last handed on.
    pub heard_at: Monotonic,
}
