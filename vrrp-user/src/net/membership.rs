//! Membership in a multicast group.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    os::fd::OwnedFd,
};

use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};

use super::options;

/// Keeps an interface in a multicast group, so that its NIC and the switches let the group's frames
/// through: to those that snoop, the kernel reports it by IGMP or MLD. Left on drop.
///
/// It has a socket of its own, because the kernel allows 20 memberships on one. Nothing can be
/// received on it.
#[derive(Debug)]
pub struct Membership {
    _socket: OwnedFd,
}

impl Membership {
    /// Joins `group` on the interface with the index `interface`. When that interface goes away,
    /// so does the membership; a re-created one must be joined anew.
    ///
    /// # Errors
    /// `ENODEV` when there is no such interface or it has no IPv6, `EINVAL` when `group` is no
    /// multicast address, `EAFNOSUPPORT` when the kernel has no IPv6, and those of `socket(2)`.
    pub fn join(interface: u32, group: IpAddr) -> io::Result<Self> {
        match group {
            IpAddr::V4(group) => Self::join_ipv4(interface, group),
            IpAddr::V6(group) => Self::join_ipv6(interface, group),
        }
    }

    fn join_ipv4(interface: u32, group: Ipv4Addr) -> io::Result<Self> {
        let socket = member(AddressFamily::Inet)?;
        let request = libc::ip_mreqn {
            imr_multiaddr: libc::in_addr { s_addr: u32::from_ne_bytes(group.octets()) },
            imr_address: libc::in_addr { s_addr: 0 },
            imr_ifindex: libc::c_int::try_from(interface)
                .map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?,
        };
        options::set(&socket, libc::IPPROTO_IP, libc::IP_ADD_MEMBERSHIP, &request)?;
        Ok(Self { _socket: socket })
    }

    fn join_ipv6(interface: u32, group: Ipv6Addr) -> io::Result<Self> {
        // The kernel would look for an interface by itself.
        if interface == 0 {
            return Err(io::Error::from_raw_os_error(libc::ENODEV));
        }
        let socket = member(AddressFamily::Inet6)?;
        let request = libc::ipv6_mreq {
            ipv6mr_multiaddr: libc::in6_addr { s6_addr: group.octets() },
            ipv6mr_interface: interface,
        };
        options::set(&socket, libc::IPPROTO_IPV6, libc::IPV6_ADD_MEMBERSHIP, &request)?;
        Ok(Self { _socket: socket })
    }
}

/// An unbound datagram socket, which is never a receiver.
fn member(family: AddressFamily) -> io::Result<OwnedFd> {
    Ok(socket(family, SockType::Datagram, SockFlag::SOCK_CLOEXEC, None)?)
}
