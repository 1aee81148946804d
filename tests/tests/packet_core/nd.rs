//! Neighbor Discovery, one field at a time.

use vrrp_ebpf::abi::{MAX_ROUTERS, VIP_ROUTER};

use super::{
    case::{Case, run},
    frames::{ETHERNET, hex},
    frames_ipv6::PAYLOAD,
    frames_nd::{ALL_NODES, ALL_NODES_MAC, ASKER, NOBODY, Neighbour, field, option},
    world::{Lease, OWN_IPV6, OWN_MAC, VIP_IPV6, World},
};

const OTHER: [u8; 6] = [2, 0, 0, 0, 0, 7];
/// The hardware address of another node.
const STRANGER: [u8; 6] = [0xdc, 0xa6, 0x32, 0, 0, 0x13];

/// A change to a message.
type Change = fn(&mut Neighbour);

/// The row in a node that may answer, one that no longer may, and one that never might.
fn passes(what: &str, frame: &[u8]) -> [Case; 3] {
    [Lease::Held, Lease::Over, Lease::Never]
        .map(|lease| Case::new(format!("{what}, {lease:?}"), World::nd(lease), frame.to_vec()))
}

/// Answered while the lease holds, refused otherwise.
fn answered(what: &str, frame: &[u8], reply: &[u8]) -> [Case; 3] {
    let [held, over, never] = passes(what, frame);
    [held.nd_answered(reply.to_vec()), over.nd_refused(), never.nd_refused()]
}

/// For the kernel while the lease holds, refused otherwise.
fn kernels(what: &str, frame: &[u8]) -> [Case; 3] {
    let [held, over, never] = passes(what, frame);
    [held, over.nd_refused(), never.nd_refused()]
}

fn with(mut message: Neighbour, change: Change) -> Vec<u8> {
    change(&mut message);
    message.frame()
}

#[test]
fn reference_frames() {
    // Computed apart from this code base.
    let n1 = hex("3333ff000100aabbcc00009986dd6000000000203afffe800000000000000000000000000050\
                  ff0200000000000000000001ff0001008700d3bf0000000020010db8000000000000000000000100\
                  0101aabbcc000099");
    let answer =
        hex("aabbcc000099dca63200001186dd6000000000203aff20010db8000000000000000000000100\
                      fe8000000000000000000000000000508800aaa86000000020010db800000000000000000000\
                      01000201dca632000011");
    let n2 = hex("dca632000011aabbcc00009986dd6000000000203aff20010db8000000000000000000000050\
                  20010db8000000000000000000000100870074d30000000020010db80000000000000000000001\
                  000101aabbcc000099");
    let of_a_router =
        hex("aabbcc000099dca63200001186dd6000000000203aff20010db800000000000000000000\
                           010020010db80000000000000000000000508800fb6fe000000020010db8000000000000\
                           0000000001000201dca632000011");
    let n3 = hex("3333ff000100aabbcc00009986dd6000000000203aff00000000000000000000000000000000\
                  ff0200000000000000000001ff000100870033da0000000020010db80000000000000000000001\
                  000e01010203040506");
    let defence = hex("333300000001dca63200001186dd6000000000203aff20010db80000000000000000000001\
                       00ff0200000000000000000000000000018800ea752000000020010db800000000000000000\
                       00001000201dca632000011");
    let n4 = hex("3333ff000100aabbcc00009986dd6000000000183aff00000000000000000000000000000000\
                  ff0200000000000000000001ff00010087004aef0000000020010db80000000000000000000001\
                  00");
    let mut router = World::nd(Lease::Held);
    router.vips[0].1.flags = VIP_ROUTER;
    let mut cases =
        vec![Case::new("N2, unicast, to a router", router, n2).nd_answered(of_a_router)];
    cases.extend(answered("N1", &n1, &answer));
    cases.extend(answered("N3, duplicate address detection", &n3, &defence));
    cases.extend(kernels("N4, the same without a nonce", &n4));
    run(&cases);
    assert_eq!(Neighbour::solicitation().frame(), n1);
    assert_eq!(Neighbour::advertisement(OWN_MAC).frame(), answer);
    assert_eq!(Neighbour::detection().frame(), n3);
    assert_eq!(Neighbour::defence(OWN_MAC).frame(), defence);
}

