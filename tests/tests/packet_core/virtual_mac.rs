//! Virtual MAC addresses: what they are answered with, and what is sent to them.

use std::net::Ipv4Addr;

use vrrp_ebpf::abi::{FAMILY_IPV6, RULE_VIRTUAL_MAC, RouterKey, RouterRule, Vip, VipKey};
use vrrp_tests::craft;

use super::{
    case::{Case, run},
    frames::{Advert, ethernet},
    frames_ipv6::packet,
    frames_nd::{ASKER, Neighbour},
    world::{
        IFINDEX, Lease, OWN_IPV6, OWN_MAC, PEER_IPV6, SLOT, VIP, VIP_IPV6, VRID, World, router_key,
        rule_ipv6, rule_v3, vip, vip_key,
    },
};

const ASKER_ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 50);
const FOR_IPV4: [u8; 6] = [0x00, 0x00, 0x5e, 0x00, 0x01, VRID];
const FOR_IPV6: [u8; 6] = [0x00, 0x00, 0x5e, 0x00, 0x02, VRID];

/// A router of each family with its virtual address.
fn world(lease: Lease) -> World {
    let flags = RULE_VIRTUAL_MAC;
    let address = |address, mac| (VipKey { address, ifindex: IFINDEX }, Vip { mac, ..vip(SLOT) });
    World {
        rules: vec![
            (router_key(VRID), RouterRule { flags, ..rule_v3() }),
            (
                RouterKey { family: FAMILY_IPV6, ..router_key(VRID) },
                RouterRule { flags, ..rule_ipv6() },
            ),
        ],
        vips: vec![address(vip_key(VIP).address, FOR_IPV4), address(VIP_IPV6, FOR_IPV6)],
        lease,
        ..World::empty()
    }
}

/// A segment to this hardware address.
fn tcp(to: [u8; 6]) -> Vec<u8> {
    let header = [0x45, 0, 1, 0, 0, 1, 0x40, 0, 64, 6, 0, 0, 192, 168, 1, 50, 192, 168, 1, 100];
    ethernet(to, [0x08, 0x00], &[&header[..], &[0xa5; 236]].concat())
}

fn to(mac: [u8; 6], mut frame: Vec<u8>) -> Vec<u8> {
    frame[..6].copy_from_slice(&mac);
    frame
}

/// Given to the interface's own address under the lease, and to nobody otherwise.
fn readdressed(what: &str, frame: &[u8]) -> [Case; 3] {
    let row = |lease| Case::new(format!("{what}, {lease:?}"), world(lease), frame.to_vec());
    [row(Lease::Held).becomes(to(OWN_MAC, frame.to_vec())), row(Lease::Over), row(Lease::Never)]
}

#[test]
fn what_is_sent_to_it_reaches_the_kernel_under_the_lease() {
    let ipv6 = packet(PEER_IPV6, OWN_IPV6, 6, 64, &[0xa5; 100]);
    let mut echo = packet(PEER_IPV6, VIP_IPV6, 58, 64, &[0xa5; 64]);
    echo[54] = 128;
    let reply = craft::arp(FOR_IPV4, 2, (ASKER, ASKER_ADDRESS), (FOR_IPV4, Ipv4Addr::from(VIP)));
    let request =
        craft::arp(FOR_IPV4, 1, (ASKER, ASKER_ADDRESS), ([0; 6], Ipv4Addr::new(192, 168, 1, 11)));
    let mut cases = Vec::new();
    for (what, frame) in [
        ("TCP", tcp(FOR_IPV4)),
        // Which address a neighbour uses for which family is not ours to judge.
        ("TCP, to the other family's", tcp(FOR_IPV6)),
        ("IPv6", to(FOR_IPV6, ipv6)),
        ("an echo request", to(FOR_IPV6, echo)),
        ("an ARP reply", reply),
        ("an ARP request for another address", request),
        ("a neighbour's advertisement", to(FOR_IPV6, neighbour(|it| it.kind = 136))),
        ("another type", ethernet(FOR_IPV4, [0x88, 0xcc], &[7; 50])),
        ("a tag", ethernet(FOR_IPV4, [0x81, 0x00], &[0, 10, 0x08, 0x00, 0x45, 0, 0, 28, 0, 0])),
        ("a header alone", ethernet(FOR_IPV4, [0x08, 0x00], &[])),
    ] {
        cases.extend(readdressed(what, &frame));
    }
    run(&cases);
}

/// About an address that is not virtual.
fn neighbour(change: impl FnOnce(&mut Neighbour)) -> Vec<u8> {
    let mut message = Neighbour { target: OWN_IPV6, ..Neighbour::solicitation() };
    change(&mut message);
    message.frame()
}

