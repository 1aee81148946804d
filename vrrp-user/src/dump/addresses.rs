//! An address as keepalived writes it: what `ip address add` would take.

use std::fmt::{self, Display};

use crate::{config::model::VirtualAddress, protocol::Family};

/// An address of an instance on `interface`.
pub(super) struct Written<'a> {
    pub(super) address: &'a VirtualAddress,
    pub(super) interface: &'a str,
    /// Whether it is there now.
    pub(super) is_set: bool,
}

impl Display for Written<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let VirtualAddress { address, prefix_length, device, scope, label, broadcast, .. } =
            self.address;
        write!(out, "{address}")?;
        if *prefix_length != Family::of(*address).bits() {
            write!(out, "/{prefix_length}")?;
        }
        if let Some(broadcast) = broadcast {
            write!(out, " brd {broadcast}")?;
        }
        write!(out, " dev {}", device.as_deref().unwrap_or(self.interface))?;
        match scope {
            0 => write!(out, " scope global")?,
            200 => write!(out, " scope site")?,
            253 => write!(out, " scope link")?,
            254 => write!(out, " scope host")?,
            255 => write!(out, " scope nowhere")?,
            other => write!(out, " scope {other}")?,
        }
        if let Some(label) = label {
            write!(out, " label {label}")?;
        }
        if address.is_ipv6() && *prefix_length == Family::Ipv6.bits() {
            write!(out, " deprecated")?;
        }
        if self.is_set {
            write!(out, " set")?;
        }
        Ok(())
    }
}
