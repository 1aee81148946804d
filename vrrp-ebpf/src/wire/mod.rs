//! Where the fields of a frame lie, one module per format.

pub mod arp;
pub mod ethernet;
pub mod ipv4;
pub mod vrrp;
