//! Claims of others to a virtual address.

use std::net::Ipv4Addr;

use vrrp_ebpf::abi::{Vip, from_ipv4};
use vrrp_tests::craft;

use super::{
    case::{Case, run},
    frames_nd::{ALL_NODES, ALL_NODES_MAC, Neighbour, option},
    world::{Lease, OWN_IPV6, OWN_MAC, SLOT, VIP, VIP_IPV6, VRID, World, vip},
};

const OTHER: [u8; 6] = [0xdc, 0xa6, 0x32, 0, 0, 0x13];
const OTHER_ADDRESS: [u8; 4] = [192, 168, 1, 13];
const VIRTUAL: [u8; 6] = [0x00, 0x00, 0x5e, 0x00, 0x01, VRID];
const MILLISECOND: u64 = 1_000_000;

/// An ARP message by this hardware address about the virtual address.
fn claim(operation: u16, mac: [u8; 6], target: [u8; 4]) -> Vec<u8> {
    let target = ([0xff; 6], Ipv4Addr::from(target));
    craft::arp([0xff; 6], operation, (mac, Ipv4Addr::from(VIP)), target)
}

/// In a node that may answer the daemon hears of it, in any other it passes.
fn conflicts(what: &str, world: fn(Lease) -> World, frame: &[u8], address: [u8; 16]) -> [Case; 3] {
    [Lease::Held, Lease::Over, Lease::Never].map(|lease| {
        let case = Case::new(format!("{what}, {lease:?}"), world(lease), frame.to_vec());
        match lease {
            Lease::Held => case.conflicts(address, OTHER),
            Lease::Over | Lease::Never => case,
        }
    })
}

fn passes(what: &str, world: fn(Lease) -> World, frame: &[u8]) -> [Case; 2] {
    [Lease::Held, Lease::Over]
        .map(|lease| Case::new(format!("{what}, {lease:?}"), world(lease), frame.to_vec()))
}

/// A tag before the type.
fn tagged(mut frame: Vec<u8>, tag: u16) -> Vec<u8> {
    frame.splice(12..12, [&[0x81, 0x00][..], &tag.to_be_bytes()].concat());
    frame
}

#[test]
fn arp_that_claims_the_address() {
    let address = from_ipv4(VIP);
    let mut cases = Vec::new();
    for (what, frame) in [
        ("an announcement", claim(1, OTHER, VIP)),
        ("an announcement by reply", claim(2, OTHER, VIP)),
        ("a request for another address", claim(1, OTHER, OTHER_ADDRESS)),
        ("a reply to somebody", claim(2, OTHER, OTHER_ADDRESS)),
        ("with a priority tag", tagged(claim(1, OTHER, VIP), 0xe000)),
    ] {
        cases.extend(conflicts(what, World::arp, &frame, address));
    }
    let mut to_another = claim(2, OTHER, OTHER_ADDRESS);
    to_another[..6].copy_from_slice(&[2, 0, 0, 0, 0, 9]);
    cases.extend(conflicts("a reply to another node", World::arp, &to_another, address));
    run(&cases);
}

#[test]
fn arp_that_does_not() {
    let by = |operation, mac, sender: [u8; 4]| {
        let target = ([0; 6], Ipv4Addr::from(OTHER_ADDRESS));
        craft::arp([0xff; 6], operation, (mac, Ipv4Addr::from(sender)), target)
    };
    let mut cases = Vec::new();
    for (what, frame) in [
        ("a probe for another address", by(1, OTHER, [0; 4])),
        ("another address", by(2, OTHER, OTHER_ADDRESS)),
        ("our own", by(1, OWN_MAC, VIP)),
        ("our own reply", by(2, OWN_MAC, VIP)),
        ("RARP", by(3, OTHER, VIP)),
        ("operation 0", by(0, OTHER, VIP)),
        ("in VLAN 10", tagged(by(1, OTHER, VIP), 10)),
    ] {
        cases.extend(passes(what, World::arp, &frame));
    }
    run(&cases);
}

/// A virtual address with a virtual MAC address.
fn virtual_mac(lease: Lease) -> World {
    let mut world = World::arp(lease);
    world.vips[0].1 = Vip { mac: VIRTUAL, ..vip(SLOT) };
    world
}

