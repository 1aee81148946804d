//! The trailer's fields.

use super::sequence::Sequence;

pub use vrrp_ebpf::wire::vrrp::TRAILER_LENGTH;

/// Bytes of the tag, at the end.
pub(super) const TAG_LENGTH: usize = 16;
/// Bytes before the tag.
pub(super) const PREFIX_LENGTH: usize = TRAILER_LENGTH - TAG_LENGTH;
/// The only type: HMAC-SHA-256, truncated.
const TYPE: u8 = 1;

/// A trailer, taken apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Trailer {
    pub(super) key: u8,
    pub(super) sequence: Sequence,
    pub(super) tag: [u8; TAG_LENGTH],
}

impl Trailer {
    /// `None` for one of another type or with something in its reserved field.
    pub(super) fn read(bytes: &[u8; TRAILER_LENGTH]) -> Option<Self> {
        let (prefix, tag) = bytes.split_last_chunk()?;
        let [TYPE, key, 0, 0, s0, s1, s2, s3, f0, f1, c0, c1] = *prefix else { return None };
        let sequence = Sequence(u64::from_be_bytes([s0, s1, s2, s3, f0, f1, c0, c1]));
        Some(Self { key, sequence, tag: *tag })
    }

    /// The bytes before the tag.
    pub(super) const fn prefix(key: u8, sequence: Sequence) -> [u8; PREFIX_LENGTH] {
        let [s0, s1, s2, s3, f0, f1, c0, c1] = sequence.0.to_be_bytes();
        [TYPE, key, 0, 0, s0, s1, s2, s3, f0, f1, c0, c1]
    }
}
