//! The trailer of `auth_hmac` (keepalived 2.4), made and judged anew so that the daemon's own code
//! is checked.

use std::{
    fmt::Write as _,
    net::IpAddr,
    time::{SystemTime, UNIX_EPOCH},
};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::{
    craft::{checksum, pseudo_header},
    wire::{Advert, Kind, Trailer, frame::decode},
};

/// A key that all routers of a group know.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its identifier.
    pub id: u8,
    /// 32 to 64 bytes.
    pub secret: Vec<u8>,
}

impl Key {
    /// A key for tests: `id` as its first byte, then 1, 2, … 31.
    #[must_use]
    pub fn example(id: u8) -> Self {
        Self { id, secret: std::iter::once(id).chain(1..32).collect() }
    }

    /// The secret as `hex:…` of the configuration has it.
    #[must_use]
    pub fn hex(&self) -> String {
        self.secret.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// The trailer of an advert in a frame, with any time; `None` if there is no advert.
    #[must_use]
    pub fn trailer(&self, frame: &[u8], stamp: Stamp) -> Option<[u8; 28]> {
        let (_, _, Kind::Advert(advert)) = decode(frame)? else { return None };
        let mut trailer = [0; 28];
        let prefix = [
            &[1, self.id, 0, 0][..],
            &stamp.seconds.to_be_bytes(),
            &stamp.fraction.to_be_bytes(),
            &stamp.counter.to_be_bytes(),
        ]
        .concat();
        let tag = self.tag(&advert, &prefix)?;
        for (byte, value) in trailer.iter_mut().zip(prefix.into_iter().chain(tag)) {
            *byte = value;
        }
        Some(trailer)
    }

    /// A frame with the trailer behind its advert, and with lengths and header checksum to match.
    #[must_use]
    pub fn sign(&self, frame: &[u8], stamp: Stamp) -> Option<Vec<u8>> {
        Some(append(frame, &self.trailer(frame, stamp)?))
    }

    /// Whether an advert has a trailer of this key whose tag is right.
    #[must_use]
    pub fn has_signed(&self, advert: &Advert) -> bool {
        let Some(Trailer { kind: 1, key, reserved: 0, seconds, fraction, counter, tag }) =
            advert.trailer
        else {
            return false;
        };
        let prefix = [
            &[1, key, 0, 0][..],
            &seconds.to_be_bytes(),
            &fraction.to_be_bytes(),
            &counter.to_be_bytes(),
        ]
        .concat();
        key == self.id && self.tag(advert, &prefix) == Some(tag)
    }

    fn tag(&self, advert: &Advert, prefix: &[u8]) -> Option<[u8; 16]> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).ok()?;
        let (family, address) = match advert.source {
            IpAddr::V4(source) => (4, [&source.octets()[..], &[0; 12]].concat()),
            IpAddr::V6(source) => (6, source.octets().to_vec()),
        };
        mac.update(&[family, advert.version, advert.vrid, 0]);
        mac.update(&address);
        let mut message = advert.message.clone();
        message.get_mut(6..8)?.fill(0);
        mac.update(&message);
        mac.update(prefix);
        mac.update(&[0; 16]);
        mac.finalize().into_bytes().first_chunk().copied()
    }
}

/// The time and count in a trailer.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Stamp {
    /// Seconds since 1970.
    pub seconds: u32,
    /// 1/65536 seconds.
    pub fraction: u16,
    /// Adverts within that time.
    pub counter: u16,
}

impl Stamp {
    /// What the wall clock says.
    #[must_use]
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let fraction = u64::from(since.subsec_nanos()) * 65_536 / 1_000_000_000;
        Self {
            seconds: u32::try_from(since.as_secs()).unwrap_or(u32::MAX),
            fraction: u16::try_from(fraction).unwrap_or(u16::MAX),
            counter: 0,
        }
    }
}

/// A frame with more bytes behind its message, and with lengths and checksums to match: over IPv4
/// the header's, over IPv6 that of the payload, which covers what is behind the message too.
#[must_use]
pub fn append(frame: &[u8], more: &[u8]) -> Vec<u8> {
    let mut longer = [frame, more].concat();
    let added = u16::try_from(more.len()).unwrap_or(u16::MAX);
    let ipv4 = frame.get(12..14) == Some(&[0x08, 0x00]);
    if let Some([high, low]) = longer.get_mut(if ipv4 { 16..18 } else { 18..20 }) {
        let length = u16::from_be_bytes([*high, *low]).saturating_add(added);
        [*high, *low] = length.to_be_bytes();
    }
    if ipv4 {
        let words = usize::from(longer.get(14).copied().unwrap_or_default() & 15);
        sum_up(longer.get_mut(14..14 + words * 4).unwrap_or_default(), 10, &[]);
    } else if let Some((header, payload)) = longer.split_at_mut_checked(54) {
        let address = |at: usize| header.get(at..).and_then(|rest| rest.first_chunk::<16>());
        if let (Some(source), Some(destination)) = (address(22), address(38)) {
            let (source, destination) = (IpAddr::from(*source), IpAddr::from(*destination));
            let pseudo = pseudo_header(source, destination, 112, payload.len());
            sum_up(payload, 6, &pseudo);
        }
    }
    longer
}

/// Writes the checksum over something, and over what comes before it, into its place.
fn sum_up(bytes: &mut [u8], at: usize, before: &[u8]) {
    for summed in [false, true] {
        let value = if summed { checksum(&[before, bytes]) } else { 0 };
        if let Some(field) = bytes.get_mut(at..at + 2) {
            field.copy_from_slice(&value.to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::{craft::AdvertV3, wire::Checksum};

    /// The vectors of keepalived's own test.
    #[test]
    fn tags_are_those_of_keepalived() {
        let key = Key { id: 1, secret: (0..32).collect() };
        let stamp = Stamp { seconds: 0x6800_0000, fraction: 0x8000, counter: 0 };
        for (source, vip, wanted) in [
            (
                Ipv4Addr::new(198, 51, 100, 10).into(),
                Ipv4Addr::new(192, 0, 2, 100).into(),
                0x1b84_bc4e_8e43_892d_c6d9_8448_f8ee_2265_u128,
            ),
            (
                "fe80::10".parse().unwrap(),
                "fe80::100".parse().unwrap(),
                0xc8c5_6146_ebfd_66ee_10ec_4d81_8646_1b78,
            ),
        ] {
            let advert = AdvertV3 {
                source,
                addresses: vec![vip],
                priority: 200,
                interval: 100,
                ..Default::default()
            };
            let frame = key.sign(&advert.frame(), stamp).unwrap();
            let (_, _, Kind::Advert(seen)) = decode(&frame).unwrap() else { panic!("no advert") };
            assert_eq!(seen.trailer.unwrap().tag, wanted.to_be_bytes());
            assert!(key.has_signed(&seen));
            assert_eq!(seen.checksum, Checksum::PseudoHeader);
            let mut forged = seen;
            forged.message[2] = 255;
            assert!(!key.has_signed(&forged));
        }
    }
}
