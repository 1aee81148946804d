//! Putting addresses on interfaces and taking them off.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use nix::errno::Errno;
use rtnetlink::{
    AddressMessageBuilder, Error, Handle,
    packet_core::{ErrorMessage, NlasIterator},
    packet_route::address::{AddressAttribute, AddressMessage},
    sys::AsyncSocket,
};

use super::{
    answer::answered,
    error::{AddressError, RequestError},
};
use crate::config::model::VirtualAddress;

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
}

impl Requests {
    /// Opens a socket in the network namespace of the calling thread, for the tokio runtime it has
    /// entered.
    pub(super) fn open() -> io::Result<Self> {
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
        Ok(Self { handle })
    }

    /// Waits for the kernel's verdict on `request`.
    async fn verdict(
        &mut self,
        request: impl Future<Output = Result<(), Error>>,
    ) -> Result<(), RequestError> {
        if let Ok(Err(Error::NetlinkError(verdict))) = answered(request).await {
            return match verdict.raw_code() {
                0 => Ok(()),
                code => Err(RequestError::refused(code, explanation(&verdict))),
            };
        }
        // The library closes a connection for good at the first error of its socket.
        match Self::open() {
            Ok(fresh) => *self = fresh,
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
        match self.verdict(request.execute()).await {
            Ok(()) => Ok(Added::New),
            Err(RequestError::Refused { errno: Errno::EEXIST, .. }) => Ok(Added::Existing),
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
            Err(error) => Err(error.into()),
        }
    }
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
    message.header.scope = address.scope.into();
    // The library makes up a broadcast address.
    message.attributes.retain(|attribute| !matches!(attribute, AddressAttribute::Broadcast(_)));
    message
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