#[test]
fn solicitations_are_answered_under_the_lease_only() {
    let reply = Neighbour::advertisement(OWN_MAC).frame();
    let unicast: Change = |asked| (asked.to, asked.destination) = (OWN_MAC, VIP_IPV6);
    let rows: [(&str, Change); 6] = [
        ("to the group", |_| ()),
        ("to the address", unicast),
        ("to the group, in a unicast frame", |asked| asked.to = OWN_MAC),
        // The answer goes to the one who asks, not to the bridge that passed it on.
        ("by proxy", |asked| asked.from = OTHER),
        ("by a group's hardware address, in its header only", |asked| asked.from = [3; 6]),
        ("with reserved bits", |asked| asked.flags = 0xff),
    ];
    let mut cases = Vec::new();
    for (what, change) in rows {
        cases.extend(answered(what, &with(Neighbour::solicitation(), change), &reply));
    }
    let traffic_class = Neighbour::solicitation()
        .changed(|frame| frame[ETHERNET..ETHERNET + 4].copy_from_slice(&[0x6e, 0xf1, 2, 3]));
    cases.extend(answered("traffic class and flow label", &traffic_class, &reply));
    cases.extend(answered(
        "detection",
        &Neighbour::detection().frame(),
        &Neighbour::defence(OWN_MAC).frame(),
    ));
    cases.extend(answered(
        "detection in a unicast frame",
        &with(Neighbour::detection(), |asked| asked.to = OWN_MAC),
        &Neighbour::defence(OWN_MAC).frame(),
    ));
    run(&cases);
}

#[test]
fn checksums_are_right_whatever_is_asked() {
    let mut cases = Vec::new();
    for byte in 0..=255 {
        let mut asked = Neighbour::solicitation();
        asked.source[15] = byte;
        asked.source[8] = byte.wrapping_mul(251);
        asked.options = option(1, [byte & 0xfe, byte, 0xff, 0xff, byte, 0xff]);
        let mut reply = Neighbour::advertisement(OWN_MAC);
        reply.destination = asked.source;
        reply.to.copy_from_slice(&asked.options[2..]);
        let case = Case::new(format!("{byte}"), World::nd(Lease::Held), asked.frame());
        cases.push(case.nd_answered(reply.frame()));
    }
    run(&cases);
}

#[test]
fn what_would_need_another_length_is_the_kernels() {
    let rows: [(&str, Change); 9] = [
        ("no option", |asked| asked.options.clear()),
        ("a nonce, too", |asked| asked.options.extend(option(14, [7; 6]))),
        ("the nonce first", |asked| {
            asked.options = [option(14, [7; 6]), option(1, ASKER)].concat();
        }),
        ("another option", |asked| asked.options = option(2, ASKER)),
        ("a nonce alone", |asked| asked.options = option(14, [7; 6])),
        ("an option of 16 bytes", |asked| asked.options[1] = 2),
        ("an option of 0 bytes", |asked| asked.options[1] = 0),
        ("half an option", |asked| asked.options.truncate(4)),
        ("detection with a hardware address", |asked| {
            asked.source = NOBODY;
        }),
    ];
    let mut cases = Vec::new();
    for (what, change) in rows {
        cases.extend(kernels(what, &with(Neighbour::solicitation(), change)));
    }
    cases.extend(kernels(
        "detection without a nonce",
        &with(Neighbour::detection(), |asked| asked.options.clear()),
    ));
    run(&cases);
}

#[test]
fn what_is_not_as_it_must_be_is_the_kernels_to_judge() {
    let rows: [(&str, Change); 14] = [
        ("hop limit 254", |asked| asked.hop_limit = 254),
        ("hop limit 0", |asked| asked.hop_limit = 0),
        ("code 1", |asked| asked.code = 1),
        ("to all nodes", |asked| (asked.destination, asked.to) = (ALL_NODES, ALL_NODES_MAC)),
        ("to the group of another address", |asked| {
            asked.destination[15] = 1;
            asked.to[5] = 1;
        }),
        ("to another address", |asked| (asked.destination, asked.to) = (OWN_IPV6, OWN_MAC)),
        ("to the address, in a frame to its group", |asked| asked.destination = VIP_IPV6),
        ("to the group, in a frame to another", |asked| asked.to[5] = 1),
        ("to the group, in a broadcast", |asked| asked.to = [0xff; 6]),
        ("a group asks", |asked| asked.source = ALL_NODES),
        ("a group's hardware address asks", |asked| asked.options = option(1, [3, 0, 0, 0, 0, 1])),
        ("the address itself asks", |asked| asked.source = VIP_IPV6),
        ("our hardware address asks, by another", |asked| asked.options = option(1, OWN_MAC)),
        ("detection by unicast", |asked| {
            *asked = Neighbour { destination: VIP_IPV6, to: OWN_MAC, ..Neighbour::detection() };
        }),
    ];
    let mut cases = Vec::new();
    for (what, change) in rows {
        cases.extend(kernels(what, &with(Neighbour::solicitation(), change)));
    }
    for place in (PAYLOAD..PAYLOAD + 32).chain(ETHERNET + 8..ETHERNET + 24) {
        if (field(8)..field(24)).contains(&place) || place == PAYLOAD {
            continue;
        }
        let mut frame = Neighbour::solicitation().frame();
        frame[place] ^= 0x40;
        cases.extend(kernels(&format!("byte {place} damaged"), &frame));
    }
    let length =
        |length: u8| Neighbour::solicitation().changed(|frame| frame[ETHERNET + 5] = length);
    cases.extend(kernels("length 24, padded", &length(24)));
    cases.extend(kernels("length 31", &length(31)));
    cases.extend(kernels("length 33", &length(33)));
    let mut unsealed = Neighbour::solicitation().frame();
    unsealed[ETHERNET + 5] = 24;
    cases.extend(kernels("length 24, that the checksum does not know of", &unsealed));
    let version = Neighbour::solicitation().changed(|frame| frame[ETHERNET] = 0x40);
    cases.extend(kernels("version 4", &version));
    run(&cases);
}

