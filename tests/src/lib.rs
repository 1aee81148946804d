//! The network-namespace lab: a switch, nodes and clients on one machine, with real daemons on
//! them and an observer on the wire.
//!
//! Everything happens inside namespaces that the lab makes and removes; nothing is sent on, or
//! changed at, an interface of the machine itself. Needs root: begin a test with
//! [`require!`](crate::require), which skips it with a reason elsewhere.
//!
//! ```no_run
//! use std::time::Duration;
//! use vrrp_tests::{Lab, Wire, cube, keepalived};
//!
//! # fn main() -> anyhow::Result<()> {
//! let mut lab = Lab::new("example")?;
//! let node = lab.add_node("cube01", "10.0.0.60/24")?;
//! let wire = Wire::open(&lab)?;
//! let daemon = keepalived::start(&node, &cube::config("VI_1", "MASTER", 100))?;
//! wire.expect(Duration::from_secs(6), "an advert", |frame| frame.advert().is_some())?;
//! # drop(daemon);
//! # Ok(())
//! # }
//! ```

mod binary;
mod chatter;
mod clock;
mod command;
mod requirements;
mod wait;

pub mod bpf;
pub mod conf;
pub mod craft;
pub mod cube;
pub mod frr;
pub mod hmac;
pub mod interrupt;
pub mod keepalived;
pub mod lab;
pub mod ping;
pub mod reign;
pub mod systemd;
pub mod timing;
pub mod vrrp;
pub mod wire;

pub use binary::vrrp_binary;
pub use chatter::Chatter;
pub use clock::Moment;
pub use conf::Conf;
pub use lab::{Client, Daemon, Lab, Namespace, Node, Segment};
pub use requirements::{Need, skip_reason};
pub use wait::{poll_for, wait_until};
pub use wire::{FrameSender, Wire};
