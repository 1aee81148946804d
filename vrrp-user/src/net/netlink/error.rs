//! What can go wrong, one type per operation.

use std::io;

use nix::errno::Errno;

/// Why the netlink thread could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A netlink socket could not be opened.
    #[error("cannot open a netlink socket: {0}")]
    Socket(Errno),
    /// The runtime of the thread could not be built.
    #[error("cannot prepare the netlink thread: {0}")]
    Runtime(io::Error),
    /// The operating system gave no thread.
    #[error("cannot start the netlink thread: {0}")]
    Thread(io::Error),
}

/// Why the netlink thread gave up.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum StopError {
    /// Notifications can no longer be read; the netlink library has logged why.
    #[error("cannot read the kernel's notifications")]
    Receive,
    /// The kernel would not list its interfaces and addresses.
    #[error("cannot list the interfaces: {0}")]
    List(RequestError),
}

/// Why the kernel did not carry out a netlink request.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RequestError {
    /// The kernel looked at the request and said no.
    #[error("{errno}{}", explained(reason.as_deref()))]
    Refused {
        /// The error number of its answer.
        errno: Errno,
        /// Its explanation, when it gave one.
        reason: Option<String>,
    },
    /// The request could not be sent, or its answer not be read.
    #[error("netlink socket: {0}")]
    Socket(Errno),
    /// The kernel did not answer, or only in part.
    #[error("no answer from the kernel")]
    NoAnswer,
}

/// Why an address could not be put on an interface, or not be taken off it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AddressError {
    /// The process may not change addresses.
    #[error("not permitted to change addresses (CAP_NET_ADMIN is missing)")]
    NotPermitted,
    /// The interface has gone away meanwhile.
    #[error("the interface is gone")]
    NoDevice,
    /// The interface takes no IPv6 addresses.
    #[error("IPv6 is switched off on the interface (disable_ipv6)")]
    Ipv6Disabled,
    /// The kernel takes no IPv6 addresses.
    #[error("the kernel has no IPv6")]
    NoIpv6,
    /// Anything else the kernel or the socket said.
    #[error(transparent)]
    Request(RequestError),
}

/// Why a route or rule could not be put into the kernel, or not be taken out.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RoutingError {
    /// The process may not change routes.
    #[error("not permitted to change routes (CAP_NET_ADMIN is missing)")]
    NotPermitted,
    /// An interface that it names does not exist.
    #[error("an interface that it names is gone")]
    NoDevice,
    /// Anything else the kernel or the socket said.
    #[error(transparent)]
    Request(RequestError),
}

impl From<RequestError> for RoutingError {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Refused { errno: Errno::EPERM | Errno::EACCES, .. } => Self::NotPermitted,
            other => Self::Request(other),
        }
    }
}

impl RequestError {
    /// The kernel's answer is `code`, an error number or the negative of one.
    pub(super) fn refused(code: i32, reason: Option<String>) -> Self {
        Self::Refused { errno: Errno::from_raw(code.saturating_abs()), reason }
    }
}

impl From<RequestError> for AddressError {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Refused { errno: Errno::EPERM | Errno::EACCES, .. } => Self::NotPermitted,
            RequestError::Refused { errno: Errno::ENODEV | Errno::ENXIO, .. } => Self::NoDevice,
            other => Self::Request(other),
        }
    }
}

/// The error number in what the operating system said.
pub(super) fn errno(error: &io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::UnknownErrno, Errno::from_raw)
}

fn explained(reason: Option<&str>) -> String {
    reason.map(|reason| format!(" ({reason})")).unwrap_or_default()
}
