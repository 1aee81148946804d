//! Socket options that nix has no name for, or that several sockets need.

use std::{
    io,
    os::fd::{AsFd, AsRawFd},
};

use nix::sys::socket::{setsockopt, sockopt};

/// `TC_PRIO_CONTROL`, which takes `CAP_NET_ADMIN`, and `TC_PRIO_INTERACTIVE`, the best without.
const PRIORITIES: [i32; 2] = [7, 6];

/// Has what is sent on `socket` go before other traffic of the node.
///
/// # Errors
/// Those of `setsockopt(2)`.
pub(super) fn put_first(socket: &impl AsFd) -> io::Result<()> {
    let prefer = |priority| setsockopt(socket, sockopt::Priority, &priority);
    prefer(PRIORITIES[0]).or_else(|_| prefer(PRIORITIES[1]))?;
    Ok(())
}

/// Sets option `name` at `level` to `value`, an integer or a C structure of the libc crate.
///
/// # Errors
/// Those of `setsockopt(2)`.
pub(super) fn set<T: Copy>(
    socket: &impl AsFd,
    level: libc::c_int,
    name: libc::c_int,
    value: &T,
) -> io::Result<()> {
    let length = libc::socklen_t::try_from(size_of::<T>())
        .map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    // SAFETY: the kernel only reads, at most `length` bytes, which is what `value` occupies; the
    // descriptor is open for as long as `socket` is borrowed.
    let result = unsafe {
        libc::setsockopt(
            socket.as_fd().as_raw_fd(),
            level,
            name,
            std::ptr::from_ref(value).cast(),
            length,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
