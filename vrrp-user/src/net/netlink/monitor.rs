//! The kernel's notifications.

use std::{
    io,
    os::fd::{AsRawFd, OwnedFd},
};

use nix::{
    errno::Errno,
    sys::socket::{NetlinkAddr, SockFlag, recvfrom, setsockopt, sockopt},
};
use tokio::io::{Interest, unix::AsyncFd};

use super::{notification::Notification, requests::open_route_socket, wire};
use crate::net::readable::readable;

/// `RTMGRP_LINK` and `RTMGRP_IPV4_IFADDR`; IPv6 addresses would be 0x100.
const GROUPS: u32 = 0x1 | 0x10;
/// Room for some thousands of notifications while the thread waits for the RTNL lock.
const RECEIVE_BUFFER: usize = 1 << 20;
/// Larger than any notification.
const DATAGRAM: usize = 64 * 1024;

/// The socket before it belongs to a runtime.
#[derive(Debug)]
pub(super) struct MonitorSocket(OwnedFd);

impl MonitorSocket {
    /// Opens the socket in the network namespace of the calling thread; from here on nothing is
    /// missed.
    pub(super) fn open() -> Result<Self, Errno> {
        Self::with_buffer(RECEIVE_BUFFER)
    }

    /// The same with another receive buffer, in bytes.
    pub(super) fn with_buffer(bytes: usize) -> Result<Self, Errno> {
        let socket = open_route_socket(SockFlag::SOCK_NONBLOCK, GROUPS)?;
        // Beyond the system's limit if permitted, else up to it.
        setsockopt(&socket, sockopt::RcvBufForce, &bytes)
            .or_else(|_| setsockopt(&socket, sockopt::RcvBuf, &bytes))?;
        Ok(Self(socket))
    }

    /// Registers the socket with the current runtime.
    pub(super) fn register(self) -> io::Result<Monitor> {
        let socket = readable(self.0)?;
        Ok(Monitor { socket, buffer: vec![0; DATAGRAM].into_boxed_slice() })
    }
}

/// Reads notifications.
#[derive(Debug)]
pub(super) struct Monitor {
    socket: AsyncFd<OwnedFd>,
    buffer: Box<[u8]>,
}

/// How far reading got.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Batch {
    /// Nothing more to read for now.
    Drained,
    /// The limit was reached; there may be more.
    Limit,
    /// The kernel had to drop notifications: what is known may be wrong.
    Overrun,
}

impl Monitor {
    /// Waits for something to read. Cancel-safe.
    pub(super) async fn ready(&self) -> io::Result<()> {
        self.socket.readable().await.map(drop)
    }

    /// Reads up to `limit` datagrams without waiting.
    pub(super) fn read(
        &mut self,
        limit: usize,
        mut each: impl FnMut(Notification),
    ) -> Result<Batch, Errno> {
        for _ in 0..limit {
            let received = self.socket.try_io(Interest::READABLE, |socket| {
                Ok(recvfrom::<NetlinkAddr>(socket.as_raw_fd(), &mut self.buffer)?)
            });
            let (length, sender) = match received {
                Ok(received) => received,
                Err(error) => match Errno::from_raw(error.raw_os_error().unwrap_or_default()) {
                    Errno::EINTR => continue,
                    Errno::ENOBUFS => return Ok(Batch::Overrun),
                    _ if error.kind() == io::ErrorKind::WouldBlock => return Ok(Batch::Drained),
                    errno => return Err(errno),
                },
            };
            if sender.is_none_or(|sender| sender.pid() != 0) {
                continue;
            }
            wire::messages(self.buffer.get(..length).unwrap_or_default())
                .filter_map(|message| Notification::parse(&message))
                .for_each(&mut each);
        }
        Ok(Batch::Limit)
    }

    /// Throws away what is waiting, because the kernel queues nothing new after an overrun until
    /// the old has been read, and the old alone would bring back interfaces that are gone.
    pub(super) fn discard(&mut self) -> Result<(), Errno> {
        // Bounded: others may keep the queue filled, and then the next overrun comes here again.
        for _ in 0..64 {
            if self.read(1024, |_| {})? == Batch::Drained {
                break;
            }
        }
        Ok(())
    }
}
