//! Making frames, right ones and wrong ones.

use std::net::Ipv4Addr;

use crate::cube;

const BROADCAST: [u8; 6] = [0xff; 6];
const GROUP_MAC: [u8; 6] = [0x01, 0x00, 0x5e, 0x00, 0x00, 0x12];

/// A VRRPv2 advert over IPv4; [`Default`] is cube01's in every byte but the MAC address.
///
/// Change fields for the frame wanted; what the sender computes (lengths, checksums) is right
/// unless `spoil_checksum` says otherwise. For anything else change the bytes of [`frame`](Self::frame).
#[derive(Clone, Debug)]
pub struct AdvertV2 {
    /// Source MAC address.
    pub source_mac: [u8; 6],
    /// Source address.
    pub source: Ipv4Addr,
    /// Destination address; the MAC address is that of the VRRP group all the same.
    pub destination: Ipv4Addr,
    /// TTL.
    pub ttl: u8,
    /// IP options: a multiple of four bytes.
    pub ip_options: Vec<u8>,
    /// Version and type, the first byte.
    pub version_and_type: u8,
    /// VRID.
    pub vrid: u8,
    /// Priority.
    pub priority: u8,
    /// Authentication type: 1 is PASS.
    pub auth_type: u8,
    /// Interval in seconds.
    pub interval: u8,
    /// The addresses.
    pub addresses: Vec<Ipv4Addr>,
    /// The authentication data.
    pub password: [u8; 8],
    /// Makes the VRRP checksum wrong.
    pub spoil_checksum: bool,
}

impl Default for AdvertV2 {
    fn default() -> Self {
        let source = Ipv4Addr::new(10, 0, 0, 60);
        let mut password = [0; 8];
        for (byte, letter) in password.iter_mut().zip(cube::PASSWORD.bytes()) {
            *byte = letter;
        }
        Self {
            source_mac: crate::lab::mac_of(source),
            source,
            destination: Ipv4Addr::new(224, 0, 0, 18),
            ttl: 255,
            ip_options: Vec::new(),
            version_and_type: 0x21,
            vrid: cube::VRID,
            priority: 100,
            auth_type: 1,
            interval: 1,
            addresses: vec![cube::VIP],
            password,
            spoil_checksum: false,
        }
    }
}

impl AdvertV2 {
    /// The whole frame, without padding.
    #[must_use]
    pub fn frame(&self) -> Vec<u8> {
        let count = u8::try_from(self.addresses.len()).unwrap_or(u8::MAX);
        let mut head = [
            self.version_and_type,
            self.vrid,
            self.priority,
            count,
            self.auth_type,
            self.interval,
            0,
            0,
        ];
        let mut body: Vec<u8> = self.addresses.iter().flat_map(Ipv4Addr::octets).collect();
        body.extend(self.password);
        let mut sum = checksum(&[&head, &body]);
        if self.spoil_checksum {
            sum = !sum;
        }
        let [.., high, low] = &mut head;
        [*high, *low] = sum.to_be_bytes();

        let mut frame = Vec::with_capacity(64);
        frame.extend(GROUP_MAC);
        frame.extend(self.source_mac);
        frame.extend([0x08, 0x00]);
        let payload = head.len() + body.len();
        frame.extend(self.ip_header(payload));
        frame.extend(head);
        frame.extend(body);
        frame
    }

    fn ip_header(&self, payload: usize) -> Vec<u8> {
        let length = 20 + self.ip_options.len();
        let words = u8::try_from(length / 4).unwrap_or(15) & 15;
        let total = u16::try_from(length + payload).unwrap_or(u16::MAX).to_be_bytes();
        let header = |sum: [u8; 2]| {
            let mut bytes = vec![0x40 | words, 0xc0];
            bytes.extend(total);
            bytes.extend([0, 1, 0, 0, self.ttl, 112]);
            bytes.extend(sum);
            bytes.extend(self.source.octets());
            bytes.extend(self.destination.octets());
            bytes.extend(&self.ip_options);
            bytes
        };
        header(checksum(&[&header([0, 0])]).to_be_bytes())
    }
}

/// An IPv4 datagram of protocol 112 in an Ethernet frame; [`Default`] goes to the group.
#[derive(Clone, Debug)]
pub struct Datagram {
    /// Source MAC address.
    pub source_mac: [u8; 6],
    /// Destination MAC address.
    pub destination_mac: [u8; 6],
    /// Source address.
    pub source: Ipv4Addr,
    /// Destination address.
    pub destination: Ipv4Addr,
    /// TTL.
    pub ttl: u8,
    /// Flags and fragment offset.
    pub fragment: u16,
    /// IP options: a multiple of four bytes.
    pub options: Vec<u8>,
    /// What it carries.
    pub payload: Vec<u8>,
}

impl Default for Datagram {
    fn default() -> Self {
        let advert = AdvertV2::default();
        Self {
            source_mac: advert.source_mac,
            destination_mac: GROUP_MAC,
            source: advert.source,
            destination: advert.destination,
            ttl: 255,
            fragment: 0,
            options: Vec::new(),
            payload: Vec::new(),
        }
    }
}

