//! Reading the message of an advert to its end.

use crate::{
    Fingerprint,
    abi::FAMILY_IPV6,
    checksum::Sum,
    frame::Frame,
    wire::vrrp::{
        ADDRESSES, AUTH_DATA_LENGTH, COUNT, HEADER_LENGTH, MAX_ADDRESSES, TRAILER_LENGTH,
    },
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

/// Sums and digests the address list; `None` if it reaches beyond what can be read.
///
/// This comes before every check: the verifier walks the loop once for each way that leads to it.
#[inline(always)]
pub(super) fn read_addresses(
    frame: &(impl Frame + ?Sized),
    family: u8,
    l4: usize,
) -> Option<(Sum, Fingerprint)> {
    let [count] = frame.read(l4 + COUNT)?;
    let mut sum = Sum::new();
    let mut addresses = Fingerprint::default();
    if family == FAMILY_IPV6 {
        for index in 0..MAX_ADDRESSES {
            if index >= count as usize {
                break;
            }
            let bytes: [u8; 16] = frame.read(l4 + ADDRESSES + 16 * index)?;
            sum = sum.add_all(&bytes);
            addresses = addresses.with_ipv6_address(bytes);
        }
    } else {
        for index in 0..MAX_ADDRESSES {
            if index >= count as usize {
                break;
            }
            let bytes: [u8; 4] = frame.read(l4 + ADDRESSES + 4 * index)?;
            sum = sum.add(bytes);
            addresses = addresses.with_ipv4_address(bytes);
        }
    }
    Some((sum, addresses))
}

/// Adds what else the checksum covers; `None` if that reaches beyond what can be read.
#[inline(always)]
pub(super) fn add_rest(
    frame: &(impl Frame + ?Sized),
    sum: Sum,
    header: [u8; HEADER_LENGTH],
    layout: &Layout,
) -> Option<Sum> {
    let mut sum = sum.add_all(&header);
    if layout.length > ADDRESSES + layout.addresses_length {
        let auth_data: [u8; AUTH_DATA_LENGTH] = frame.read(layout.addresses_end())?;
        sum = sum.add_all(&auth_data);
    }
    // For a raw socket the kernel computes and checks it, over all that the packet carries.
    if layout.family == FAMILY_IPV6 && layout.trailer {
        let trailer: [u8; TRAILER_LENGTH] = frame.read(layout.l4 + layout.length)?;
        sum = sum.add_all(&trailer);
    }
    Some(sum)
}
