//! The Internet checksum, through what is judged by it.

use vrrp_ebpf::{advert::is_plain, wire::ipv4::Header};

/// The same header with a right checksum: words are added, and each carry comes back in below.
fn sealed(mut bytes: [u8; 20]) -> Header {
    bytes[10..12].fill(0);
    let sum = bytes.as_chunks::<2>().0.iter().fold(0_u16, |sum, word| {
        let (sum, carry) = sum.overflowing_add(u16::from_be_bytes(*word));
        sum + u16::from(carry)
    });
    bytes[10..12].copy_from_slice(&(!sum).to_be_bytes());
    Header(bytes)
}

const PLAIN: [u8; 20] =
    [0x45, 0xc0, 0, 40, 0, 1, 0, 0, 255, 112, 0, 0, 192, 168, 1, 12, 224, 0, 0, 18];

#[test]
fn a_right_checksum_is_right_whatever_the_header_says() {
    assert!(is_plain(&sealed(PLAIN)));
    // Identifier and addresses take every carry there is.
    for identifier in 0..=u16::MAX {
        let mut bytes = PLAIN;
        bytes[4..6].copy_from_slice(&identifier.to_be_bytes());
        assert!(is_plain(&sealed(bytes)), "identifier {identifier:#x}");
        bytes[12..20].fill(0xff);
        assert!(is_plain(&sealed(bytes)), "identifier {identifier:#x}, addresses of ones");
    }
}

#[test]
fn every_bit_counts() {
    let good = sealed(PLAIN).0;
    for bit in 0..160 {
        let mut bytes = good;
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(!is_plain(&Header(bytes)), "bit {bit}");
    }
    assert!(!is_plain(&Header([0; 20])));
    assert!(!is_plain(&Header([0xff; 20])));
}

#[test]
fn options_and_fragments_are_not_plain_though_intact() {
    for (place, byte, plain) in [
        (0, 0x46, false),
        (0, 0x44, false),
        (0, 0x55, false),
        (6, 0x20, false),
        (6, 0x1f, false),
        (7, 0x01, false),
        (7, 0x80, false),
        (6, 0x40, true),
        (6, 0x80, true),
    ] {
        let mut bytes = PLAIN;
        bytes[place] = byte;
        assert_eq!(is_plain(&sealed(bytes)), plain, "byte {place} is {byte:#x}");
    }
}
