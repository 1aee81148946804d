//! Receiving VRRP datagrams without help from the eBPF program.

use std::{
    io::{self, IoSliceMut},
    os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd},
    time::Duration,
};

use nix::{
    cmsg_space,
    sys::{
        socket::{ControlMessageOwned, MsgFlags, SockaddrIn, recvmsg, setsockopt, sockopt},
        time::TimeSpec,
    },
};

use super::{
    clock::{monotonic_now, nanos, realtime_now},
    readable::{OwnsDescriptor, sealed::Sealed},
};
use crate::protocol::Monotonic;

/// The protocol number of VRRP.
const VRRP: libc::c_int = 112;
/// What a flood may fill; a thousand routers' adverts fit.
const RECEIVE_BUFFER: usize = 1 << 20;
/// A stamp older than this means that the wall clock was set meanwhile.
const OLDEST: Duration = Duration::from_secs(10);

/// A raw socket that gets a copy of every VRRP datagram the node receives, on every interface that
/// some socket has joined to the group (see [`super::Membership`]).
#[derive(Debug)]
pub struct VrrpSocket {
    socket: OwnedFd,
}

/// How a datagram was received.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Received {
    /// The index of the interface it came in on.
    pub interface: u32,
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
    /// `EPERM` without `CAP_NET_RAW`, else those of `socket(2)` and `setsockopt(2)`.
    pub fn open() -> io::Result<Self> {
        let kind = libc::SOCK_RAW | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
        // SAFETY: takes numbers only.
        let descriptor = unsafe { libc::socket(libc::AF_INET, kind, VRRP) };
        if descriptor < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor has just been opened and nobody else knows of it.
        let socket = unsafe { OwnedFd::from_raw_fd(descriptor) };
        setsockopt(&socket, sockopt::Ipv4PacketInfo, &true)?;
        setsockopt(&socket, sockopt::ReceiveTimestampns, &true)?;
        setsockopt(&socket, sockopt::RcvBuf, &RECEIVE_BUFFER)?;
        Ok(Self { socket })
    }

    /// Takes one datagram into `buffer`. Never waits.
    ///
    /// # Errors
    /// `WouldBlock` when there is none, `InvalidData` when the kernel does not say where it came
    /// in, else those of `recvmsg(2)`.
    pub fn receive(&self, buffer: &mut [u8]) -> io::Result<Received> {
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
            length: message.bytes,
            truncated: message.flags.contains(MsgFlags::MSG_TRUNC),
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

/// The kernel stamps by the wall clock, which may jump: only the stamp's age is taken from it.
fn on_monotonic_clock(stamp: TimeSpec) -> Monotonic {
    let age = realtime_now().saturating_sub(nanos(stamp.tv_sec(), stamp.tv_nsec()));
    monotonic_now() - Duration::from_nanos(age).min(OLDEST)
}
