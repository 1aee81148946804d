//! The Internet checksum (RFC 1071).

/// A running ones' complement sum of 16-bit words in network order.
#[derive(Clone, Copy)]
pub(crate) struct Sum(u32);

impl Sum {
    #[inline(always)]
    pub(crate) const fn new() -> Self {
        Self(0)
    }

    /// Adds two words. At most 32,768 words may be added in all: an advert has 2,078.
    #[inline(always)]
    pub(crate) const fn add(self, bytes: [u8; 4]) -> Self {
        let [a, b, c, d] = bytes;
        Self(self.0 + u16::from_be_bytes([a, b]) as u32 + u16::from_be_bytes([c, d]) as u32)
    }

    /// Adds whole groups of two words; a rest is left out.
    #[inline(always)]
    pub(crate) fn add_all(self, bytes: &[u8]) -> Self {
        bytes.as_chunks().0.iter().fold(self, |sum, group| sum.add(*group))
    }

    /// Folds the carries; a message with a right checksum gives `0xffff`.
    #[inline(always)]
    pub(crate) const fn fold(self) -> u16 {
        let once = (self.0 & 0xffff) + (self.0 >> 16);
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
