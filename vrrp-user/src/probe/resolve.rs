//! The addresses of a host.

use std::{
    io,
    net::{IpAddr, ToSocketAddrs as _},
};

use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::config::model::probe::Host;

/// Names that are resolved at the same time. A name server that is silent holds the thread that
/// asks it for longer than anybody waits for the answer.
static LOOKUPS: Semaphore = Semaphore::const_new(4);

/// Why a host has no address.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// The name is not known, or nobody can be asked.
    #[error("{name} has no address: {source}")]
    Unknown {
        /// The name.
        name: String,
        /// The reason.
        source: io::Error,
    },
    /// The name is known, and has none.
    #[error("{name} has no address")]
    NoAddress {
        /// The name.
        name: String,
    },
}

/// Asks for them each time: services move.
pub(super) async fn addresses(host: &Host) -> Result<Vec<IpAddr>, ResolveError> {
    let name = match host {
        Host::Address(address) => return Ok(vec![*address]),
        Host::Name(name) => name.clone(),
    };
    let failed = |source| ResolveError::Unknown { name: name.clone(), source };
    let permit = LOOKUPS.acquire().await.map_err(|closed| failed(io::Error::other(closed)))?;
    let asked = name.clone();
    let looked_up = spawn_blocking(move || {
        // Held until there is an answer, though who asked may have gone.
        let _permit = permit;
        (asked.as_str(), 0).to_socket_addrs().map(|found| found.map(|one| one.ip()).collect())
    });
    let looked_up: io::Result<Vec<IpAddr>> = looked_up.await.map_err(|gone| failed(gone.into()))?;
    looked_up.map_err(failed)
}
