//! What keeps a program on an interface, whatever the hook.

use std::{
    io,
    mem::ManuallyDrop,
    path::{Path, PathBuf},
};

use aya::programs::{
    ProgramError, XdpError,
    links::{FdLink, Link as _},
    tc::{SchedClassifierLink, TcError},
};

use super::pins::remove_pin;

/// What keeps a program on an interface.
#[derive(Debug)]
pub(super) enum Hold {
    /// This process: closing the link detaches.
    Process(FdLink),
    /// The pin at this path: removing it detaches.
    Pin(PathBuf),
    /// The kernel. Not dropped, because that would take the filter off.
    Filter(ManuallyDrop<SchedClassifierLink>),
}

impl Hold {
    /// Leaves a link to its pin, if it shall have one.
    pub(super) fn of(link: FdLink, pin: Option<PathBuf>) -> io::Result<Self> {
        match pin {
            None => Ok(Self::Process(link)),
            Some(pin) => {
                link.pin(&pin).map_err(io::Error::other)?;
                Ok(Self::Pin(pin))
            }
        }
    }

    /// The pin.
    pub(super) fn pin(&self) -> Option<&Path> {
        match self {
            Self::Pin(pin) => Some(pin),
            Self::Process(_) | Self::Filter(_) => None,
        }
    }

    /// Whether it is a filter of the clsact qdisc.
    pub(super) const fn is_filter(&self) -> bool {
        matches!(self, Self::Filter(_))
    }

    /// Detaches, and removes the pin. The clsact qdisc stays: others may have come to use it.
    pub(super) fn detach(self) {
        match self {
            Self::Process(link) => drop(link),
            Self::Pin(pin) => remove_pin(&pin),
            Self::Filter(link) => {
                // Gone with its interface, maybe.
                if let Err(error) = ManuallyDrop::into_inner(link).detach() {
                    tracing::debug!(%error, "cannot take a filter off");
                }
            }
        }
    }
}

/// The kernel's own answer inside aya's error.
pub(super) fn io_error(error: ProgramError) -> io::Error {
    let errno = match error {
        ProgramError::SyscallError(error) => return error.io_error,
        ProgramError::TcError(TcError::IoError(error)) => return error,
        ProgramError::TcError(TcError::NetlinkError(ref error))
        | ProgramError::XdpError(XdpError::NetlinkError(ref error))
        | ProgramError::NetlinkError(ref error) => error.raw_os_error(),
        _ => None,
    };
    errno.map_or_else(|| io::Error::other(error), io::Error::from_raw_os_error)
}
