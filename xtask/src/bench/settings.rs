//! The speeds at which adverts are measured.

use std::time::Duration;

use vrrp_tests::Conf;

/// A version with an interval.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    /// For people.
    pub(crate) name: &'static str,
    version: u8,
    /// `advert_int`.
    pub(crate) interval: Duration,
}

/// Hundred adverts a second.
pub(crate) const V3_10_MS: Setting = setting("v3 10 ms", 3, 10);
/// Twenty adverts a second.
pub(crate) const V3_50_MS: Setting = setting("v3 50 ms", 3, 50);
/// Ten adverts a second.
pub(crate) const V3_100_MS: Setting = setting("v3 100 ms", 3, 100);
/// The reference user's.
pub(crate) const V2_1_S: Setting = setting("v2 1 s", 2, 1_000);

const fn setting(name: &'static str, version: u8, millis: u64) -> Setting {
    Setting { name, version, interval: Duration::from_millis(millis) }
}

impl Setting {
    /// The reference user's instance at this speed.
    pub(crate) fn conf(self, priority: u8) -> Conf {
        let conf = Conf::cube(priority).every(self.interval);
        if self.version == 2 { conf } else { Conf { version: 3, password: None, ..conf } }
    }
}

/// Parts of an interval, spread evenly whatever the number of trials (the golden ratio).
pub(crate) fn phase(trial: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "trials are few")]
    let turns = trial as f64 * 0.618_034;
    turns.fract()
}
