//! The kernel's notifications.

use std::io;

use futures::{FutureExt, StreamExt};
use nix::sys::socket::{setsockopt, sockopt};
use rtnetlink::{
    MulticastGroup,
    packet_core::NetlinkPayload,
    proto::{NetlinkCodec, NetlinkFramed},
    sys::{AsyncSocket, SocketAddr, TokioSocket, protocols::NETLINK_ROUTE},
};
use tokio::task::coop::unconstrained;

use super::{error::StopError, message::Message, notification::Notification};

/// What is listened to. A kernel without IPv6 has the groups, but nothing to tell in them.
const GROUPS: [MulticastGroup; 4] = [
    MulticastGroup::Link,
    MulticastGroup::Ipv4Ifaddr,
    MulticastGroup::Ipv6Ifaddr,
    MulticastGroup::Ipv6Netconf,
];
/// Room for some thousands of notifications while the thread waits for the RTNL lock.
const RECEIVE_BUFFER: usize = 1 << 20;
/// More messages than any receive buffer holds.
const BACKLOG: usize = 1 << 16;

/// Reads notifications, straight from their socket: `rtnetlink::new_multicast_connection` would
/// queue without bound what we have not asked for yet.
pub(super) struct Monitor {
    socket: NetlinkFramed<Message, TokioSocket, NetlinkCodec>,
}

/// What has been read.
#[derive(Debug)]
pub(super) enum Heard {
    /// Something has changed.
    Change(Notification),
    /// Something that does not matter here.
    Other,
    /// The kernel had to drop notifications: what is known may be wrong.
    Overrun,
}

impl Monitor {
    /// Opens the socket in the network namespace of the calling thread, for the tokio runtime it
    /// has entered; from here on nothing is missed.
    pub(super) fn open() -> io::Result<Self> {
        Self::with_buffer(RECEIVE_BUFFER)
    }

    /// The same with another receive buffer, in bytes.
    pub(super) fn with_buffer(bytes: usize) -> io::Result<Self> {
        let mut socket = TokioSocket::new(NETLINK_ROUTE)?;
        // Beyond the system's limit if permitted, else up to it.
        setsockopt(socket.socket_ref(), sockopt::RcvBufForce, &bytes)
            .or_else(|_| setsockopt(socket.socket_ref(), sockopt::RcvBuf, &bytes))?;
        let groups = GROUPS.iter().fold(0, |mask, &group| mask | 1 << (group as u32 - 1));
        socket.socket_mut().bind(&SocketAddr::new(0, groups))?;
        Ok(Self { socket: NetlinkFramed::new(socket) })
    }

    /// Listens to what is told of routes and rules too, which on a router is a lot.
    pub(super) fn listen_to_routing(&mut self) -> io::Result<()> {
        const GROUPS: [MulticastGroup; 4] = [
            MulticastGroup::Ipv4Route,
            MulticastGroup::Ipv4Rule,
            MulticastGroup::Ipv6Route,
            MulticastGroup::Ipv6Rule,
        ];
        let socket = self.socket.get_mut().socket_mut();
        GROUPS.iter().try_for_each(|&group| socket.add_membership(group as u32))
    }

    /// Waits for the next message. Cancel-safe.
    pub(super) async fn next(&mut self) -> Result<Heard, StopError> {
        let (message, sender) = self.socket.next().await.ok_or(StopError::Receive)?;
        Ok(match message.payload {
            // Only the kernel is believed.
            _ if sender.port_number() != 0 => Heard::Other,
            NetlinkPayload::Overrun(_) => Heard::Overrun,
            NetlinkPayload::InnerMessage(Message::Notification(found)) => Heard::Change(found),
            _ => Heard::Other,
        })
    }

    /// The next message, if one is waiting.
    pub(super) fn try_next(&mut self) -> Option<Result<Heard, StopError>> {
        // Unconstrained, because tokio else says "nothing there" to a task that has read a lot.
        unconstrained(self.next()).now_or_never()
    }

    /// Throws away what is waiting, because the kernel queues nothing new after an overrun until
    /// the old has been read, and the old alone would bring back interfaces that are gone.
    pub(super) fn discard(&mut self) -> Result<(), StopError> {
        // Bounded: others may keep the queue filled, and then the next overrun comes here again.
        for _ in 0..BACKLOG {
            match self.try_next() {
                None => break,
                Some(heard) => drop(heard?),
            }
        }
        Ok(())
    }
}
