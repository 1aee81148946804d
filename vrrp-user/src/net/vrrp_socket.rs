//! Receiving VRRP datagrams without help from the eBPF program.

use std::{
    collections::BTreeSet,
    io::{self, IoSliceMut},
    net::Ipv6Addr,
    os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd},
    time::Duration,
};

use nix::{
    cmsg_space,
    sys::{
        socket::{
            ControlMessageOwned, MsgFlags, SockaddrIn, SockaddrIn6, recvmsg, setsockopt, sockopt,
        },
        time::TimeSpec,
    },
};
use socket2::SockRef;

use super::{
    clock::{monotonic_now, nanos, realtime_now},
    readable::{OwnsDescriptor, sealed::Sealed},
    vrid_filter,
};
use crate::protocol::{Family, Monotonic, Vrid};

/// The protocol number of VRRP.
const VRRP: u8 = 112;
/// What a flood may fill; a thousand routers' adverts fit.
const RECEIVE_BUFFER: usize = 1 << 20;
/// A stamp older than this means that the wall clock was set meanwhile.
const OLDEST: Duration = Duration::from_secs(10);
/// The length of an IPv6 header.
const IPV6_HEADER: usize = 40;

/// A raw socket that gets a copy of every VRRP datagram of one family that the node receives, on
/// every interface that some socket has joined to the group (see [`super::Membership`]). The kernel
/// does not look at the checksum of VRRP.
#[derive(Debug)]
pub struct VrrpSocket {
    socket: OwnedFd,
    family: Family,
}

/// How a datagram was received.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Received {
    /// The index of the interface it came in on.
    pub interface: u32,
    /// Whose header it has.
    pub family: Family,
    /// How many bytes of it are in the buffer, beginning with the IP header.
    pub length: usize,
    /// Whether the buffer was too small for it.
    pub truncated: bool,
    /// When the kernel got it from the interface, up to ten seconds ago. The kernel starts to stamp
    /// some milliseconds after the first socket asks for it; before that, this is the time of
    /// reading.
    pub at: Monotonic,
}

impl VrrpSocket {
    /// Opens the socket in the network namespace of the calling thread.
    ///
    /// # Errors
    /// `EPERM` without `CAP_NET_RAW`, `EAFNOSUPPORT` when the kernel has no IPv6, else those of
    /// `socket(2)` and `setsockopt(2)`.
    pub fn open(family: Family) -> io::Result<Self> {
        let domain = match family {
            Family::Ipv4 => libc::AF_INET,
            Family::Ipv6 => libc::AF_INET6,
        };
        let kind = libc::SOCK_RAW | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
        // SAFETY: takes numbers only.
        let descriptor = unsafe { libc::socket(domain, kind, libc::c_int::from(VRRP)) };
        if descriptor < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor has just been opened and nobody else knows of it.
        let socket = unsafe { OwnedFd::from_raw_fd(descriptor) };
        match family {
            Family::Ipv4 => setsockopt(&socket, sockopt::Ipv4PacketInfo, &true)?,
            Family::Ipv6 => {
                setsockopt(&socket, sockopt::Ipv6RecvPacketInfo, &true)?;
                setsockopt(&socket, sockopt::Ipv6RecvHopLimit, &true)?;
            }
        }
        setsockopt(&socket, sockopt::ReceiveTimestampns, &true)?;
        setsockopt(&socket, sockopt::RcvBuf, &RECEIVE_BUFFER)?;
        Ok(Self { socket, family })
    }

    /// Has the kernel discard what is not for one of `vrids`, from now on: nobody is woken for it.
    ///
    /// # Errors
    /// `ENOMEM` when the filter does not fit, else those of `setsockopt(2)`. The socket goes on as
    /// before.
    pub fn keep_only(&self, vrids: &BTreeSet<Vrid>) -> io::Result<()> {
        SockRef::from(&self.socket).attach_filter(&vrid_filter::program(self.family, vrids))
    }

    /// Takes [`Self::keep_only`] back.
    pub fn keep_all(&self) {
        // There may be no filter, and nothing else can fail.
        let _ = SockRef::from(&self.socket).detach_filter();
    }

    /// Takes one datagram into `buffer`. Never waits.
    ///
    /// The kernel keeps an IPv6 header to itself. One is written in its place, of what the kernel
    /// tells of it: traffic class and flow label are zero, and extension headers are left out.
    ///
    /// # Errors
    /// `WouldBlock` when there is none, `InvalidData` when the kernel does not say where it came
    /// in, `InvalidInput` when not even a header fits, else those of `recvmsg(2)`.
    pub fn receive(&self, buffer: &mut [u8]) -> io::Result<Received> {
        match self.family {
            Family::Ipv4 => self.receive_ipv4(buffer),
            Family::Ipv6 => self.receive_ipv6(buffer),
        }
    }

