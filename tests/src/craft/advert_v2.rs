//! Adverts of version 2.

use std::net::Ipv4Addr;

use super::{GROUP, GROUP_MAC, checksum};
use crate::cube;

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
    /// Destination address.
    pub destination: Ipv4Addr,
    /// Destination MAC address.
    pub destination_mac: [u8; 6],
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
            destination: GROUP,
            destination_mac: GROUP_MAC,
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
        frame.extend(self.destination_mac);
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
