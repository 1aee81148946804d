//! The number that grows from one trailer to the next.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// Seconds since 1970 modulo 2³², then 1/65536 seconds, then a counter for adverts within one such
/// unit: the upper 32, middle 16 and lower 16 bits. Compared with the wrap-around of RFC 1982.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Sequence(pub(super) u64);

impl Sequence {
    /// What the wall clock says, with a counter of zero.
    pub(super) fn of(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let fraction = (u64::from(since.subsec_nanos()) << 16) / 1_000_000_000;
        Self(since.as_secs() << 32 | fraction << 16)
    }

    /// Whether this comes after `other`.
    pub(super) const fn is_after(self, other: Self) -> bool {
        self.0.wrapping_sub(other.0).cast_signed() > 0
    }

    /// The next one within the same instant.
    pub(super) const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }

    /// By how many whole seconds this lies ahead of `other`; negative if behind.
    pub(super) const fn seconds_ahead_of(self, other: Self) -> i32 {
        self.seconds().wrapping_sub(other.seconds()).cast_signed()
    }

    const fn seconds(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_in_its_fields_and_around_their_end() {
        let time = UNIX_EPOCH + Duration::from_millis(104_500);
        assert_eq!(Sequence::of(time), Sequence(0x0000_0068_8000_0000));
        assert_eq!(Sequence::of(time).next(), Sequence(0x0000_0068_8000_0001));
        let (last, first) = (Sequence(u64::MAX), Sequence(u64::MAX).next());
        assert!(first.is_after(last) && !last.is_after(first) && !last.is_after(last));
        assert_eq!(first.seconds_ahead_of(last), 1);
        assert_eq!(last.seconds_ahead_of(first), -1);
    }
}
