//! The identity of an advert.

use crate::abi::Address;

/// Builds the 64-bit identity of an advert: its sender, priority, interval and address list.
///
/// Two adverts with the same fingerprint mean the same to the election, so the second need not
/// wake anybody. It is no defence against a sender that knows the password: such a sender can
/// be master anyway.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fingerprint(u64);

/// 2⁶⁴ divided by the golden ratio, odd: multiplication spreads every input bit upward.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

impl Fingerprint {
    /// Scrambles one word.
    #[inline(always)]
    const fn mix(word: u64) -> u64 {
        let word = word.wrapping_add(SPREAD).wrapping_mul(SPREAD);
        word ^ (word >> 29)
    }

    /// Adds an IPv4 address to an address digest. The order of addresses does not matter.
    #[must_use]
    #[inline(always)]
    pub const fn with_ipv4_address(self, address: [u8; 4]) -> Self {
        Self(self.0.wrapping_add(Self::mix(u32::from_be_bytes(address) as u64)))
    }

    /// Adds an IPv6 address to an address digest. The order of addresses does not matter.
    #[must_use]
    #[inline(always)]
    pub const fn with_ipv6_address(self, address: [u8; 16]) -> Self {
        let (high, low) = halves(address);
        Self(self.0.wrapping_add(Self::mix(Self::mix(high) ^ low)))
    }

    /// Completes an address digest to the identity of an advert. Never 0, which stands for "no
    /// advert".
    #[must_use]
    #[inline(always)]
    pub const fn complete(self, source: Address, priority: u8, count: u8, interval: u16) -> u64 {
        let (high, low) = halves(source);
        let head = ((priority as u64) << 24) | ((count as u64) << 16) | interval as u64;
        Self::mix(Self::mix(Self::mix(Self::mix(self.0) ^ high) ^ low) ^ head) | 1
    }

    /// The digest of the addresses added so far.
    #[must_use]
    #[inline(always)]
    pub const fn digest(self) -> u64 {
        self.0
    }
}

#[inline(always)]
const fn halves(address: Address) -> (u64, u64) {
    match address.as_chunks() {
        ([high, low], _) => (u64::from_be_bytes(*high), u64::from_be_bytes(*low)),
        // Sixteen bytes are two chunks of eight.
        _ => (0, 0),
    }
}
