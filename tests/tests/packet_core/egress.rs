//! What the kernel itself says about virtual addresses.

use std::net::Ipv4Addr;

use vrrp_ebpf::{
    Verdict,
    abi::{Counter, MAX_ROUTERS, Vip, VipKey, from_ipv4},
};
use vrrp_tests::craft;

use super::{
    case::{Case, run},
    frames::{Advert, ETHERNET, hex},
    frames_ipv6::packet,
    frames_nd::{ALL_NODES, ALL_NODES_MAC, ASKER, ASKER_ADDRESS, NOBODY, Neighbour, field, option},
    host::Host,
    world::{IFINDEX, Lease, OWN_IPV6, OWN_MAC, SLOT, VIP, VIP_IPV6, VRID, World, vip},
};

const VIRTUAL: [u8; 6] = [0x00, 0x00, 0x5e, 0x00, 0x01, VRID];
/// Not ours: a guest's of this host, perhaps.
const OTHER: [u8; 6] = [2, 0, 0, 0, 0, 7];
const NEIGHBOUR: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 50);

/// An address of each family, at this hardware address.
fn world(lease: Lease, mac: [u8; 6]) -> World {
    let vips = [from_ipv4(VIP), VIP_IPV6]
        .map(|address| (VipKey { address, ifindex: IFINDEX }, Vip { mac, ..vip(SLOT) }));
    World { vips: vips.to_vec(), lease, ..World::empty() }
}

/// Who has the neighbour's address? By the virtual one.
fn request(mac: [u8; 6]) -> Vec<u8> {
    craft::arp([0xff; 6], 1, (mac, Ipv4Addr::from(VIP)), ([0; 6], NEIGHBOUR))
}

fn reply(mac: [u8; 6]) -> Vec<u8> {
    craft::arp(ASKER, 2, (mac, Ipv4Addr::from(VIP)), (ASKER, NEIGHBOUR))
}

fn announcement(mac: [u8; 6]) -> Vec<u8> {
    craft::arp([0xff; 6], 1, (mac, Ipv4Addr::from(VIP)), ([0xff; 6], Ipv4Addr::from(VIP)))
}

/// Who has the neighbour's address? By the virtual one.
fn solicitation(mac: [u8; 6]) -> Vec<u8> {
    Neighbour {
        from: mac,
        source: VIP_IPV6,
        target: ASKER_ADDRESS,
        options: option(1, mac),
        ..Neighbour::solicitation()
    }
    .frame()
}

/// An advertisement to all nodes.
fn unsolicited(mac: [u8; 6]) -> Vec<u8> {
    Neighbour { to: ALL_NODES_MAC, destination: ALL_NODES, ..Neighbour::advertisement(mac) }.frame()
}

