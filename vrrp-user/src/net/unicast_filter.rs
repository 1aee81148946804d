//! Receiving frames for another hardware address than the interface's own.

use std::{io, os::fd::OwnedFd};

use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};

use super::options;

/// Has an interface let through the frames for a hardware address besides its own, by which a NIC
/// that can hold several in its filter does, and any other becomes promiscuous. Whether what comes
/// through is for this node is another's business. Undone on drop.
///
/// The kernel counts: two of the same address are no conflict.
#[derive(Debug)]
pub struct UnicastFilter {
    _socket: OwnedFd,
}

impl UnicastFilter {
    /// Adds `mac` to the filter of the interface with the index `interface`. When that interface
    /// goes away, so does this; a re-created one must be told anew.
    ///
    /// # Errors
    /// `ENODEV` when there is no such interface, `EINVAL` when it is no Ethernet, `EPERM` without
    /// `CAP_NET_RAW`.
    pub fn add(interface: u32, mac: [u8; 6]) -> io::Result<Self> {
        // Without a protocol it receives nothing.
        let socket = socket(AddressFamily::Packet, SockType::Raw, SockFlag::SOCK_CLOEXEC, None)?;
        let mut mr_address = [0; 8];
        for (place, byte) in mr_address.iter_mut().zip(mac) {
            *place = byte;
        }
        #[expect(clippy::cast_possible_truncation, reason = "PACKET_MR_UNICAST is 3")]
        let request = libc::packet_mreq {
            mr_ifindex: libc::c_int::try_from(interface)
                .map_err(|_| io::Error::from_raw_os_error(libc::ENODEV))?,
            mr_type: libc::PACKET_MR_UNICAST as libc::c_ushort,
            mr_alen: 6,
            mr_address,
        };
        options::set(&socket, libc::SOL_PACKET, libc::PACKET_ADD_MEMBERSHIP, &request)?;
        Ok(Self { _socket: socket })
    }
}
