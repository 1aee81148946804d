//! Adverts, one check at a time.

use vrrp_ebpf::abi::{Counter, RouterRule, from_ipv4};

use super::{
    case::{Case, event, fingerprint, run},
    frames::{Advert, ETHERNET, MESSAGE, ethernet, padded, seal_ip_header, seal_message},
    world::{GENERATION, OWN, VRID, World, router_key, rule_v2, rule_v3},
};

const MILLISECOND: u64 = 1_000_000;

/// The reference advert with its bytes changed and every checksum made right again.
fn changed(advert: &Advert, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut frame = advert.frame();
    change(&mut frame);
    seal_ip_header(&mut frame);
    seal_message(&mut frame);
    frame
}

fn v2(what: &str, frame: Vec<u8>) -> Case {
    Case::new(what, World::v2(), frame)
}

fn v3(what: &str, frame: Vec<u8>) -> Case {
    Case::new(what, World::v3(), frame)
}

#[test]
fn any_number_of_addresses() {
    let mut cases = Vec::new();
    // Five make a message of version 2 as long as CARP's.
    for count in [0, 1, 2, 5, 7, 8, 9, 20, 254, 255] {
        for (version, world) in [(Advert::v2(), World::v2()), (Advert::v3(), World::v3())] {
            let advert = version.with_addresses(count);
            let what = format!("version {}, {count} addresses", advert.version);
            cases.push(Case::published(what, world, &advert));
        }
        let advert = Advert { pseudo_header: false, ..Advert::v3().with_addresses(count) };
        let what = format!("version 3, {count} addresses, no pseudo-header");
        cases.push(Case::published(what, World::v3(), &advert));
    }
    run(&cases);
    assert_eq!(Advert::v2().with_addresses(255).frame().len(), MESSAGE + 1_036);
}

#[test]
fn the_last_byte_of_the_longest_message_counts() {
    let spoiled = |advert: Advert| {
        let mut frame = advert.with_addresses(255).frame();
        *frame.last_mut().unwrap() ^= 1;
        frame
    };
    run(&[
        v2("version 2", spoiled(Advert::v2())).rejected(Counter::Password),
        v3("version 3", spoiled(Advert::v3())).rejected(Counter::Checksum),
    ]);
}

#[test]
fn the_length_must_fit_to_the_byte() {
    let mut cases = Vec::new();
    for total in [20, 28, 36, 39, 41, 44, 48, 65_535_u16] {
        let frame = changed(&Advert::v2(), |frame| {
            frame[ETHERNET + 2..ETHERNET + 4].copy_from_slice(&total.to_be_bytes());
            frame.resize(80, 0);
        });
        cases.push(v2(&format!("total length {total}"), frame).rejected(Counter::Length));
    }
    // A version 3 message is shorter, and its length is looked at before its version.
    cases.push(v2("version 3 to version 2", Advert::v3().frame()).rejected(Counter::Length));
    cases.push(v3("version 2 to version 3", Advert::v2().frame()).rejected(Counter::Length));
    run(&cases);
}