/// What goes by this name, by the hardware address that says it.
type Said = (&'static str, fn([u8; 6]) -> Vec<u8>);

const SAID: [Said; 9] = [
    ("an ARP request", request),
    ("an ARP reply", reply),
    ("an announcement", announcement),
    ("a solicitation", solicitation),
    ("an advertisement", |mac| Neighbour::advertisement(mac).frame()),
    ("an unsolicited advertisement", unsolicited),
    ("an advertisement without an option", |mac| {
        Neighbour { options: Vec::new(), ..Neighbour::advertisement(mac) }.frame()
    }),
    ("a solicitation without an option", |mac| {
        let target = ASKER_ADDRESS;
        let source = VIP_IPV6;
        Neighbour { from: mac, source, target, options: Vec::new(), ..Neighbour::solicitation() }
            .frame()
    }),
    ("duplicate address detection", |mac| {
        Neighbour { from: mac, ..Neighbour::detection() }.frame()
    }),
];

#[test]
fn the_virtual_mac_address_is_said_for_the_own_one() {
    let mut cases = Vec::new();
    for (what, said) in SAID {
        let row = |mac| Case::leaving(what, world(Lease::Held, VIRTUAL), said(mac));
        cases.push(row(OWN_MAC).becomes(said(VIRTUAL)));
        cases.push(row(VIRTUAL));
        cases.push(row(OTHER));
        // Where there is no virtual one, there is nothing to say.
        cases.push(Case::leaving(what, world(Lease::Held, OWN_MAC), said(OWN_MAC)));
    }
    run(&cases);
}

#[test]
fn past_the_lease_nothing_is_said() {
    let mut cases = Vec::new();
    for (what, said) in SAID {
        for lease in [Lease::Over, Lease::Never] {
            for mac in [OWN_MAC, VIRTUAL] {
                let row = |by| Case::leaving(what, world(lease, mac), said(by));
                cases.push(row(OWN_MAC).rejected(Counter::Silenced));
                cases.push(row(mac).rejected(Counter::Silenced));
                cases.push(row(OTHER));
            }
        }
    }
    let mut past_the_end = world(Lease::Held, OWN_MAC);
    past_the_end.vips.iter_mut().for_each(|(_, vip)| vip.slot = MAX_ROUTERS);
    cases.push(
        Case::leaving("a slot past the map's end", past_the_end, request(OWN_MAC))
            .rejected(Counter::Silenced)
            .without_slot(),
    );
    run(&cases);
}

#[test]
fn reference_frames() {
    // Computed apart from this code base.
    let own = hex("aabbcc000099dca63200001186dd6000000000203aff20010db8000000000000000000000100\
                   fe8000000000000000000000000000508800aaa86000000020010db80000000000000000000001\
                   000201dca632000011");
    let virtual_mac = hex("aabbcc00009900005e00013386dd6000000000203aff20010db8000000000000000000\
                           000100fe80000000000000000000000000005088005a2d6000000020010db800000000\
                           0000000000000100020100005e000133");
    run(&[Case::leaving("N1", world(Lease::Held, VIRTUAL), own).becomes(virtual_mac)]);
}

#[test]
fn checksums_stay_right_whatever_is_said() {
    let mut cases = Vec::new();
    for byte in 0..=255_u8 {
        let mac = [byte & 0xfe, byte, 0xff, !byte, byte.wrapping_mul(7), 0];
        let own_mac = [2, 0xff, byte, 0xff, !byte, byte];
        let mut world = world(Lease::Held, mac);
        world.vips.iter_mut().for_each(|(_, vip)| vip.own_mac = own_mac);
        for said in [unsolicited, solicitation] {
            let case = Case::leaving(format!("{byte}"), world.clone(), said(own_mac));
            cases.push(case.becomes(said(mac)));
        }
    }
    run(&cases);
}

#[test]
fn a_wrong_checksum_is_not_made_right() {
    let spoiled = |mac| {
        let mut frame = unsolicited(mac);
        frame[field(2)] ^= 0x10;
        frame
    };
    let place = field(2)..field(4);
    let mut world = world(Lease::Held, VIRTUAL);
    world.leaving = true;
    let host = Host::new(&world, 1_000);
    let mut frame = spoiled(OWN_MAC);
    host.show_leaving(&mut frame);
    assert_eq!(frame[26..field(2)], unsolicited(VIRTUAL)[26..field(2)]);
    assert_ne!(frame[place.clone()], unsolicited(VIRTUAL)[place]);
}

#[test]
fn what_is_not_about_the_address_leaves() {
    let about = |change: fn(&mut Neighbour)| {
        let mut message = Neighbour::advertisement(OWN_MAC);
        change(&mut message);
        message.frame()
    };
    let arp = |operation, sender: [u8; 4], target: [u8; 4]| {
        let sender = (OWN_MAC, Ipv4Addr::from(sender));
        craft::arp([0xff; 6], operation, sender, ([0; 6], Ipv4Addr::from(target)))
    };
    let mut tcp = Advert { destination: [10, 0, 0, 1], source: VIP, ..Advert::v2() }.frame();
    tcp[ETHERNET + 9] = 6;
    tcp[6..12].copy_from_slice(&OWN_MAC);
    let mut elsewhere = world(Lease::Over, OWN_MAC);
    elsewhere.vips.iter_mut().for_each(|(key, _)| key.ifindex = 2);
    let mut cases = Vec::new();
    for (what, frame) in [
        ("a request for it", arp(1, [192, 168, 1, 11], VIP)),
        ("a probe", arp(1, [0; 4], VIP)),
        ("another address", arp(2, [192, 168, 1, 11], [192, 168, 1, 50])),
        ("RARP", arp(3, VIP, VIP)),
        ("operation 0", arp(0, VIP, VIP)),
        ("an advertisement of another", about(|it| it.target = OWN_IPV6)),
        (
            "an advertisement of another by it",
            about(|it| {
                (it.target, it.source) = (OWN_IPV6, VIP_IPV6);
            }),
        ),
        ("a solicitation for it", about(|it| (it.kind, it.source) = (135, OWN_IPV6))),
        (
            "detection of another",
            about(|it| {
                (it.kind, it.source, it.target) = (135, NOBODY, OWN_IPV6);
            }),
        ),
        ("an echo reply", about(|it| it.kind = 129)),
        ("TCP", tcp),
        ("TCP over IPv6", packet(VIP_IPV6, OWN_IPV6, 6, 64, &[136; 60])),
        ("an advert", Advert { source: VIP, ..Advert::v2() }.frame()),
    ] {
        for lease in [Lease::Held, Lease::Over] {
            cases.push(Case::leaving(what, world(lease, VIRTUAL), frame.clone()));
        }
    }
    for (what, said) in SAID {
        cases.push(Case::leaving(what, elsewhere.clone(), said(OWN_MAC)));
        cases.push(Case::leaving(what, World::empty(), said(OWN_MAC)));
    }
    run(&cases);
}

#[test]
fn cut_short_it_leaves() {
    let rows: [(Said, usize); 2] = [(("ARP", request), 42), (("ND", unsolicited), field(24))];
    for ((what, said), enough) in rows {
        let mut frame = said(OWN_MAC);
        // On the host only: the kernel tests no such frames.
        let host = Host::new(&world(Lease::Over, VIRTUAL), 1_000);
        for length in 0..enough {
            assert_eq!(host.show_leaving(&mut frame[..length]), Verdict::Pass, "{what}, {length}");
        }
        assert_eq!(host.show_leaving(&mut frame[..enough]), Verdict::Drop);
        assert_eq!(frame, said(OWN_MAC));
    }
}

#[test]
fn what_comes_in_is_none_of_its_business() {
    let mut cases = Vec::new();
    for (what, said) in SAID {
        let mut frame = said(OTHER);
        frame[..6].copy_from_slice(&OWN_MAC);
        cases.push(Case::leaving(what, world(Lease::Held, VIRTUAL), frame));
    }
    let asked = craft::arp_request(ASKER, NEIGHBOUR, Ipv4Addr::from(VIP));
    cases.push(Case::leaving("a request", world(Lease::Over, VIRTUAL), asked));
    run(&cases);
}
