//! The VRRP message of an advert, from version and type to the last address or the
//! authentication data (RFC 3768 §5.1, RFC 9568 §5.1).

use std::net::IpAddr;

use vrrp_ebpf::wire::vrrp;

use super::checksum::checksum;
use crate::{
    config::model::Password,
    protocol::{AdvertInterval, Priority, Version, Vrid},
};

/// What a message says, save for the priority.
#[derive(Clone, Debug)]
pub struct MessageContent<'a> {
    /// Protocol version.
    pub version: Version,
    /// Virtual router identifier.
    pub vrid: Vrid,
    /// Interval.
    pub interval: AdvertInterval,
    /// Version 2: authentication type PASS. Version 3 has none.
    pub password: Option<&'a Password>,
    /// At most 255, of one family.
    pub addresses: &'a [IpAddr],
}

impl MessageContent<'_> {
    /// The bytes, with priority 0 and no checksum.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let count = self.addresses.len().min(vrrp::MAX_ADDRESSES);
        let count_field = u8::try_from(count).unwrap_or(u8::MAX);
        let version_type = self.version.number() << 4 | vrrp::TYPE_ADVERTISEMENT;
        let [high, low] = self.interval.to_wire(self.version).to_be_bytes();
        let (fourth, fifth) = match self.version {
            Version::V2 if self.password.is_some() => (vrrp::AUTH_PASS, low),
            Version::V2 => (vrrp::AUTH_NONE, low),
            Version::V3 => (high, low),
        };
        let mut bytes = vec![version_type, self.vrid.get(), 0, count_field, fourth, fifth, 0, 0];
        for address in self.addresses.iter().take(count) {
            match address {
                IpAddr::V4(address) => bytes.extend(address.octets()),
                IpAddr::V6(address) => bytes.extend(address.octets()),
            }
        }
        if self.version == Version::V2 {
            let none = [0; vrrp::AUTH_DATA_LENGTH];
            bytes.extend(self.password.map_or(&none, |Password(bytes)| bytes));
        }
        bytes
    }
}

/// Writes the priority into a message.
pub(super) fn put_priority(message: &mut [u8], priority: Priority) {
    put(message, vrrp::PRIORITY, [priority.get()]);
}

/// Writes the checksum into a message. `addresses` are source and destination one behind the other
/// where the pseudo-header is part of the sum, else nothing; `trailer` is what follows the message
/// and is summed with it.
pub(super) fn put_checksum(message: &mut [u8], trailer: &[u8], addresses: &[u8]) {
    put(message, vrrp::CHECKSUM, [0; 2]);
    let sum = if addresses.is_empty() {
        checksum(&[message, trailer])
    } else {
        // RFC 8200 §8.1, and likewise over IPv4 (RFC 5798 §5.2.8): the upper half of the length
        // is always zero here.
        let length = message.len() + trailer.len();
        let [high, low] = u16::try_from(length).unwrap_or(0).to_be_bytes();
        checksum(&[addresses, &[0, vrrp::PROTOCOL, high, low], message, trailer])
    };
    put(message, vrrp::CHECKSUM, sum.to_be_bytes());
}

/// Writes a field; one that does not fit is left out.
pub(super) fn put<const N: usize>(bytes: &mut [u8], offset: usize, field: [u8; N]) {
    if let Some(place) = bytes.get_mut(offset..).and_then(|rest| rest.first_chunk_mut()) {
        *place = field;
    }
}
