//! Judging others' trailers.

use std::{collections::BTreeMap, net::IpAddr, time::SystemTime};

use super::{
    sequence::Sequence,
    tag::{Router, is_right},
    trailer::{TRAILER_LENGTH, Trailer},
};
use crate::config::model::{AntiReplay, HmacMode, HmacSettings};

/// Senders whose last trailer is remembered; more than any LAN has routers for one VRID. Only who
/// knows a key gets in.
const SENDERS: usize = 64;

/// Why an advert is not believed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// It has no trailer, and `mode enforce` wants one.
    #[error("no trailer")]
    Missing,
    /// No key of ours has that identifier.
    #[error("an unknown key")]
    UnknownKey,
    /// Another type of trailer, or the tag is wrong.
    #[error("a wrong tag")]
    Wrong,
    /// Its time is outside the window.
    #[error("a time outside the window")]
    Stale,
    /// An older one, or the same, sent again.
    #[error("a repetition")]
    Replayed,
}

/// Judges the adverts of others.
#[derive(Debug)]
pub struct Verifier {
    settings: HmacSettings,
    router: Router,
    senders: BTreeMap<IpAddr, Sequence>,
}

impl Verifier {
    /// Has heard nobody yet.
    #[must_use]
    pub const fn new(settings: HmacSettings, router: Router) -> Self {
        Self { settings, router, senders: BTreeMap::new() }
    }

    /// Whether both judge by the same settings.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        self.settings == other.settings && self.router == other.router
    }

    /// What the last genuine trailers said, by sender.
    #[must_use]
    pub fn senders(&self) -> Vec<(IpAddr, Sequence)> {
        self.senders.iter().map(|(sender, last)| (*sender, *last)).collect()
    }

    /// Goes on with what another verifier knew.
    pub fn know(&mut self, senders: Vec<(IpAddr, Sequence)>) {
        self.senders.extend(senders.into_iter().take(SENDERS));
    }

    /// Judges a message from `source` with the trailer behind it.
    ///
    /// # Errors
    /// Why it is not to be believed.
    pub fn verify(
        &mut self,
        source: IpAddr,
        message: &[u8],
        trailer: Option<&[u8; TRAILER_LENGTH]>,
    ) -> Result<(), Refusal> {
        self.verify_at(SystemTime::now(), source, message, trailer)
    }

    fn verify_at(
        &mut self,
        now: SystemTime,
        source: IpAddr,
        message: &[u8],
        trailer: Option<&[u8; TRAILER_LENGTH]>,
    ) -> Result<(), Refusal> {
        let Some(bytes) = trailer else {
            return match self.settings.mode {
                HmacMode::Enforce => Err(Refusal::Missing),
                HmacMode::Permissive | HmacMode::ReceiveOnly => Ok(()),
            };
        };
        let Trailer { key: id, sequence, tag } = Trailer::read(bytes).ok_or(Refusal::Wrong)?;
        let now = Sequence::of(now);
        // Before the costly part: it can only refuse.
        if self.is_outside_window(sequence, now) {
            return Err(Refusal::Stale);
        }
        let key = self.settings.keys.get(&id).ok_or(Refusal::UnknownKey)?;
        let prefix = Trailer::prefix(id, sequence);
        if !is_right(key, self.router, source, message, &prefix, &tag) {
            return Err(Refusal::Wrong);
        }
        self.remember(source, sequence, now)
    }

    /// Takes note of a trailer that is genuine, unless it is no newer than the last.
    fn remember(&mut self, source: IpAddr, new: Sequence, now: Sequence) -> Result<(), Refusal> {
        let last = self
            .senders
            .get(&source)
            // A sender whose clock was set may start again: all its old ones are stale by now.
            .filter(|last| !self.is_outside_window(**last, now));
        if last.is_some_and(|last| !new.is_after(*last)) {
            return Err(Refusal::Replayed);
        }
        if self.senders.len() >= SENDERS && !self.senders.contains_key(&source) {
            let oldest = self.senders.iter().min_by_key(|(_, last)| last.0).map(|(at, _)| *at);
            oldest.and_then(|oldest| self.senders.remove(&oldest));
        }
        self.senders.insert(source, new);
        Ok(())
    }

    fn is_outside_window(&self, sequence: Sequence, now: Sequence) -> bool {
        match self.settings.anti_replay {
            AntiReplay::Monotonic => false,
            AntiReplay::Time { window } => {
                u64::from(sequence.seconds_ahead_of(now).unsigned_abs()) > window.as_secs()
            }
        }
    }
}

#[cfg(test)]
mod tests;
