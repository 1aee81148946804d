//! What the protocol says about time.

use std::time::Duration;

use crate::wire::Frame;

/// `Skew_Time`: RFC 3768 §6.1 for version 2, RFC 9568 §6.1 for version 3.
#[must_use]
pub fn skew_time(version: u8, advert_interval: Duration, priority: u8) -> Duration {
    let unit = if version == 2 { Duration::from_secs(1) } else { advert_interval };
    unit * (256 - u32::from(priority)) / 256
}

/// `Master_Down_Interval`: how long after the master's last advert a backup takes over.
#[must_use]
pub fn master_down_interval(version: u8, advert_interval: Duration, priority: u8) -> Duration {
    advert_interval * 3 + skew_time(version, advert_interval, priority)
}

/// The longest time between two of these frames in succession; zero for fewer than two.
#[must_use]
pub fn longest_gap(frames: &[Frame]) -> Duration {
    let gaps = frames.iter().zip(frames.iter().skip(1)).map(|(one, next)| next.at.since(one.at));
    gaps.max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_2_counts_skew_in_seconds_and_version_3_in_intervals() {
        let second = Duration::from_secs(1);
        let centi = Duration::from_millis(10);
        assert_eq!(master_down_interval(2, second, 90), Duration::from_nanos(3_648_437_500));
        assert_eq!(master_down_interval(2, 2 * second, 254), Duration::from_nanos(6_007_812_500));
        assert_eq!(master_down_interval(3, second, 100), Duration::from_micros(3_609_375));
        assert_eq!(master_down_interval(3, centi, 128), Duration::from_millis(35));
    }
}
