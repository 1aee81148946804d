//! Making and checking tags.

use std::net::IpAddr;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use vrrp_ebpf::wire::vrrp;

use super::trailer::{PREFIX_LENGTH, TAG_LENGTH};
use crate::{
    config::model::HmacKey,
    protocol::{Version, Vrid},
};

/// The virtual router that adverts are about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Router {
    /// Protocol version.
    pub version: Version,
    /// Virtual router identifier.
    pub vrid: Vrid,
}

/// The tag of a message from `source`, whose trailer begins with `prefix`.
pub(super) fn tag(
    key: &HmacKey,
    router: Router,
    source: IpAddr,
    message: &[u8],
    prefix: &[u8; PREFIX_LENGTH],
) -> [u8; TAG_LENGTH] {
    let digest: [u8; 32] =
        keyed(key, router, source, message, prefix).finalize().into_bytes().into();
    digest.first_chunk().copied().unwrap_or_default()
}

/// Whether `tag` is the right one; takes the same time wherever it goes wrong.
pub(super) fn is_right(
    key: &HmacKey,
    router: Router,
    source: IpAddr,
    message: &[u8],
    prefix: &[u8; PREFIX_LENGTH],
    tag: &[u8; TAG_LENGTH],
) -> bool {
    keyed(key, router, source, message, prefix).verify_truncated_left(tag).is_ok()
}

fn keyed(
    HmacKey(key): &HmacKey,
    router: Router,
    source: IpAddr,
    message: &[u8],
    prefix: &[u8; PREFIX_LENGTH],
) -> Hmac<Sha256> {
    let (family, mut address) = (if source.is_ipv6() { 6 } else { 4 }, [0; 16]);
    match source {
        IpAddr::V4(source) => {
            for (byte, octet) in address.iter_mut().zip(source.octets()) {
                *byte = octet;
            }
        }
        IpAddr::V6(source) => address = source.octets(),
    }
    let (before, rest) = message.split_at_checked(vrrp::CHECKSUM).unwrap_or((message, &[]));
    let after = rest.get(2..).unwrap_or_default();
    // HMAC takes a key of any length.
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&[0; 64].into()));
    for part in [
        &[family, router.version.number(), router.vrid.get(), 0][..],
        &address,
        before,
        &[0; 2],
        after,
        prefix,
        &[0; TAG_LENGTH],
    ] {
        mac.update(part);
    }
    mac
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hmac::{sequence::Sequence, trailer::Trailer};

    /// The vectors of keepalived's own test, whose key is the bytes 0 to 31.
    #[test]
    fn keepalived_s_vectors() {
        let key = HmacKey((0..32).collect());
        let router = Router { version: Version::V3, vrid: Vrid::new(51).unwrap() };
        let prefix = Trailer::prefix(1, Sequence(0x6800_0000_8000_0000));
        let ipv4 = [0x31, 0x33, 0xc8, 1, 0, 0x64, 0x44, 0x02, 0xc0, 0, 0x02, 0x64];
        let mut ipv6 = [0; 24];
        ipv6[..10].copy_from_slice(&[0x31, 0x33, 0xc8, 1, 0, 0x64, 0xa2, 0xe9, 0xfe, 0x80]);
        ipv6[22] = 1;
        for (source, message, expected) in [
            ("198.51.100.10", &ipv4[..], 0x1b84_bc4e_8e43_892d_c6d9_8448_f8ee_2265_u128),
            ("fe80::10", &ipv6[..], 0xc8c5_6146_ebfd_66ee_10ec_4d81_8646_1b78),
        ] {
            let source = source.parse().unwrap();
            let made = tag(&key, router, source, message, &prefix);
            assert_eq!(made, expected.to_be_bytes(), "{source}");
            assert!(is_right(&key, router, source, message, &prefix, &made));
            for at in 0..message.len() {
                let mut other = message.to_vec();
                other[at] ^= 1;
                let right = is_right(&key, router, source, &other, &prefix, &made);
                assert_eq!(right, (vrrp::CHECKSUM..vrrp::CHECKSUM + 2).contains(&at), "{at}");
            }
        }
    }
}
