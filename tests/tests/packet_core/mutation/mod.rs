//! Whatever comes, the object in the kernel and the core on the host agree about it.
//!
//! Frames are valid ones that have been changed: fields, bits, lengths; most are sealed with
//! right checksums afterwards, so that the change is looked at and not only the checksum.
//! `VRRP_FRAMES` says how many are tried.

mod change;
mod originals;

use std::{cell::RefCell, env, fmt};

use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestCaseResult, TestRunner},
};
use vrrp_ebpf::abi::{
    Counter, Counters, FAMILY_IPV6, FEATURE_NO_ACCEPT, NodeCounter, NodeCounters, Peer, PeerKey,
    RULE_CHECK_SOURCE, RULE_UNICAST, RULE_VERIFY, RULE_VIRTUAL_MAC, RouterKey, RouterRule,
    VIP_NO_ACCEPT, VIP_ROUTER, Vip, VipKey, from_ipv4,
};

use self::{
    change::{change, seals},
    originals::original,
};
use super::{
    case::fingerprint,
    frames::Advert,
    hook::Hook,
    host::Host,
    kernel::{Kernel, monotonic},
    world::{
        IFINDEX, OWN_MAC, PEER_IPV6, VIP, VIP_IPV6, VRID, World, router_key, rule_ipv6, rule_v2,
        rule_v3, vip,
    },
};

/// Frames unless `VRRP_FRAMES` says otherwise.
const FRAMES: u32 = 20_000;
/// Frames that follow one another, so that one may repeat the last.
const SEQUENCE: u32 = 4;

/// The kernel tests no shorter frame that leaves, if it says that it is IPv6.
const SHORTEST_LEAVING: usize = 54;

/// The slot of an address that may be answered for, and of one that may not.
const HELD: u32 = 20;
const OVER: u32 = 21;
const SLOTS: [u32; 11] = [11, 12, 13, 14, 15, 16, 17, 18, 19, HELD, OVER];
const OTHER_VIP: [u8; 4] = [192, 168, 1, 101];
const REFUSING_VIP: [u8; 4] = [192, 168, 1, 102];
const OTHER_VIP_IPV6: [u8; 16] = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1];
/// A router's with a virtual MAC address.
const VIRTUAL: [u8; 6] = [0x00, 0x00, 0x5e, 0x00, 0x01, FIRST + 6];
/// The first of the routers.
const FIRST: u8 = VRID;

/// Routers of either family, of which one has a known master, and addresses.
fn world() -> World {
    let rule = |index: u8, slot, rule: RouterRule| {
        (router_key(FIRST + index), RouterRule { slot, ..rule })
    };
    let ipv6 = |index, slot, flags| {
        let key = RouterKey { family: FAMILY_IPV6, ..router_key(FIRST + index) };
        (key, RouterRule { slot, flags, ..rule_ipv6() })
    };
    let known = fingerprint(&Advert { vrid: FIRST + 3, ..Advert::v3() });
    let vip = |address, slot, flags, mac| {
        (VipKey { address, ifindex: IFINDEX }, Vip { flags, mac, ..vip(slot) })
    };
    World {
        rules: vec![
            rule(0, 11, rule_v2()),
            rule(1, 12, RouterRule { auth_type: 0, ..rule_v2() }),
            rule(2, 13, rule_v3()),
            rule(3, 14, RouterRule { expected: known, ..rule_v3() }),
            rule(6, HELD, RouterRule { flags: RULE_VIRTUAL_MAC, ..rule_v3() }),
            rule(5, 15, rule_v2()),
            ipv6(0, 16, 0),
            ipv6(1, 17, RULE_UNICAST | RULE_CHECK_SOURCE),
            ipv6(2, 18, RULE_VERIFY),
        ],
        vips: vec![
            vip(from_ipv4(VIP), HELD, 0, OWN_MAC),
            vip(from_ipv4(OTHER_VIP), OVER, 0, OWN_MAC),
            vip(from_ipv4(REFUSING_VIP), HELD, VIP_NO_ACCEPT, OWN_MAC),
            vip(VIP_IPV6, HELD, VIP_ROUTER, VIRTUAL),
            vip(OTHER_VIP_IPV6, OVER, VIP_NO_ACCEPT, OWN_MAC),
        ],
        features: FEATURE_NO_ACCEPT,
        peers: vec![(
            PeerKey { address: PEER_IPV6, slot: 17 },
            Peer { min_ttl: 60, max_ttl: 64, pad: [0; 2] },
        )],
        ..World::empty()
    }
}

#[derive(Clone, Eq, PartialEq)]
struct Sample(Vec<u8>);

impl fmt::Debug for Sample {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

fn sample() -> impl Strategy<Value = Sample> {
    (original(), vec(change(), 0..4), seals()).prop_map(|(mut frame, changes, seals)| {
        for change in &changes {
            change.apply(&mut frame);
        }
        if !changes.is_empty() {
            seals.apply(&mut frame);
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
        .map(|heard| heard.expected_ns.max(heard.other_ns).max(heard.conflict_ns));
    host.now.set(read.max().filter(|read| *read > host.now.get()).unwrap_or_else(monotonic));
    prop_assert_eq!(host.show(&mut on_host), verdict);
    prop_assert_eq!(Sample(on_host), Sample(in_kernel));
    if frame.len() >= SHORTEST_LEAVING {
        let mut in_kernel = frame.clone();
        let mut on_host = frame.clone();
        let verdict = kernel.show_leaving(&mut in_kernel);
        prop_assert_eq!(host.show_leaving(&mut on_host), verdict);
        prop_assert_eq!(Sample(on_host), Sample(in_kernel));
    }
    for slot in SLOTS {
        prop_assert_eq!(host.counters(slot), kernel.counters(slot), "slot {}", slot);
        prop_assert_eq!(host.heard(slot), kernel.heard(slot), "slot {}", slot);
    }
    prop_assert_eq!(host.node.get(), kernel.node_counters());
    prop_assert_eq!(host.events.take(), kernel.events());
    prop_assert_eq!(host.conflicts.take(), kernel.conflicts());
    Ok(())
}

#[test]
fn xdp_and_host_agree_about_any_frame() {
    agree_about_any_frame(Hook::Xdp);
}

#[test]
fn tc_and_host_agree_about_any_frame() {
    agree_about_any_frame(Hook::Tc);
}

fn agree_about_any_frame(hook: Hook) {
    let frames = env::var("VRRP_FRAMES").ok().map_or(FRAMES, |frames| frames.parse().unwrap());
    let Some(mut kernel) = Kernel::load(hook) else { return };
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
        for frame in frames.iter().filter(|Sample(frame)| hook.takes(frame)) {
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

/// Without a secret nothing is verified; and the ring is read after every frame.
const IMPOSSIBLE: [Counter; 5] = [
    Counter::Lost,
    Counter::HmacMissing,
    Counter::HmacKey,
    Counter::HmacInvalid,
    Counter::HmacReplay,
];

/// A generator that reaches but half of the code would find half of the differences.
fn all_was_met(routers: &Counters, node: &NodeCounters) {
    for counter in Counter::ALL {
        let possible = !IMPOSSIBLE.contains(counter);
        assert_eq!(routers.get(*counter) > 0, possible, "{}: {routers:?}", counter.name());
    }
    for counter in NodeCounter::ALL {
        assert!(node.get(*counter) > 0, "{}", counter.name());
    }
}
