//! The packet core, twice: compiled for the host, and as the object that nodes run.
//!
//! Every row of the tables goes through both, and both must agree with the row: the verdict, the
//! bytes that leave, every counter, what is remembered, and what the daemon is told. Without root
//! the half in the kernel is skipped.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the helpers of a test fail it by panicking"
)]

mod adverts;
mod adverts_ipv6;
mod arp;
mod buffers;
mod case;
mod conflicts;
mod egress;
mod frames;
mod frames_ipv6;
mod frames_nd;
mod hmac;
mod hook;
mod host;
mod interfaces;
mod kernel;
mod moments;
mod mutation;
mod nd;
mod no_accept;
mod reference;
mod truncation;
mod unicast;
mod virtual_mac;
mod world;
