//! Asking a service whether it is well, without a program of the operator's.
//!
//! Each question is one future that does nothing unasked: who drops it ends it, and so bounds its
//! time. Its memory is bounded by `http::HEAD_BYTES` and `http::BODY_BYTES`, and no name is resolved
//! on the thread that asks. All of it is for a thread beside the loop.

mod docker;
mod http;
mod resolve;

use std::{io, net::IpAddr};

use tokio::net::TcpStream;

pub use self::{docker::DockerError, http::HttpError, resolve::ResolveError};
use crate::config::model::probe::{HttpProbe, Native, Target};

/// Why something is not well.
#[derive(Debug, thiserror::Error)]
pub enum Ill {
    /// The host has no address.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// Nobody accepts connections.
    #[error("{address} port {port}: {source}")]
    Connect {
        /// Where, of several addresses the last one.
        address: IpAddr,
        /// The port.
        port: u16,
        /// The reason.
        source: io::Error,
    },
    /// The conversation went wrong.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The answer has another status than was wanted.
    #[error("the answer has status {0}")]
    Status(u16),
    /// The answer does not contain what was wanted.
    #[error("the first {read} bytes of the answer do not contain what `expect_body` says")]
    Body {
        /// How many bytes were looked at.
        read: usize,
    },
    /// The Docker Engine.
    #[error(transparent)]
    Docker(#[from] DockerError),
}

/// Asks once.
///
/// # Errors
/// Why it is not well.
pub async fn ask(probe: &Native) -> Result<(), Ill> {
    match probe {
        Native::Tcp(target) => connect(target).await.map(drop),
        Native::Http(probe) => ask_http(probe).await,
        Native::Docker(probe) => Ok(docker::ask(probe).await?),
    }
}

async fn ask_http(probe: &HttpProbe) -> Result<(), Ill> {
    let stream = connect(&probe.target).await?;
    let mut answer = http::get(stream, &probe.host, &probe.path).await?;
    if !probe.status.contains(&answer.status) {
        return Err(Ill::Status(answer.status));
    }
    let Some(wanted) = &probe.body else { return Ok(()) };
    let body = answer.body(Some(wanted.as_bytes())).await?.bytes;
    if http::contains(&body, wanted.as_bytes()) {
        Ok(())
    } else {
        Err(Ill::Body { read: body.len() })
    }
}

/// Connects to the first of a host's addresses where somebody accepts.
async fn connect(target: &Target) -> Result<TcpStream, Ill> {
    let port = target.port;
    let mut outcome = Err(ResolveError::NoAddress { name: target.to_string() }.into());
    for address in resolve::addresses(&target.host).await? {
        match TcpStream::connect((address, port)).await {
            Ok(stream) => return Ok(stream),
            Err(source) => outcome = Err(Ill::Connect { address, port, source }),
        }
    }
    outcome
}

#[cfg(test)]
mod tests;
