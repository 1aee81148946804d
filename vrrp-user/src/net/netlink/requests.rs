//! Requests to the kernel, answered before the call returns.

use std::os::fd::{AsRawFd, OwnedFd};

use nix::{
    errno::Errno,
    sys::{
        socket::{
            AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, recvfrom,
            send, setsockopt, socket, sockopt,
        },
        time::{TimeVal, TimeValLike},
    },
};

use super::{
    error::{AddressError, RequestError},
    notification::{
        AF_INET, IFA_ADDRESS, IFA_BROADCAST, IFA_LABEL, IFA_LOCAL, Notification, parse_verdict,
    },
    wire::{self, Message, Request},
};
use crate::{config::model::VirtualAddress, net::options};

const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const NLM_F_ACK: u16 = 0x4;
const NLM_F_DUMP_INTR: u16 = 0x10;
const NLM_F_DUMP: u16 = 0x300;
const NLM_F_EXCL: u16 = 0x200;
const NLM_F_CREATE: u16 = 0x400;
const IFLA_EXT_MASK: u16 = 29;
/// `RTEXT_FILTER_SKIP_STATS`: most of a listing is statistics that nobody here reads.
const SKIP_STATISTICS: u32 = 8;

/// The kernel splits listings into datagrams of at most 32 KiB.
const BUFFER: usize = 64 * 1024;
/// More datagrams than any listing takes (about a million interfaces).
const DATAGRAMS: usize = 1 << 14;
/// A listing that other changes keep cutting through is taken as it is after so many attempts:
/// their notifications put it right.
const ATTEMPTS: usize = 3;

/// Puts addresses on interfaces and takes them off. What [`super::claims`] needs of the kernel.
pub(super) trait Addresses {
    /// Puts `address` on the interface `index`.
    fn add(&mut self, index: u32, address: &VirtualAddress) -> Result<Added, AddressError>;
    /// Takes `address` off the interface `index`.
    fn remove(&mut self, index: u32, address: &VirtualAddress) -> Result<Removed, AddressError>;
}

/// How an address came to be on an interface.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Added {
    /// It has just been put there.
    New,
    /// It was there already.
    Existing,
}

/// How an address came not to be on an interface.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Removed {
    /// It has just been taken off.
    Now,
    /// It was not there.
    Absent,
}

/// The socket for requests. Calls block while another process holds the RTNL lock.
#[derive(Debug)]
pub(super) struct Requests {
    socket: OwnedFd,
    sequence: u32,
    buffer: Box<[u8]>,
}

impl Requests {
    /// Opens the socket in the network namespace of the calling thread.
    pub(super) fn open() -> Result<Self, Errno> {
        let socket = open_route_socket(SockFlag::empty(), 0)?;
        // The answer is in the buffer when `send` returns; the limit is for a kernel that breaks
        // that promise.
        setsockopt(&socket, sockopt::ReceiveTimeout, &TimeVal::seconds(1))?;
        // Explanations are a nicety that kernels before 4.12 lack.
        for option in [libc::NETLINK_EXT_ACK, libc::NETLINK_CAP_ACK] {
            if let Err(error) = options::set(&socket, libc::SOL_NETLINK, option, &1i32) {
                tracing::debug!(%error, option, "netlink socket option");
            }
        }
        Ok(Self { socket, sequence: 0, buffer: vec![0; BUFFER].into_boxed_slice() })
    }

    /// Lists all interfaces, then all their IPv4 addresses.
    pub(super) fn list(&mut self, mut each: impl FnMut(Notification)) -> Result<(), RequestError> {
        // `struct ifinfomsg` and `struct ifaddrmsg`, of which a listing needs the family at most.
        let links = || {
            Request::new(libc::RTM_GETLINK, NLM_F_DUMP, &[0; 16])
                .attribute(IFLA_EXT_MASK, &SKIP_STATISTICS.to_ne_bytes())
        };
        let addresses =
            || Request::new(libc::RTM_GETADDR, NLM_F_DUMP, &[AF_INET, 0, 0, 0, 0, 0, 0, 0]);
        for found in self.dump(links)?.into_iter().chain(self.dump(addresses)?) {
            each(found);
        }
        Ok(())
    }

