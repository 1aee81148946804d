//! The virtual router identifier.

use std::{fmt, num::NonZeroU8};

use serde::{Deserialize, Serialize};

/// A virtual router identifier (VRID), 1 to 255 (RFC 9568 §5.2.3).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Vrid(NonZeroU8);

impl Vrid {
    /// Takes the number on the wire or in the configuration; `None` for 0.
    #[must_use]
    pub const fn new(value: u8) -> Option<Self> {
        match NonZeroU8::new(value) {
            Some(value) => Some(Self(value)),
            None => None,
        }
    }

    /// The number as it stands in an advert.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0.get()
    }
}

impl fmt::Display for Vrid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}
