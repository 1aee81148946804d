//! Adverts over IPv6, one check at a time.

use vrrp_ebpf::abi::{AdvertEvent, Counter, RouterRule};

use super::{
    case::{Advertised as _, Case, run},
    frames::{Advert, ETHERNET, datagram, hex, padded},
    frames_ipv6::{AdvertIpv6, PAYLOAD, packet, seal},
    host::Host,
    world::{OWN_IPV6, PEER_IPV6, SLOT, World, rule_ipv6},
};

/// The IPv6 header of an advert with one address, from the peer to `ff02::12`.
const HEADER: &str =
    "6c000000001870ff fe80000000000000dea632fffe000012 ff020000000000000000000000000012";
/// `2001:db8::100`
const VIP: &str = "20010db8000000000000000000000100";

fn row(what: &str, frame: Vec<u8>) -> Case {
    Case::new(what, World::ipv6(), frame)
}

/// From the bytes of the packet in hexadecimal.
fn captured(header: &str, message: &str) -> Vec<u8> {
    let mut frame = datagram(&format!("{header} {message}"));
    frame[12..14].copy_from_slice(&[0x86, 0xdd]);
    frame
}

fn frame(change: fn(&mut AdvertIpv6)) -> Vec<u8> {
    let mut advert = AdvertIpv6::new();
    change(&mut advert);
    advert.frame()
}

#[test]
fn reference_frames() {
    // Checksums computed apart from this code base.
    let heard = |priority, interval| AdvertIpv6 { priority, interval, ..AdvertIpv6::new() }.event();
    let one = |what, message: &str| row(what, captured(HEADER, &format!("{message} {VIP}")));
    let global = AdvertIpv6 {
        priority: 255,
        interval: 10,
        source: [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12],
        addresses: vec![
            [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0],
            [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0],
        ],
        ..AdvertIpv6::new()
    };
    run(&[
        one("D1", "313396010064fbd6").publishes(heard(150, 100)),
        one("D2 priority 0", "31330001006491d7").publishes(heard(0, 100)),
        one("D4 reserved bits set", "31339601f0640bd6").publishes(heard(150, 100)),
        row(
            "D3 from a global address, two addresses, every 100 ms",
            captured(
                "6c000000002870ff 20010db8000000000000000000000012 \
                 ff020000000000000000000000000012",
                "3133ff02000a740d fe800000000000000000000000000100 \
                 20010db8000000000000000000000100",
            ),
        )
        .publishes(global.event()),
        row(
            "D5 no address",
            captured(
                "6c000000000870ff fe80000000000000dea632fffe000012 \
                 ff020000000000000000000000000012",
                "3133960000642aa1",
            ),
        )
        .publishes(AdvertIpv6::new().with_addresses(0).event()),
    ]);
    assert_eq!(
        AdvertIpv6::new().frame()[ETHERNET..],
        captured(HEADER, &format!("313396010064fbd6 {VIP}"))[ETHERNET..]
    );
}

#[test]
fn any_number_of_addresses() {
    let mut cases = Vec::new();
    for count in [0, 1, 2, 7, 8, 9, 20, 88, 120] {
        let advert = AdvertIpv6::new().with_addresses(count);
        let what = format!("{count} addresses");
        cases.push(Case::published(what, World::ipv6(), &advert));
    }
    run(&cases);
}

#[test]
fn as_many_addresses_as_the_count_can_say() {
    // More than the kernel's test runs take in one buffer.
    let host = Host::new(&World::ipv6(), 1);
    let advert = AdvertIpv6::new().with_addresses(255);
    host.show(&mut advert.frame());
    assert_eq!(host.events.take(), [AdvertEvent { received_ns: 1, ..advert.event() }]);
    let mut frame = advert.frame();
    *frame.last_mut().unwrap() ^= 1;
    host.show(&mut frame);
    assert_eq!(host.counters(SLOT).get(Counter::Checksum), 1);
}

#[test]
fn each_reason() {
    let spoiled = |place: usize| {
        let mut frame = AdvertIpv6::new().frame();
        frame[place] ^= 0x10;
        frame
    };
    let mut shorter = AdvertIpv6::new().frame();
    shorter[ETHERNET + 5] -= 1;
    let mut longer = AdvertIpv6::new().frame();
    longer[ETHERNET + 5] += 1;
    run(&[
        row("our own source", frame(|advert| advert.source = OWN_IPV6))
            .rejected(Counter::OwnSource),
        row("hop limit 254", frame(|advert| advert.hop_limit = 254)).rejected(Counter::Ttl),
        row("hop limit 0", frame(|advert| advert.hop_limit = 0)).rejected(Counter::Ttl),
        row("version 2", frame(|advert| advert.version = 2)).rejected(Counter::Version),
        row("version 4", frame(|advert| advert.version = 4)).rejected(Counter::Version),
        row("type 0", frame(|advert| advert.kind = 0)).rejected(Counter::Type),
        row("no pseudo-header", frame(|advert| advert.pseudo_header = false))
            .rejected(Counter::Checksum),
        row("to all nodes", frame(|advert| advert.destination[15] = 1))
            .rejected(Counter::Destination),
        row("to us alone", frame(|advert| advert.destination = OWN_IPV6))
            .rejected(Counter::Destination),
        row("to another node", frame(|advert| advert.destination = PEER_IPV6)).not_understood(),
        row("priority changed", spoiled(PAYLOAD + 2)).rejected(Counter::Checksum),
        row("checksum changed", spoiled(PAYLOAD + 6)).rejected(Counter::Checksum),
        row("the last byte changed", spoiled(PAYLOAD + 23)).rejected(Counter::Checksum),
        row("source changed", spoiled(ETHERNET + 8)).rejected(Counter::Checksum),
        row("one byte too short", shorter).rejected(Counter::Length),
        row("one byte too long", longer).rejected(Counter::Length),
        row("another router", frame(|advert| advert.vrid += 1)).unknown(),
    ]);
}

