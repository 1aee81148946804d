//! `AF_PACKET` sockets inside a namespace.

use std::{
    io::IoSliceMut,
    os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use nix::{
    cmsg_space,
    errno::Errno,
    net::if_::if_nametoindex,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        socket::{ControlMessageOwned, LinkAddr, MsgFlags, SockFlag, recvmsg, setsockopt, sockopt},
        time::TimeSpec,
    },
};

use crate::{Moment, Namespace};

pub(crate) const ETH_P_ALL: u16 = 0x0003;
pub(crate) const ETH_P_ARP: u16 = 0x0806;
pub(crate) const ETH_P_IPV6: u16 = 0x86dd;

/// Frames are kept up to this length: enough for what an Ethernet MTU lets through.
const LONGEST: usize = 2048;
const RECEIVE_BUFFER: usize = 16 << 20;
/// From `linux/if_packet.h`.
const PACKET_IGNORE_OUTGOING: libc::c_int = 23;

/// A raw packet socket.
#[derive(Debug)]
pub(crate) struct PacketSocket(OwnedFd);

/// A frame as the kernel handed it over.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) at: Moment,
    pub(crate) interface: usize,
    pub(crate) packet_type: u8,
    pub(crate) bytes: Vec<u8>,
}

impl Received {
    /// Whether this is a frame on its way out, which packet sockets see too.
    pub(crate) fn is_outgoing(&self) -> bool {
        self.packet_type == libc::PACKET_OUTGOING
    }
}

impl PacketSocket {
    /// Opens a socket in a namespace, for one interface of it or for all.
    pub(crate) fn open(
        namespace: &Namespace,
        protocol: u16,
        interface: Option<&str>,
    ) -> Result<Self> {
        namespace.run(|| {
            let index = match interface {
                Some(name) => if_nametoindex(name).with_context(|| name.to_owned())?,
                None => 0,
            };
            Self::open_here(protocol, index)
        })
    }

    /// Opens a socket in the namespace of the calling thread; index 0 is all interfaces.
    pub(crate) fn open_here(protocol: u16, index: u32) -> Result<Self> {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        // Protocol 0 receives nothing: what arrives before the bind must not get in.
        // SAFETY: the call takes no pointers.
        let raw = unsafe { libc::socket(libc::AF_PACKET, libc::SOCK_RAW | flags.bits(), 0) };
        let raw = Errno::result(raw).context("opening a packet socket")?;
        // SAFETY: `raw` is a new descriptor that nobody else has.
        let socket = unsafe { OwnedFd::from_raw_fd(raw) };
        setsockopt(&socket, sockopt::ReceiveTimestampns, &true).context("SO_TIMESTAMPNS")?;
        setsockopt(&socket, sockopt::RcvBufForce, &RECEIVE_BUFFER).context("SO_RCVBUFFORCE")?;

        let address = libc::sockaddr_ll {
            sll_family: u16::try_from(libc::AF_PACKET)?,
            sll_protocol: protocol.to_be(),
            sll_ifindex: i32::try_from(index)?,
            sll_hatype: 0,
            sll_pkttype: 0,
            sll_halen: 0,
            sll_addr: [0; 8],
        };
        let length = libc::socklen_t::try_from(size_of_val(&address))?;
        // SAFETY: the pointer and length describe `address`, which outlives the call.
        let bound = unsafe { libc::bind(raw, (&raw const address).cast(), length) };
        Errno::result(bound).context("binding a packet socket")?;
        Ok(Self(socket))
    }

    /// From now on frames on their way out are not seen.
    pub(crate) fn ignore_outgoing(&self) -> Result<()> {
        let yes: libc::c_int = 1;
        let length = libc::socklen_t::try_from(size_of_val(&yes))?;
        // SAFETY: the pointer and length describe `yes`, which outlives the call.
        let set = unsafe {
            libc::setsockopt(
                self.0.as_raw_fd(),
                libc::SOL_PACKET,
                PACKET_IGNORE_OUTGOING,
                (&raw const yes).cast(),
                length,
            )
        };
        Errno::result(set).map(drop).context("PACKET_IGNORE_OUTGOING")
    }

    /// Sends a frame on the interface it was opened for.
    pub(crate) fn send(&self, frame: &[u8]) -> Result<()> {
        let sent = nix::sys::socket::send(self.0.as_raw_fd(), frame, MsgFlags::empty())
            .context("sending a frame")?;
        ensure!(sent == frame.len(), "{sent} bytes sent of {}", frame.len());
        Ok(())
    }

    /// Waits for a frame; `None` when none came in time.
    pub(crate) fn receive(&self, timeout: Duration) -> Result<Option<Received>> {
        // Rounded up, or the last millisecond would be spent spinning.
        let millis = u16::try_from(timeout.as_millis() + 1).unwrap_or(u16::MAX);
        let mut ready = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
        match poll(&mut ready, PollTimeout::from(millis)) {
            Ok(0) | Err(Errno::EINTR) => return Ok(None),
            Ok(_) => {}
            Err(error) => return Err(error).context("waiting for a frame"),
        }
        let mut bytes = vec![0; LONGEST];
        let mut control = cmsg_space!(TimeSpec);
        let mut parts = [IoSliceMut::new(&mut bytes)];
        let message = match recvmsg::<LinkAddr>(
            self.0.as_raw_fd(),
            &mut parts,
            Some(&mut control),
            MsgFlags::empty(),
        ) {
            Ok(message) => message,
            // An interface of the namespace going down is reported here as well.
            Err(Errno::EAGAIN | Errno::EINTR | Errno::ENETDOWN) => return Ok(None),
            Err(error) => return Err(error).context("receiving a frame"),
        };
        let stamp = message.cmsgs().ok().and_then(|mut all| {
            all.find_map(|one| match one {
                ControlMessageOwned::ScmTimestampns(stamp) => Some(Duration::from(stamp)),
                _ => None,
            })
        });
        let at = match stamp {
            Some(stamp) => Moment::from_realtime(u64::try_from(stamp.as_nanos())?),
            None => Moment::now(),
        };
        let from = message.address.context("a frame from nowhere")?;
        let length = message.bytes;
        let (interface, packet_type) = (from.ifindex(), from.pkttype());
        bytes.truncate(length);
        // Thousands of them are kept.
        bytes.shrink_to_fit();
        Ok(Some(Received { at, interface, packet_type, bytes }))
    }
}

impl AsFd for PacketSocket {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.0.as_fd()
    }
}
