//! Virtual addresses that accept nothing.

use std::net::Ipv4Addr;

use vrrp_ebpf::abi::{
    Counter, FEATURE_NO_ACCEPT, RULE_VIRTUAL_MAC, RouterRule, VIP_NO_ACCEPT, VipKey, from_ipv4,
};
use vrrp_tests::craft;

use super::{
    case::{Case, run},
    frames::{Advert, ETHERNET, ethernet},
    frames_ipv6::packet,
    frames_nd::Neighbour,
    world::{
        IFINDEX, Lease, OWN_IPV6, OWN_MAC, PEER_IPV6, SLOT, VIP, VIP_IPV6, VRID, World, rule_v2,
        vip,
    },
};

/// An address of each family that accepts nothing.
fn world(features: u32, flags: u8) -> World {
    let vips = [from_ipv4(VIP), VIP_IPV6].map(|address| {
        let mut vip = vip(SLOT);
        vip.flags = flags;
        (VipKey { address, ifindex: IFINDEX }, vip)
    });
    World { vips: vips.to_vec(), features, ..World::empty() }
}

fn refusing() -> World {
    world(FEATURE_NO_ACCEPT, VIP_NO_ACCEPT)
}

/// A datagram to this address.
fn ipv4(protocol: u8, to: [u8; 4]) -> Vec<u8> {
    let start = [0x45, 0, 0, 120, 0, 1, 0x40, 0, 64, protocol, 0, 0, 192, 168, 1, 50];
    ethernet(OWN_MAC, [0x08, 0x00], &[&start[..], &to, &[0xa5; 100]].concat())
}

fn ipv6(next_header: u8, first: u8, to: [u8; 16]) -> Vec<u8> {
    packet(PEER_IPV6, to, next_header, 64, &[&[first][..], &[0xa5; 63]].concat())
}

#[test]
fn packets_to_such_an_address_are_dropped() {
    let mut fragment = ipv4(17, VIP);
    fragment[ETHERNET + 6] = 0x20;
    let mut options = ipv4(6, VIP);
    options[ETHERNET] = 0x46;
    let mut cases = Vec::new();
    for (what, frame) in [
        ("TCP", ipv4(6, VIP)),
        ("UDP", ipv4(17, VIP)),
        ("ICMP", ipv4(1, VIP)),
        ("AH", ipv4(51, VIP)),
        ("a fragment", fragment),
        ("options", options),
        ("TCP over IPv6", ipv6(6, 0, VIP_IPV6)),
        ("an echo request", ipv6(58, 128, VIP_IPV6)),
        ("a router advertisement", ipv6(58, 134, VIP_IPV6)),
        ("a redirect", ipv6(58, 137, VIP_IPV6)),
        ("an extension header", ipv6(0, 58, VIP_IPV6)),
        ("a number of Neighbor Discovery in TCP", ipv6(6, 135, VIP_IPV6)),
    ] {
        for lease in [Lease::Held, Lease::Over, Lease::Never] {
            let world = World { lease, ..refusing() };
            let case = Case::new(format!("{what}, {lease:?}"), world, frame.clone());
            cases.push(case.rejected(Counter::NotAccepted));
        }
    }
    run(&cases);
}

#[test]
fn other_packets_are_not() {
    let mut elsewhere = refusing();
    elsewhere.vips.iter_mut().for_each(|(key, _)| key.ifindex = 2);
    let mut other_bits = world(!FEATURE_NO_ACCEPT, VIP_NO_ACCEPT);
    other_bits.rules.clear();
    let mut cases = Vec::new();
    for (what, world) in [
        ("not in use", world(0, VIP_NO_ACCEPT)),
        ("something else in use", other_bits),
        ("an address that accepts", world(FEATURE_NO_ACCEPT, !VIP_NO_ACCEPT)),
        ("another interface", elsewhere),
    ] {
        cases.push(Case::new(what, world.clone(), ipv4(6, VIP)));
        cases.push(Case::new(what, world.clone(), ipv6(6, 0, VIP_IPV6)));
        cases.push(Case::new(what, world, ipv6(58, 128, VIP_IPV6)));
    }
    for (what, frame) in [
        ("another address", ipv4(6, [192, 168, 1, 11])),
        ("from the address", {
            let mut frame = ipv4(6, [192, 168, 1, 11]);
            frame[ETHERNET + 12..ETHERNET + 16].copy_from_slice(&VIP);
            frame
        }),
        ("another address of IPv6", ipv6(6, 0, OWN_IPV6)),
        ("a solicitation for another address", {
            Neighbour { target: OWN_IPV6, destination: VIP_IPV6, ..Neighbour::solicitation() }
                .frame()
        }),
        ("an advertisement", {
            Neighbour {
                target: OWN_IPV6,
                destination: VIP_IPV6,
                kind: 136,
                ..Neighbour::solicitation()
            }
            .frame()
        }),
        ("another type", ethernet(OWN_MAC, [0x88, 0xcc], &ipv4(6, VIP)[ETHERNET..])),
    ] {
        cases.push(Case::new(what, refusing(), frame));
    }
    run(&cases);
}

#[test]
fn what_is_about_the_address_is_answered_all_the_same() {
    let mut world = refusing();
    world.lease = Lease::Held;
    world.rules = World::v2().rules;
    let asker = ([2, 0, 0, 0, 0, 9], Ipv4Addr::new(192, 168, 1, 50));
    let request = craft::arp_request(asker.0, asker.1, Ipv4Addr::from(VIP));
    let reply = craft::arp(asker.0, 2, (OWN_MAC, Ipv4Addr::from(VIP)), asker);
    let to_the_address = Advert { destination: VIP, ..Advert::v2() };
    run(&[
        Case::new("ARP", world.clone(), request).answered(reply),
        Case::new("a solicitation", world.clone(), Neighbour::solicitation().frame())
            .nd_answered(Neighbour::advertisement(OWN_MAC).frame()),
        Case::published("an advert", world.clone(), &Advert::v2()),
        Case::new("an advert to the address", world, to_the_address.frame()).not_understood(),
    ]);
}

#[test]
fn the_virtual_mac_address_makes_no_difference() {
    let mut world = refusing();
    world.lease = Lease::Held;
    world.rules = World::with_rule(RouterRule { flags: RULE_VIRTUAL_MAC, ..rule_v2() }).rules;
    let mut frame = ipv4(6, VIP);
    frame[..6].copy_from_slice(&[0x00, 0x00, 0x5e, 0x00, 0x01, VRID]);
    run(&[Case::new("TCP", world, frame).rejected(Counter::NotAccepted)]);
}

#[test]
fn cut_short_they_pass() {
    let mut cases = Vec::new();
    for (frame, from) in [(ipv4(6, VIP), ETHERNET + 20), (ipv6(6, 0, VIP_IPV6), ETHERNET + 40)] {
        for length in 14..from {
            cases.push(Case::new(format!("{length} bytes"), refusing(), frame[..length].to_vec()));
        }
        let whole = Case::new("enough", refusing(), frame[..from].to_vec());
        cases.push(whole.rejected(Counter::NotAccepted));
    }
    run(&cases);
}