#[test]
fn the_first_reason_is_the_one_counted() {
    // Each frame fails one check and every later one.
    let rotten = || AdvertIpv6 {
        source: OWN_IPV6,
        hop_limit: 1,
        version: 7,
        kind: 2,
        pseudo_header: false,
        destination: OWN_IPV6,
        ..AdvertIpv6::new()
    };
    let mut long = rotten().frame();
    long[PAYLOAD + 3] = 9;
    let mut others = AdvertIpv6 { source: PEER_IPV6, ..rotten() }.frame();
    others[PAYLOAD + 3] = 9;
    let peer = || AdvertIpv6 { source: PEER_IPV6, ..rotten() };
    run(&[
        row("1", long).rejected(Counter::OwnSource),
        row("2", others).rejected(Counter::Length),
        row("3", peer().frame()).rejected(Counter::Ttl),
        row("4", AdvertIpv6 { hop_limit: 255, ..peer() }.frame()).rejected(Counter::Version),
        row("5", AdvertIpv6 { hop_limit: 255, version: 3, ..peer() }.frame())
            .rejected(Counter::Type),
        row("6", AdvertIpv6 { hop_limit: 255, version: 3, kind: 1, ..peer() }.frame())
            .rejected(Counter::Checksum),
    ]);
}

#[test]
fn every_bit_of_the_addresses_counts() {
    let mut cases = Vec::new();
    for bit in 0..128 {
        let changed = |mut address: [u8; 16]| {
            address[bit / 8] ^= 1 << (bit % 8);
            address
        };
        let rule = RouterRule { own_source: changed(PEER_IPV6), ..rule_ipv6() };
        let world = World::with_ipv6_rule(rule);
        cases.push(Case::published(format!("source, bit {bit}"), world, &AdvertIpv6::new()));
        let rule = RouterRule { group: changed(rule_ipv6().group), ..rule_ipv6() };
        let world = World::with_ipv6_rule(rule);
        let what = format!("group, bit {bit}");
        cases
            .push(Case::new(what, world, AdvertIpv6::new().frame()).rejected(Counter::Destination));
    }
    run(&cases);
}

#[test]
fn families_are_told_apart() {
    let mut both = World::ipv6();
    both.rules.extend(World::v3().rules);
    run(&[
        Case::new("IPv6 to an IPv4 router", World::v3(), AdvertIpv6::new().frame()).unknown(),
        Case::new("IPv4 to an IPv6 router", World::ipv6(), Advert::v3().frame()).unknown(),
        Case::published("IPv6 among both", both.clone(), &AdvertIpv6::new()),
        Case::published("IPv4 among both", both, &Advert::v3()),
    ]);
}

#[test]
fn what_is_no_plain_packet_is_left_to_the_kernel() {
    let mut version_4 = AdvertIpv6::new().frame();
    version_4[ETHERNET] = 0x4c;
    let message = AdvertIpv6::new().frame()[PAYLOAD..].to_vec();
    let group = AdvertIpv6::new().destination;
    let extended = |kind: u8| {
        let header = [112, 0, 1, 4, 0, 0, 0, 0];
        packet(PEER_IPV6, group, kind, 255, &[&header[..], &message].concat())
    };
    run(&[
        row("version 4", version_4).not_understood(),
        // What follows an extension header is for the kernel to find.
        row("hop-by-hop options", extended(0)),
        row("a fragment", extended(44)),
        row("destination options", extended(60)),
        row("authentication", extended(51)),
        row("padded", padded(AdvertIpv6::new().frame())).publishes(AdvertIpv6::new().event()),
        row("TCP", packet(PEER_IPV6, OWN_IPV6, 6, 64, &[0xa5; 1_000])),
    ]);
}

#[test]
fn the_known_master_wakes_nobody() {
    let advert = AdvertIpv6::new().with_addresses(20);
    let rule = RouterRule { expected: advert.event().fingerprint, ..rule_ipv6() };
    let world = || World::with_ipv6_rule(rule);
    let mut backwards = advert.clone();
    backwards.addresses.reverse();
    let mut other_half = advert.clone();
    other_half.addresses[3][2] ^= 1;
    run(&[
        Case::new("the same", world(), advert.frame()).absorbed(),
        Case::new("backwards", world(), backwards.frame()).absorbed(),
        Case::published("another address", world(), &other_half),
        Case::published("priority", world(), &AdvertIpv6 { priority: 1, ..advert.clone() }),
        Case::published("interval", world(), &AdvertIpv6 { interval: 99, ..advert.clone() }),
        Case::new("just published", World::ipv6().after(advert.event().fingerprint, 1_000_000), {
            advert.frame()
        })
        .repeated(),
    ]);
}

#[test]
fn carp_is_counted_apart() {
    let b18 = hex("2133000700014e460000000000000000 11f6ad8ec52a2984abaafd7c3b516503785c2072");
    let carp = packet(PEER_IPV6, AdvertIpv6::new().destination, 112, 255, &b18);
    let mut as_vrrp = AdvertIpv6 { version: 2, ..AdvertIpv6::new().with_addresses(7) }.frame();
    seal(&mut as_vrrp, 6);
    run(&[
        row("CARP", carp).rejected(Counter::Carp),
        row("as long as it says", as_vrrp).rejected(Counter::Version),
    ]);
}
