//! Sending ready-made IP datagrams to one peer.

use std::{
    io,
    net::{IpAddr, SocketAddrV4, SocketAddrV6},
    os::fd::{AsRawFd, OwnedFd},
};

use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrIn, SockaddrIn6, sendto,
    socket,
};

use super::options;
use crate::protocol::Family;

/// A socket that sends datagrams with their IP header out of one interface. The kernel finds the
/// way there, a gateway if need be, and the hardware address. Nothing is received on it.
#[derive(Debug)]
pub struct UnicastSocket {
    socket: OwnedFd,
    interface: u32,
    family: Family,
}

impl UnicastSocket {
    /// Opens a socket for datagrams of `family` that leave by the interface with the index
    /// `interface`, in the network namespace of the calling thread.
    ///
    /// # Errors
    /// `EPERM` without `CAP_NET_RAW`, `EAFNOSUPPORT` when the kernel has no IPv6, `ENODEV` for an
    /// index that no interface can have. That there is none now is told by [`UnicastSocket::send`].
    pub fn open(family: Family, interface: u32) -> io::Result<Self> {
        // The kernel would take 0 for "any".
        let index = libc::c_int::try_from(interface)
            .ok()
            .filter(|&index| index != 0)
            .ok_or_else(|| io::Error::from_raw_os_error(libc::ENODEV))?;
        let domain = match family {
            Family::Ipv4 => AddressFamily::Inet,
            Family::Ipv6 => AddressFamily::Inet6,
        };
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        // This protocol number is what has the header taken from the datagram, and what makes it
        // receive nothing.
        let socket = socket(domain, SockType::Raw, flags, SockProtocol::Raw)?;
        options::put_first(&socket)?;
        options::set(&socket, libc::SOL_SOCKET, libc::SO_BINDTOIFINDEX, &index)?;
        Ok(Self { socket, interface, family })
    }

    /// Sends `datagram`, which begins with its IP header, on its way to `peer`. Never waits.
    ///
    /// The kernel fills in the total length and the checksum of an IPv4 header, and its
    /// identification where that is 0; it leaves an IPv6 header as it is.
    ///
    /// # Errors
    /// `InvalidInput` when `peer` is of the other family, `WouldBlock` when the send buffer is
    /// full, `ENETUNREACH` or `EHOSTUNREACH` when there is no way, `EMSGSIZE` when the datagram is
    /// too long for the interface, `ENODEV` or `EADDRNOTAVAIL` when that is gone.
    pub fn send(&self, datagram: &[u8], peer: IpAddr) -> io::Result<()> {
        let descriptor = self.socket.as_raw_fd();
        let sent = match (self.family, peer) {
            (Family::Ipv4, IpAddr::V4(peer)) => {
                let to = SockaddrIn::from(SocketAddrV4::new(peer, 0));
                sendto(descriptor, datagram, &to, MsgFlags::empty())
            }
            (Family::Ipv6, IpAddr::V6(peer)) => {
                // Of use to a link-local address, which says nothing about the interface.
                let to = SockaddrIn6::from(SocketAddrV6::new(peer, 0, 0, self.interface));
                sendto(descriptor, datagram, &to, MsgFlags::empty())
            }
            _ => return Err(io::ErrorKind::InvalidInput.into()),
        };
        sent?;
        Ok(())
    }
}
