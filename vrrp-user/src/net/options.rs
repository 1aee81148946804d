//! Socket options that nix has no name for.

use std::{
    io,
    os::fd::{AsFd, AsRawFd},
};

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
