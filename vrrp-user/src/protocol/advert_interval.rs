//! The time between two adverts of a master.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use super::Version;

/// `Advertisement_Interval`, kept in centiseconds and always expressible in its version's field:
/// 1 to 255 whole seconds in VRRPv2 (RFC 3768 §5.3.7), 1 to 4095 centiseconds in VRRPv3
/// (RFC 9568 §5.2.7).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct AdvertInterval {
    centis: u16,
}

/// Why a number is no advertisement interval.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AdvertIntervalError {
    /// The field holds at most 255 s (version 2) or 40.95 s (version 3).
    #[error("longer than the field can hold")]
    TooLong,
    /// Zero would advertise without pause.
    #[error("shorter than the smallest unit")]
    TooShort,
    /// VRRPv2 counts whole seconds.
    #[error("VRRPv2 counts whole seconds")]
    Fraction,
}

impl AdvertInterval {
    /// One second, the default of both versions.
    pub const DEFAULT: Self = Self { centis: 100 };

    /// Takes centiseconds, for a router that speaks `version`.
    ///
    /// # Errors
    /// When the version's field cannot hold that interval exactly.
    pub const fn from_centis(centis: u32, version: Version) -> Result<Self, AdvertIntervalError> {
        let longest = match version {
            Version::V2 => 25_500,
            Version::V3 => 4_095,
        };
        if centis == 0 {
            return Err(AdvertIntervalError::TooShort);
        }
        if centis > longest {
            return Err(AdvertIntervalError::TooLong);
        }
        if matches!(version, Version::V2) && !centis.is_multiple_of(100) {
            return Err(AdvertIntervalError::Fraction);
        }
        #[expect(clippy::cast_possible_truncation, reason = "at most 25,500 here")]
        Ok(Self { centis: centis as u16 })
    }

    /// Reads the field of an advert: seconds in version 2, centiseconds in version 3.
    ///
    /// # Errors
    /// When the field is zero, or over the version's range.
    pub const fn from_wire(field: u16, version: Version) -> Result<Self, AdvertIntervalError> {
        let unit = match version {
            Version::V2 => 100,
            Version::V3 => 1,
        };
        Self::from_centis(field as u32 * unit, version)
    }

    /// The number for the field of an advert: seconds in version 2, centiseconds in version 3.
    #[must_use]
    pub const fn to_wire(self, version: Version) -> u16 {
        match version {
            Version::V2 => self.centis / 100,
            Version::V3 => self.centis,
        }
    }

    /// The interval as a span of time.
    #[must_use]
    pub const fn as_duration(self) -> Duration {
        Duration::from_millis(self.centis as u64 * 10)
    }
}

impl From<AdvertInterval> for u16 {
    fn from(interval: AdvertInterval) -> Self {
        interval.centis
    }
}

impl TryFrom<u16> for AdvertInterval {
    type Error = AdvertIntervalError;

    /// Takes centiseconds, whatever the version.
    fn try_from(centis: u16) -> Result<Self, AdvertIntervalError> {
        if centis == 0 { Err(AdvertIntervalError::TooShort) } else { Ok(Self { centis }) }
    }
}

impl fmt::Display for AdvertInterval {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, rest) = (self.centis / 100, self.centis % 100);
        match rest {
            0 => write!(formatter, "{seconds} s"),
            _ => write!(formatter, "{seconds}.{rest:02} s"),
        }
    }
}
