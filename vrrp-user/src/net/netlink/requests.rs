//! What is asked of the kernel, and what it says to that.

mod address;
mod promotion;
mod routing;

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use futures::StreamExt;
use rtnetlink::{
    Error, Handle,
    packet_core::{
        ErrorMessage, NLM_F_ACK, NLM_F_REQUEST, NetlinkMessage, NetlinkPayload, NlasIterator,
    },
    packet_route::RouteNetlinkMessage,
    sys::AsyncSocket,
};

pub(super) use self::{
    address::{Addresses, Removed},
    promotion::Promote,
    routing::{Table, is_same_route, is_same_rule, route_message, rule_message},
};
use super::{answer::answered, error::RequestError};

/// How something came to be in the kernel.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Added {
    /// It has just been put there.
    New,
    /// It was there already.
    Existing,
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

    /// Asks with `flags` (`NLM_F_…`) besides the usual ones, and waits for the kernel's verdict.
    async fn ask(&mut self, request: RouteNetlinkMessage, flags: u16) -> Result<(), RequestError> {
        let mut message = NetlinkMessage::from(request);
        message.header.flags = NLM_F_REQUEST | NLM_F_ACK | flags;
        let mut handle = self.handle.clone();
        let request = async move {
            let mut answers = handle.request(message)?;
            while let Some(answer) = answers.next().await {
                if let NetlinkPayload::Error(verdict) = answer.payload {
                    return Err(Error::NetlinkError(verdict));
                }
            }
            Ok(())
        };
        self.verdict(request).await
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
