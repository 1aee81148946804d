//! The kernel half of vrrp, compiled for the kernel *and* for the host.
//!
//! * [`abi`]: the maps' keys and values, shared by the eBPF program and the daemon.
//! * [`wire`]: where the fields of a frame lie.
//! * [`frame`] and [`tables`]: what the packet core asks of the packet and of the world.
//! * [`decide`], [`advert`], [`arp`], [`nd`], [`no_accept`], [`virtual_mac`]: what to do with a
//!   frame that has come in.
//! * [`egress`]: what to do with one that is about to leave.
//!
//! The core is generic over packet access, so the code that the verifier accepts is the code that
//! the host's tests run, and the code that checks adverts where no eBPF program can be attached.

#![no_std]
#![expect(
    clippy::inline_always,
    reason = "a call that is left in the object costs the verifier states it cannot prune"
)]

pub mod abi;
pub mod advert;
pub mod arp;
mod checksum;
mod conflict;
pub mod decide;
pub mod egress;
mod fingerprint;
pub mod frame;
pub mod nd;
pub mod no_accept;
pub mod tables;
pub mod virtual_mac;
pub mod wire;

pub use decide::{Subject, Verdict, is_of_interest, on_frame, on_subject};
pub use fingerprint::Fingerprint;
