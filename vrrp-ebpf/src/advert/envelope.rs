//! What an advert came in.

use crate::{
    abi::{Address, FAMILY_IPV4, FAMILY_IPV6, from_ipv4},
    checksum::Sum,
    frame::Frame,
    wire::{ethernet, ipv4, ipv6, vrrp},
};

/// What the header of either IP says about the advert behind it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Envelope {
    /// Source address.
    pub source: Address,
    /// Destination address.
    pub destination: Address,
    /// [`FAMILY_IPV4`] or [`FAMILY_IPV6`].
    pub family: u8,
    /// TTL or hop limit.
    pub ttl: u8,
    /// Bytes of the advert: short frames are padded.
    pub length: usize,
}

impl Envelope {
    /// By a header of IPv4, with options or without.
    #[must_use]
    #[inline(always)]
    pub const fn from_ipv4(header: &ipv4::Header) -> Self {
        Self {
            source: from_ipv4(header.source()),
            destination: from_ipv4(header.destination()),
            family: FAMILY_IPV4,
            ttl: header.ttl(),
            length: header.total_length().saturating_sub(header.header_length()),
        }
    }

    /// By a header of IPv6 without extensions.
    #[must_use]
    #[inline(always)]
    pub const fn from_ipv6(header: &ipv6::Header) -> Self {
        Self {
            source: header.source(),
            destination: header.destination(),
            family: FAMILY_IPV6,
            ttl: header.hop_limit(),
            length: header.payload_length(),
        }
    }

    /// Whether it went to a group.
    #[must_use]
    #[inline(always)]
    pub const fn is_multicast(&self) -> bool {
        match self.family {
            FAMILY_IPV6 => ipv6::is_multicast(self.destination),
            _ => ipv4::is_multicast(self.destination[0]),
        }
    }

    /// Whether no host can have the source: what the kernel would not deliver either, and what
    /// would win every tie. Zero may speak, as it may to the kernel.
    #[must_use]
    #[inline(always)]
    pub const fn is_martian(&self) -> bool {
        const LOOPBACK: u8 = 127;
        let first = self.source[0];
        if self.family == FAMILY_IPV6 {
            let loopback = u128::from_be_bytes(self.source) == 1;
            first == 0xff || loopback
        } else {
            // 224.0.0.0/4 and beyond it, up to 255.255.255.255.
            first == LOOPBACK || first >= 224
        }
    }

    /// Bytes of each address in the advert.
    #[must_use]
    #[inline(always)]
    pub const fn address_length(&self) -> usize {
        if self.family == FAMILY_IPV6 { 16 } else { 4 }
    }

    /// Adds the pseudo-header of RFC 8200 §8.1, which RFC 5798 §5.2.8 carries over to IPv4. An
    /// IPv4 address is widened with zeros, which change no sum.
    #[inline(always)]
    pub(super) fn add_to(&self, sum: Sum, destination: &Address, length: usize) -> Sum {
        #[expect(clippy::cast_possible_truncation, reason = "an IP header says no more")]
        let [high, low] = (length as u16).to_be_bytes();
        sum.add_all(&self.source).add_all(destination).add([0, vrrp::PROTOCOL, high, low])
    }
}

/// Whether a datagram with this header is one the core understands: no options, no fragment, and
/// a right checksum (the kernel, which comes later, would have checked it).
#[must_use]
#[inline(always)]
pub fn is_plain(header: &ipv4::Header) -> bool {
    header.version_ihl() == ipv4::VERSION_IHL_PLAIN
        && header.fragment() & ipv4::FRAGMENT_MASK == 0
        && Sum::new().add_all(&header.0).is_intact()
}

/// The envelope of an IPv4 datagram in an Ethernet frame, and where its payload begins; `None` if
/// it is cut short or not plain.
#[inline(always)]
pub(crate) fn open_ipv4(frame: &(impl Frame + ?Sized)) -> Option<(Envelope, usize)> {
    let header = ipv4::Header::read(frame, ethernet::HEADER_LENGTH)?;
    is_plain(&header)
        .then(|| (Envelope::from_ipv4(&header), ethernet::HEADER_LENGTH + ipv4::HEADER_LENGTH))
}

/// The same for an IPv6 packet without extension headers.
#[inline(always)]
pub(crate) fn open_ipv6(frame: &(impl Frame + ?Sized)) -> Option<(Envelope, usize)> {
    let header = ipv6::Header::read(frame, ethernet::HEADER_LENGTH)?;
    (header.version() == ipv6::VERSION)
        .then(|| (Envelope::from_ipv6(&header), ethernet::HEADER_LENGTH + ipv6::HEADER_LENGTH))
}
