//! Attaching the program to an interface, and keeping it there if the daemon dies.

use std::{
    io,
    path::{Path, PathBuf},
};

use aya::programs::{
    ProgramError, Xdp, XdpMode,
    links::{FdLink, PinnedLink},
    xdp::XdpLink,
};

use super::{
    hook::{Hook, HookRequest, Interface, Mode, candidates},
    pins::{Pins, Program, remove_pin},
};

/// Why no hook could be had.
#[derive(Debug, thiserror::Error)]
pub enum AttachError {
    /// Another XDP program is on the interface.
    #[error("another XDP program is attached to {interface} already")]
    Busy {
        /// The interface's name.
        interface: String,
    },
    /// The kernel refused every mode that was allowed; this is what it said last.
    #[error("{interface} takes no XDP program in {mode} mode: {source}")]
    Refused {
        /// The interface's name.
        interface: String,
        /// The mode that was tried last.
        mode: Mode,
        /// The kernel's answer.
        source: io::Error,
    },
    /// No mode was allowed.
    #[error("switched off")]
    Off,
}

/// The program on an interface.
#[derive(Debug)]
pub(super) struct Attachment {
    pub(super) hook: Hook,
    hold: Hold,
}

/// What keeps the program on the interface.
#[derive(Debug)]
enum Hold {
    /// This process: closing the link detaches.
    Process(FdLink),
    /// The pin at this path: removing it detaches.
    Pin(PathBuf),
}

impl Attachment {
    /// Attaches in the first mode that works.
    pub(super) fn new(
        program: &mut Xdp,
        interface: &Interface,
        request: HookRequest,
        pins: Option<&Pins>,
    ) -> Result<Self, AttachError> {
        let mut last = AttachError::Off;
        for &(mode, reason) in candidates(request, interface) {
            match hold(program, interface.ifindex, mode, pins) {
                Ok(hold) => return Ok(Self { hook: Hook { mode, reason: reason.into() }, hold }),
                Err(source) if source.raw_os_error() == Some(libc::EBUSY) => {
                    return Err(AttachError::Busy { interface: interface.name.clone() });
                }
                Err(source) => {
                    last = AttachError::Refused { interface: interface.name.clone(), mode, source };
                }
            }
        }
        Err(last)
    }

    /// Detaches and removes the pin.
    pub(super) fn detach(self) {
        match self.hold {
            Hold::Process(link) => drop(link),
            Hold::Pin(pin) => remove_pin(&pin),
        }
    }
}

fn hold(program: &mut Xdp, ifindex: u32, mode: Mode, pins: Option<&Pins>) -> io::Result<Hold> {
    let pin = pins.map(|pins| pins.path(Program::Xdp(mode), ifindex));
    if let Some(pin) = &pin
        && let Some(link) = left_behind(pin)
        // Replaced in one step: the interface is never without a program.
        && let Ok(id) = program.attach_to_link(link)
    {
        // The pin alone is to hold the link, so that removing it detaches.
        drop(program.take_link(id));
        return Ok(Hold::Pin(pin.clone()));
    }
    if let Some(pins) = pins {
        // One of another mode would be in the way of the new link.
        pins.remove_xdp(ifindex);
    }
    let flag = if mode == Mode::Native { XdpMode::Driver } else { XdpMode::Skb };
    let id = program.attach_to_if_index(ifindex, flag).map_err(io_error)?;
    let link = program.take_link(id).map_err(io_error)?;
    // Linux before 5.9 has no XDP links.
    let link = FdLink::try_from(link).map_err(io::Error::other)?;
    match pin {
        None => Ok(Hold::Process(link)),
        Some(pin) => {
            link.pin(&pin).map_err(io::Error::other)?;
            Ok(Hold::Pin(pin))
        }
    }
}

/// The link that a dead daemon left pinned.
fn left_behind(pin: &Path) -> Option<XdpLink> {
    XdpLink::try_from(FdLink::from(PinnedLink::from_pin(pin).ok()?)).ok()
}

/// The kernel's own answer inside aya's error.
fn io_error(error: ProgramError) -> io::Error {
    match error {
        ProgramError::SyscallError(error) => error.io_error,
        other => io::Error::other(other),
    }
}
