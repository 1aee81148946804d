//! The priority of a router within its virtual router.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A priority as an advert carries it (RFC 9568 §5.2.4).
///
/// 0 resigns, 255 owns the addresses, 1 to 254 back the owner up.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Priority(u8);

impl Priority {
    /// What a configuration gets that names none (RFC 9568 §6.1).
    pub const DEFAULT: Self = Self(100);
    /// The router owns the virtual addresses and is master whenever it is up.
    pub const OWNER: Self = Self(255);
    /// The master gives the virtual router up.
    pub const RESIGN: Self = Self(0);

    /// Every number is a priority.
    #[must_use]
    pub const fn new(value: u8) -> Self {
        Self(value)
    }

    /// The number as it stands in an advert.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// Whether this is 255.
    #[must_use]
    pub const fn is_owner(self) -> bool {
        self.0 == Self::OWNER.0
    }

    /// Whether this is 0.
    #[must_use]
    pub const fn is_resignation(self) -> bool {
        self.0 == Self::RESIGN.0
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}
