//! The command line's end of the control socket.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    time::Duration,
};

use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};

use super::{Ask, PROTOCOL, Request, Response};

/// A daemon that takes longer than this to answer hangs.
const PATIENCE: Duration = Duration::from_secs(5);

/// One that is to read its file answers within this, whatever comes of it.
const READ_PATIENCE: Duration = Duration::from_secs(30);

/// An answer for 4,096 virtual routers has some 8 MB.
const ANSWER_BYTES: u64 = 64 * 1024 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens.
    #[error("no vrrp daemon answers at {path}: {source}")]
    NotRunning {
        /// The socket.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The socket is not for us.
    #[error("not allowed to ask the daemon at {path}: try as root")]
    NotAllowed {
        /// The socket.
        path: PathBuf,
    },
    /// The conversation broke off, or took too long.
    #[error("the daemon at {path} does not answer: {source}")]
    Silent {
        /// The socket.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The answer is not understood: another version.
    #[error("the answer of the daemon at {path} is not understood: {source}")]
    NotUnderstood {
        /// The socket.
        path: PathBuf,
        /// The reason.
        source: serde_json::Error,
    },
    /// The daemon refused.
    #[error("the daemon says: {0}")]
    Refused(String),
}

/// The process that listens at `path`, if one does.
#[must_use]
pub fn peer(path: &Path) -> Option<i32> {
    let stream = UnixStream::connect(path).ok()?;
    getsockopt(&stream, PeerCredentials).ok().map(|credentials| credentials.pid())
}

/// Asks the daemon at `path`.
///
/// # Errors
/// When there is no daemon, or no answer of use.
pub fn ask(path: &Path, command: Ask) -> Result<Response, ClientError> {
    let at = || path.to_owned();
    let silent = |source| ClientError::Silent { path: at(), source };
    let mut stream = UnixStream::connect(path).map_err(|source| match source.kind() {
        io::ErrorKind::PermissionDenied => ClientError::NotAllowed { path: at() },
        _ => ClientError::NotRunning { path: at(), source },
    })?;
    let patience = match command {
        Ask::Reload | Ask::Plan => READ_PATIENCE,
        Ask::Status | Ask::TakeOver { .. } => PATIENCE,
    };
    stream.set_read_timeout(Some(patience)).map_err(silent)?;
    stream.set_write_timeout(Some(PATIENCE)).map_err(silent)?;
    let mut request = serde_json::to_vec(&Request { version: PROTOCOL, command })
        .map_err(|error| silent(error.into()))?;
    request.push(b'\n');
    stream.write_all(&request).map_err(silent)?;
    let mut line = String::new();
    BufReader::new(stream.take(ANSWER_BYTES)).read_line(&mut line).map_err(silent)?;
    match serde_json::from_str(&line) {
        Ok(Response::Error(reason)) => Err(ClientError::Refused(reason)),
        Ok(response) => Ok(response),
        Err(source) => Err(ClientError::NotUnderstood { path: at(), source }),
    }
}
