//! Descriptors of processes: they can be read once the process has ended.

use std::{
    io,
    os::fd::{FromRawFd, OwnedFd, RawFd},
};

use nix::errno::Errno;

/// Opens the descriptor of a process (`pidfd_open(2)`, Linux 5.3).
///
/// # Errors
/// `ESRCH` if there is no such process.
pub fn open(pid: i32) -> io::Result<OwnedFd> {
    // SAFETY: takes numbers.
    let opened = Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) })?;
    let descriptor = RawFd::try_from(opened).map_err(io::Error::other)?;
    // SAFETY: the kernel has just opened it for us, and nobody else knows of it.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}