#[test]
fn the_virtual_mac_address_is_nobody_elses() {
    let mut cases = Vec::new();
    for mac in [VIRTUAL, OWN_MAC] {
        cases.extend(passes("ours", virtual_mac, &claim(1, mac, VIP)));
    }
    let mut next = VIRTUAL;
    next[5] += 1;
    let row = |mac| Case::new("another router's", virtual_mac(Lease::Held), claim(1, mac, VIP));
    cases.push(row(next).conflicts(from_ipv4(VIP), next));
    for bit in 0..48 {
        let mut mac = OWN_MAC;
        mac[bit / 8] ^= 1 << (bit % 8);
        cases.push(row(mac).conflicts(from_ipv4(VIP), mac));
    }
    run(&cases);
}

/// It is at another hardware address, says a neighbour.
fn advertisement(change: impl FnOnce(&mut Neighbour)) -> Vec<u8> {
    let mut message =
        Neighbour { to: ALL_NODES_MAC, destination: ALL_NODES, ..Neighbour::advertisement(OTHER) };
    change(&mut message);
    message.frame()
}

#[test]
fn neighbour_advertisements() {
    let mut cases = Vec::new();
    for (what, frame) in [
        ("unsolicited", advertisement(|_| ())),
        ("to somebody", advertisement(|it| it.to = [2, 0, 0, 0, 0, 9])),
        ("from another address", advertisement(|it| it.source = OWN_IPV6)),
        ("by proxy", advertisement(|it| it.from = [2, 0, 0, 0, 0, 9])),
        ("without an option", advertisement(|it| it.options.clear())),
        ("with another option", advertisement(|it| it.options = option(14, [7; 6]))),
        ("with a priority tag", tagged(advertisement(|_| ()), 0)),
    ] {
        cases.extend(conflicts(what, World::nd, &frame, VIP_IPV6));
    }
    for (what, frame) in [
        ("our own", advertisement(|it| it.options = option(2, OWN_MAC))),
        (
            "our own, without an option",
            advertisement(|it| {
                it.options.clear();
                it.from = OWN_MAC;
            }),
        ),
        ("about another address", advertisement(|it| it.target = OWN_IPV6)),
        ("through a router", advertisement(|it| it.hop_limit = 254)),
        ("router advertisement", advertisement(|it| it.kind = 134)),
    ] {
        cases.extend(passes(what, World::nd, &frame));
    }
    run(&cases);
}

#[test]
fn a_claim_is_told_of_once_in_a_while() {
    let after = |ago| {
        let mut world = World::arp(Lease::Held);
        world.conflict_ago = Some(ago);
        Case::new(format!("{ago} ns later"), world, claim(1, OTHER, VIP))
    };
    run(&[
        after(MILLISECOND).conflicts_again(),
        after(50 * MILLISECOND).conflicts_again(),
        after(100 * MILLISECOND).conflicts(from_ipv4(VIP), OTHER),
    ]);
}

#[test]
fn a_claim_that_found_no_room_is_not_taken_for_told() {
    let mut world = World::arp(Lease::Held);
    world.ring_full = true;
    run(&[Case::new("a full ring", world, claim(1, OTHER, VIP)).conflicts_unheard()]);
}

#[test]
fn who_claims_one_address_and_asks_for_another_is_answered() {
    let second = [192, 168, 1, 101];
    let mut world = World::arp(Lease::Held);
    let (mut key, address) = world.vips[0];
    key.address = from_ipv4(second);
    world.vips.push((key, address));
    let request =
        craft::arp([0xff; 6], 1, (OTHER, Ipv4Addr::from(VIP)), ([0; 6], Ipv4Addr::from(second)));
    let reply =
        craft::arp(OTHER, 2, (OWN_MAC, Ipv4Addr::from(second)), (OTHER, Ipv4Addr::from(VIP)));
    run(&[Case::new("both", world, request).conflicts(from_ipv4(VIP), OTHER).answered(reply)]);
}

#[test]
fn cut_short_nothing_is_claimed() {
    let mut cases = Vec::new();
    let arp = claim(1, OTHER, VIP);
    for length in 14..arp.len() {
        cases.extend(passes("ARP", World::arp, &arp[..length]));
    }
    let nd = advertisement(|_| ());
    for length in 14..54 + 24 {
        cases.extend(passes("an advertisement", World::nd, &nd[..length]));
    }
    run(&cases);
}
