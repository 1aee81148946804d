//! The identity of an advert is part of the ABI: the daemon computes it, the eBPF program compares.

use std::collections::HashSet;

use vrrp_ebpf::Fingerprint;

fn digest(addresses: &[[u8; 4]]) -> Fingerprint {
    let start = Fingerprint::default();
    addresses.iter().fold(start, |digest, address| digest.with_ipv4_address(*address))
}

#[test]
fn values_do_not_change_between_versions() {
    // Computed apart from this code. A program that an older daemon pinned absorbs adverts by
    // these numbers: who changes them must raise `abi::VERSION`.
    let one = digest(&[[192, 168, 1, 100]]);
    assert_eq!(one.digest(), 0xe59c_d90f_d342_2eaa);
    assert_eq!(one.complete_ipv4([192, 168, 1, 12], 150, 1, 1), 0x2fe1_fea3_8c7e_4375);
    let two = digest(&[[10, 0, 0, 70], [10, 0, 0, 71]]);
    assert_eq!(two.digest(), 0x6108_3721_76f2_b3b7);
    assert_eq!(two.complete_ipv4([10, 0, 0, 60], 255, 2, 100), 0xf70d_b573_26f7_cc03);
    let none = Fingerprint::default();
    assert_eq!(none.complete_ipv4([0; 4], 0, 0, 0), 0x47d0_a581_cc91_300b);
}

#[test]
fn the_order_of_addresses_means_nothing() {
    let addresses: Vec<[u8; 4]> = (0..=255).map(|last| [10, 0, 0, last]).collect();
    let backwards: Vec<[u8; 4]> = addresses.iter().rev().copied().collect();
    assert_eq!(digest(&addresses).digest(), digest(&backwards).digest());
}

#[test]
fn every_field_changes_it() {
    let base = digest(&[[10, 0, 0, 70], [10, 0, 0, 71]]);
    let reference = base.complete_ipv4([10, 0, 0, 60], 100, 2, 1);
    let others = [
        base.complete_ipv4([10, 0, 0, 61], 100, 2, 1),
        base.complete_ipv4([11, 0, 0, 60], 100, 2, 1),
        base.complete_ipv4([10, 0, 0, 60], 101, 2, 1),
        base.complete_ipv4([10, 0, 0, 60], 100, 3, 1),
        base.complete_ipv4([10, 0, 0, 60], 100, 2, 2),
        base.complete_ipv4([10, 0, 0, 60], 100, 2, 257),
        digest(&[[10, 0, 0, 70], [10, 0, 0, 72]]).complete_ipv4([10, 0, 0, 60], 100, 2, 1),
        digest(&[[10, 0, 0, 70]]).complete_ipv4([10, 0, 0, 60], 100, 2, 1),
        // The same address twice is not the same as once, nor as none at all.
        digest(&[[10, 0, 0, 70]; 2]).complete_ipv4([10, 0, 0, 60], 100, 2, 1),
        digest(&[]).complete_ipv4([10, 0, 0, 60], 100, 2, 1),
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
            seen.insert(addresses.complete_ipv4([192, 168, 1, 12], priority, 1, 1));
            made += 1;
        }
    }
    assert_eq!(seen.len(), made);
}

#[test]
fn it_is_never_the_number_that_stands_for_nothing() {
    for priority in 0..=255 {
        for interval in 0..=255 {
            assert_ne!(Fingerprint::default().complete_ipv4([0; 4], priority, 0, interval), 0);
        }
    }
}
