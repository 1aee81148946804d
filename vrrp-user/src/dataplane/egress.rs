//! The program for what leaves an interface: attaching it, and keeping it there if the daemon dies.
//!
//! tcx, since Linux 6.6, holds a program by a link, which can be pinned and replaced like one of
//! XDP. Before it there is a filter of the clsact qdisc: the kernel keeps it by itself until
//! somebody takes it off, so that is found again by its priority and handle.

use std::{
    io,
    mem::ManuallyDrop,
    path::{Path, PathBuf},
};

use aya::{
    programs::{
        LinkOrder, ProgramError, SchedClassifier, TcAttachType,
        links::{FdLink, Link as _, PinnedLink},
        tc::{
            NlOptions, SchedClassifierLink, TcAttachOptions, TcError, TcHandle, qdisc_add_clsact,
            qdisc_detach_program,
        },
    },
    util::KernelVersion,
};
use nix::net::if_::{if_nameindex, if_nametoindex};

use super::{
    hook::Interface,
    pins::{Pins, Program, remove_pin},
};

/// The entry point in the object.
pub(super) const PROGRAM: &str = "vrrp_egress";

/// Where our filter stands among those of the clsact qdisc: the protocol number of VRRP.
const PRIORITY: u16 = 112;
const HANDLE: TcHandle = TcHandle::new(0, 112);

/// Why the program is not at an interface's egress.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    /// The daemon runs without eBPF.
    #[error("switched off")]
    Off,
    /// The object has no entry point of that name.
    #[error("the eBPF object has no program `{PROGRAM}`")]
    NoProgram,
    /// The verifier or the kernel's permissions said no.
    #[error("the kernel refuses the eBPF program: {0}")]
    Program(#[from] ProgramError),
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
    hold: Hold,
}

/// What keeps the program on the interface.
#[derive(Debug)]
enum Hold {
    /// This process: closing the link detaches.
    Process(FdLink),
    /// The pin at this path: removing it detaches.
    Pin(PathBuf),
    /// The kernel. Not dropped, because that would take the filter off.
    Filter(ManuallyDrop<SchedClassifierLink>),
}

impl Guard {
    /// Attaches as the first program, so that no other one's verdict keeps a frame from it.
    pub(super) fn new(
        program: &mut SchedClassifier,
        interface: &Interface,
        pins: Option<&Pins>,
    ) -> Result<Self, EgressError> {
        if program.fd().is_err() {
            program.load()?;
        }
        let hold = hold(program, interface, pins)
            .map_err(|source| EgressError::Refused { interface: interface.name.clone(), source })?;
        Ok(Self { hold })
    }

    /// How it is attached.
    pub(super) const fn hook(&self) -> EgressHook {
        match self.hold {
            Hold::Process(_) | Hold::Pin(_) => EgressHook::Tcx,
            Hold::Filter(_) => EgressHook::Clsact,
        }
    }

    /// Detaches, and removes the pin. The clsact qdisc stays: others may have come to use it.
    pub(super) fn detach(self) {
        match self.hold {
            Hold::Process(link) => drop(link),
            Hold::Pin(pin) => remove_pin(&pin),
            Hold::Filter(link) => {
                // Gone with its interface, maybe.
                if let Err(error) = ManuallyDrop::into_inner(link).detach() {
                    tracing::debug!(%error, "cannot take a filter off");
                }
            }
        }
    }
}

/// Takes our filter off every interface that is not in use, where a dead daemon left it. Where the
/// kernel has tcx, none did.
pub(super) fn remove_filters(used: impl Fn(u32) -> bool) {
    let tcx = KernelVersion::new(6, 6, 0);
    if KernelVersion::current().is_ok_and(|current| current < tcx) {
        remove_filters_anyway(used);
    }
}

fn remove_filters_anyway(used: impl Fn(u32) -> bool) {
    let Ok(interfaces) = if_nameindex() else { return };
    for interface in interfaces.iter().filter(|interface| !used(interface.index())) {
        let Ok(name) = interface.name().to_str() else { continue };
        match qdisc_detach_program(name, TcAttachType::Egress, PROGRAM) {
            Ok(()) => {
                tracing::info!(interface = %name, "{name}: removed a filter of a dead daemon");
            }
            // None there, or no such qdisc.
            Err(error) => tracing::trace!(interface = %name, %error, "no filter to remove"),
        }
    }
}

fn hold(
    program: &mut SchedClassifier,
    interface: &Interface,
    pins: Option<&Pins>,
) -> io::Result<Hold> {
    // The library goes by the name, which may have become another's.
    if if_nametoindex(interface.name.as_str())? != interface.ifindex {
        return Err(io::Error::from_raw_os_error(libc::ENODEV));
    }
    match link(program, interface, pins) {
        // What a kernel says that does not know tcx.
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => filter(program, interface),
        held => held,
    }
}

fn link(
    program: &mut SchedClassifier,
    interface: &Interface,
    pins: Option<&Pins>,
) -> io::Result<Hold> {
    let pin = pins.map(|pins| pins.path(Program::Egress, interface.ifindex));
    if let Some(pin) = &pin
        && let Some(link) = left_behind(pin)
        // Replaced in one step: the interface is never without a program.
        && let Ok(id) = program.attach_to_link(link)
    {
        // The pin alone is to hold the link, so that removing it detaches.
        drop(program.take_link(id));
        return Ok(Hold::Pin(pin.clone()));
    }
    if let Some(pin) = &pin {
        // One that cannot be used would be in the way.
        remove_pin(pin);
    }
    let order = TcAttachOptions::TcxOrder(LinkOrder::first());
    let id = program
        .attach_with_options(&interface.name, TcAttachType::Egress, order)
        .map_err(io_error)?;
    let link = program.take_link(id).map_err(io_error)?;
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
fn left_behind(pin: &Path) -> Option<SchedClassifierLink> {
    SchedClassifierLink::try_from(FdLink::from(PinnedLink::from_pin(pin).ok()?)).ok()
}

fn filter(program: &mut SchedClassifier, interface: &Interface) -> io::Result<Hold> {
    match qdisc_add_clsact(&interface.name) {
        Err(TcError::NetlinkError(error)) if error.raw_os_error() == Some(libc::EEXIST) => {}
        added => added.map_err(|error| io_error(error.into()))?,
    }
    let left_behind = SchedClassifierLink::attached(
        &interface.name,
        TcAttachType::Egress,
        PRIORITY,
        HANDLE,
        None,
    )?;
    // Replaces one that is there; fails when there is none.
    let id = program.attach_to_link(left_behind).or_else(|_| {
        let options = NlOptions { priority: PRIORITY, handle: HANDLE, classid: None };
        let options = TcAttachOptions::Netlink(options);
        program.attach_with_options(&interface.name, TcAttachType::Egress, options)
    });
    let id = id.map_err(io_error)?;
    let link = program.take_link(id).map_err(io_error)?;
    Ok(Hold::Filter(ManuallyDrop::new(link)))
}

/// The kernel's own answer inside aya's error.
fn io_error(error: ProgramError) -> io::Error {
    let errno = match error {
        ProgramError::SyscallError(error) => return error.io_error,
        ProgramError::TcError(TcError::IoError(error)) => return error,
        ProgramError::TcError(TcError::NetlinkError(ref error))
        | ProgramError::NetlinkError(ref error) => error.raw_os_error(),
        _ => None,
    };
    errno.map_or_else(|| io::Error::other(error), io::Error::from_raw_os_error)
}

#[cfg(test)]
mod tests;
