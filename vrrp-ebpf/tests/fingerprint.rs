//! The identity of an advert is part of the ABI: the daemon computes it, the eBPF program compares.

use std::{collections::HashSet, net::Ipv6Addr};

use vrrp_ebpf::{Fingerprint, abi::from_ipv4};

fn digest(addresses: &[[u8; 4]]) -> Fingerprint {
    let start = Fingerprint::default();
    addresses.iter().fold(start, |digest, address| digest.with_ipv4_address(*address))
}

fn ipv6(text: &str) -> [u8; 16] {
    text.parse().unwrap_or(Ipv6Addr::UNSPECIFIED).octets()
}

#[test]
fn values_do_not_change_between_versions() {
    // Computed apart from this code. A program that an older daemon pinned absorbs adverts by
    // these numbers: who changes them must raise `abi::VERSION`.
    let one = digest(&[[192, 168, 1, 100]]);
    assert_eq!(one.digest(), 0xe59c_d90f_d342_2eaa);
    assert_eq!(one.complete(from_ipv4([192, 168, 1, 12]), 150, 1, 1), 0xa890_a90d_42da_9a3d);
    let two = digest(&[[10, 0, 0, 70], [10, 0, 0, 71]]);
    assert_eq!(two.digest(), 0x6108_3721_76f2_b3b7);
    assert_eq!(two.complete(from_ipv4([10, 0, 0, 60]), 255, 2, 100), 0x990e_0054_eb36_2779);
    let none = Fingerprint::default();
    assert_eq!(none.complete([0; 16], 0, 0, 0), 0x796c_a1dd_b7b8_2de9);
    let both = none.with_ipv6_address(ipv6("fe80::100")).with_ipv6_address(ipv6("2001:db8::70"));
    assert_eq!(both.digest(), 0x0e5d_b3b4_453d_7e30);
    assert_eq!(both.complete(ipv6("fe80::10"), 100, 2, 100), 0xd783_1d20_c1a9_7fd1);
}

#[test]
fn the_order_of_addresses_means_nothing() {
    let addresses: Vec<[u8; 4]> = (0..=255).map(|last| [10, 0, 0, last]).collect();
    let backwards: Vec<[u8; 4]> = addresses.iter().rev().copied().collect();
    assert_eq!(digest(&addresses).digest(), digest(&backwards).digest());
    let (a, b) = (ipv6("fe80::1"), ipv6("fe80::2"));
    let none = Fingerprint::default();
    assert_eq!(
        none.with_ipv6_address(a).with_ipv6_address(b).digest(),
        none.with_ipv6_address(b).with_ipv6_address(a).digest(),
    );
}

#[test]
fn every_field_changes_it() {
    let base = digest(&[[10, 0, 0, 70], [10, 0, 0, 71]]);
    let reference = base.complete(from_ipv4([10, 0, 0, 60]), 100, 2, 1);
    let others = [
        base.complete(from_ipv4([10, 0, 0, 61]), 100, 2, 1),
        base.complete(from_ipv4([11, 0, 0, 60]), 100, 2, 1),
        base.complete(from_ipv4([10, 0, 0, 60]), 101, 2, 1),
        base.complete(from_ipv4([10, 0, 0, 60]), 100, 3, 1),
        base.complete(from_ipv4([10, 0, 0, 60]), 100, 2, 2),
        base.complete(from_ipv4([10, 0, 0, 60]), 100, 2, 257),
        digest(&[[10, 0, 0, 70], [10, 0, 0, 72]]).complete(from_ipv4([10, 0, 0, 60]), 100, 2, 1),
        digest(&[[10, 0, 0, 70]]).complete(from_ipv4([10, 0, 0, 60]), 100, 2, 1),
        // The same address twice is not the same as once, nor as none at all.
        digest(&[[10, 0, 0, 70]; 2]).complete(from_ipv4([10, 0, 0, 60]), 100, 2, 1),
        digest(&[]).complete(from_ipv4([10, 0, 0, 60]), 100, 2, 1),
    ];
    let distinct: HashSet<u64> = others.into_iter().chain([reference]).collect();
    assert_eq!(distinct.len(), others.len() + 1);
}

#[test]
fn neighbouring_adverts_do_not_collide() {
    let mut seen = HashSet::new();
    let mut made = 0;
    for last in 0..=255 {
        let addresses = digest(&[[192, 168, 1, last]]);
        for priority in 0..=255 {
            seen.insert(addresses.complete(from_ipv4([192, 168, 1, 12]), priority, 1, 1));
            made += 1;
        }
    }
    assert_eq!(seen.len(), made);
}

#[test]
fn it_is_never_the_number_that_stands_for_nothing() {
    for priority in 0..=255 {
        for interval in 0..=255 {
            assert_ne!(Fingerprint::default().complete([0; 16], priority, 0, interval), 0);
        }
    }
}

#[test]
fn every_bit_of_an_ipv6_address_changes_it() {
    let address = ipv6("2001:db8::70");
    let mut seen = HashSet::new();
    for bit in 0..=128 {
        let mut other = address;
        if let Some(byte) = other.get_mut(bit / 8) {
            *byte ^= 1 << (bit % 8);
        }
        let digest = Fingerprint::default().with_ipv6_address(other);
        assert!(seen.insert(digest.complete(address, 100, 1, 100)), "address, bit {bit}");
        let same = Fingerprint::default().with_ipv6_address(address);
        if bit < 128 {
            assert!(seen.insert(same.complete(other, 100, 1, 100)), "source, bit {bit}");
        }
    }
}
