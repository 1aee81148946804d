//! Whatever comes, the object in the kernel and the core on the host agree about it.
//!
//! Frames are valid ones that have been changed: fields, bits, lengths; most are sealed with
//! right checksums afterwards, so that the change is looked at and not only the checksum.
//! `VRRP_FRAMES` says how many are tried.

use std::{cell::RefCell, env, fmt};

use proptest::{
    collection::vec,
    prelude::*,
    sample::Index,
    test_runner::{Config, TestCaseResult, TestRunner},
};
use vrrp_ebpf::abi::{Counter, Counters, NodeCounter, NodeCounters, RouterRule};

use super::{
    case::fingerprint,
    frames::{Advert, ETHERNET, MESSAGE, seal_ip_header, seal_message},
    host::Host,
    kernel::{Kernel, monotonic},
    world::{OWN, OWN_MAC, PEER, VIP, VRID, World, router_key, rule_v2, rule_v3, vip, vip_key},
};

/// Frames unless `VRRP_FRAMES` says otherwise.
const FRAMES: u32 = 20_000;
/// Longer frames say nothing new.
const LONGEST: usize = 1_514;
/// Frames that follow one another, so that one may repeat the last.
const SEQUENCE: u32 = 4;

/// The slot of an address that may be answered for, and of one that may not.
const HELD: u32 = 20;
const OVER: u32 = 21;
const SLOTS: [u32; 6] = [11, 12, 13, 14, HELD, OVER];
const OTHER_VIP: [u8; 4] = [192, 168, 1, 101];
/// The first of four routers.
const FIRST: u8 = VRID;

/// Four routers, of which one has a known master, and two addresses.
fn world() -> World {
    let rule = |index: u8, rule: RouterRule| {
        (router_key(FIRST + index), RouterRule { slot: 11 + u32::from(index), ..rule })
    };
    let known = fingerprint(&Advert { vrid: FIRST + 3, ..Advert::v3() });
    let vip = |address, slot| (vip_key(address), vip(slot));
    World {
        rules: vec![
            rule(0, rule_v2()),
            rule(1, RouterRule { auth_type: 0, ..rule_v2() }),
            rule(2, rule_v3()),
            rule(3, RouterRule { expected: known, ..rule_v3() }),
        ],
        vips: vec![vip(VIP, HELD), vip(OTHER_VIP, OVER)],
        ..World::empty()
    }
}

