//! Programs for tc, at an interface's ingress or egress: attaching them, and keeping them there if the
//! daemon dies.
//!
//! tcx, since Linux 6.6, holds a program by a link, which can be pinned and replaced like one of
//! XDP. Before it there is a filter of the clsact qdisc: the kernel keeps it by itself until
//! somebody takes it off, so that is found again by its priority and handle.

use std::{io, mem::ManuallyDrop, path::Path};

use aya::{
    programs::{
        LinkOrder, SchedClassifier, TcAttachType,
        links::{FdLink, PinnedLink},
        tc::{
            NlOptions, SchedClassifierLink, TcAttachOptions, TcError, TcHandle, qdisc_add_clsact,
            qdisc_detach_program,
        },
    },
    util::KernelVersion,
};
use nix::net::if_::{if_nameindex, if_nametoindex};

use super::{
    hold::{Hold, io_error},
    hook::Interface,
    pins::{Pins, Program, remove_pin},
};

/// Where our filter stands among those of the clsact qdisc: the protocol number of VRRP.
const PRIORITY: u16 = 112;
const HANDLE: TcHandle = TcHandle::new(0, 112);

/// On which way through an interface a program sits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Direction {
    /// What comes in.
    Ingress,
    /// What leaves.
    Egress,
}

impl Direction {
    /// The entry point in the object.
    pub(super) const fn program(self) -> &'static str {
        match self {
            Self::Ingress => "vrrp_ingress",
            Self::Egress => "vrrp_egress",
        }
    }

    const fn attach_type(self) -> TcAttachType {
        match self {
            Self::Ingress => TcAttachType::Ingress,
            Self::Egress => TcAttachType::Egress,
        }
    }
}

/// Attaches as the first program, so that no other one's verdict keeps a frame from it, and in place
/// of what a dead daemon left.
pub(super) fn attach(
    program: &mut SchedClassifier,
    direction: Direction,
    interface: &Interface,
    pins: Option<&Pins>,
) -> io::Result<Hold> {
    // The library goes by the name, which may have become another's.
    if if_nametoindex(interface.name.as_str())? != interface.ifindex {
        return Err(io::Error::from_raw_os_error(libc::ENODEV));
    }
    match link(program, direction, interface, pins) {
        // What a kernel says that does not know tcx.
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => {
            filter(program, direction, interface)
        }
        held => held,
    }
}

/// Takes our filter off every interface where it is not in use and a dead daemon left it. Where the
/// kernel has tcx, none did.
pub(super) fn remove_filters(direction: Direction, used: impl Fn(u32) -> bool) {
    let tcx = KernelVersion::new(6, 6, 0);
    if KernelVersion::current().is_ok_and(|current| current < tcx) {
        remove_filters_anyway(direction, used);
    }
}

pub(super) fn remove_filters_anyway(direction: Direction, used: impl Fn(u32) -> bool) {
    let Ok(interfaces) = if_nameindex() else { return };
    for interface in interfaces.iter().filter(|interface| !used(interface.index())) {
        let Ok(name) = interface.name().to_str() else { continue };
        match qdisc_detach_program(name, direction.attach_type(), direction.program()) {
            Ok(()) => {
                tracing::info!(interface = %name, "{name}: removed a filter of a dead daemon");
            }
            // None there, or no such qdisc.
            Err(error) => tracing::trace!(interface = %name, %error, "no filter to remove"),
        }
    }
}

fn link(
    program: &mut SchedClassifier,
    direction: Direction,
    interface: &Interface,
    pins: Option<&Pins>,
) -> io::Result<Hold> {
    let pin = pins.map(|pins| pins.path(Program::Tc(direction), interface.ifindex));
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
        .attach_with_options(&interface.name, direction.attach_type(), order)
        .map_err(io_error)?;
    let link = program.take_link(id).map_err(io_error)?;
    Hold::of(FdLink::try_from(link).map_err(io::Error::other)?, pin)
}

/// The link that a dead daemon left pinned.
fn left_behind(pin: &Path) -> Option<SchedClassifierLink> {
    SchedClassifierLink::try_from(FdLink::from(PinnedLink::from_pin(pin).ok()?)).ok()
}

pub(super) fn filter(
    program: &mut SchedClassifier,
    direction: Direction,
    interface: &Interface,
) -> io::Result<Hold> {
    match qdisc_add_clsact(&interface.name) {
        Err(TcError::NetlinkError(error)) if error.raw_os_error() == Some(libc::EEXIST) => {}
        added => added.map_err(|error| io_error(error.into()))?,
    }
    let attach_type = direction.attach_type();
    let left_behind =
        SchedClassifierLink::attached(&interface.name, attach_type, PRIORITY, HANDLE, None)?;
    // Replaces one that is there; fails when there is none.
    let id = program.attach_to_link(left_behind).or_else(|_| {
        let options = NlOptions { priority: PRIORITY, handle: HANDLE, classid: None };
        let options = TcAttachOptions::Netlink(options);
        program.attach_with_options(&interface.name, attach_type, options)
    });
    let id = id.map_err(io_error)?;
    let link = program.take_link(id).map_err(io_error)?;
    Ok(Hold::Filter(ManuallyDrop::new(link)))
}
