//! Reading the message of an advert to its end.

use crate::{
    Fingerprint,
    abi::FAMILY_IPV6,
    checksum::Sum,
    frame::Frame,
    wire::vrrp::{ADDRESSES, AUTH_DATA_LENGTH, HEADER_LENGTH, MAX_ADDRESSES, TRAILER_LENGTH},
};

/// Where the parts of a message lie.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    /// Of the first byte, from the start of the frame.
    pub(super) l4: usize,
    /// Of the addresses.
    pub(super) family: u8,
    /// Bytes of the addresses.
    pub(super) addresses_length: usize,
    /// Bytes of the message.
    pub(super) length: usize,
    /// Whether an HMAC trailer follows.
    pub(super) trailer: bool,
}

impl Layout {
    /// Where the addresses end.
    #[inline(always)]
    pub(super) const fn addresses_end(&self) -> usize {
        self.l4 + ADDRESSES + self.addresses_length
    }
}

/// Sums what the checksum covers and digests the address list; `None` if that reaches beyond what
/// can be read.
///
/// What needs the exact number of addresses comes before the loop over them, and the loop has one
/// branch only: the verifier leaves it once for every number, and must find that nothing that
/// follows tells them apart.
#[inline(always)]
pub(super) fn read(
    frame: &(impl Frame + ?Sized),
    header: [u8; HEADER_LENGTH],
    layout: &Layout,
) -> Option<(Sum, Fingerprint)> {
    let mut sum = Sum::new().add_all(&header);
    if layout.length > ADDRESSES + layout.addresses_length {
        let auth_data: [u8; AUTH_DATA_LENGTH] = frame.read(layout.addresses_end())?;
        sum = sum.add_all(&auth_data);
    }
    let mut addresses = Fingerprint::default();
    if layout.family == FAMILY_IPV6 {
        // For a raw socket the kernel computes and checks it, over all that the packet carries.
        if layout.trailer {
            let trailer: [u8; TRAILER_LENGTH] = frame.read(layout.l4 + layout.length)?;
            sum = sum.add_all(&trailer);
        }
        for index in 0..MAX_ADDRESSES {
            if 16 * index >= layout.addresses_length {
                break;
            }
            let bytes: [u8; 16] = frame.read(layout.l4 + ADDRESSES + 16 * index)?;
            sum = sum.add_all(&bytes);
            addresses = addresses.with_ipv6_address(bytes);
        }
    } else {
        for index in 0..MAX_ADDRESSES {
            if 4 * index >= layout.addresses_length {
                break;
            }
            let bytes: [u8; 4] = frame.read(layout.l4 + ADDRESSES + 4 * index)?;
            sum = sum.add(bytes);
            addresses = addresses.with_ipv4_address(bytes);
        }
    }
    Some((sum, addresses))
}
