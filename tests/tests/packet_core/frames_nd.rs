//! Making messages of Neighbor Discovery.

use super::{
    frames::ETHERNET,
    frames_ipv6::{PAYLOAD, packet, seal},
    world::VIP_IPV6,
};

/// The one who asks.
pub(crate) const ASKER: [u8; 6] = [0xaa, 0xbb, 0xcc, 0, 0, 0x99];
/// Its address: `fe80::50`.
pub(crate) const ASKER_ADDRESS: [u8; 16] =
    [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x50];
/// The group that is asked for [`VIP_IPV6`]: `ff02::1:ff00:100`.
pub(crate) const GROUP: [u8; 16] = [0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0, 1, 0];
/// Its hardware address.
pub(crate) const GROUP_MAC: [u8; 6] = [0x33, 0x33, 0xff, 0, 1, 0];
/// `ff02::1`, and its hardware address.
pub(crate) const ALL_NODES: [u8; 16] = [0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
pub(crate) const ALL_NODES_MAC: [u8; 6] = [0x33, 0x33, 0, 0, 0, 1];
/// No address.
pub(crate) const NOBODY: [u8; 16] = [0; 16];

/// A solicitation or an advertisement. Its checksum is right, and so is its length.
#[derive(Clone, Debug)]
pub(crate) struct Neighbour {
    pub(crate) from: [u8; 6],
    pub(crate) to: [u8; 6],
    pub(crate) source: [u8; 16],
    pub(crate) destination: [u8; 16],
    pub(crate) hop_limit: u8,
    /// 135 or 136.
    pub(crate) kind: u8,
    pub(crate) code: u8,
    pub(crate) flags: u8,
    pub(crate) target: [u8; 16],
    pub(crate) options: Vec<u8>,
}

/// An option of eight bytes: 1 for the source's address, 2 for the target's, 14 for a nonce.
pub(crate) fn option(kind: u8, content: [u8; 6]) -> Vec<u8> {
    [&[kind, 1][..], &content].concat()
}

impl Neighbour {
    /// Who has the virtual address?
    pub(crate) fn solicitation() -> Self {
        Self {
            from: ASKER,
            to: GROUP_MAC,
            source: ASKER_ADDRESS,
            destination: GROUP,
            hop_limit: 255,
            kind: 135,
            code: 0,
            flags: 0,
            target: VIP_IPV6,
            options: option(1, ASKER),
        }
    }

    /// Does anybody have it?
    pub(crate) fn detection() -> Self {
        Self { source: NOBODY, options: option(14, [1, 2, 3, 4, 5, 6]), ..Self::solicitation() }
    }

    /// It is at this hardware address, says the answer to [`Self::solicitation`].
    pub(crate) fn advertisement(mac: [u8; 6]) -> Self {
        Self {
            from: mac,
            to: ASKER,
            source: VIP_IPV6,
            destination: ASKER_ADDRESS,
            kind: 136,
            flags: 0x60,
            options: option(2, mac),
            ..Self::solicitation()
        }
    }

    /// The answer to [`Self::detection`].
    pub(crate) fn defence(mac: [u8; 6]) -> Self {
        Self { to: ALL_NODES_MAC, destination: ALL_NODES, flags: 0x20, ..Self::advertisement(mac) }
    }

    pub(crate) fn frame(&self) -> Vec<u8> {
        let mut message = vec![self.kind, self.code, 0, 0, self.flags, 0, 0, 0];
        message.extend(self.target);
        message.extend(&self.options);
        let mut frame = packet(self.source, self.destination, 58, self.hop_limit, &message);
        frame[..6].copy_from_slice(&self.to);
        frame[6..12].copy_from_slice(&self.from);
        frame[ETHERNET] = 0x60;
        seal(&mut frame, 2);
        frame
    }

    /// The same with some bytes changed and the checksum made right again.
    pub(crate) fn changed(&self, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut frame = self.frame();
        change(&mut frame);
        seal(&mut frame, 2);
        frame
    }
}

/// Offset of a field of the message.
pub(crate) const fn field(offset: usize) -> usize {
    PAYLOAD + offset
}
