//! Waiting: after the start, and for a link to be up or down for good.

use std::time::Duration;

/// How long nobody takes over after the start: the longer of the two counts.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct StartDelay {
    /// `vrrp_startup_delay`: after the daemon has started.
    pub startup: Duration,
    /// `vrrp_delay_after_boot`: after the machine has.
    pub after_boot: Duration,
}

impl StartDelay {
    /// How long a daemon waits that starts now on a machine that started `uptime` ago.
    #[must_use]
    pub fn at(&self, uptime: Duration) -> Duration {
        self.startup.max(self.after_boot.saturating_sub(uptime))
    }
}

/// A line of `interface_up_down_delays`: how long a link has to have changed before that counts.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct LinkDelay {
    /// How long it has to be down.
    pub down: Duration,
    /// How long it has to be up again.
    pub up: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_of_both_delays_counts() {
        let seconds = Duration::from_secs;
        let both = StartDelay { startup: seconds(5), after_boot: seconds(60) };
        for (uptime, delay) in [(0, 60), (50, 10), (56, 5), (1000, 5)] {
            assert_eq!(both.at(seconds(uptime)), seconds(delay), "{uptime}");
        }
        assert_eq!(StartDelay::default().at(seconds(1)), Duration::ZERO);
    }
}
