//! Neighbor Discovery (RFC 4861 §4.3, §4.4): solicitations and advertisements. Offsets are from the
//! start of the `ICMPv6` message.

use crate::{checksum::Sum, frame::Frame, wire::ipv6};

/// Protocol number of `ICMPv6`.
pub const PROTOCOL: u8 = 58;
/// Hop limit of every message: it has come from a neighbour.
pub const HOP_LIMIT: u8 = 255;
/// Offset of the type.
pub const KIND: usize = 0;
/// Type: who has?
pub const SOLICITATION: u8 = 135;
/// Type: is at.
pub const ADVERTISEMENT: u8 = 136;
/// Offset of the checksum.
pub const CHECKSUM: usize = 2;
/// Offset of the target address.
pub const TARGET: usize = 8;
/// Offset of the first option.
pub const OPTION: usize = 24;
/// Offset of what the first option carries: eight bytes in all, less its type and length.
pub const OPTION_CONTENT: usize = 26;
/// Bytes of a message with one option of eight bytes.
pub const LENGTH: usize = 32;
/// Of an advertisement's flags: the sender is a router.
pub const ROUTER: u8 = 0x80;
/// Of an advertisement's flags: this answers a solicitation.
pub const SOLICITED: u8 = 0x40;
/// Of an advertisement's flags: what is known otherwise is to be overridden.
pub const OVERRIDE: u8 = 0x20;
/// Option: the sender's link-layer address, eight bytes in all.
pub const SOURCE_ADDRESS: [u8; 2] = [1, 1];
/// Option: the target's link-layer address, eight bytes in all.
pub const TARGET_ADDRESS: [u8; 2] = [2, 1];
/// Option: a nonce of six bytes (RFC 3971 §5.3.2), as RFC 7527 puts it into the solicitations of
/// duplicate address detection.
pub const NONCE: [u8; 2] = [14, 1];

/// Whether the packet at `offset` is a solicitation or an advertisement.
#[inline(always)]
pub(crate) fn is_at(frame: &(impl Frame + ?Sized), offset: usize) -> bool {
    frame.read(offset + ipv6::NEXT_HEADER) == Some([PROTOCOL])
        && matches!(
            frame.read(offset + ipv6::HEADER_LENGTH + KIND),
            Some([SOLICITATION | ADVERTISEMENT])
        )
}

/// Sums a message of [`LENGTH`] bytes, checksum among them, and its pseudo-header (RFC 8200 §8.1);
/// `None` if it is not all there. `ip` is where its IPv6 header begins.
#[inline(always)]
pub(crate) fn sum(frame: &(impl Frame + ?Sized), ip: usize) -> Option<Sum> {
    // The addresses end where the message begins.
    let bytes: [u8; ipv6::HEADER_LENGTH - ipv6::SOURCE + LENGTH] = frame.read(ip + ipv6::SOURCE)?;
    #[expect(clippy::cast_possible_truncation, reason = "32")]
    let length = LENGTH as u8;
    Some(Sum::new().add_all(&bytes).add([0, 0, 0, length]).add([0, 0, 0, PROTOCOL]))
}

/// The start of the header of a packet with one message of [`LENGTH`] bytes.
#[must_use]
#[inline(always)]
pub const fn ip_header_start() -> [u8; ipv6::SOURCE] {
    #[expect(clippy::cast_possible_truncation, reason = "32")]
    let length = LENGTH as u8;
    [ipv6::VERSION << 4, 0, 0, 0, 0, length, PROTOCOL, HOP_LIMIT]
}

/// Whether a header begins like that, whatever its traffic class and flow label.
#[must_use]
#[inline(always)]
pub const fn is_ip_header_start(start: [u8; ipv6::SOURCE]) -> bool {
    const MASK: u64 = 0xf000_0000_ffff_ffff;
    u64::from_be_bytes(start) & MASK == u64::from_be_bytes(ip_header_start()) & MASK
}

/// The group in which a neighbour asks for an address (RFC 4291 §2.7.1).
#[must_use]
#[inline(always)]
pub const fn solicited_node_group(address: &[u8; 16]) -> [u8; 16] {
    const PREFIX: u128 = 0xff02_0000_0000_0000_0000_0001_ff00_0000;
    (PREFIX | (u128::from_be_bytes(*address) & 0x00ff_ffff)).to_be_bytes()
}

/// The hardware address of an IPv6 group (RFC 2464 §7).
#[must_use]
#[inline(always)]
pub const fn group_mac(group: &[u8; 16]) -> [u8; 6] {
    let [.., a, b, c, d] = *group;
    [0x33, 0x33, a, b, c, d]
}
