//! Sending ready-made Ethernet frames.

use std::{
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd},
};

use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};

use super::options;

/// Where a frame's type stands.
const ETHERTYPE: std::ops::Range<usize> = 12..14;

/// A socket that sends frames on one interface as they are, past routing and netfilter, and
/// receives nothing.
#[derive(Debug)]
pub struct PacketSocket {
    socket: OwnedFd,
    interface: libc::c_int,
}

impl PacketSocket {
    /// Opens a socket for the interface with the index `interface`.
    ///
    /// # Errors
    /// `ENODEV` when there is no such interface, `EPERM` without `CAP_NET_RAW`.
    pub fn open(interface: u32) -> io::Result<Self> {
        let interface = libc::c_int::try_from(interface)
            .map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        // Protocol 0 is what makes it receive nothing.
        let socket = socket(AddressFamily::Packet, SockType::Raw, flags, None)?;
        options::put_first(&socket)?;
        let address = link_address(interface, 0);
        // SAFETY: the kernel reads the given number of bytes of `address`, which is as long.
        let bound = unsafe {
            libc::bind(socket.as_raw_fd(), std::ptr::from_ref(&address).cast(), ADDRESS_LENGTH)
        };
        if bound != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(Self { socket, interface })
    }

    /// Sends `frame`, which begins with its Ethernet header. Never waits.
    ///
    /// # Errors
    /// `WouldBlock` when the send buffer and `ENOBUFS` when the interface's queue is full, `ENETDOWN` when the interface is down, `ENXIO`
    /// or `ENODEV` when it is gone, `EMSGSIZE` when the frame is too long for it.
    pub fn send(&self, frame: &[u8]) -> io::Result<()> {
        let address = self.destination(frame)?;
        // SAFETY: the kernel reads `frame.len()` bytes of the frame and the given number of bytes
        // of `address`, which is as long; it keeps neither.
        let sent = unsafe {
            libc::sendto(
                self.socket.as_raw_fd(),
                frame.as_ptr().cast(),
                frame.len(),
                0,
                std::ptr::from_ref(&address).cast(),
                ADDRESS_LENGTH,
            )
        };
        if sent < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    /// Sends several frames in order with as few system calls as it takes, and tells of each what
    /// [`PacketSocket::send`] would. One that cannot be sent keeps none behind it. Never waits.
    #[must_use]
    pub fn send_all(&self, frames: &[&[u8]]) -> Vec<io::Result<()>> {
        let mut outcomes = Vec::with_capacity(frames.len());
        while let Some(rest @ [first, ..]) = frames.get(outcomes.len()..) {
            match self.send_first(rest) {
                Ok(count) if count > 0 => outcomes.extend((0..count).map(|_| Ok(()))),
                // The error is that of the first one: the kernel keeps those of others to itself.
                Ok(_) => outcomes.push(self.send(first)),
                Err(error) => outcomes.push(Err(error)),
            }
        }
        outcomes
    }

    /// Sends as many as the kernel takes at once; returns how many that were.
    fn send_first(&self, frames: &[&[u8]]) -> io::Result<usize> {
        let mut parts: Vec<(libc::iovec, libc::sockaddr_ll)> = Vec::with_capacity(frames.len());
        for frame in frames {
            let part =
                libc::iovec { iov_base: frame.as_ptr().cast_mut().cast(), iov_len: frame.len() };
            match self.destination(frame) {
                Ok(address) => parts.push((part, address)),
                Err(error) if parts.is_empty() => return Err(error),
                Err(_) => break,
            }
        }
        let mut messages: Vec<libc::mmsghdr> = parts.iter_mut().map(message).collect();
        let count = libc::c_uint::try_from(messages.len()).unwrap_or(libc::c_uint::MAX);
        // SAFETY: there are at least `count` messages. Each points to one address and one part in
        // `parts`, which points to a frame; all of them outlive the call, which writes to the
        // messages alone.
        let sent =
            unsafe { libc::sendmmsg(self.socket.as_raw_fd(), messages.as_mut_ptr(), count, 0) };
        usize::try_from(sent).map_err(|_| io::Error::last_os_error())
    }

    /// Without the type, qdiscs and tc filters of older kernels see a frame of no protocol.
    fn destination(&self, frame: &[u8]) -> io::Result<libc::sockaddr_ll> {
        let ethertype = frame.get(ETHERTYPE).and_then(|field| field.first_chunk().copied());
        let ethertype = ethertype.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(link_address(self.interface, u16::from_ne_bytes(ethertype)))
    }
}

/// A message of one part to one address.
fn message((part, address): &mut (libc::iovec, libc::sockaddr_ll)) -> libc::mmsghdr {
    // SAFETY: all zeros is a message without address, parts and control data.
    let mut message: libc::mmsghdr = unsafe { std::mem::zeroed() };
    message.msg_hdr.msg_name = std::ptr::from_mut(address).cast();
    message.msg_hdr.msg_namelen = ADDRESS_LENGTH;
    message.msg_hdr.msg_iov = std::ptr::from_mut(part);
    message.msg_hdr.msg_iovlen = 1;
    message
}

impl AsFd for PacketSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl AsRawFd for PacketSocket {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "20 bytes")]
const ADDRESS_LENGTH: libc::socklen_t = size_of::<libc::sockaddr_ll>() as libc::socklen_t;

/// The address of an interface; `protocol` in network byte order.
fn link_address(interface: libc::c_int, protocol: u16) -> libc::sockaddr_ll {
    #[expect(clippy::cast_possible_truncation, reason = "AF_PACKET is 17")]
    libc::sockaddr_ll {
        sll_family: libc::AF_PACKET as libc::c_ushort,
        sll_protocol: protocol,
        sll_ifindex: interface,
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 0,
        sll_addr: [0; 8],
    }
}
