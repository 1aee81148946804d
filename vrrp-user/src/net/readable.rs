//! Waiting for something to read.

use std::{
    io,
    os::fd::{AsRawFd, OwnedFd},
};

use tokio::io::{Interest, unix::AsyncFd};

/// What owns exactly one descriptor: `as_raw_fd` always returns the same one, open until the value
/// is dropped. This module alone says what does.
pub trait OwnsDescriptor: AsRawFd + sealed::Sealed {}

/// Keeps others from promising what [`readable`] relies on.
pub(super) mod sealed {
    /// See [`super::OwnsDescriptor`].
    pub trait Sealed {}
}

impl sealed::Sealed for OwnedFd {}
impl OwnsDescriptor for OwnedFd {}

/// Registers `source` with the current tokio runtime, which then tells when it can be read.
///
/// # Errors
/// Those of `epoll_ctl(2)`.
pub fn readable<T: OwnsDescriptor>(source: T) -> io::Result<AsyncFd<T>> {
    // SAFETY: `source` owns its descriptor, as its trait promises, and `AsyncFd` takes `source`.
    let registered = unsafe { AsyncFd::register_with_interest(source, Interest::READABLE) };
    Ok(registered?)
}
