//! Making frames.

use vrrp_ebpf::wire::vrrp;
use vrrp_tests::craft::checksum;

use super::world::{PASSWORD, PEER, VIP, VRID};

/// The hardware address of 224.0.0.18.
pub(crate) const GROUP_MAC: [u8; 6] = [0x01, 0x00, 0x5e, 0x00, 0x00, 0x12];
/// The hardware address of the node that sends adverts.
pub(crate) const PEER_MAC: [u8; 6] = [0xdc, 0xa6, 0x32, 0x00, 0x00, 0x12];
/// Bytes of the Ethernet header.
pub(crate) const ETHERNET: usize = 14;
/// Where the VRRP message begins in a frame without IP options.
pub(crate) const MESSAGE: usize = ETHERNET + 20;

/// Bytes from hexadecimal digits; anything else between them is for the reader.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter_map(|digit| digit.to_digit(16))
        .filter_map(|digit| u8::try_from(digit).ok())
        .collect();
    digits.as_chunks::<2>().0.iter().map(|[high, low]| high << 4 | low).collect()
}

/// An advert frame from its IP datagram in hexadecimal.
pub(crate) fn datagram(text: &str) -> Vec<u8> {
    ethernet(GROUP_MAC, [0x08, 0x00], &hex(text))
}

/// A frame from the peer.
pub(crate) fn ethernet(destination: [u8; 6], ethertype: [u8; 2], payload: &[u8]) -> Vec<u8> {
    [&destination[..], &PEER_MAC, &ethertype, payload].concat()
}

/// As a NIC pads it.
pub(crate) fn padded(mut frame: Vec<u8>) -> Vec<u8> {
    frame.resize(frame.len().max(60), 0);
    frame
}

/// An advert over IPv4 in either version. What a sender computes is right unless told otherwise.
#[derive(Clone, Debug)]
pub(crate) struct Advert {
    pub(crate) version: u8,
    pub(crate) kind: u8,
    pub(crate) vrid: u8,
    pub(crate) priority: u8,
    pub(crate) addresses: Vec<[u8; 4]>,
    /// Version 2.
    pub(crate) auth_type: u8,
    /// Version 2.
    pub(crate) password: [u8; 8],
    /// Version 2: seconds in the lower eight bits; version 3: all 16 bits, reserved ones included.
    pub(crate) interval: u16,
    pub(crate) source: [u8; 4],
    pub(crate) destination: [u8; 4],
    pub(crate) ttl: u8,
    /// IP flags and fragment offset.
    pub(crate) fragment: u16,
    /// Version 3: whether the checksum is over the pseudo-header too.
    pub(crate) pseudo_header: bool,
    /// The destination in the pseudo-header, where that is another.
    pub(crate) summed_destination: Option<[u8; 4]>,
    /// What follows the message and is in none of its sums.
    pub(crate) trailer: Vec<u8>,
}

impl Advert {
    /// The reference frames' version 2 advert.
    pub(crate) fn v2() -> Self {
        Self {
            version: 2,
            kind: 1,
            vrid: VRID,
            priority: 150,
            addresses: vec![VIP],
            auth_type: vrrp::AUTH_PASS,
            password: PASSWORD,
            interval: 1,
            source: PEER,
            destination: vrrp::GROUP,
            ttl: 255,
            fragment: 0,
            pseudo_header: false,
            summed_destination: None,
            trailer: Vec::new(),
        }
    }

    /// The reference frames' version 3 advert.
    pub(crate) fn v3() -> Self {
        Self { version: 3, interval: 100, pseudo_header: true, ..Self::v2() }
    }

    /// The same with addresses 10.0.`n`.1 and so on, `n` of them.
    pub(crate) fn with_addresses(mut self, n: u8) -> Self {
        self.addresses = (0..n).map(|index| [10, 0, n, index]).collect();
        self
    }

    /// The frame, not padded.
    pub(crate) fn frame(&self) -> Vec<u8> {
        let message = [self.message(), self.trailer.clone()].concat();
        let [high, low] = self.fragment.to_be_bytes();
        let total = u16::try_from(20 + message.len()).unwrap_or(u16::MAX).to_be_bytes();
        let mut datagram = vec![0x45, 0xc0, total[0], total[1], 0, 1, high, low, self.ttl];
        datagram.extend([vrrp::PROTOCOL, 0, 0]);
        datagram.extend(self.source);
        datagram.extend(self.destination);
        datagram.extend(message);
        let mut frame = ethernet(GROUP_MAC, [0x08, 0x00], &datagram);
        seal_ip_header(&mut frame);
        frame
    }

    fn message(&self) -> Vec<u8> {
        let count = u8::try_from(self.addresses.len()).unwrap_or(u8::MAX);
        let [high, low] = self.interval.to_be_bytes();
        let high = if self.version == 3 { high } else { self.auth_type };
        let mut message = vec![self.version << 4 | self.kind, self.vrid, self.priority, count];
        message.extend([high, low, 0, 0]);
        self.addresses.iter().for_each(|address| message.extend(address));
        if self.version != 3 {
            message.extend(self.password);
        }
        let length = u16::try_from(message.len()).unwrap_or(u16::MAX).to_be_bytes();
        let pseudo = [0, vrrp::PROTOCOL, length[0], length[1]];
        let sum = if self.pseudo_header {
            let destination = self.summed_destination.unwrap_or(self.destination);
            checksum(&[&self.source, &destination, &pseudo, &message])
        } else {
            checksum(&[&message])
        };
        message[6..8].copy_from_slice(&sum.to_be_bytes());
        message
    }
}

/// Makes the checksum of an IP header without options right; leaves a shorter frame alone.
pub(crate) fn seal_ip_header(frame: &mut [u8]) {
    if let Some(header) = frame.get_mut(ETHERNET..MESSAGE) {
        header[10..12].fill(0);
        let sum = checksum(&[header]);
        header[10..12].copy_from_slice(&sum.to_be_bytes());
    }
}

/// Makes the VRRP checksum right for version 2, over what the IP header says is the message.
pub(crate) fn seal_message(frame: &mut [u8]) {
    let Some([high, low]) = frame.get(ETHERNET + 2..ETHERNET + 4) else { return };
    let end = ETHERNET + usize::from(u16::from_be_bytes([*high, *low]));
    let end = end.min(frame.len());
    if let Some(message) = frame.get_mut(MESSAGE..end).filter(|message| message.len() >= 8) {
        message[6..8].fill(0);
        let sum = checksum(&[message]);
        message[6..8].copy_from_slice(&sum.to_be_bytes());
    }
}
