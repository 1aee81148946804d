//! The layout of the maps, as operators and older programs see it.

use std::{collections::HashSet, mem::offset_of};

use vrrp_ebpf::abi::{
    AdvertEvent, CONFLICT_RING_BYTES, ConflictEvent, Counter, Counters, EVENT_RING_BYTES, Heard,
    NodeCounter, NodeCounters, Peer, PeerKey, RouterKey, RouterRule, VERSION, Vip, VipKey,
    from_ipv4,
};

#[test]
fn a_changed_layout_raises_the_version() {
    // When this fails, raise `VERSION` and then change the numbers here.
    assert_eq!(VERSION, 3);
    assert_eq!((size_of::<RouterKey>(), size_of::<RouterRule>()), (8, 72));
    assert_eq!((size_of::<VipKey>(), size_of::<Vip>()), (20, 20));
    assert_eq!((size_of::<PeerKey>(), size_of::<Peer>()), (20, 4));
    assert_eq!((size_of::<Heard>(), size_of::<AdvertEvent>()), (48, 184));
    assert_eq!(size_of::<ConflictEvent>(), 40);
    assert_eq!((size_of::<Counters>(), size_of::<NodeCounters>()), (29 * 8, 2 * 8));
    assert_eq!(offset_of!(RouterRule, expected), 0);
    assert_eq!(offset_of!(RouterRule, password), 8);
    assert_eq!(offset_of!(RouterRule, own_source), 16);
    assert_eq!(offset_of!(RouterRule, group), 32);
    assert_eq!(offset_of!(RouterRule, slot), 48);
    assert_eq!(offset_of!(RouterRule, generation), 52);
    assert_eq!(offset_of!(RouterRule, interval), 56);
    assert_eq!(offset_of!(RouterRule, version), 58);
    assert_eq!(offset_of!(RouterRule, auth_type), 59);
    assert_eq!(offset_of!(RouterRule, mac), 60);
    assert_eq!(offset_of!(RouterRule, flags), 66);
    assert_eq!(offset_of!(Vip, mac), 4);
    assert_eq!(offset_of!(Vip, own_mac), 10);
    assert_eq!(offset_of!(Vip, flags), 16);
    assert_eq!(offset_of!(Peer, min_ttl), 0);
    assert_eq!(offset_of!(Heard, conflict_ns), 32);
    assert_eq!(offset_of!(Heard, other_generation), 40);
    assert_eq!(offset_of!(AdvertEvent, slot), 24);
    assert_eq!(offset_of!(AdvertEvent, source), 32);
    assert_eq!(offset_of!(AdvertEvent, addresses), 56);
    assert_eq!(offset_of!(ConflictEvent, address), 8);
    assert_eq!(offset_of!(ConflictEvent, slot), 24);
    assert_eq!(offset_of!(ConflictEvent, mac), 32);
}

#[test]
fn a_key_is_one_string_of_bytes() {
    let key = RouterKey { ifindex: 0x0102_0304, family: 4, vrid: 51, pad: [0; 2] };
    let expected = [&0x0102_0304_u32.to_ne_bytes()[..], &[4, 51, 0, 0]].concat();
    assert_eq!(bytemuck::bytes_of(&key), expected);
    let key = VipKey { address: from_ipv4([10, 0, 0, 70]), ifindex: 3 };
    let expected = [&[10, 0, 0, 70][..], &[0; 12], &3_u32.to_ne_bytes()].concat();
    assert_eq!(bytemuck::bytes_of(&key), expected);
    let key = PeerKey { address: [0xfe; 16], slot: 7 };
    let expected = [&[0xfe; 16][..], &7_u32.to_ne_bytes()].concat();
    assert_eq!(bytemuck::bytes_of(&key), expected);
}

#[test]
fn the_ring_buffers_are_of_a_size_the_kernel_takes() {
    for bytes in [EVENT_RING_BYTES, CONFLICT_RING_BYTES] {
        assert!(bytes.is_power_of_two());
        // The largest page of the kernels this runs on.
        assert_eq!(bytes % 65_536, 0);
    }
}

#[test]
fn counters_are_told_apart() {
    let mut table = Counters::default();
    for (index, counter) in Counter::ALL.iter().enumerate() {
        assert_eq!(*counter as usize, index);
        for _ in 0..=index {
            table.add(*counter);
        }
    }
    let mut other = Counters::default();
    other.add(Counter::Received);
    table.merge(&other);
    assert_eq!(table.get(Counter::Received), 2);
    assert_eq!(table.get(Counter::OwnSource), 22);
    let names: HashSet<&str> = Counter::ALL.iter().map(|counter| counter.name()).collect();
    assert_eq!(names.len(), Counter::ALL.len());
    assert!(Counter::DROPS.iter().all(|drop| *drop as u32 >= Counter::Length as u32));
    assert_eq!(Counter::DROPS.len(), 17);

    let mut node = NodeCounters::default();
    node.add(NodeCounter::NotUnderstood);
    assert_eq!(node.get(NodeCounter::NotUnderstood), 1);
    assert_eq!(node.get(NodeCounter::UnknownRouter), 0);
}

#[test]
fn an_advert_was_last_heard_by_whichever_path_took_it_last() {
    let heard =
        Heard { expected_ns: 5, other: 77, other_ns: 9, other_event_ns: 8, ..Heard::default() };
    assert_eq!(heard.last(1), 5);
    assert_eq!(heard.last(77), 9);
    assert_eq!(Heard { expected_ns: 10, ..heard }.last(77), 10);
    assert_eq!(Heard::default().last(77), 0);
}
