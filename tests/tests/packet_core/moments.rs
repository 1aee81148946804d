//! What a real clock cannot be asked: which side of a boundary a nanosecond is on. And the way
//! into the core that the kernel's half does not take. On the host only.

use vrrp_ebpf::{
    Verdict,
    abi::{Counter, RouterRule},
    advert::{Envelope, Locality, Outcome, REPEAT_NS, receive},
    wire::ipv4::Header,
};

use super::{
    case::fingerprint,
    frames::{Advert, ETHERNET, hex},
    host::Host,
    world::{IFINDEX, Lease, SLOT, VRID, World, router_key, rule_v2},
};

const START: u64 = 1_000_000_000_000;

#[test]
fn a_lease_ends_on_its_nanosecond() {
    let request = hex("ffffffffffffaabbcc00009908060001080006040001\
                       aabbcc000099c0a80132000000000000c0a80164");
    let mut host = Host::new(&World::arp(Lease::Held), START);
    host.leases.insert(SLOT, START + 10);
    for (after, verdict) in [(9, Verdict::Transmit), (10, Verdict::Drop), (11, Verdict::Drop)] {
        host.now.set(START + after);
        assert_eq!(host.show(&mut request.clone()), verdict, "{after} ns");
    }
}

#[test]
fn an_advert_is_news_again_after_the_interval() {
    let host = Host::new(&World::v2(), START);
    let mut published = Vec::new();
    // The interval counts from the last event, not from the last advert: who repeats himself
    // without end is still heard of.
    for after in (0..=3 * REPEAT_NS).step_by(9_000_000) {
        host.now.set(START + after);
        host.show(&mut Advert::v2().frame());
        published.extend(host.events.take().iter().map(|event| event.received_ns - START));
        assert_eq!(host.heard(SLOT).other_ns, START + after);
    }
    assert_eq!(published, [0, 108_000_000, 216_000_000]);

    let host = Host::new(&World::v2(), START);
    for (after, events) in [(0, 1), (REPEAT_NS - 1, 0), (REPEAT_NS, 1), (2 * REPEAT_NS - 1, 0)] {
        host.now.set(START + after);
        host.show(&mut Advert::v2().frame());
        assert_eq!(host.events.take().len(), events, "{after} ns");
    }
}

#[test]
fn a_changed_rule_is_told_once() {
    let mut host = Host::new(&World::v2(), START);
    let events = [1, 1, 2, 2, 1, 1].map(|generation| {
        host.rules.insert(router_key(VRID), RouterRule { generation, ..rule_v2() });
        host.show(&mut Advert::v2().frame());
        host.events.take().len()
    });
    assert_eq!(events, [1, 0, 1, 0, 1, 0]);
}

#[test]
fn two_that_take_turns_are_both_heard_of() {
    // Two masters after a partition. Only the last advert is remembered, so taking turns makes
    // every one news: the daemon must bound by itself what it does about them.
    let host = Host::new(&World::v2(), START);
    for turn in 0..10 {
        host.show(&mut Advert { priority: 100 + turn % 2, ..Advert::v2() }.frame());
    }
    assert_eq!(host.counters(SLOT).get(Counter::Published), 10);
}

#[test]
fn the_known_master_does_not_make_another_news() {
    let known = Advert::v2();
    let rule = RouterRule { expected: fingerprint(&known), ..rule_v2() };
    let host = Host::new(&World::with_rule(rule), START);
    let other = Advert { priority: 1, ..Advert::v2() };
    for advert in [&other, &known, &other, &known, &other] {
        host.show(&mut advert.frame());
    }
    let counters = host.counters(SLOT);
    assert_eq!(counters.get(Counter::Published), 1);
    assert_eq!(counters.get(Counter::Repeated), 2);
    assert_eq!(counters.get(Counter::Absorbed), 2);
}

#[test]
fn a_lost_event_is_tried_again_with_the_next_advert() {
    let mut host = Host::new(&World::v2(), START);
    host.ring_full = true;
    host.show(&mut Advert::v2().frame());
    host.ring_full = false;
    host.show(&mut Advert::v2().frame());
    assert_eq!(host.counters(SLOT).get(Counter::Lost), 1);
    assert_eq!(host.counters(SLOT).get(Counter::Published), 1);
}

#[test]
fn a_conflict_is_told_of_once_an_interval() {
    let claim = hex("ffffffffffff02000000000708060001080006040001\
                     020000000007c0a80164000000000000c0a80164");
    // Shortly after the clock began, too.
    for start in [1, START] {
        let mut host = Host::new(&World::arp(Lease::Held), start);
        host.leases.insert(SLOT, u64::MAX);
        for (after, events) in [(0, 1), (REPEAT_NS - 1, 0), (REPEAT_NS, 1), (2 * REPEAT_NS - 1, 0)]
        {
            host.now.set(start + after);
            host.show(&mut claim.clone());
            assert_eq!(host.conflicts.take().len(), events, "{after} ns");
        }
        assert_eq!(host.counters(SLOT).get(Counter::Conflict), 4);
    }
}

#[test]
fn a_lost_conflict_is_tried_again() {
    let claim = hex("ffffffffffff02000000000708060001080006040001\
                     020000000007c0a80164000000000000c0a80164");
    let mut host = Host::new(&World::arp(Lease::Held), START);
    host.ring_full = true;
    host.show(&mut claim.clone());
    host.ring_full = false;
    host.show(&mut claim.clone());
    assert_eq!(host.conflicts.take().len(), 1);
}

/// As the daemon does with what its raw socket hands it.
fn received(host: &Host, datagram: &[u8], ifindex: u32) -> Outcome {
    let header = Header::read(datagram, 0).unwrap();
    let envelope = Envelope::from_ipv4(&header);
    receive(datagram, &envelope, header.header_length(), ifindex, Locality::Delivered, host)
}

#[test]
fn what_the_kernel_passes_up_is_judged_with_its_options() {
    let b15 = hex("46c0002c00010000ff7083d5c0a8010ce000001294040000 \
                   213396010101153fc0a801647365637265743432");
    let host = Host::new(&World::v2(), START);
    assert_eq!(received(&host, &b15, IFINDEX), Outcome::Accepted);
    assert_eq!(host.events.take().len(), 1);
    assert_eq!(received(&host, &b15, IFINDEX + 1), Outcome::UnknownRouter);
    for length in 20..b15.len() {
        assert_eq!(received(&host, &b15[..length], IFINDEX), Outcome::OutOfReach, "{length}");
    }
    let mut damaged = b15;
    damaged[26] ^= 1;
    let outcome = received(&host, &damaged, IFINDEX);
    assert_eq!(outcome, Outcome::Rejected(Counter::Checksum));
}

#[test]
fn both_ways_in_come_to_the_same() {
    let host = Host::new(&World::v3(), START);
    let advert = Advert::v3().with_addresses(255);
    assert_eq!(received(&host, &advert.frame()[ETHERNET..], IFINDEX), Outcome::Accepted);
    let [event] = host.events.take()[..] else { panic!("one event") };
    assert_eq!(event.fingerprint, fingerprint(&advert));
    assert_eq!(host.show(&mut advert.frame()), Verdict::Drop);
    assert_eq!(host.counters(SLOT).get(Counter::Repeated), 1);
}
