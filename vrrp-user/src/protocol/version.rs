//! The protocol version.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The version of the protocol that a virtual router speaks.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub enum Version {
    /// VRRPv2, RFC 3768: whole seconds, PASS authentication, IPv4 only.
    V2,
    /// VRRPv3, RFC 9568: centiseconds, no authentication.
    V3,
}

impl Version {
    /// The upper nibble of an advert's first byte.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::V2 => 2,
            Self::V3 => 3,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.number())
    }
}