    fn dump(&mut self, request: impl Fn() -> Request) -> Result<Vec<Notification>, RequestError> {
        let mut found = Vec::new();
        for _ in 0..ATTEMPTS {
            found.clear();
            let mut interrupted = false;
            self.transact(request(), |message| {
                interrupted |= message.flags & NLM_F_DUMP_INTR != 0;
                found.extend(Notification::parse(message));
            })?;
            if !interrupted {
                break;
            }
        }
        Ok(found)
    }

    /// Sends `request` and reads until the kernel's verdict, which is the result.
    fn transact(
        &mut self,
        request: Request,
        mut each: impl FnMut(&Message<'_>),
    ) -> Result<(), RequestError> {
        self.sequence = self.sequence.wrapping_add(1);
        let bytes = request.finish(self.sequence);
        retry(|| send(self.socket.as_raw_fd(), &bytes, MsgFlags::empty()))
            .map_err(RequestError::Socket)?;
        for _ in 0..DATAGRAMS {
            let (length, sender) =
                retry(|| recvfrom::<NetlinkAddr>(self.socket.as_raw_fd(), &mut self.buffer))
                    .map_err(|errno| match errno {
                        Errno::EAGAIN => RequestError::NoAnswer,
                        errno => RequestError::Socket(errno),
                    })?;
            if sender.is_none_or(|sender| sender.pid() != 0) {
                continue;
            }
            for message in wire::messages(self.buffer.get(..length).unwrap_or_default()) {
                if message.sequence != self.sequence {
                    continue;
                }
                match message.kind {
                    NLMSG_ERROR | NLMSG_DONE => return verdict(&message),
                    _ => each(&message),
                }
            }
        }
        Err(RequestError::NoAnswer)
    }
}

impl Addresses for Requests {
    fn add(&mut self, index: u32, address: &VirtualAddress) -> Result<Added, AddressError> {
        let flags = NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
        let mut request = address_request(libc::RTM_NEWADDR, flags, index, address);
        if let Some(broadcast) = address.broadcast {
            request = request.attribute(IFA_BROADCAST, &broadcast.octets());
        }
        if let Some(label) = &address.label {
            let mut label = label.clone().into_bytes();
            label.push(0);
            request = request.attribute(IFA_LABEL, &label);
        }
        match self.transact(request, |_| {}) {
            Ok(()) => Ok(Added::New),
            Err(RequestError::Refused { errno: Errno::EEXIST, .. }) => Ok(Added::Existing),
            Err(error) => Err(error.into()),
        }
    }

    fn remove(&mut self, index: u32, address: &VirtualAddress) -> Result<Removed, AddressError> {
        match self.transact(address_request(libc::RTM_DELADDR, NLM_F_ACK, index, address), |_| {}) {
            Ok(()) => Ok(Removed::Now),
            Err(RequestError::Refused { errno: Errno::EADDRNOTAVAIL, .. }) => Ok(Removed::Absent),
            Err(error) => Err(error.into()),
        }
    }
}

fn address_request(kind: u16, flags: u16, index: u32, address: &VirtualAddress) -> Request {
    // `struct ifaddrmsg`.
    let mut header = [AF_INET, address.prefix_length, 0, address.scope, 0, 0, 0, 0];
    if let Some(field) = header.last_chunk_mut() {
        *field = index.to_ne_bytes();
    }
    Request::new(kind, flags, &header)
        .attribute(IFA_LOCAL, &address.address.octets())
        .attribute(IFA_ADDRESS, &address.address.octets())
}

fn verdict(message: &Message<'_>) -> Result<(), RequestError> {
    match parse_verdict(message) {
        Some((0, _)) => Ok(()),
        Some((code, reason)) => Err(RequestError::Refused { errno: Errno::from_raw(code), reason }),
        None => Err(RequestError::NoAnswer),
    }
}

/// Repeats a system call that a signal interrupted.
fn retry<T>(mut call: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    loop {
        match call() {
            Err(Errno::EINTR) => {}
            result => return result,
        }
    }
}

/// Opens an rtnetlink socket that listens to the multicast `groups` (`RTMGRP_…`).
pub(super) fn open_route_socket(flags: SockFlag, groups: u32) -> Result<OwnedFd, Errno> {
    let socket = socket(
        AddressFamily::Netlink,
        SockType::Raw,
        flags | SockFlag::SOCK_CLOEXEC,
        SockProtocol::NetlinkRoute,
    )?;
    bind(socket.as_raw_fd(), &NetlinkAddr::new(0, groups))?;
    Ok(socket)
}
