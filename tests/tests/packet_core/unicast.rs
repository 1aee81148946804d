//! Adverts by unicast, and from whom they are taken.

use vrrp_ebpf::abi::{
    Counter, Peer, PeerKey, RULE_CHECK_SOURCE, RULE_UNICAST, RouterRule, from_ipv4,
};

use super::{
    case::{Advertised as _, Case, run},
    frames::Advert,
    frames_ipv6::AdvertIpv6,
    world::{OWN, OWN_IPV6, PEER, PEER_IPV6, SLOT, World, rule_ipv6, rule_v2, rule_v3},
};

const ELSEWHERE: [u8; 4] = [192, 168, 1, 13];

/// Version 2, 3, and 3 over IPv6, with these flags.
fn worlds(flags: u8) -> [World; 3] {
    [
        World::with_rule(RouterRule { flags, ..rule_v2() }),
        World::with_rule(RouterRule { flags, ..rule_v3() }),
        World::with_ipv6_rule(RouterRule { flags, ..rule_ipv6() }),
    ]
}

/// One case in each of them, of adverts that come by unicast.
fn each(
    what: &str,
    flags: u8,
    ipv4: impl Fn(&mut Advert),
    ipv6: impl Fn(&mut AdvertIpv6),
    expect: impl Fn(Case) -> Case,
) -> [Case; 3] {
    let [v2, v3, v6] = worlds(flags);
    let ipv4 = |mut advert: Advert| {
        advert.destination = OWN;
        ipv4(&mut advert);
        advert.frame()
    };
    let mut advert = AdvertIpv6 { destination: OWN_IPV6, ..AdvertIpv6::new() };
    ipv6(&mut advert);
    [
        Case::new(format!("{what}, version 2"), v2, ipv4(Advert::v2())),
        Case::new(format!("{what}, version 3"), v3, ipv4(Advert::v3())),
        Case::new(format!("{what}, IPv6"), v6, advert.frame()),
    ]
    .map(expect)
}

#[test]
fn adverts_come_by_unicast_whatever_their_ttl() {
    let mut cases = Vec::new();
    let [v2, v3, v6] = worlds(RULE_UNICAST);
    for ttl in [255, 254, 64, 1, 0] {
        let ipv4 = |advert| Advert { destination: OWN, ttl, ..advert };
        let what = |version| format!("{version}, TTL {ttl}");
        cases.push(Case::published(what("version 2"), v2.clone(), &ipv4(Advert::v2())));
        cases.push(Case::published(what("version 3"), v3.clone(), &ipv4(Advert::v3())));
        let plain = Advert { pseudo_header: false, ..ipv4(Advert::v3()) };
        cases.push(Case::published(what("version 3, no pseudo-header"), v3.clone(), &plain));
        let ipv6 = AdvertIpv6 { destination: OWN_IPV6, hop_limit: ttl, ..AdvertIpv6::new() };
        cases.push(Case::published(what("IPv6"), v6.clone(), &ipv6));
    }
    run(&cases);
}

#[test]
fn old_keepalived_sums_the_group_into_the_pseudo_header() {
    let old = |destination| Advert {
        destination,
        summed_destination: Some([224, 0, 0, 18]),
        ..Advert::v3()
    };
    let [_, v3, _] = worlds(RULE_UNICAST);
    let other = Advert { summed_destination: Some([224, 0, 0, 19]), ..old(OWN) };
    run(&[
        Case::published("unicast", v3.clone(), &old(OWN)),
        Case::new("another group", v3, other.frame()).rejected(Counter::Checksum),
        Case::new("no unicast expected", World::v3(), old(OWN).frame()).rejected(Counter::Checksum),
    ]);
}

#[test]
fn what_is_not_to_us_is_left_alone() {
    let to_all = |advert: &mut AdvertIpv6| advert.destination = AdvertIpv6::new().destination;
    let mut cases = Vec::new();
    cases.extend(each(
        "to the group",
        RULE_UNICAST,
        |advert| advert.destination = [224, 0, 0, 18],
        to_all,
        |case| case.rejected(Counter::Destination),
    ));
    // To be forwarded, to another of our addresses, or let in by a promiscuous interface.
    for (what, flags) in [("unicast", RULE_UNICAST), ("multicast", 0)] {
        cases.extend(each(
            what,
            flags,
            |advert| advert.destination = ELSEWHERE,
            |advert| advert.destination = PEER_IPV6,
            Case::not_understood,
        ));
        // However bad it is.
        cases.extend(each(
            "bad",
            flags,
            |advert| (advert.destination, advert.source, advert.ttl) = (ELSEWHERE, OWN, 7),
            |advert| (advert.destination, advert.source, advert.version) = (PEER_IPV6, OWN_IPV6, 1),
            Case::not_understood,
        ));
    }
    run(&cases);
}

