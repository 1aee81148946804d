//! Adverts as this node sends them, byte for byte as keepalived does.

use std::net::Ipv4Addr;

use vrrp_ebpf::wire::{
    ethernet::{self, TYPE_IPV4},
    ipv4, vrrp,
};

use super::checksum::checksum;
use crate::{
    config::model::Password,
    protocol::{AdvertInterval, Priority, Version, Vrid},
};

/// Offset of the IP header in the frame.
const IP: usize = ethernet::HEADER_LENGTH;
/// Offset of the VRRP message in the frame.
const MESSAGE: usize = IP + ipv4::HEADER_LENGTH;

/// What an advert says, save for the priority.
#[derive(Clone, Debug)]
pub struct AdvertContent<'a> {
    /// Hardware address that the frame comes from.
    pub mac: [u8; 6],
    /// IP source.
    pub source: Ipv4Addr,
    /// IP destination: a multicast group.
    pub group: Ipv4Addr,
    /// Protocol version.
    pub version: Version,
    /// Virtual router identifier.
    pub vrid: Vrid,
    /// Interval.
    pub interval: AdvertInterval,
    /// Version 2: authentication type PASS. Version 3 has none.
    pub password: Option<&'a Password>,
    /// At most 255.
    pub addresses: &'a [Ipv4Addr],
}

/// An advert that is ready to be sent, apart from its priority and IP identification.
#[derive(Clone, Debug)]
pub struct AdvertFrame {
    bytes: Vec<u8>,
    version: Version,
    identification: u16,
}

impl AdvertFrame {
    /// Writes everything that stays the same from advert to advert.
    #[must_use]
    pub fn new(content: &AdvertContent<'_>) -> Self {
        let message = message(content);
        let header = ethernet::Header {
            destination: multicast_mac(content.group),
            source: content.mac,
            ethertype: TYPE_IPV4,
        };
        let mut bytes = Vec::with_capacity(MESSAGE + message.len());
        bytes.extend_from_slice(&header.to_bytes());
        bytes.extend_from_slice(&ip_header(content, message.len()));
        bytes.extend_from_slice(&message);
        Self { bytes, version: content.version, identification: 0 }
    }

    /// The frame with this priority. Each call gives the next IP identification, never 0.
    pub fn with_priority(&mut self, priority: Priority) -> &[u8] {
        self.identification = match self.identification.wrapping_add(1) {
            0 => 1,
            next => next,
        };
        self.seal(priority);
        &self.bytes
    }

    /// Carries the identification over from the frame that this one replaces.
    pub fn continue_from(&mut self, predecessor: &Self) {
        self.identification = predecessor.identification;
    }

    fn seal(&mut self, priority: Priority) {
        let Some((start, message)) = self.bytes.split_at_mut_checked(MESSAGE) else { return };
        let Some((_, ip)) = start.split_at_mut_checked(IP) else { return };
        put(ip, 4, self.identification.to_be_bytes());
        put(ip, ipv4::CHECKSUM, [0; 2]);
        put(ip, ipv4::CHECKSUM, checksum(&[ip]).to_be_bytes());

        put(message, vrrp::PRIORITY, [priority.get()]);
        put(message, vrrp::CHECKSUM, [0; 2]);
        let sum = match self.version {
            Version::V2 => checksum(&[message]),
            // keepalived sends and wants the pseudo-header also over IPv4.
            Version::V3 => {
                let [high, low] = u16::try_from(message.len()).unwrap_or(0).to_be_bytes();
                let addresses = ip.get(12..).unwrap_or_default();
                checksum(&[addresses, &[0, vrrp::PROTOCOL, high, low], message])
            }
        };
        put(message, vrrp::CHECKSUM, sum.to_be_bytes());
    }
}

/// Where a multicast group is sent to on Ethernet (RFC 1112 §6.4).
fn multicast_mac(group: Ipv4Addr) -> [u8; 6] {
    let [_, b, c, d] = group.octets();
    [0x01, 0x00, 0x5e, b & 0x7f, c, d]
}

/// The header without identification and checksum.
fn ip_header(content: &AdvertContent<'_>, message_length: usize) -> [u8; ipv4::HEADER_LENGTH] {
    let total = u16::try_from(ipv4::HEADER_LENGTH + message_length).unwrap_or(u16::MAX);
    let [high, low] = total.to_be_bytes();
    let [s0, s1, s2, s3] = content.source.octets();
    let [d0, d1, d2, d3] = content.group.octets();
    let (version_ihl, tos) = (ipv4::VERSION_IHL_PLAIN, ipv4::TOS_NETWORK_CONTROL);
    #[rustfmt::skip]
    let header = [
        version_ihl, tos, high, low,
        0, 0, 0, 0,
        vrrp::TTL, vrrp::PROTOCOL, 0, 0,
        s0, s1, s2, s3,
        d0, d1, d2, d3,
    ];
    header
}

