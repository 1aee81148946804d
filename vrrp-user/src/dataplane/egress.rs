//! The program for what leaves an interface.

use std::io;

use aya::Ebpf;

use super::{
    hold::Hold,
    hook::Interface,
    pins::Pins,
    programs::{self, ProgramLoadError},
    tc::{self, Direction},
};

/// Why the program is not at an interface's egress.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    /// The daemon runs without eBPF.
    #[error("switched off")]
    Off,
    /// The program is not in the kernel.
    #[error(transparent)]
    Program(#[from] ProgramLoadError),
    /// The kernel takes the program, but not on this interface.
    #[error("{interface} takes no eBPF program at its egress: {source}")]
    Refused {
        /// The interface's name.
        interface: String,
        /// The kernel's answer.
        source: io::Error,
    },
}

/// How the program hangs on an interface's egress.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EgressHook {
    /// tcx: Linux 6.6 and newer.
    Tcx,
    /// A filter of the clsact qdisc.
    Clsact,
}

/// The program on an interface.
#[derive(Debug)]
pub(super) struct Guard {
    pub(super) hold: Hold,
}

impl Guard {
    pub(super) fn new(
        ebpf: &mut Ebpf,
        interface: &Interface,
        pins: Option<&Pins>,
    ) -> Result<Self, EgressError> {
        let program = programs::tc(ebpf, Direction::Egress)?;
        let hold = tc::attach(program, Direction::Egress, interface, pins)
            .map_err(|source| EgressError::Refused { interface: interface.name.clone(), source })?;
        Ok(Self { hold })
    }

    /// How it is attached.
    pub(super) const fn hook(&self) -> EgressHook {
        if self.hold.is_filter() { EgressHook::Clsact } else { EgressHook::Tcx }
    }

    /// Detaches, and removes the pin.
    pub(super) fn detach(self) {
        self.hold.detach();
    }
}

#[cfg(test)]
mod tests;