/// One change to the bytes of a frame.
#[derive(Clone, Debug)]
enum Change {
    Flip(Index, u8),
    /// Sets a byte of the headers, where the fields are.
    Set(usize, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    Truncate(Index),
    Pad(usize, u8),
}

impl Change {
    fn apply(&self, frame: &mut Vec<u8>) {
        match self {
            Self::Flip(place, bit) => {
                let place = place.index(frame.len());
                frame[place] ^= 1 << bit;
            }
            Self::Set(place, byte) => {
                if let Some(old) = frame.get_mut(*place) {
                    *old = *byte;
                }
            }
            Self::Insert(place, bytes) => {
                let place = place.index(frame.len() + 1);
                frame.splice(place..place, bytes.iter().copied());
            }
            Self::Remove(place, count) => {
                let place = place.index(frame.len());
                frame.drain(place..(place + count).min(frame.len()));
            }
            Self::Truncate(place) => frame.truncate(place.index(frame.len() + 1)),
            Self::Pad(count, byte) => frame.resize(frame.len() + count, *byte),
        }
        frame.truncate(LONGEST);
        if frame.len() < ETHERNET {
            frame.resize(ETHERNET, 0);
        }
    }
}

#[derive(Clone, Eq, PartialEq)]
struct Sample(Vec<u8>);

impl fmt::Debug for Sample {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

fn advert() -> impl Strategy<Value = Vec<u8>> {
    let who = (0..5_u8, any::<bool>(), prop_oneof![Just(PEER), Just(OWN), any::<[u8; 4]>()]);
    let count = prop_oneof![4 => Just(1), 4 => 0..=20_u8, 1 => any::<u8>()];
    let fields = (prop_oneof![Just(150), any::<u8>()], count, any::<bool>());
    let ttl = prop_oneof![9 => Just(255), 1 => any::<u8>()];
    let interval = prop_oneof![4 => Just(None), 1 => any::<u16>().prop_map(Some)];
    (who, fields, ttl, interval).prop_map(
        |((router, usual, source), (priority, count, pseudo_header), ttl, interval)| {
            // Routers 0 and 1 speak version 2; 4 does not exist.
            let advert = if router < 2 { Advert::v2() } else { Advert::v3() };
            let advert = Advert { vrid: FIRST + router, auth_type: 1 - router.min(1), ..advert };
            if usual {
                return advert.frame();
            }
            Advert {
                priority,
                source,
                ttl,
                pseudo_header: pseudo_header && router >= 2,
                interval: interval.unwrap_or(advert.interval),
                ..advert.with_addresses(count)
            }
            .frame()
        },
    )
}

fn arp() -> impl Strategy<Value = Vec<u8>> {
    let asker = [2, 0, 0, 0, 0, 9];
    let target = prop_oneof![3 => Just(VIP), 3 => Just(OTHER_VIP), 1 => any::<[u8; 4]>()];
    let to = prop_oneof![3 => Just([0xff; 6]), 1 => Just(OWN_MAC), 1 => any::<[u8; 6]>()];
    let by = prop_oneof![4 => Just(asker), 1 => Just(OWN_MAC), 1 => any::<[u8; 6]>()];
    let sender = prop_oneof![2 => Just([0; 4]), 2 => Just(VIP), 3 => any::<[u8; 4]>()];
    let operation = prop_oneof![8 => Just(1), 1 => Just(2), 1 => any::<u16>()];
    (target, to, by, sender, operation).prop_map(|(target, to, by, sender, operation)| {
        vrrp_tests::craft::arp(to, operation, (by, sender.into()), ([0; 6], target.into()))
    })
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        3 => (any::<Index>(), 0..8_u8).prop_map(|(place, bit)| Change::Flip(place, bit)),
        3 => (0..MESSAGE + 8, any::<u8>()).prop_map(|(place, byte)| Change::Set(place, byte)),
        1 => (any::<Index>(), vec(any::<u8>(), 1..9))
            .prop_map(|(place, bytes)| Change::Insert(place, bytes)),
        1 => (any::<Index>(), 1..9_usize).prop_map(|(place, count)| Change::Remove(place, count)),
        1 => any::<Index>().prop_map(Change::Truncate),
        1 => (1..20_usize, any::<u8>()).prop_map(|(count, byte)| Change::Pad(count, byte)),
    ]
}

fn sample() -> impl Strategy<Value = Sample> {
    let original = prop_oneof![3 => advert(), 1 => arp()];
    let seals = (prop::bool::weighted(0.9), prop::bool::weighted(0.8), prop::bool::weighted(0.5));
    (original, vec(change(), 0..4), seals).prop_map(|(mut frame, changes, seals)| {
        for change in &changes {
            change.apply(&mut frame);
        }
        let (ip_header, message, length) = seals;
        let is_advert = frame.get(12..14) == Some(&[0x08, 0x00]);
        if is_advert && !changes.is_empty() {
            if length && frame.len() >= ETHERNET + 4 {
                let total = u16::try_from(frame.len() - ETHERNET).unwrap_or(u16::MAX);
                frame[ETHERNET + 2..ETHERNET + 4].copy_from_slice(&total.to_be_bytes());
            }
            if message {
                seal_message(&mut frame);
            }
            if ip_header {
                seal_ip_header(&mut frame);
            }
        }
        Sample(frame)
    })
}

/// Frames, of which one in three comes again at once.
fn sequence() -> impl Strategy<Value = Vec<Sample>> {
    vec((sample(), prop::bool::weighted(0.34)), SEQUENCE as usize).prop_map(|frames| {
        let mut all: Vec<Sample> = Vec::new();
        for (frame, again) in frames {
            let frame = all.last().filter(|_| again).cloned().unwrap_or(frame);
            all.push(frame);
        }
        all
    })
}

/// What the two have in common after a frame.
fn agree(kernel: &mut Kernel, host: &Host, Sample(frame): &Sample) -> TestCaseResult {
    let mut in_kernel = frame.clone();
    let mut on_host = frame.clone();
    let verdict = kernel.show(&mut in_kernel);
    // The program's clock is the host's from here on: it has left its reading behind, if it took
    // one. Then even the stamps must be equal.
    let read = SLOTS
        .iter()
        .map(|slot| kernel.heard(*slot))
        .map(|heard| heard.expected_ns.max(heard.other_ns));
    host.now.set(read.max().filter(|read| *read > host.now.get()).unwrap_or_else(monotonic));
    prop_assert_eq!(host.show(&mut on_host), verdict);
    prop_assert_eq!(Sample(on_host), Sample(in_kernel));
    for slot in SLOTS {
        prop_assert_eq!(host.counters(slot), kernel.counters(slot), "slot {}", slot);
        prop_assert_eq!(host.heard(slot), kernel.heard(slot), "slot {}", slot);
    }
    prop_assert_eq!(host.node.get(), kernel.node_counters());
    prop_assert_eq!(host.events.take(), kernel.events());
    Ok(())
}

#[test]
fn kernel_and_host_agree_about_any_frame() {
    let frames = env::var("VRRP_FRAMES").ok().map_or(FRAMES, |frames| frames.parse().unwrap());
    let Some(mut kernel) = Kernel::load() else { return };
    let world = world();
    kernel.configure(&world);
    kernel.set_lease(HELD, u64::MAX);
    kernel.set_lease(OVER, 1);
    let kernel = RefCell::new(kernel);
    let met = RefCell::new((Counters::default(), NodeCounters::default()));
    let config =
        Config { cases: frames.div_ceil(SEQUENCE), failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&sequence(), |frames| {
        let mut kernel = kernel.borrow_mut();
        for slot in SLOTS {
            kernel.forget(slot);
        }
        let mut host = Host::new(&world, monotonic());
        host.leases.extend([(HELD, u64::MAX), (OVER, 1)]);
        for frame in &frames {
            agree(&mut kernel, &host, frame)?;
        }
        let (routers, node) = &mut *met.borrow_mut();
        for slot in SLOTS {
            routers.merge(&host.counters(slot));
        }
        node.merge(&host.node.get());
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
    if frames >= FRAMES {
        let (routers, node) = met.into_inner();
        all_was_met(&routers, &node);
    }
}

/// A generator that reaches but half of the code would find half of the differences.
fn all_was_met(routers: &Counters, node: &NodeCounters) {
    for counter in Counter::ALL {
        // The ring is read after every frame.
        let possible = *counter != Counter::Lost;
        assert_eq!(routers.get(*counter) > 0, possible, "{}: {routers:?}", counter.name());
    }
    for counter in NodeCounter::ALL {
        assert!(node.get(*counter) > 0, "{}", counter.name());
    }
}
