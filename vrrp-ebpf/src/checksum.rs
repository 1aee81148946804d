//! The Internet checksum (RFC 1071).

/// A running ones' complement sum of words in network order. Two 16-bit words are added at once:
/// the carries between them are folded back in with all others.
#[derive(Clone, Copy)]
pub(crate) struct Sum(u64);

impl Sum {
    #[inline(always)]
    pub(crate) const fn new() -> Self {
        Self(0)
    }

    /// Adds two words. No packet is so long that the sum could overflow.
    #[inline(always)]
    pub(crate) const fn add(self, bytes: [u8; 4]) -> Self {
        Self(self.0 + u32::from_be_bytes(bytes) as u64)
    }

    /// Adds whole groups of two words; a rest is left out.
    #[inline(always)]
    pub(crate) fn add_all(self, bytes: &[u8]) -> Self {
        bytes.as_chunks().0.iter().fold(self, |sum, group| sum.add(*group))
    }

    /// Folds the carries; a message with a right checksum gives `0xffff`.
    #[inline(always)]
    pub(crate) const fn fold(self) -> u16 {
        let words = (self.0 & 0xffff) + ((self.0 >> 16) & 0xffff) + (self.0 >> 32);
        let once = (words & 0xffff) + (words >> 16);
        let twice = (once & 0xffff) + (once >> 16);
        #[expect(clippy::cast_possible_truncation, reason = "twice is at most 0xffff")]
        {
            twice as u16
        }
    }

    /// Whether the words added so far, checksum among them, are intact.
    #[inline(always)]
    pub(crate) const fn is_intact(self) -> bool {
        self.fold() == 0xffff
    }
}

/// The checksum of a message of which six bytes at an even offset have been replaced (RFC 1624).
#[inline(always)]
pub(crate) const fn replaced(checksum: [u8; 2], old: [u8; 6], new: [u8; 6]) -> [u8; 2] {
    let [c0, c1] = checksum;
    let [o0, o1, o2, o3, o4, o5] = old;
    let [n0, n1, n2, n3, n4, n5] = new;
    let sum = Sum::new()
        .add([!c0, !c1, !o0, !o1])
        .add([!o2, !o3, !o4, !o5])
        .add([n0, n1, n2, n3])
        .add([n4, n5, 0, 0]);
    (!sum.fold()).to_be_bytes()
}
