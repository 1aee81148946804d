//! Making adverts over IPv6.

use vrrp_ebpf::{
    Fingerprint,
    abi::{AdvertEvent, EVENT_ADDRESSES, FAMILY_IPV6},
    wire::vrrp,
};
use vrrp_tests::craft::checksum;

use super::{
    case::Advertised,
    frames::{ETHERNET, ethernet},
    world::{IFINDEX, PEER_IPV6, SLOT, VIP_IPV6, VRID},
};

/// The hardware address of `ff02::12`.
pub(crate) const GROUP_MAC: [u8; 6] = [0x33, 0x33, 0, 0, 0, 0x12];
/// Where the payload begins in a frame without extension headers.
pub(crate) const PAYLOAD: usize = ETHERNET + 40;

/// An advert over IPv6. What a sender computes is right unless told otherwise.
#[derive(Clone, Debug)]
pub(crate) struct AdvertIpv6 {
    pub(crate) version: u8,
    pub(crate) kind: u8,
    pub(crate) vrid: u8,
    pub(crate) priority: u8,
    pub(crate) addresses: Vec<[u8; 16]>,
    /// All 16 bits, reserved ones included.
    pub(crate) interval: u16,
    pub(crate) source: [u8; 16],
    pub(crate) destination: [u8; 16],
    pub(crate) hop_limit: u8,
    /// Whether the checksum is over the pseudo-header too.
    pub(crate) pseudo_header: bool,
    /// What follows the message; in its sum, as the kernel does it.
    pub(crate) trailer: Vec<u8>,
}

impl AdvertIpv6 {
    /// The reference frames' advert.
    pub(crate) fn new() -> Self {
        Self {
            version: 3,
            kind: 1,
            vrid: VRID,
            priority: 150,
            addresses: vec![VIP_IPV6],
            interval: 100,
            source: PEER_IPV6,
            destination: vrrp::GROUP_IPV6,
            hop_limit: 255,
            pseudo_header: true,
            trailer: Vec::new(),
        }
    }

    /// The same with addresses `2001:db8:n::` and so on, `n` of them.
    pub(crate) fn with_addresses(mut self, n: u8) -> Self {
        self.addresses = (0..n)
            .map(|index| {
                let mut address = VIP_IPV6;
                [address[5], address[15]] = [n, index];
                address
            })
            .collect();
        self
    }

    fn count(&self) -> u8 {
        u8::try_from(self.addresses.len()).unwrap_or(u8::MAX)
    }
}

impl Advertised for AdvertIpv6 {
    fn frame(&self) -> Vec<u8> {
        let mut message = vec![self.version << 4 | self.kind, self.vrid, self.priority];
        message.push(self.count());
        message.extend(self.interval.to_be_bytes());
        message.extend([0, 0]);
        self.addresses.iter().for_each(|address| message.extend(address));
        message.extend(&self.trailer);
        let mut frame =
            packet(self.source, self.destination, vrrp::PROTOCOL, self.hop_limit, &message);
        if self.pseudo_header {
            seal(&mut frame, 6);
        } else {
            let sum = checksum(&[&message]);
            frame[PAYLOAD + 6..PAYLOAD + 8].copy_from_slice(&sum.to_be_bytes());
        }
        frame
    }

    fn event(&self) -> AdvertEvent {
        let mut addresses = [[0; 16]; EVENT_ADDRESSES];
        for (place, address) in addresses.iter_mut().zip(&self.addresses) {
            *place = *address;
        }
        let start = Fingerprint::default();
        let digest =
            self.addresses.iter().fold(start, |digest, address| digest.with_ipv6_address(*address));
        let interval = self.interval & 0x0fff;
        AdvertEvent {
            received_ns: 0,
            fingerprint: digest.complete(self.source, self.priority, self.count(), interval),
            address_digest: digest.digest(),
            slot: SLOT,
            ifindex: IFINDEX,
            source: self.source,
            interval,
            vrid: self.vrid,
            priority: self.priority,
            address_count: self.count(),
            version: self.version,
            family: FAMILY_IPV6,
            pad: 0,
            addresses,
        }
    }
}

/// An IPv6 packet from the peer in a frame to the group's hardware address.
pub(crate) fn packet(
    source: [u8; 16],
    destination: [u8; 16],
    next_header: u8,
    hop_limit: u8,
    payload: &[u8],
) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap_or(u16::MAX).to_be_bytes();
    let mut packet = vec![0x6c, 0, 0, 0, length[0], length[1], next_header, hop_limit];
    packet.extend(source);
    packet.extend(destination);
    packet.extend(payload);
    ethernet(GROUP_MAC, [0x86, 0xdd], &packet)
}

/// Makes the checksum right that lies this far into the payload; leaves a shorter frame alone.
///
/// Covers the payload as far as the header says and the frame goes, with its pseudo-header.
pub(crate) fn seal(frame: &mut [u8], place: usize) {
    let Some((header, _)) = frame.split_at_checked(PAYLOAD) else { return };
    let length = [header[ETHERNET + 4], header[ETHERNET + 5]];
    let addresses = header[ETHERNET + 8..].to_vec();
    let next_header = [0, 0, 0, header[ETHERNET + 6]];
    let end = (PAYLOAD + usize::from(u16::from_be_bytes(length))).min(frame.len());
    let Some(payload) = frame.get_mut(PAYLOAD..end) else { return };
    let Some(field) = payload.get_mut(place..place + 2) else { return };
    field.fill(0);
    let sum = checksum(&[&addresses, &[0, 0], &length, &next_header, payload]);
    payload[place..place + 2].copy_from_slice(&sum.to_be_bytes());
}
