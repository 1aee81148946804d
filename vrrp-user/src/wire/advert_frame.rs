//! Adverts as this node sends them, byte for byte as keepalived does.

use std::net::IpAddr;

use vrrp_ebpf::wire::ethernet::{self, TYPE_IPV4, TYPE_IPV6};

use super::{
    ip_header,
    message::{self, MessageContent},
};
use crate::{
    hmac::{Signer, TRAILER_LENGTH},
    protocol::{Priority, Version},
};

/// What an advert says and where it goes, save for the priority.
#[derive(Clone, Debug)]
pub struct AdvertContent<'a> {
    /// Hardware address that the frame comes from.
    pub mac: [u8; 6],
    /// IP source.
    pub source: IpAddr,
    /// IP destination, of the same family: a group or a peer.
    pub destination: IpAddr,
    /// TTL or hop limit.
    pub ttl: u8,
    /// Version 3 over IPv4: whether the pseudo-header is part of the checksum. Over IPv6 it always
    /// is.
    pub pseudo_header: bool,
    /// Whether a trailer follows the message.
    pub signed: bool,
    /// The message.
    pub message: MessageContent<'a>,
}

/// An advert that is ready to be sent, apart from its priority, IP identification and trailer.
#[derive(Clone, Debug)]
pub struct AdvertFrame {
    /// Ethernet header, IP header, message, room for the trailer.
    bytes: Vec<u8>,
    is_ipv6: bool,
    /// Bytes of Ethernet and IP header.
    message_at: usize,
    message_length: usize,
    pseudo_header: bool,
    identification: u16,
}

impl AdvertFrame {
    /// Writes everything that stays the same from advert to advert; `None` if source and
    /// destination are not of one family.
    #[must_use]
    pub fn new(content: &AdvertContent<'_>) -> Option<Self> {
        let message = content.message.to_bytes();
        let trailer = if content.signed { TRAILER_LENGTH } else { 0 };
        let (source, destination) = (content.source, content.destination);
        let ip = ip_header::new(source, destination, content.ttl, message.len() + trailer)?;
        let is_ipv6 = source.is_ipv6();
        let header = ethernet::Header {
            destination: ip_header::multicast_mac(destination),
            source: content.mac,
            ethertype: if is_ipv6 { TYPE_IPV6 } else { TYPE_IPV4 },
        };
        let mut bytes = header.to_bytes().to_vec();
        bytes.extend(ip);
        let message_at = bytes.len();
        bytes.extend(&message);
        bytes.resize(bytes.len() + trailer, 0);
        Some(Self {
            bytes,
            is_ipv6,
            message_at,
            message_length: message.len(),
            pseudo_header: is_ipv6
                || (content.message.version == Version::V3 && content.pseudo_header),
            identification: 0,
        })
    }

    /// The frame with this priority. Each call gives the next IP identification, never 0, and
    /// another trailer.
    pub fn with_priority(&mut self, priority: Priority, signer: Option<&mut Signer>) -> &[u8] {
        self.identification = match self.identification.wrapping_add(1) {
            0 => 1,
            next => next,
        };
        self.seal(priority, signer);
        &self.bytes
    }

    /// The frame as it was made last.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The same without the Ethernet header, to be routed.
    pub fn datagram_with_priority(
        &mut self,
        priority: Priority,
        signer: Option<&mut Signer>,
    ) -> &[u8] {
        self.with_priority(priority, signer).get(ethernet::HEADER_LENGTH..).unwrap_or_default()
    }

    /// The IP identification of the last advert.
    #[must_use]
    pub const fn identification(&self) -> u16 {
        self.identification
    }

    /// Goes on behind the advert with this IP identification.
    pub const fn continue_from(&mut self, identification: u16) {
        self.identification = identification;
    }

    fn seal(&mut self, priority: Priority, signer: Option<&mut Signer>) {
        let Some((start, rest)) = self.bytes.split_at_mut_checked(self.message_at) else { return };
        let Some((_, ip)) = start.split_at_mut_checked(ethernet::HEADER_LENGTH) else { return };
        let Some((message, trailer)) = rest.split_at_mut_checked(self.message_length) else {
            return;
        };
        if !self.is_ipv6 {
            ip_header::seal_ipv4(ip, self.identification);
        }
        let addresses =
            if self.pseudo_header { ip_header::addresses(ip, self.is_ipv6) } else { &[] };
        message::put_priority(message, priority);
        if let Some(signer) = signer
            && trailer.len() == TRAILER_LENGTH
        {
            trailer.copy_from_slice(&signer.sign(message));
        }
        // Over IPv6 the kernel sums for keepalived, and sums whatever the header announces.
        let summed = if self.is_ipv6 { &*trailer } else { &[] };
        message::put_checksum(message, summed, addresses);
    }
}

#[cfg(test)]
mod tests;