#[test]
fn the_last_and_the_first_group_are_groups() {
    let [v2, ..] = worlds(RULE_UNICAST);
    let to = |destination| Advert { destination, ..Advert::v2() }.frame();
    run(&[
        Case::new("224", v2.clone(), to([224, 0, 0, 0])).rejected(Counter::Destination),
        Case::new("239", v2.clone(), to([239, 255, 255, 255])).rejected(Counter::Destination),
        Case::new("223", v2.clone(), to([223, 255, 255, 255])).not_understood(),
        Case::new("240", v2, to([240, 0, 0, 0])).not_understood(),
    ]);
}

/// The peer with its bounds, for every family.
fn with_peer(mut world: World, min_ttl: u8, max_ttl: u8) -> World {
    let peer = Peer { min_ttl, max_ttl, pad: [0; 2] };
    world.peers = [from_ipv4(PEER), PEER_IPV6]
        .map(|address| (PeerKey { address, slot: SLOT }, peer))
        .to_vec();
    world
}

#[test]
fn only_peers_are_heard_where_the_source_is_checked() {
    let checked = RULE_UNICAST | RULE_CHECK_SOURCE;
    let mut cases = Vec::new();
    cases.extend(each("no peers", checked, |_| (), |_| (), |case| case.rejected(Counter::Source)));
    let [v2, v3, v6] = worlds(checked);
    for (min, max, good, bad) in [
        (0, 255, [0, 255], None),
        (255, 255, [255, 255], Some([254, 0])),
        (60, 64, [60, 64], Some([59, 65])),
        (1, 1, [1, 1], Some([0, 2])),
    ] {
        let ipv4 = |advert, ttl| Advert { destination: OWN, ttl, ..advert };
        let ipv6 = |hop_limit| AdvertIpv6 { destination: OWN_IPV6, hop_limit, ..AdvertIpv6::new() };
        let what = |ttl| format!("TTL {ttl} of {min} to {max}");
        let world = |world: &World| with_peer(world.clone(), min, max);
        for ttl in good {
            cases.push(Case::published(what(ttl), world(&v2), &ipv4(Advert::v2(), ttl)));
            cases.push(Case::published(what(ttl), world(&v3), &ipv4(Advert::v3(), ttl)));
            cases.push(Case::published(what(ttl), world(&v6), &ipv6(ttl)));
        }
        for ttl in bad.into_iter().flatten() {
            for (world, frame) in [
                (world(&v2), ipv4(Advert::v2(), ttl).frame()),
                (world(&v3), ipv4(Advert::v3(), ttl).frame()),
                (world(&v6), ipv6(ttl).frame()),
            ] {
                cases.push(Case::new(what(ttl), world, frame).rejected(Counter::Ttl));
            }
        }
    }
    let mut of_another_router = with_peer(v2.clone(), 0, 255);
    of_another_router.peers[0].0.slot += 1;
    let advert = Advert { destination: OWN, ..Advert::v2() };
    let stranger = Advert { source: ELSEWHERE, ..advert.clone() };
    cases.extend([
        Case::new("another's peer", of_another_router, advert.frame()).rejected(Counter::Source),
        Case::new("a stranger", with_peer(v2, 0, 255), stranger.frame()).rejected(Counter::Source),
        // Bounds mean nothing where the source is not checked.
        Case::published("no check", with_peer(worlds(RULE_UNICAST)[0].clone(), 1, 1), &advert),
        Case::published(
            "multicast",
            with_peer(worlds(RULE_CHECK_SOURCE)[0].clone(), 1, 1),
            &Advert::v2(),
        ),
    ]);
    run(&cases);
}

#[test]
fn the_source_is_looked_at_last() {
    let [v2, ..] = worlds(RULE_UNICAST | RULE_CHECK_SOURCE);
    let advert = Advert { destination: OWN, interval: 9, ..Advert::v2() };
    run(&[Case::new("a stranger with another interval", v2, advert.frame())
        .rejected(Counter::Interval)]);
}

/// Who cannot exist must not win a tie; zero may speak, as it may to the kernel.
#[test]
fn no_host_has_such_a_source() {
    let [v2, v3, v6] = worlds(0);
    let mut cases = Vec::new();
    for source in
        [[127, 0, 0, 1], [224, 0, 0, 5], [239, 1, 1, 1], [240, 0, 0, 1], [255, 255, 255, 255]]
    {
        for (world, advert) in [(&v2, Advert::v2()), (&v3, Advert::v3())] {
            let frame = Advert { source, ..advert }.frame();
            cases.push(
                Case::new(format!("{source:?}"), world.clone(), frame).rejected(Counter::Martian),
            );
        }
    }
    for source in [[0, 0, 0, 0], [1, 0, 0, 1], [126, 9, 9, 9], [128, 0, 0, 1], [223, 1, 1, 1]] {
        let advert = Advert { source, ..Advert::v3() };
        cases.push(Case::published(format!("{source:?}"), v3.clone(), &advert));
    }
    let loopback = std::net::Ipv6Addr::LOCALHOST.octets();
    for source in [loopback, AdvertIpv6::new().destination] {
        let frame = AdvertIpv6 { source, ..AdvertIpv6::new() }.frame();
        cases.push(Case::new(format!("{source:?}"), v6.clone(), frame).rejected(Counter::Martian));
    }
    run(&cases);
}