/// The message with an 802.1Q tag.
fn tagged(tag: u16, message: &Neighbour) -> Vec<u8> {
    let mut frame = message.frame();
    frame.splice(12..12, [&[0x81, 0x00][..], &tag.to_be_bytes()].concat());
    frame
}

#[test]
fn what_is_no_solicitation_for_the_address_passes() {
    let rows: [(&str, Change); 9] = [
        ("router solicitation", |asked| asked.kind = 133),
        ("echo request", |asked| asked.kind = 128),
        ("another address", |asked| asked.target[15] = 1),
        ("another prefix", |asked| asked.target[0] = 0xfe),
        ("to another node", |asked| asked.to = STRANGER),
        ("to another node, the address", |asked| {
            (asked.to, asked.destination) = (STRANGER, VIP_IPV6);
        }),
        ("from our own address", |asked| asked.from = OWN_MAC),
        ("our own detection", |asked| {
            *asked = Neighbour { from: OWN_MAC, ..Neighbour::detection() }
        }),
        ("for a group", |asked| asked.target = ALL_NODES),
    ];
    let mut cases = Vec::new();
    for (what, change) in rows {
        cases.extend(passes(what, &with(Neighbour::solicitation(), change)));
    }
    cases.extend(passes("in VLAN 10", &tagged(10, &Neighbour::solicitation())));
    let hop_by_hop = Neighbour::solicitation().changed(|frame| frame[ETHERNET + 6] = 0);
    cases.extend(passes("behind an extension header", &hop_by_hop));
    run(&cases);
    run(&kernels("with a priority tag", &tagged(0xe000, &Neighbour::solicitation())));
}

#[test]
fn a_group_is_nobodys_address() {
    let mut world = World::nd(Lease::Held);
    let mut group = ALL_NODES;
    group[1] = 5;
    world.vips[0].0.address = group;
    let mut asked = Neighbour { target: group, ..Neighbour::solicitation() };
    asked.destination[14..].copy_from_slice(&group[14..]);
    asked.to[4..].copy_from_slice(&group[14..]);
    run(&[Case::new("a group", world, asked.frame())]);
}

#[test]
fn padding_stays_as_it_is() {
    let long = |mut frame: Vec<u8>| {
        frame.resize(1_514, 0x5a);
        frame
    };
    run(&answered(
        "1,514 bytes",
        &long(Neighbour::solicitation().frame()),
        &long(Neighbour::advertisement(OWN_MAC).frame()),
    ));
}

#[test]
fn addresses_are_told_apart_by_interface() {
    let asked = || Neighbour::solicitation().frame();
    let mut elsewhere = World::nd(Lease::Held);
    elsewhere.vips[0].0.ifindex = 2;
    let mut slot = World::nd(Lease::Held);
    slot.vips[0].1.slot = MAX_ROUTERS;
    run(&[
        Case::new("another interface", elsewhere, asked()),
        Case::new("an IPv4 address", World::arp(Lease::Held), asked()),
        Case::new("nothing configured", World::empty(), asked()),
        Case::new("a slot past the map's end", slot, asked()).nd_refused().without_slot(),
    ]);
}

#[test]
fn cut_short_it_passes() {
    let mut cases = Vec::new();
    for message in [Neighbour::solicitation(), Neighbour::detection()] {
        let frame = message.frame();
        for length in 14..frame.len() {
            // Once the target is there, the fence knows what it is about.
            let rows = if length < field(24) { passes } else { kernels };
            cases.extend(rows(&format!("{length} bytes"), &frame[..length]));
        }
    }
    run(&cases);
}
