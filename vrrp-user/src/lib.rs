//! The userspace half of vrrp: it reads keepalived.conf, runs the election, and tells the eBPF
//! program what it may answer.
//!
//! One module per concern, and each may know only what the table in `docs/architecture.md`
//! allows: [`election`] knows neither clock nor socket, [`dataplane`] is the only code that names
//! aya, [`net`] the only code that names netlink.

pub mod cli;
pub mod config;
pub mod control;
pub mod daemon;
pub mod dataplane;
pub mod dump;
pub mod election;
pub mod hmac;
pub mod net;
pub mod probe;
pub mod process;
pub mod programs;
pub mod protocol;
pub mod tracking;
pub mod watch;
pub mod wire;
