//! Trailers for our own adverts.

use std::{net::IpAddr, time::SystemTime};

use super::{
    sequence::Sequence,
    tag::{Router, tag},
    trailer::{TRAILER_LENGTH, Trailer},
};
use crate::config::model::{AntiReplay, HmacKey, HmacMode, HmacSettings};

/// Makes the trailers of a router's adverts.
#[derive(Clone, Debug)]
pub struct Signer {
    router: Router,
    source: IpAddr,
    id: u8,
    key: HmacKey,
    anti_replay: AntiReplay,
    last: Sequence,
}

impl Signer {
    /// `None` if adverts carry no trailer: `mode receive-only`.
    #[must_use]
    pub fn new(settings: &HmacSettings, router: Router, source: IpAddr) -> Option<Self> {
        if settings.mode == HmacMode::ReceiveOnly {
            return None;
        }
        Some(Self {
            router,
            source,
            id: settings.active,
            key: settings.keys.get(&settings.active)?.clone(),
            anti_replay: settings.anti_replay,
            last: Sequence(0),
        })
    }

    /// What its last trailer said of time and order.
    #[must_use]
    pub const fn last(&self) -> Sequence {
        self.last
    }

    /// Goes on behind the trailers of the signer that this one replaces.
    pub const fn continue_from(&mut self, last: Sequence) {
        self.last = last;
    }

    /// The trailer for a message that is complete.
    pub fn sign(&mut self, message: &[u8]) -> [u8; TRAILER_LENGTH] {
        self.sign_at(SystemTime::now(), message)
    }

    fn sign_at(&mut self, now: SystemTime, message: &[u8]) -> [u8; TRAILER_LENGTH] {
        self.last = self.next(Sequence::of(now));
        let prefix = Trailer::prefix(self.id, self.last);
        let tag = tag(&self.key, self.router, self.source, message, &prefix);
        let mut trailer = [0; TRAILER_LENGTH];
        for (byte, value) in trailer.iter_mut().zip(prefix.into_iter().chain(tag)) {
            *byte = value;
        }
        trailer
    }

    /// Grows also when the wall clock does not. Set back by more than the window, though, it is the
    /// clock that counts: receivers would take the old time for stale.
    fn next(&self, clock: Sequence) -> Sequence {
        if clock.is_after(self.last) {
            return clock;
        }
        match self.anti_replay {
            AntiReplay::Time { window }
                if u64::try_from(self.last.seconds_ahead_of(clock))
                    .is_ok_and(|ahead| ahead > window.as_secs()) =>
            {
                clock
            }
            _ => self.last.next(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::protocol::{Version, Vrid};

    fn signer(anti_replay: AntiReplay) -> Signer {
        let settings = HmacSettings {
            keys: [(7, HmacKey((0..32).collect()))].into(),
            active: 7,
            mode: HmacMode::Enforce,
            anti_replay,
        };
        let router = Router { version: Version::V3, vrid: Vrid::new(51).unwrap() };
        Signer::new(&settings, router, [10, 0, 0, 60].into()).unwrap()
    }

    #[test]
    fn trailers_grow_whatever_the_clock_does() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let window = Duration::from_secs(10);
        let mut of_time = signer(AntiReplay::Time { window });
        let mut monotonic = signer(AntiReplay::Monotonic);
        let mut last = [Sequence(0); 2];
        for (now, set_back) in
            [(1000, false), (1000, false), (995, false), (1001, false), (900, true)]
        {
            for (index, signer) in [&mut of_time, &mut monotonic].into_iter().enumerate() {
                let trailer = Trailer::read(&signer.sign_at(at(now), &[0; 12])).unwrap();
                assert_eq!(trailer.key, 7);
                let grows = trailer.sequence.is_after(last[index]);
                assert_eq!(grows, index == 1 || !set_back, "{now} {index}");
                last[index] = trailer.sequence;
            }
        }
        assert_eq!(last[0], Sequence::of(at(900)));
    }
}
