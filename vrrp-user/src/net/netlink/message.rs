//! The messages of rtnetlink, for the library to carry.

use std::convert::Infallible;

use rtnetlink::{
    packet_core::{NetlinkDeserializable, NetlinkHeader, NetlinkSerializable},
    packet_route::RouteNetlinkMessage,
};

use super::notification::Notification;

/// Stands in for [`RouteNetlinkMessage`] where messages about interfaces are received, because
/// that type refuses some of them: see [`super::notification`].
#[derive(Debug)]
pub(super) enum Message {
    /// What the kernel is asked.
    Request(RouteNetlinkMessage),
    /// What the kernel says.
    Notification(Notification),
    /// What the kernel says about something else.
    Other(u16),
}

impl NetlinkSerializable for Message {
    fn message_type(&self) -> u16 {
        match self {
            Self::Request(request) => request.message_type(),
            Self::Notification(_) => 0,
            Self::Other(kind) => *kind,
        }
    }

    fn buffer_len(&self) -> usize {
        match self {
            Self::Request(request) => request.buffer_len(),
            Self::Notification(_) | Self::Other(_) => 0,
        }
    }

    fn serialize(&self, buffer: &mut [u8]) {
        if let Self::Request(request) = self {
            request.serialize(buffer);
        }
    }
}

impl NetlinkDeserializable for Message {
    type Error = Infallible;

    fn deserialize(header: &NetlinkHeader, payload: &[u8]) -> Result<Self, Infallible> {
        let kind = header.message_type;
        Ok(Notification::read(kind, payload).map_or(Self::Other(kind), Self::Notification))
    }
}