#[test]
fn each_reason_in_version_2() {
    let frame = |change: fn(&mut Advert)| {
        let mut advert = Advert::v2();
        change(&mut advert);
        advert.frame()
    };
    let spoiled = |place: usize| {
        let mut frame = Advert::v2().frame();
        frame[place] ^= 0x10;
        frame
    };
    run(&[
        v2("our own source", frame(|advert| advert.source = OWN)).rejected(Counter::OwnSource),
        v2("TTL 254", frame(|advert| advert.ttl = 254)).rejected(Counter::Ttl),
        v2("TTL 0", frame(|advert| advert.ttl = 0)).rejected(Counter::Ttl),
        v2("version 1", frame(|advert| advert.version = 1)).rejected(Counter::Version),
        v2("version 0", frame(|advert| advert.version = 0)).rejected(Counter::Version),
        v2("type 0", frame(|advert| advert.kind = 0)).rejected(Counter::Type),
        v2("type 15", frame(|advert| advert.kind = 15)).rejected(Counter::Type),
        v2("no authentication", frame(|advert| advert.auth_type = 0)).rejected(Counter::AuthType),
        v2("interval 0", frame(|advert| advert.interval = 0)).rejected(Counter::Interval),
        v2("interval 255", frame(|advert| advert.interval = 255)).rejected(Counter::Interval),
        v2("to all hosts", frame(|advert| advert.destination = [224, 0, 0, 1]))
            .rejected(Counter::Destination),
        // Version 2 never had a pseudo-header (RFC 3768 §5.3.8).
        v2("a pseudo-header", frame(|advert| advert.pseudo_header = true))
            .rejected(Counter::Checksum),
        v2("priority changed", spoiled(MESSAGE + 2)).rejected(Counter::Checksum),
        v2("checksum changed", spoiled(MESSAGE + 6)).rejected(Counter::Checksum),
        v2("address changed", spoiled(MESSAGE + 8)).rejected(Counter::Checksum),
    ]);
}

#[test]
fn every_byte_of_the_password_counts() {
    let mut cases = Vec::new();
    for place in 0..8 {
        let mut advert = Advert::v2();
        advert.password[place] ^= 0x80;
        let what = format!("byte {place} of the password");
        cases.push(v2(&what, advert.frame()).rejected(Counter::Password));
    }
    // Without authentication the eight bytes are there, and mean nothing.
    let rule = RouterRule { auth_type: 0, ..rule_v2() };
    let advert = Advert { auth_type: 0, password: *b"anything", ..Advert::v2() };
    cases.push(Case::published("no authentication", World::with_rule(rule), &advert));
    run(&cases);
}

#[test]
fn each_reason_in_version_3() {
    let frame = |change: fn(&mut Advert)| {
        let mut advert = Advert::v3();
        change(&mut advert);
        advert.frame()
    };
    let mut spoiled = Advert::v3().frame();
    spoiled[MESSAGE + 7] ^= 1;
    let mut other_sum = Advert::v3();
    other_sum.source = [192, 168, 1, 13];
    let mut forwarded = other_sum.frame();
    forwarded[ETHERNET + 15] = 12;
    seal_ip_header(&mut forwarded);
    run(&[
        v3("our own source", frame(|advert| advert.source = OWN)).rejected(Counter::OwnSource),
        v3("TTL 1", frame(|advert| advert.ttl = 1)).rejected(Counter::Ttl),
        v3("type 3", frame(|advert| advert.kind = 3)).rejected(Counter::Type),
        v3("to us alone", frame(|advert| advert.destination = OWN)).rejected(Counter::Destination),
        v3("checksum changed", spoiled).rejected(Counter::Checksum),
        v3("the pseudo-header of another source", forwarded).rejected(Counter::Checksum),
        v3("version 2 by name, 3 by length", changed(&Advert::v3(), |frame| frame[MESSAGE] = 0x21))
            .rejected(Counter::Version),
    ]);
}

#[test]
fn version_3_learns_what_version_2_demands() {
    let world = || World::with_rule(RouterRule { interval: 1, auth_type: 1, ..rule_v3() });
    for interval in [1, 255, 256, 0x0fff, 0xf001] {
        let advert = Advert { interval, ..Advert::v3() };
        run(&[Case::published(format!("interval {interval:#x}"), world(), &advert)]);
    }
}

