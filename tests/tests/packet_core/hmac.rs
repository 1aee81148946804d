//! Adverts with an HMAC trailer: the core makes every check but the one that takes a secret.

use vrrp_ebpf::{
    abi::{Counter, RULE_VERIFY, RouterRule},
    advert::{Envelope, Locality, Outcome, receive},
    tables::Authentication,
    wire::{ipv4, ipv6},
};

use super::{
    case::{Advertised as _, Case, run},
    frames::{Advert, ETHERNET, hex},
    frames_ipv6::AdvertIpv6,
    host::Host,
    world::{IFINDEX, SLOT, World, rule_ipv6, rule_v2, rule_v3},
};

/// As long as a trailer is; what it says is none of the core's business.
const TRAILER: [u8; 28] = [0x5a; 28];

fn worlds() -> [World; 3] {
    let flags = RULE_VERIFY;
    [
        World::with_rule(RouterRule { flags, ..rule_v2() }),
        World::with_rule(RouterRule { flags, ..rule_v3() }),
        World::with_ipv6_rule(RouterRule { flags, ..rule_ipv6() }),
    ]
}

/// One frame for each of [`worlds`], with this behind the message.
fn frames(trailer: &[u8]) -> [Vec<u8>; 3] {
    let trailer = trailer.to_vec();
    [
        Advert { trailer: trailer.clone(), ..Advert::v2() }.with_addresses(3).frame(),
        Advert { trailer: trailer.clone(), ..Advert::v3() }.with_addresses(3).frame(),
        AdvertIpv6 { trailer, ..AdvertIpv6::new().with_addresses(3) }.frame(),
    ]
}

fn each(what: &str, worlds: [World; 3], frames: [Vec<u8>; 3]) -> Vec<Case> {
    worlds.into_iter().zip(frames).map(|(world, frame)| Case::new(what, world, frame)).collect()
}

#[test]
fn good_adverts_are_left_to_who_has_the_secret() {
    let mut cases = Vec::new();
    cases.extend(each("with a trailer", worlds(), frames(&TRAILER)));
    cases.extend(each("without", worlds(), frames(&[])));
    // Even of a known master: nothing is absorbed that has not been verified.
    let mut known = worlds();
    for world in &mut known {
        world.rules[0].1.expected = AdvertIpv6::new().with_addresses(3).event().fingerprint;
    }
    cases.extend(each("known", known, frames(&TRAILER)));
    run(&cases);
}

#[test]
fn every_other_check_is_made() {
    let mut cases = Vec::new();
    let mut bad = |what: &str, reason, frames| {
        let rows = each(what, worlds(), frames);
        cases.extend(rows.into_iter().map(|case| case.rejected(reason)));
    };
    for length in [1, 4, 24, 27, 29, 32, 56] {
        bad(&format!("{length} bytes behind it"), Counter::Length, frames(&vec![0x5a; length]));
    }
    let spoiled = frames(&TRAILER).map(|mut frame| {
        // The count, the last byte of the message but the password's, and so on.
        let place = if frame[12] == 0x86 { 54 + 8 } else { 34 + 8 };
        frame[place] ^= 1;
        frame
    });
    bad("an address changed", Counter::Checksum, spoiled);
    run(&cases);

    let plain = [World::v2(), World::v3(), World::ipv6()];
    let rows = each("not asked for", plain, frames(&TRAILER));
    run(&rows.into_iter().map(|case| case.rejected(Counter::Length)).collect::<Vec<_>>());
}

#[test]
fn over_ipv6_the_checksum_covers_the_trailer() {
    // The vector of keepalived's unit test, of which the destination follows from its checksum.
    let packet =
        hex("6c000000003470fffe800000000000000000000000000010fe800000000000000000000000000020\
                      3133c8010064a2e9fe800000000000000000000000000100\
                      010100006800000080000000c8c56146ebfd66ee10ec4d8186461b78");
    let [_, _, mut world] = worlds();
    world.rules[0].1.flags |= vrrp_ebpf::abi::RULE_UNICAST;
    let receive = |packet: &[u8]| {
        let host = Host::new(&world, 1);
        let envelope = Envelope::from_ipv6(&ipv6::Header::read(packet, 0).unwrap());
        receive(packet, &envelope, 40, IFINDEX, Locality::Delivered, &host)
    };
    assert_eq!(receive(&packet), Outcome::Deferred);
    for place in 40..packet.len() {
        let mut changed = packet.clone();
        changed[place] ^= 1;
        assert_ne!(receive(&changed), Outcome::Deferred, "byte {place}");
    }
}

#[test]
fn over_ipv4_the_checksum_ends_with_the_message() {
    // The other vector: without a pseudo-header, as keepalived sends it when told to.
    let message = hex("3133c80100644402c0000264 010100006800000080000000 \
                       1b84bc4e8e43892dc6d98448f8ee2265");
    let total = u8::try_from(20 + message.len()).unwrap();
    let header = [0x45, 0, 0, total, 0, 0, 0, 0, 255, 112, 0, 0, 198, 51, 100, 10, 224, 0, 0, 18];
    let datagram = [&header[..], &message].concat();
    let [_, world, _] = worlds();
    let receive = |datagram: &[u8]| {
        let host = Host::new(&world, 1);
        let envelope = Envelope::from_ipv4(&ipv4::Header::read(datagram, 0).unwrap());
        receive(datagram, &envelope, 20, IFINDEX, Locality::Delivered, &host)
    };
    assert_eq!(receive(&datagram), Outcome::Deferred);
    for place in 20..datagram.len() {
        let mut changed = datagram.clone();
        changed[place] ^= 1;
        assert_eq!(receive(&changed) == Outcome::Deferred, place >= 32, "byte {place}");
    }
}

#[test]
fn the_host_verifies_and_goes_on() {
    for trailer in [&TRAILER[..], &[]] {
        let lengths = [8 + 12 + 8, 8 + 12, 8 + 48];
        for ((world, mut frame), length) in worlds().iter().zip(frames(trailer)).zip(lengths) {
            let mut host = Host::new(world, 1_000);
            let l4 = if frame[12] == 0x86 { ETHERNET + 40 } else { ETHERNET + 20 };

            host.authentication = Authentication::Failed(Counter::HmacReplay);
            host.show(&mut frame);
            assert_eq!(host.counters(SLOT).get(Counter::HmacReplay), 1);
            assert_eq!(host.counters(SLOT).get(Counter::Received), 0);
            assert_eq!(host.verified.take(), [(SLOT, l4, length, !trailer.is_empty())]);

            host.authentication = Authentication::Passed;
            host.show(&mut frame);
            assert_eq!(host.counters(SLOT).get(Counter::Published), 1);
            assert_eq!(host.events.take().len(), 1);
        }
    }
    let host = Host::new(&World::v2(), 1_000);
    host.show(&mut Advert::v2().frame());
    assert_eq!(host.verified.take(), [], "nobody asked");
}
