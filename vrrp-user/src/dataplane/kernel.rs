//! The eBPF program in the kernel.

use std::{
    collections::BTreeMap,
    io,
    os::fd::{AsFd as _, OwnedFd},
    path::Path,
};

use aya::{Ebpf, EbpfError, EbpfLoader};
use aya_log::EbpfLogger;

use super::{
    Options,
    attach::{AttachError, Attachment},
    egress::{EgressError, EgressHook, Guard},
    hold::Hold,
    hook::{Hook, HookRequest, Interface, Mode},
    maps::{Maps, TakeError},
    pins::Pins,
    programs::{self, ProgramLoadError},
    tc::Direction,
};

/// The object that `cargo xtask build-ebpf` made and the repository keeps.
pub(super) static OBJECT: &[u8] = aya::include_bytes_aligned!(env!("VRRP_EBPF_OBJECT_FILE"));

/// Why the program is not in the kernel.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The object's maps could not be created, or it cannot be read.
    #[error("the kernel takes no eBPF maps from this process: {0}")]
    Object(#[from] EbpfError),
    /// None of its programs that were asked for is in the kernel.
    #[error(transparent)]
    Program(#[from] ProgramLoadError),
    /// The object is not the one this daemon was built for.
    #[error(transparent)]
    Maps(#[from] TakeError),
}

pub(super) struct Kernel {
    ebpf: Ebpf,
    pub(super) maps: Maps,
    attachments: BTreeMap<u32, Attachment>,
    guards: BTreeMap<u32, Guard>,
    pins: Option<Pins>,
    logger: Option<EbpfLogger<&'static dyn log::Log>>,
}

impl std::fmt::Debug for Kernel {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Kernel")
            .field("attachments", &self.attachments)
            .field("guards", &self.guards)
            .finish_non_exhaustive()
    }
}

impl Kernel {
    pub(super) fn load(options: &Options) -> Result<Self, LoadError> {
        // At level 0 the verifier sees that no trace can happen, and removes the code.
        let level = if options.trace { aya_log::Level::Debug as u8 } else { 0 };
        let mut ebpf =
            EbpfLoader::new().override_global(aya_log::LEVEL, &level, true).load(OBJECT)?;
        let logger = if options.trace { EbpfLogger::init(&mut ebpf).ok() } else { None };
        load_first(&mut ebpf, options.hook)?;
        let maps = Maps::take(&mut ebpf)?;
        let (attachments, guards) = (BTreeMap::new(), BTreeMap::new());
        let mut kernel = Self { ebpf, maps, attachments, guards, pins: None, logger };
        if let Some(directory) = &options.pins {
            kernel.open_pins(directory);
        }
        Ok(kernel)
    }

    pub(super) fn open_pins(&mut self, directory: &Path) {
        match Pins::open(directory) {
            Ok(pins) => self.pins = Some(pins),
            Err(error) => {
                tracing::warn!(%error, "if this daemon dies, the eBPF program goes with it, and the kernel answers for the addresses that are left");
            }
        }
    }

    pub(super) fn attach(
        &mut self,
        interface: &Interface,
        request: HookRequest,
    ) -> Result<Hook, AttachError> {
        if let Some(attachment) = self.attachments.get(&interface.ifindex) {
            return Ok(attachment.hook.clone());
        }
        let attachment = Attachment::new(&mut self.ebpf, interface, request, self.pins.as_ref())?;
        let hook = attachment.hook.clone();
        self.attachments.insert(interface.ifindex, attachment);
        Ok(hook)
    }

    pub(super) fn detach(&mut self, ifindex: u32) {
        if let Some(attachment) = self.attachments.remove(&ifindex) {
            attachment.detach();
        }
    }

    pub(super) fn guard_egress(
        &mut self,
        interface: &Interface,
    ) -> Result<EgressHook, EgressError> {
        if let Some(guard) = self.guards.get(&interface.ifindex) {
            return Ok(guard.hook());
        }
        let guard = Guard::new(&mut self.ebpf, interface, self.pins.as_ref())?;
        let hook = guard.hook();
        self.guards.insert(interface.ifindex, guard);
        Ok(hook)
    }

    /// Whether there is a program of ours for tc on an interface.
    pub(super) fn has_tc(&self, direction: Direction, ifindex: u32) -> bool {
        match direction {
            Direction::Ingress => self
                .attachments
                .get(&ifindex)
                .is_some_and(|attachment| attachment.hook.mode == Mode::Tc),
            Direction::Egress => self.guards.contains_key(&ifindex),
        }
    }

    pub(super) fn release_egress(&mut self, ifindex: u32) {
        if let Some(guard) = self.guards.remove(&ifindex) {
            guard.detach();
        }
    }

    pub(super) const fn is_pinned(&self) -> bool {
        self.pins.is_some()
    }

    pub(super) fn remove_unused_pins(&self) {
        if let Some(pins) = &self.pins {
            let attachments = self.attachments.values().map(|attachment| &attachment.hold);
            let guards = self.guards.values().map(|guard| &guard.hold);
            let used: Vec<&Path> = attachments.chain(guards).filter_map(Hold::pin).collect();
            pins.remove_unused(&used);
        }
    }

    pub(super) fn detach_all(&mut self) {
        for (_, attachment) in std::mem::take(&mut self.attachments) {
            attachment.detach();
        }
        for (_, guard) in std::mem::take(&mut self.guards) {
            guard.detach();
        }
        if let Some(pins) = &self.pins {
            pins.close();
        }
    }

    pub(super) fn trace_fd(&self) -> Option<io::Result<OwnedFd>> {
        self.logger.as_ref().map(|logger| logger.as_fd().try_clone_to_owned())
    }

    pub(super) fn flush_trace(&mut self) {
        if let Some(logger) = &mut self.logger {
            logger.flush();
        }
    }
}

/// Loads what `request` may come to, which takes a while: not when an interface waits for it. An
/// error if nothing of it can be had.
fn load_first(ebpf: &mut Ebpf, request: HookRequest) -> Result<(), ProgramLoadError> {
    match request {
        HookRequest::Off => Ok(()),
        HookRequest::Native | HookRequest::Generic => programs::xdp(ebpf).map(drop),
        HookRequest::Tc => programs::tc(ebpf, Direction::Ingress).map(drop),
        HookRequest::Auto => match programs::tc(ebpf, Direction::Ingress) {
            // Where it is refused, tc is left.
            Ok(_) => programs::xdp(ebpf).map(drop).or(Ok(())),
            Err(error) => programs::xdp(ebpf).map(drop).map_err(|_| error),
        },
    }
}
