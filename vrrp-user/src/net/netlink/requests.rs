//! Putting addresses on interfaces and taking them off.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use nix::errno::Errno;
use rtnetlink::{
    AddressMessageBuilder, Error, Handle,
    packet_core::{ErrorMessage, NlasIterator},
    packet_route::address::{AddressAttribute, AddressHeaderFlags, AddressMessage, CacheInfo},
    sys::AsyncSocket,
};

use super::{
    answer::answered,
    error::{AddressError, RequestError},
};
use crate::{config::model::VirtualAddress, protocol::Family};

/// `INFINITY_LIFE_TIME`, in seconds.
const FOREVER: u32 = u32::MAX;

/// Puts addresses on interfaces and takes them off. What [`super::claims`] needs of the kernel.
pub(super) trait Addresses {
    /// Puts `address` on the interface `index`.
    async fn add(&mut self, index: u32, address: &VirtualAddress) -> Result<Added, AddressError>;
    /// Takes `address` off the interface `index`.
    async fn remove(
        &mut self,
        index: u32,
        address: &VirtualAddress,
    ) -> Result<Removed, AddressError>;
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

/// The connection for requests. Its task blocks the thread while another process holds the RTNL
/// lock.
#[derive(Debug)]
pub(super) struct Requests {
    handle: Handle,
    answers: Arc<AtomicU64>,
}

impl Requests {
    /// Opens a socket in the network namespace of the calling thread, for the tokio runtime it has
    /// entered.
    pub(super) fn open() -> io::Result<Self> {
        Ok(Self { handle: connect()?, answers: Arc::default() })
    }

    /// How many requests the kernel has answered.
    pub(super) fn answers(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.answers)
    }

    /// Waits for the kernel's verdict on `request`.
    async fn verdict(
        &mut self,
        request: impl Future<Output = Result<(), Error>>,
    ) -> Result<(), RequestError> {
        if let Ok(Err(Error::NetlinkError(verdict))) = answered(request).await {
            self.answers.fetch_add(1, Ordering::Relaxed);
            return match verdict.raw_code() {
                0 => Ok(()),
                code => Err(RequestError::refused(code, explanation(&verdict))),
            };
        }
        // The library closes a connection for good at the first error of its socket.
        match connect() {
            Ok(fresh) => self.handle = fresh,
            Err(error) => tracing::debug!(%error, "cannot open another netlink socket"),
        }
        Err(RequestError::NoAnswer)
    }
}

impl Addresses for Requests {
    async fn add(&mut self, index: u32, address: &VirtualAddress) -> Result<Added, AddressError> {
        let mut request = self.handle.address().add(index, address.address, address.prefix_length);
        let message = request.message_mut();
        *message = self::message(index, address);
        message.attributes.extend(address.broadcast.map(AddressAttribute::Broadcast));
        message.attributes.extend(address.label.clone().map(AddressAttribute::Label));
        if address.address.is_ipv6() {
            message.attributes.extend(for_service_only(address));
            // The other masters, ourselves a moment ago among them, would fail the check for
            // uniqueness, and it would take a second.
            message.header.flags |= AddressHeaderFlags::Nodad;
        }
        match self.verdict(request.execute()).await {
            Ok(()) => Ok(Added::New),
            Err(RequestError::Refused { errno: Errno::EEXIST, .. }) => Ok(Added::Existing),
            Err(RequestError::Refused { errno: Errno::EACCES, .. })
                if address.address.is_ipv6() =>
            {
                Err(AddressError::Ipv6Disabled)
            }
            Err(RequestError::Refused { errno: Errno::EOPNOTSUPP, .. })
                if address.address.is_ipv6() =>
            {
                Err(AddressError::NoIpv6)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn remove(
        &mut self,
        index: u32,
        address: &VirtualAddress,
    ) -> Result<Removed, AddressError> {
        // Whatever its label: the kernel would insist on one that is mentioned.
        let request = self.handle.address().del(message(index, address));
        match self.verdict(request.execute()).await {
            Ok(()) => Ok(Removed::Now),
            Err(RequestError::Refused { errno: Errno::EADDRNOTAVAIL, .. }) => Ok(Removed::Absent),
            // The interface, or the kernel, has no IPv6.
            Err(RequestError::Refused { errno: Errno::ENXIO | Errno::EOPNOTSUPP, .. })
                if address.address.is_ipv6() =>
            {
                Ok(Removed::Absent)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// A connection, whose task now runs.
fn connect() -> io::Result<Handle> {
    let (mut connection, handle, _) = rtnetlink::new_connection()?;
    // A request of the library ends in success also when the connection breaks down under it,
    // unless it is shown the acknowledgements: then it ends in an "error" of code 0.
    connection.set_forward_ack(true);
    let socket = connection.socket_mut().socket_ref();
    // Explanations are a nicety that kernels before 4.12 lack. Where one starts is only known
    // when the kernel quotes just the header of what it refuses.
    if let Err(error) = socket.set_cap_ack(true).and_then(|()| socket.set_ext_ack(true)) {
        tracing::debug!(%error, "the kernel does not explain its refusals");
    }
    tokio::spawn(connection);
    Ok(handle)
}

/// `address` on the interface `index`.
fn message(index: u32, address: &VirtualAddress) -> AddressMessage {
    let mut message = match address.address {
        IpAddr::V4(own) => AddressMessageBuilder::<Ipv4Addr>::new()
            .index(index)
            .address(own, address.prefix_length)
            .build(),
        IpAddr::V6(own) => AddressMessageBuilder::<Ipv6Addr>::new()
            .index(index)
            .address(own, address.prefix_length)
            .build(),
    };
    if address.address.is_ipv4() {
        message.header.scope = address.scope.into();
    }
    // The library makes up a broadcast address.
    message.attributes.retain(|attribute| !matches!(attribute, AddressAttribute::Broadcast(_)));
    message
}

/// Has the kernel not choose `address` as a source of its own accord when it is a single one, which
/// comes and goes; with the mask of its network, it may be the only one there.
fn for_service_only(address: &VirtualAddress) -> Option<AddressAttribute> {
    let mut lifetime = CacheInfo::default();
    lifetime.ifa_valid = FOREVER;
    (address.prefix_length == Family::Ipv6.bits()).then_some(AddressAttribute::CacheInfo(lifetime))
}

/// The reason in words, which the library leaves behind the quoted header of the request.
fn explanation(verdict: &ErrorMessage) -> Option<String> {
    /// `sizeof(struct nlmsghdr)`.
    const QUOTED: usize = 16;
    /// `NLMSGERR_ATTR_MSG`.
    const REASON: u16 = 1;

    let reason = NlasIterator::new(verdict.header.get(QUOTED..)?)
        .map_while(Result::ok)
        .find(|attribute| attribute.kind() == REASON)?;
    let text = reason.value().split(|&byte| byte == 0).next()?;
    Some(String::from_utf8_lossy(text).into_owned())
}

#[cfg(test)]
mod tests;
