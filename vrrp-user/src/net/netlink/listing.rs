//! Asking the kernel for everything there is.

use futures::{Stream, StreamExt};
use rtnetlink::{
    packet_core::{
        NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload,
    },
    packet_route::{
        RouteNetlinkMessage,
        address::AddressMessage,
        link::{LinkAttribute, LinkExtentMask, LinkMessage},
        route::RouteMessage,
        rule::RuleMessage,
    },
    proto::{ConnectionHandle, new_connection},
    sys::{SocketAddr, protocols::NETLINK_ROUTE},
};

use super::{
    answer::answered,
    error::{RequestError, errno},
    message::Message,
    notification::Notification,
    stray::Stray,
};

/// A listing that other changes keep cutting through is taken as it is after so many attempts:
/// their notifications put it right.
const ATTEMPTS: usize = 3;
/// More messages than any listing takes.
const MESSAGES: usize = 1 << 20;

/// All interfaces, then all their IPv4 addresses, then their IPv6 addresses.
///
/// This takes a connection of its own, since that of `rtnetlink::Handle` loses interfaces (see
/// [`super::notification`]); it is needed rarely and lasts as long as the listing.
pub(super) async fn list() -> Result<Vec<Notification>, RequestError> {
    let (mut connection, handle, _) = new_connection::<Message>(NETLINK_ROUTE)
        .map_err(|error| RequestError::Socket(errno(&error)))?;
    // Else a listing that breaks off looks like one that is complete.
    connection.set_forward_done(true);
    tokio::spawn(connection);

    let mut links = LinkMessage::default();
    // Most of a listing is statistics that nobody here reads.
    links.attributes.push(LinkAttribute::ExtMask(vec![LinkExtentMask::SkipStats]));
    // Of every family that there is: asked for IPv6 alone, a kernel without it lists all others.
    let addresses = AddressMessage::default();

    let mut found = dump(&handle, &RouteNetlinkMessage::GetLink(links)).await?;
    found.extend(dump(&handle, &RouteNetlinkMessage::GetAddress(addresses)).await?);
    Ok(found)
}

/// All routes and rules that carry our protocol number, of both families.
pub(super) async fn list_ours() -> Result<Vec<Stray>, RequestError> {
    let (mut connection, handle, _) = new_connection::<Message>(NETLINK_ROUTE)
        .map_err(|error| RequestError::Socket(errno(&error)))?;
    connection.set_forward_done(true);
    tokio::spawn(connection);
    // Of every family that there is, as above.
    let requests = [
        RouteNetlinkMessage::GetRoute(RouteMessage::default()),
        RouteNetlinkMessage::GetRule(RuleMessage::default()),
    ];
    let mut found = Vec::new();
    for request in requests {
        found.extend(dump(&handle, &request).await?);
    }
    let ours = |notification| match notification {
        Notification::Ours(stray) => Some(stray),
        _ => None,
    };
    Ok(found.into_iter().filter_map(ours).collect())
}

async fn dump(
    handle: &ConnectionHandle<Message>,
    request: &RouteNetlinkMessage,
) -> Result<Vec<Notification>, RequestError> {
    let mut found = Vec::new();
    for _ in 0..ATTEMPTS {
        found.clear();
        let mut header = NetlinkHeader::default();
        header.flags = NLM_F_REQUEST | NLM_F_DUMP;
        let payload = NetlinkPayload::InnerMessage(Message::Request(request.clone()));
        let message = NetlinkMessage::new(header, payload);
        let answers =
            handle.request(message, SocketAddr::new(0, 0)).map_err(|_| RequestError::NoAnswer)?;
        if collect(answers, &mut found).await? == Consistency::Whole {
            break;
        }
    }
    Ok(found)
}

#[derive(Eq, PartialEq)]
enum Consistency {
    Whole,
    /// Something changed meanwhile.
    Interrupted,
}

async fn collect(
    answers: impl Stream<Item = NetlinkMessage<Message>>,
    found: &mut Vec<Notification>,
) -> Result<Consistency, RequestError> {
    let mut answers = std::pin::pin!(answers);
    let mut consistency = Consistency::Whole;
    for _ in 0..MESSAGES {
        let message = answered(answers.next()).await?.ok_or(RequestError::NoAnswer)?;
        if message.header.flags & NLM_F_DUMP_INTR != 0 {
            consistency = Consistency::Interrupted;
        }
        match message.payload {
            NetlinkPayload::InnerMessage(Message::Notification(notification)) => {
                found.push(notification);
            }
            NetlinkPayload::Done(done) if done.code < 0 => {
                return Err(RequestError::refused(done.code, None));
            }
            NetlinkPayload::Done(_) => return Ok(consistency),
            NetlinkPayload::Error(error) => {
                return Err(RequestError::refused(error.raw_code(), None));
            }
            _ => {}
        }
    }
    Err(RequestError::NoAnswer)
}