/// The message without priority and checksum.
fn message(content: &AdvertContent<'_>) -> Vec<u8> {
    let count = content.addresses.len().min(vrrp::MAX_ADDRESSES);
    let interval = content.interval.to_wire(content.version).to_be_bytes();
    let version_type = content.version.number() << 4 | vrrp::TYPE_ADVERTISEMENT;
    let count_field = u8::try_from(count).unwrap_or(u8::MAX);
    let [high, low] = interval;
    let (fourth, fifth) = match content.version {
        Version::V2 if content.password.is_some() => (vrrp::AUTH_PASS, low),
        Version::V2 => (vrrp::AUTH_NONE, low),
        Version::V3 => (high, low),
    };
    let mut message = vec![version_type, content.vrid.get(), 0, count_field, fourth, fifth, 0, 0];
    for address in content.addresses.iter().take(count) {
        message.extend_from_slice(&address.octets());
    }
    if content.version == Version::V2 {
        let none = [0; vrrp::AUTH_DATA_LENGTH];
        message.extend_from_slice(content.password.map_or(&none, |Password(bytes)| bytes));
    }
    message
}

fn put<const N: usize>(bytes: &mut [u8], offset: usize, field: [u8; N]) {
    if let Some(place) = bytes.get_mut(offset..).and_then(|rest| rest.first_chunk_mut()) {
        *place = field;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
        digits
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }

    fn content<'a>(addresses: &'a [Ipv4Addr], password: Option<&'a Password>) -> AdvertContent<'a> {
        AdvertContent {
            mac: [0xdc, 0xa6, 0x32, 0, 0, 0x12],
            source: Ipv4Addr::new(192, 168, 1, 12),
            group: Ipv4Addr::new(224, 0, 0, 18),
            version: Version::V2,
            vrid: Vrid::new(51).unwrap(),
            interval: AdvertInterval::DEFAULT,
            password,
            addresses,
        }
    }

    /// The packets A1 to A5, C1 and C3 of the reference set: computed by an independent program.
    #[test]
    fn adverts_are_the_reference_packets() {
        let vip = [Ipv4Addr::new(192, 168, 1, 100)];
        let secret = Password(*b"secret42");
        let ethernet = hex("01005e000012 dca632000012 0800");
        let v2 = hex("45c0002800010000ff7018dec0a8010ce0000012");
        let v3 = hex("45c0002000010000ff7018e6c0a8010ce0000012");
        let centis = |centis| AdvertInterval::from_centis(centis, Version::V3).unwrap();
        let with_password = content(&vip, Some(&secret));
        let version_3 = AdvertContent { version: Version::V3, ..content(&vip, None) };
        for (content, priority, ip, message) in [
            (with_password.clone(), 100, &v2, "213364010101473fc0a801647365637265743432"),
            (with_password.clone(), 150, &v2, "213396010101153fc0a801647365637265743432"),
            (with_password.clone(), 0, &v2, "213300010101ab3fc0a801647365637265743432"),
            (with_password, 255, &v2, "2133ff010101ac3ec0a801647365637265743432"),
            (content(&vip, None), 100, &v2, "213364010001b8bdc0a801640000000000000000"),
            (version_3.clone(), 150, &v3, "313396010064d416c0a80164"),
            (
                AdvertContent { interval: centis(10), ..version_3 },
                150,
                &v3,
                "31339601000ad470c0a80164",
            ),
        ] {
            let mut frame = AdvertFrame::new(&content);
            let expected = [&ethernet[..], ip, &hex(message)].concat();
            assert_eq!(frame.with_priority(Priority::new(priority)), expected, "{message}");
        }
    }

    #[test]
    fn identification_counts_and_skips_zero() {
        let vip = [Ipv4Addr::new(192, 168, 1, 100)];
        let mut frame = AdvertFrame::new(&content(&vip, None));
        frame.identification = u16::MAX - 1;
        let mut next = || frame.with_priority(Priority::DEFAULT)[18..20].to_vec();
        assert_eq!([next(), next(), next()].concat(), [0xff, 0xff, 0, 1, 0, 2]);
    }

    /// What is sent must be accepted by the packet core of another node.
    #[test]
    fn sent_checksums_are_intact() {
        let addresses: Vec<Ipv4Addr> = (1..=255).map(|n| Ipv4Addr::new(10, 1, 2, n)).collect();
        let content = content(&addresses, None);
        let mut frame = AdvertFrame::new(&content);
        let bytes = frame.with_priority(Priority::new(7)).to_vec();
        assert_eq!(checksum(&[&bytes[IP..MESSAGE]]), 0);
        assert_eq!(checksum(&[&bytes[MESSAGE..]]), 0);
        assert_eq!(bytes.len(), MESSAGE + 8 + 4 * 255 + 8);
    }
}