    fn receive_ipv4(&self, buffer: &mut [u8]) -> io::Result<Received> {
        let mut control = cmsg_space!(libc::in_pktinfo, libc::timespec);
        let mut parts = [IoSliceMut::new(buffer)];
        let message = recvmsg::<SockaddrIn>(
            self.socket.as_raw_fd(),
            &mut parts,
            Some(&mut control),
            MsgFlags::empty(),
        )?;
        let (mut interface, mut stamp) = (None, None);
        for control in message.cmsgs()? {
            match control {
                ControlMessageOwned::Ipv4PacketInfo(info) => {
                    interface = u32::try_from(info.ipi_ifindex).ok();
                }
                ControlMessageOwned::ScmTimestampns(time) => stamp = Some(time),
                _ => {}
            }
        }
        Ok(Received {
            interface: interface.ok_or(io::ErrorKind::InvalidData)?,
            family: Family::Ipv4,
            length: message.bytes,
            truncated: message.flags.contains(MsgFlags::MSG_TRUNC),
            at: stamp.map_or_else(monotonic_now, on_monotonic_clock),
        })
    }

    fn receive_ipv6(&self, buffer: &mut [u8]) -> io::Result<Received> {
        let (header, payload) = buffer
            .split_first_chunk_mut::<IPV6_HEADER>()
            .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        let room = payload.len();
        let mut control = cmsg_space!(libc::in6_pktinfo, libc::c_int, libc::timespec);
        let mut parts = [IoSliceMut::new(payload)];
        let message = recvmsg::<SockaddrIn6>(
            self.socket.as_raw_fd(),
            &mut parts,
            Some(&mut control),
            // Has the length told that it had on the wire, be it longer than the buffer.
            MsgFlags::MSG_TRUNC,
        )?;
        let (mut arrival, mut hop_limit, mut stamp) = (None, None, None);
        for control in message.cmsgs()? {
            match control {
                ControlMessageOwned::Ipv6PacketInfo(info) => arrival = Some(info),
                ControlMessageOwned::Ipv6HopLimit(limit) => hop_limit = u8::try_from(limit).ok(),
                ControlMessageOwned::ScmTimestampns(time) => stamp = Some(time),
                _ => {}
            }
        }
        let arrival = arrival.ok_or(io::ErrorKind::InvalidData)?;
        let source = message.address.ok_or(io::ErrorKind::InvalidData)?.ip();
        let hop_limit = hop_limit.ok_or(io::ErrorKind::InvalidData)?;
        let destination = Ipv6Addr::from(arrival.ipi6_addr.s6_addr);
        *header = ipv6_header(message.bytes, hop_limit, source, destination);
        Ok(Received {
            interface: arrival.ipi6_ifindex,
            family: Family::Ipv6,
            length: IPV6_HEADER + message.bytes.min(room),
            truncated: message.bytes > room,
            at: stamp.map_or_else(monotonic_now, on_monotonic_clock),
        })
    }
}

impl Sealed for VrrpSocket {}
impl OwnsDescriptor for VrrpSocket {}

impl AsFd for VrrpSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl AsRawFd for VrrpSocket {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

/// The IPv6 header of a VRRP datagram with a payload of `length` bytes (RFC 8200 §3).
fn ipv6_header(
    length: usize,
    hop_limit: u8,
    source: Ipv6Addr,
    destination: Ipv6Addr,
) -> [u8; IPV6_HEADER] {
    /// Version 6, no traffic class, no flow label.
    const FIRST_WORD: [u8; 4] = [0x60, 0, 0, 0];

    let [high, low] = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
    let mut header = [0; IPV6_HEADER];
    let fields = FIRST_WORD
        .into_iter()
        .chain([high, low, VRRP, hop_limit])
        .chain(source.octets())
        .chain(destination.octets());
    for (place, byte) in header.iter_mut().zip(fields) {
        *place = byte;
    }
    header
}

/// The kernel stamps by the wall clock, which may jump: only the stamp's age is taken from it.
fn on_monotonic_clock(stamp: TimeSpec) -> Monotonic {
    let age = realtime_now().saturating_sub(nanos(stamp.tv_sec(), stamp.tv_nsec()));
    monotonic_now() - Duration::from_nanos(age).min(OLDEST)
}
