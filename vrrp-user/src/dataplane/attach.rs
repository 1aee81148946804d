//! Attaching the packet core to what an interface receives, and keeping it there if the daemon dies.

use std::{io, path::Path, thread, time::Duration};

use aya::{
    Ebpf,
    programs::{
        Xdp, XdpMode,
        links::{FdLink, PinnedLink},
        xdp::XdpLink,
    },
};

use super::{
    hold::{Hold, io_error},
    hook::{Hook, HookRequest, Interface, Mode, candidates, reason},
    pins::{Pins, Program, remove_pin},
    programs::{self, ProgramLoadError},
    tc::{self, Direction},
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
    #[error("{interface} takes no eBPF program in {mode} mode: {source}")]
    Refused {
        /// The interface's name.
        interface: String,
        /// The mode that was tried last.
        mode: Mode,
        /// The kernel's answer.
        source: io::Error,
    },
    /// The program for the mode that was tried last is not in the kernel.
    #[error(transparent)]
    Program(#[from] ProgramLoadError),
    /// No mode was allowed.
    #[error("switched off")]
    Off,
}

/// The program on an interface.
#[derive(Debug)]
pub(super) struct Attachment {
    pub(super) hook: Hook,
    pub(super) hold: Hold,
}

impl Attachment {
    /// Attaches in the first mode that works. What a dead daemon left pinned in another mode goes
    /// only then, so that the interface is never without a program.
    pub(super) fn new(
        ebpf: &mut Ebpf,
        interface: &Interface,
        request: HookRequest,
        pins: Option<&Pins>,
    ) -> Result<Self, AttachError> {
        let mut attempt = Attempt { ebpf, interface, pins, stopgap: None };
        let mut before = AttachError::Off;
        for &mode in candidates(request, interface) {
            match attempt.hold(mode) {
                Ok(hold) => {
                    attempt.finish(mode);
                    let mut reason = reason(request, interface, mode, &before);
                    if hold.is_filter() {
                        reason.to_mut().push_str("; a clsact filter, as this kernel has no tcx");
                    }
                    return Ok(Self { hook: Hook { mode, reason }, hold });
                }
                Err(error) => before = error,
            }
        }
        attempt.finish(Mode::Off);
        Err(before)
    }

    /// Detaches and removes the pin.
    pub(super) fn detach(self) {
        self.hold.detach();
    }
}

/// Looking for a mode that works.
struct Attempt<'a> {
    ebpf: &'a mut Ebpf,
    interface: &'a Interface,
    pins: Option<&'a Pins>,
    /// Holds the place of a program for XDP that has to go before another can come.
    stopgap: Option<Hold>,
}

impl Attempt<'_> {
    fn hold(&mut self, mode: Mode) -> Result<Hold, AttachError> {
        match mode {
            Mode::Native => self.xdp(mode, XdpMode::Driver),
            Mode::Generic => self.xdp(mode, XdpMode::Skb),
            Mode::Tc => self.tc(),
            Mode::Off => Err(AttachError::Off),
        }
    }

    fn xdp(&mut self, mode: Mode, flag: XdpMode) -> Result<Hold, AttachError> {
        let ifindex = self.interface.ifindex;
        let program = programs::xdp(self.ebpf)?;
        let pin = self.pins.map(|pins| pins.path(Program::Xdp(mode), ifindex));
        if let Some(pin) = &pin
            && let Some(link) = left_behind(pin)
            // Replaced in one step: the interface is never without a program.
            && let Ok(id) = program.attach_to_link(link)
        {
            // The pin alone is to hold the link, so that removing it detaches.
            drop(program.take_link(id));
            return Ok(Hold::Pin(pin.clone()));
        }
        let made_room = self.make_room();
        let program = programs::xdp(self.ebpf)?;
        let mut link = attach_xdp(program, ifindex, flag);
        for _ in 0..if made_room { DETACHED_AFTER_MS } else { 0 } {
            match &link {
                Err(error) if is_busy(error) => {
                    thread::sleep(Duration::from_millis(1));
                    link = attach_xdp(program, ifindex, flag);
                }
                _ => break,
            }
        }
        link.and_then(|link| Hold::of(link, pin)).map_err(|source| self.refused(mode, source))
    }

    /// Takes off what a dead daemon left for XDP: of another mode, or of no use, it would be in the way
    /// of a new link. Whether there was anything.
    fn make_room(&mut self) -> bool {
        let Some(pins) = self.pins else { return false };
        if !pins.has_xdp(self.interface.ifindex) {
            return false;
        }
        if self.stopgap.is_none() {
            self.stopgap = self.tc().ok();
        }
        pins.remove_xdp(self.interface.ifindex);
        true
    }

    fn tc(&mut self) -> Result<Hold, AttachError> {
        if let Some(stopgap) = self.stopgap.take() {
            return Ok(stopgap);
        }
        let program = programs::tc(self.ebpf, Direction::Ingress)?;
        tc::attach(program, Direction::Ingress, self.interface, self.pins)
            .map_err(|source| self.refused(Mode::Tc, source))
    }

    fn refused(&self, mode: Mode, source: io::Error) -> AttachError {
        let interface = self.interface.name.clone();
        if mode != Mode::Tc && is_busy(&source) {
            AttachError::Busy { interface }
        } else {
            AttachError::Refused { interface, mode, source }
        }
    }

    /// Takes off what is not needed beside the mode that was found.
    fn finish(self, mode: Mode) {
        if let Some(stopgap) = self.stopgap {
            stopgap.detach();
        }
        let Some(pins) = self.pins else { return };
        match mode {
            Mode::Native | Mode::Generic => {
                remove_pin(&pins.path(Program::Tc(Direction::Ingress), self.interface.ifindex));
            }
            Mode::Tc => pins.remove_xdp(self.interface.ifindex),
            Mode::Off => {}
        }
    }
}

/// How long the kernel may take to detach what has lost its pin, which it does on the side.
const DETACHED_AFTER_MS: u32 = 100;

/// What the kernel says of another program in the same mode, and in another one.
fn is_busy(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EBUSY | libc::EEXIST))
}

fn attach_xdp(program: &mut Xdp, ifindex: u32, flag: XdpMode) -> io::Result<FdLink> {
    let id = program.attach_to_if_index(ifindex, flag).map_err(io_error)?;
    let link = program.take_link(id).map_err(io_error)?;
    // Linux before 5.9 has no XDP links.
    FdLink::try_from(link).map_err(io::Error::other)
}

/// The link that a dead daemon left pinned.
fn left_behind(pin: &Path) -> Option<XdpLink> {
    XdpLink::try_from(FdLink::from(PinnedLink::from_pin(pin).ok()?)).ok()
}

#[cfg(test)]
mod tests;
