//! `auth_hmac` of keepalived 2.4: a trailer of 28 bytes behind an advert, outside the VRRP
//! checksum and inside the IP length, which only who knows a key can make.
//!
//! ```text
//!   type = 1 │ key │ 0 0 │ seconds (4) │ 1/65536 s (2) │ counter (2) │ tag (16)
//! ```
//!
//! The tag is the first half of an HMAC-SHA-256 over who speaks, the message with a zero checksum,
//! and the trailer with a zero tag. Time and counter together are a number that grows from advert
//! to advert. The daemon does this and not the eBPF program, which has no SHA-256.

mod sequence;
mod signer;
mod tag;
mod trailer;
mod verifier;

pub use sequence::Sequence;
pub use signer::Signer;
pub use tag::Router;
pub use trailer::TRAILER_LENGTH;
pub use verifier::{Refusal, Verifier};
