//! Removing what a daemon that died has left in the kernel.

use std::path::Path;

use super::{RuntimeDirError, runtime_dir::RuntimeDir, virtual_router::claims};
use crate::{
    config::model::Config,
    dataplane::remove_left_behind,
    net::{AddressError, Claim, Event, Netlink, RoutingError, StartError},
};

/// Why nothing could be removed.
#[derive(Debug, thiserror::Error)]
pub enum CleanupError {
    /// A daemon runs, and what is there is its.
    #[error(transparent)]
    RuntimeDir(#[from] RuntimeDirError),
    /// No netlink.
    #[error("cannot talk to the kernel's network side: {0}")]
    Netlink(#[from] StartError),
}

/// What became of addresses, routes and rules.
#[derive(Debug, Default)]
pub struct Cleaned {
    /// They were there and are gone.
    pub removed: Vec<Claim>,
    /// They could not be removed.
    pub failed: Vec<(Claim, AddressError)>,
    /// Routes and rules that were there and are gone.
    pub routing: Vec<String>,
    /// Routes and rules that could not be removed.
    pub routing_failed: Vec<(String, RoutingError)>,
}

/// Takes the virtual addresses of the configuration off their interfaces, but for those that an
/// owner (priority 255) may have of its own, removes every route and rule that carries our protocol
/// number, and detaches every program that is pinned in `bpffs`
/// by a daemon of this network namespace.
///
/// # Errors
/// When a daemon runs with `runtime_dir`, or nothing can be asked of the kernel.
pub async fn cleanup(
    config: &Config,
    runtime_dir: &Path,
    bpffs: &Path,
) -> Result<Cleaned, CleanupError> {
    let runtime_dir = RuntimeDir::lock(runtime_dir)?;
    let (netlink, mut events) = Netlink::start()?;
    for instance in config.instances.iter().filter(|instance| !instance.priority.is_owner()) {
        for claim in claims(instance) {
            netlink.claim(claim, false);
        }
    }
    netlink.sweep_routing();
    netlink.shutdown().await;
    let mut cleaned = Cleaned::default();
    while let Ok(event) = events.try_recv() {
        match event {
            Event::AddressRemoved { device, address } => {
                cleaned.removed.push(Claim { device, address });
            }
            Event::Failed { device, address, error } => {
                cleaned.failed.push((Claim { device, address }, error));
            }
            Event::StrayRemoved { what } => cleaned.routing.push(what),
            Event::StrayStays { what, error } => cleaned.routing_failed.push((what, error)),
            _ => {}
        }
    }
    remove_left_behind(bpffs);
    runtime_dir.clear();
    Ok(cleaned)
}