impl Datagram {
    /// The whole frame, without padding; lengths and the header's checksum are right.
    #[must_use]
    pub fn frame(&self) -> Vec<u8> {
        let length = 20 + self.options.len();
        let words = u8::try_from(length / 4).unwrap_or(15) & 15;
        let total = u16::try_from(length + self.payload.len()).unwrap_or(u16::MAX);
        let header = |sum: u16| {
            let mut bytes = vec![0x40 | words, 0xc0];
            bytes.extend(total.to_be_bytes());
            bytes.extend([0, 7]);
            bytes.extend(self.fragment.to_be_bytes());
            bytes.extend([self.ttl, 112]);
            bytes.extend(sum.to_be_bytes());
            bytes.extend(self.source.octets());
            bytes.extend(self.destination.octets());
            bytes.extend(&self.options);
            bytes
        };
        let mut frame = [self.destination_mac, self.source_mac].concat();
        frame.extend([0x08, 0x00]);
        frame.extend(header(checksum(&[&header(0)])));
        frame.extend(&self.payload);
        frame
    }
}

/// A VRRPv3 advert over IPv4; [`Default`] is cube01's, five times a second.
#[derive(Clone, Debug)]
pub struct AdvertV3 {
    /// Source MAC address.
    pub source_mac: [u8; 6],
    /// Source address.
    pub source: Ipv4Addr,
    /// TTL.
    pub ttl: u8,
    /// Version and type, the first byte.
    pub version_and_type: u8,
    /// VRID.
    pub vrid: u8,
    /// Priority.
    pub priority: u8,
    /// The field of the interval in centiseconds, with the four reserved bits above.
    pub interval: u16,
    /// The addresses.
    pub addresses: Vec<Ipv4Addr>,
    /// Whether the checksum covers the pseudo-header, as keepalived's does.
    pub pseudo_header: bool,
    /// Makes the VRRP checksum wrong.
    pub spoil_checksum: bool,
}

impl Default for AdvertV3 {
    fn default() -> Self {
        let advert = AdvertV2::default();
        Self {
            source_mac: advert.source_mac,
            source: advert.source,
            ttl: 255,
            version_and_type: 0x31,
            vrid: cube::VRID,
            priority: 100,
            interval: 20,
            addresses: vec![cube::VIP],
            pseudo_header: true,
            spoil_checksum: false,
        }
    }
}

impl AdvertV3 {
    /// The whole frame, without padding.
    #[must_use]
    pub fn frame(&self) -> Vec<u8> {
        let datagram = Datagram {
            source_mac: self.source_mac,
            source: self.source,
            ttl: self.ttl,
            ..Datagram::default()
        };
        let count = u8::try_from(self.addresses.len()).unwrap_or(u8::MAX);
        let message = |sum: u16| {
            let mut bytes = vec![self.version_and_type, self.vrid, self.priority, count];
            bytes.extend(self.interval.to_be_bytes());
            bytes.extend(sum.to_be_bytes());
            bytes.extend(self.addresses.iter().flat_map(Ipv4Addr::octets));
            bytes
        };
        let plain = message(0);
        let mut pseudo = Vec::new();
        if self.pseudo_header {
            pseudo.extend(self.source.octets());
            pseudo.extend(datagram.destination.octets());
            pseudo.extend([0, 112]);
            pseudo.extend(u16::try_from(plain.len()).unwrap_or(u16::MAX).to_be_bytes());
        }
        let mut sum = checksum(&[&pseudo, &plain]);
        if self.spoil_checksum {
            sum = !sum;
        }
        Datagram { payload: message(sum), ..datagram }.frame()
    }
}

/// Pads a frame to the 60 bytes that Ethernet asks for.
#[must_use]
pub fn padded(mut frame: Vec<u8>) -> Vec<u8> {
    frame.resize(frame.len().max(60), 0);
    frame
}

/// A broadcast ARP request. With the sender 0.0.0.0 it is a probe (RFC 5227).
#[must_use]
pub fn arp_request(sender_mac: [u8; 6], sender: Ipv4Addr, target: Ipv4Addr) -> Vec<u8> {
    arp(BROADCAST, 1, (sender_mac, sender), ([0; 6], target))
}

/// Any ARP message, from `(MAC, address)` about `(MAC, address)`, to an Ethernet destination.
#[must_use]
pub fn arp(
    destination: [u8; 6],
    operation: u16,
    sender: ([u8; 6], Ipv4Addr),
    target: ([u8; 6], Ipv4Addr),
) -> Vec<u8> {
    let mut frame = Vec::with_capacity(42);
    frame.extend(destination);
    frame.extend(sender.0);
    frame.extend([0x08, 0x06, 0, 1, 8, 0, 6, 4]);
    frame.extend(operation.to_be_bytes());
    for (mac, address) in [sender, target] {
        frame.extend(mac);
        frame.extend(address.octets());
    }
    frame
}

/// The Internet checksum (RFC 1071) over parts of even length.
#[must_use]
pub fn checksum(parts: &[&[u8]]) -> u16 {
    let mut sum = 0_u32;
    for part in parts {
        let (pairs, rest) = part.as_chunks::<2>();
        for pair in pairs {
            sum += u32::from(u16::from_be_bytes(*pair));
        }
        if let [last] = rest {
            sum += u32::from(*last) << 8;
        }
    }
    while sum >> 16 != 0 {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or_default()
}