#[test]
fn the_first_reason_is_the_one_counted() {
    // Each frame fails one check and every later one.
    let rotten = |source| Advert {
        version: 5,
        kind: 7,
        auth_type: 9,
        password: [0; 8],
        interval: 30,
        source,
        destination: OWN,
        ttl: 3,
        ..Advert::v2()
    };
    let peer = rotten(Advert::v2().source);
    let long = |advert: &Advert| changed(advert, |frame| frame[MESSAGE + 3] = 9);
    let spoil = |advert: Advert| {
        let mut frame = advert.frame();
        frame[MESSAGE + 6] ^= 1;
        frame
    };
    let right = Advert::v2();
    run(&[
        v2("1", long(&rotten(OWN))).rejected(Counter::OwnSource),
        v2("2", long(&peer)).rejected(Counter::Length),
        v2("3", spoil(peer.clone())).rejected(Counter::Ttl),
        v2("4", spoil(Advert { ttl: 255, ..peer.clone() })).rejected(Counter::Version),
        v2("5", spoil(Advert { ttl: 255, version: 2, ..peer.clone() })).rejected(Counter::AuthType),
        v2("6", spoil(Advert { ttl: 255, version: 2, auth_type: 1, ..peer.clone() }))
            .rejected(Counter::Password),
        v2("7", spoil(Advert { kind: 7, interval: 30, destination: OWN, ..right.clone() }))
            .rejected(Counter::Interval),
        v2("8", spoil(Advert { kind: 7, destination: OWN, ..right.clone() }))
            .rejected(Counter::Type),
        v2("9", spoil(Advert { destination: OWN, ..right })).rejected(Counter::Checksum),
    ]);
}

#[test]
fn routers_are_told_apart_by_interface_and_identifier() {
    let mut elsewhere = World::v2();
    elsewhere.rules[0].0.ifindex = 2;
    let mut version_6 = World::v2();
    version_6.rules[0].0.family = 6;
    let mut several = World::v2();
    several.rules.push((router_key(VRID + 1), RouterRule { slot: 9, ..rule_v2() }));
    let advert = Advert::v2();
    let spoiled = Advert { ttl: 1, vrid: VRID + 2, ..Advert::v2() };
    run(&[
        Case::new("another interface", elsewhere, advert.frame()).unknown(),
        Case::new("another family", version_6, advert.frame()).unknown(),
        Case::new("nothing configured", World::empty(), advert.frame()).unknown(),
        Case::published("among several", several.clone(), &advert),
        Case::new("not ours to judge", several, spoiled.frame()).unknown(),
    ]);
}

#[test]
fn what_is_no_plain_datagram_is_left_to_the_kernel() {
    let fragment = |fragment| Advert { fragment, ..Advert::v2() }.frame();
    let version_ihl = |byte| changed(&Advert::v2(), |frame| frame[ETHERNET] = byte);
    let mut damaged = Advert::v2().frame();
    damaged[ETHERNET + 4] ^= 1;
    run(&[
        v2("more fragments", fragment(0x2000)).not_understood(),
        v2("the last fragment", fragment(0x0001)).not_understood(),
        v2("a fragment far in", fragment(0x1f00)).not_understood(),
        v2("IP version 6", version_ihl(0x65)).not_understood(),
        v2("IP header of 16 bytes", version_ihl(0x44)).not_understood(),
        v2("damaged IP header", damaged).not_understood(),
        v2("do not fragment", fragment(0x4000)).publishes(event(&Advert::v2())),
        v2("the reserved flag", fragment(0x8000)).publishes(event(&Advert::v2())),
    ]);
}

#[test]
fn the_known_master_wakes_nobody() {
    let mut cases = Vec::new();
    for (rule, advert) in [(rule_v2(), Advert::v2()), (rule_v3(), Advert::v3())] {
        let advert = advert.with_addresses(20);
        let rule = RouterRule { expected: fingerprint(&advert), ..rule };
        let world = || World::with_rule(rule);
        let what = |what| format!("version {}: {what}", advert.version);
        let mut backwards = advert.clone();
        backwards.addresses.reverse();
        cases.extend([
            Case::new(what("the same"), world(), advert.frame()).absorbed(),
            Case::new(what("padded"), world(), padded(advert.frame())).absorbed(),
            // The order of addresses means nothing.
            Case::new(what("backwards"), world(), backwards.frame()).absorbed(),
            Case::new(what("after another"), world().after(7, MILLISECOND), advert.frame())
                .absorbed(),
        ]);
        let others = [
            ("source", Advert { source: [192, 168, 1, 13], ..advert.clone() }),
            ("priority", Advert { priority: 149, ..advert.clone() }),
            ("resigned", Advert { priority: 0, ..advert.clone() }),
            ("count", advert.clone().with_addresses(19)),
            ("addresses", Advert { addresses: vec![[10, 0, 0, 9]; 20], ..advert.clone() }),
        ];
        for (difference, other) in others {
            cases.push(Case::published(what(difference), world(), &other));
        }
    }
    let rule = RouterRule { expected: fingerprint(&Advert::v3()), ..rule_v3() };
    let faster = Advert { interval: 99, ..Advert::v3() };
    cases.push(Case::published("version 3: interval", World::with_rule(rule), &faster));
    run(&cases);
}

