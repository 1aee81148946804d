//! Where the fields of a frame lie, one module per format.

pub mod arp;
pub mod carp;
pub mod ethernet;
pub mod ipv4;
pub mod ipv6;
pub mod nd;
pub mod vrrp;