#[test]
fn an_advert_to_it_is_judged_first() {
    let advert = Advert { destination: [192, 168, 1, 13], ..Advert::v3() };
    let frame = to(FOR_IPV4, advert.frame());
    let [held, over, never] = readdressed("to another node's address", &frame);
    run(&[held.not_understood(), over.not_understood(), never.not_understood()]);
    run(&[Case::published("to the group", world(Lease::Held), &Advert::v3())]);
}

#[test]
fn what_is_sent_elsewhere_stays_as_it_is() {
    let mut cases = Vec::new();
    for bit in 0..48 {
        let mut mac = FOR_IPV4;
        mac[bit / 8] ^= 1 << (bit % 8);
        // One bit from the virtual address of the other family there is none.
        cases.push(Case::new(format!("bit {bit}"), world(Lease::Held), tcp(mac)));
    }
    let mut plain = world(Lease::Held);
    let mut elsewhere = world(Lease::Held);
    let mut one_family = world(Lease::Held);
    let mut past_the_end = world(Lease::Held);
    for (_, rule) in &mut plain.rules {
        rule.flags = !RULE_VIRTUAL_MAC;
    }
    elsewhere.rules.iter_mut().for_each(|(key, _)| key.ifindex = 2);
    one_family.rules.remove(1);
    past_the_end.rules[0].1.slot = vrrp_ebpf::abi::MAX_ROUTERS;
    cases.extend([
        Case::new("our own", world(Lease::Held), tcp(OWN_MAC)),
        Case::new("no virtual address", plain, tcp(FOR_IPV4)),
        Case::new("another interface", elsewhere, tcp(FOR_IPV4)),
        Case::new("IPv4 only", one_family, tcp(FOR_IPV6)),
        Case::new("nothing configured", World::empty(), tcp(FOR_IPV4)),
        Case::new("no lease", past_the_end, tcp(FOR_IPV4)),
    ]);
    run(&cases);
}

/// An ARP request for the virtual address.
fn request(to_mac: [u8; 6]) -> Vec<u8> {
    to(to_mac, craft::arp_request(ASKER, ASKER_ADDRESS, Ipv4Addr::from(VIP)))
}

#[test]
fn requests_are_answered_with_it_wherever_they_were_sent() {
    let reply = craft::arp(ASKER, 2, (FOR_IPV4, Ipv4Addr::from(VIP)), (ASKER, ASKER_ADDRESS));
    let advertisement = Neighbour::advertisement(FOR_IPV6).frame();
    let row = |what: &str, mac| {
        let what = format!("{what} {mac:x?}");
        Case::new(what, world(Lease::Held), request(mac)).answered(reply.clone())
    };
    let solicited = |what: &str, mac| {
        let asked = Neighbour { to: mac, ..Neighbour::solicitation() }.frame();
        Case::new(what, world(Lease::Held), asked).nd_answered(advertisement.clone())
    };
    let past = |mac| Case::new("past the lease", world(Lease::Over), request(mac)).refused();
    let group = [1, 0, 0x5e, 0, 0, 0x12];
    run(&[
        row("broadcast", [0xff; 6]),
        row("virtual", FOR_IPV4),
        row("own", OWN_MAC),
        row("group", group),
        solicited("group", Neighbour::solicitation().to),
        solicited("virtual", FOR_IPV6),
        solicited("own", OWN_MAC),
        Case::new("detection", world(Lease::Held), Neighbour::detection().frame())
            .nd_answered(Neighbour::defence(FOR_IPV6).frame()),
        past([0xff; 6]),
        past(FOR_IPV4),
        past(OWN_MAC),
        past(group),
    ]);
}

#[test]
fn either_address_is_our_own() {
    let mut cases = Vec::new();
    for mac in [OWN_MAC, FOR_IPV4] {
        let mut by = request([0xff; 6]);
        by[22..28].copy_from_slice(&mac);
        let mut from = request([0xff; 6]);
        from[6..12].copy_from_slice(&mac);
        for lease in [Lease::Held, Lease::Over] {
            cases.push(Case::new(format!("by {mac:x?}"), world(lease), by.clone()));
            cases.push(Case::new(format!("from {mac:x?}"), world(lease), from.clone()));
        }
    }
    for mac in [OWN_MAC, FOR_IPV6] {
        let own = Neighbour { from: mac, ..Neighbour::detection() };
        cases.push(Case::new("our own detection", world(Lease::Over), own.frame()));
    }
    run(&cases);
}