#[test]
fn what_was_just_published_is_not_published_again() {
    let advert = Advert::v2();
    let known = fingerprint(&advert);
    let other = Advert { priority: 1, ..Advert::v2() };
    let after = |what: &str, fingerprint, ago| {
        Case::new(what, World::v2().after(fingerprint, ago), advert.frame())
    };
    run(&[
        after("a moment later", known, MILLISECOND).repeated(),
        after("within the interval", known, 50 * MILLISECOND).repeated(),
        after("after it", known, 100 * MILLISECOND).publishes(event(&advert)),
        after("after another", fingerprint(&other), MILLISECOND).publishes(event(&advert)),
    ]);
}

#[test]
fn a_changed_rule_makes_the_same_advert_news() {
    let advert = Advert::v2();
    let mut cases = Vec::new();
    for generation in [0, 1, GENERATION - 1, GENERATION + 1, u32::MAX] {
        let rule = RouterRule { generation, ..rule_v2() };
        let world = World::with_rule(rule).after(fingerprint(&advert), MILLISECOND);
        cases.push(Case::published(format!("generation {generation}"), world, &advert));
    }
    run(&cases);
}

#[test]
fn an_event_that_found_no_room_is_not_taken_for_published() {
    let mut world = World::v2();
    world.ring_full = true;
    let after_itself = world.clone().after(fingerprint(&Advert::v2()), 200 * MILLISECOND);
    run(&[
        Case::new("a full ring", world, Advert::v2().frame()).lost(),
        Case::new("not the first", after_itself, Advert::v2().frame()).lost(),
    ]);
}

#[test]
fn the_group_is_the_rules() {
    let group = [239, 1, 2, 3];
    let world = || World::with_rule(RouterRule { group: from_ipv4(group), ..rule_v2() });
    let advert = Advert { destination: group, ..Advert::v2() };
    run(&[
        Case::published("its own group", world(), &advert),
        Case::new("the usual one", world(), Advert::v2().frame()).rejected(Counter::Destination),
    ]);
}

#[test]
fn a_slot_past_the_maps_end_breaks_nothing() {
    let rule = RouterRule { slot: vrrp_ebpf::abi::MAX_ROUTERS, ..rule_v2() };
    let mut event = event(&Advert::v2());
    event.slot = rule.slot;
    run(&[Case::new("slot", World::with_rule(rule), Advert::v2().frame())
        .publishes(event)
        .without_slot()]);
}

#[test]
fn other_protocols_pass_untouched() {
    let protocol = |number: u8| {
        let mut frame = changed(&Advert::v2(), |frame| frame[ETHERNET + 9] = number);
        frame.resize(1_514, 0xa5);
        frame
    };
    let other_type = |ethertype| {
        let frame = Advert::v2().frame();
        ethernet([0xff; 6], ethertype, &frame[ETHERNET..])
    };
    let mut cases = Vec::new();
    for (name, number) in [("TCP", 6), ("UDP", 17), ("AH", 51), ("111", 111), ("113", 113)] {
        cases.push(v2(name, protocol(number)));
    }
    for ethertype in [0x86dd_u16, 0x8100, 0x88a8, 0x8847, 0x0008, 0x0608, 0x0801, 0x0900, 0x0028] {
        cases.push(v2(&format!("type {ethertype:#06x}"), other_type(ethertype.to_be_bytes())));
    }
    run(&cases);
}
