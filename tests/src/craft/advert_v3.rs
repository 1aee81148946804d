//! Adverts of version 3, over IPv4 and IPv6.

use std::net::IpAddr;

use super::{
    AdvertV2, Datagram, GROUP, GROUP_MAC, GROUP6, Packet6, checksum, group_mac, pseudo_header,
};
use crate::cube;

const VRRP: u8 = 112;

/// A VRRPv3 advert; [`Default`] is cube01's over IPv4, five times a second. It goes over the family
/// of its source address.
#[derive(Clone, Debug)]
pub struct AdvertV3 {
    /// Source MAC address.
    pub source_mac: [u8; 6],
    /// Source address.
    pub source: IpAddr,
    /// Destination and its MAC address; the group of the source's family without.
    pub destination: Option<(IpAddr, [u8; 6])>,
    /// TTL or hop limit.
    pub ttl: u8,
    /// Version and type, the first byte.
    pub version_and_type: u8,
    /// VRID.
    pub vrid: u8,
    /// Priority.
    pub priority: u8,
    /// The field of the interval in centiseconds, with the four reserved bits above.
    pub interval: u16,
    /// The addresses; of any family, each as long as it is.
    pub addresses: Vec<IpAddr>,
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
            source: advert.source.into(),
            destination: None,
            ttl: 255,
            version_and_type: 0x31,
            vrid: cube::VRID,
            priority: 100,
            interval: 20,
            addresses: vec![cube::VIP.into()],
            pseudo_header: true,
            spoil_checksum: false,
        }
    }
}

impl AdvertV3 {
    /// The whole frame, without padding. A destination of the other family gives none.
    #[must_use]
    pub fn frame(&self) -> Vec<u8> {
        let group = match self.source {
            IpAddr::V4(_) => (GROUP.into(), GROUP_MAC),
            IpAddr::V6(_) => (GROUP6.into(), group_mac(GROUP6)),
        };
        let (destination, destination_mac) = self.destination.unwrap_or(group);
        let payload = self.message(destination);
        match (self.source, destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => Datagram {
                source_mac: self.source_mac,
                destination_mac,
                source,
                destination,
                ttl: self.ttl,
                payload,
                ..Datagram::default()
            }
            .frame(),
            (IpAddr::V6(source), IpAddr::V6(destination)) => Packet6 {
                source_mac: self.source_mac,
                destination_mac,
                source,
                destination,
                hop_limit: self.ttl,
                payload,
                ..Packet6::default()
            }
            .frame(),
            _ => Vec::new(),
        }
    }

    fn message(&self, destination: IpAddr) -> Vec<u8> {
        let count = u8::try_from(self.addresses.len()).unwrap_or(u8::MAX);
        let message = |sum: u16| {
            let mut bytes = vec![self.version_and_type, self.vrid, self.priority, count];
            bytes.extend(self.interval.to_be_bytes());
            bytes.extend(sum.to_be_bytes());
            for address in &self.addresses {
                match address {
                    IpAddr::V4(address) => bytes.extend(address.octets()),
                    IpAddr::V6(address) => bytes.extend(address.octets()),
                }
            }
            bytes
        };
        let plain = message(0);
        let pseudo = if self.pseudo_header {
            pseudo_header(self.source, destination, VRRP, plain.len())
        } else {
            Vec::new()
        };
        let mut sum = checksum(&[&pseudo, &plain]);
        if self.spoil_checksum {
            sum = !sum;
        }
        message(sum)
    }
}
