//! What a frame meets, what comes of it, and what the two cores have in common.

use vrrp_ebpf::{
    Verdict,
    abi::{
        AdvertEvent, ConflictEvent, Counter, Counters, FAMILY_IPV4, FAMILY_IPV6, NodeCounter,
        NodeCounters, Peer, PeerKey, RouterKey, RouterRule, Vip, VipKey, from_ipv4,
    },
    wire::vrrp,
};

/// `BPF_PROG_TEST_RUN` has frames arrive on the loopback interface unless told otherwise.
pub(crate) const IFINDEX: u32 = 1;
/// The index of the router under test; not 0, so that a forgotten index shows.
pub(crate) const SLOT: u32 = 5;
/// Its identifier.
pub(crate) const VRID: u8 = 51;
/// Its address.
pub(crate) const VIP: [u8; 4] = [192, 168, 1, 100];
/// How often its rule has changed; not 0, so that it must be compared.
pub(crate) const GENERATION: u32 = 3;
/// The address of the node under test.
pub(crate) const OWN: [u8; 4] = [192, 168, 1, 11];
/// The hardware address of the node under test.
pub(crate) const OWN_MAC: [u8; 6] = [0xdc, 0xa6, 0x32, 0x00, 0x00, 0x11];
/// The node that sends adverts.
pub(crate) const PEER: [u8; 4] = [192, 168, 1, 12];
/// The address of the node under test in IPv6: link-local.
pub(crate) const OWN_IPV6: [u8; 16] =
    [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0xde, 0xa6, 0x32, 0xff, 0xfe, 0x00, 0x00, 0x11];
/// The node that sends adverts.
pub(crate) const PEER_IPV6: [u8; 16] =
    [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0xde, 0xa6, 0x32, 0xff, 0xfe, 0x00, 0x00, 0x12];
/// The virtual address: `2001:db8::100`.
pub(crate) const VIP_IPV6: [u8; 16] = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0];
/// Its password.
pub(crate) const PASSWORD: [u8; 8] = *b"secret42";

/// Something that decides about frames: the core in this process, or the object in the kernel.
pub(crate) trait Core {
    /// For messages.
    fn name(&self) -> &'static str;

    /// Whether such a frame can come to it.
    fn takes(&self, frame: &[u8]) -> bool {
        let _ = frame;
        true
    }

    /// Puts `world` in place of whatever was there, and shows it one frame.
    fn run(&mut self, world: &World, frame: &[u8]) -> Seen;
}

/// Until when the node may answer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lease {
    /// It never might.
    Never,
    /// It might until a moment ago.
    Over,
    /// It may.
    Held,
}

/// An advert published earlier.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Past {
    pub(crate) fingerprint: u64,
    /// Nanoseconds since the event.
    pub(crate) ago: u64,
    /// Of the rule at that time.
    pub(crate) generation: u32,
}

/// The state in which a frame is judged.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) rules: Vec<(RouterKey, RouterRule)>,
    pub(crate) vips: Vec<(VipKey, Vip)>,
    pub(crate) peers: Vec<(PeerKey, Peer)>,
    pub(crate) features: u32,
    pub(crate) lease: Lease,
    pub(crate) past: Option<Past>,
    /// Nanoseconds since the daemon was told of a conflict.
    pub(crate) conflict_ago: Option<u64>,
    pub(crate) ring_full: bool,
    /// Whether the frame leaves, and does not come in.
    pub(crate) leaving: bool,
}

impl World {
    /// Nothing configured.
    pub(crate) const fn empty() -> Self {
        Self {
            rules: Vec::new(),
            vips: Vec::new(),
            peers: Vec::new(),
            features: 0,
            lease: Lease::Never,
            past: None,
            conflict_ago: None,
            ring_full: false,
            leaving: false,
        }
    }

    /// One router, with a rule that may differ from [`rule_v2`] or [`rule_v3`].
    pub(crate) fn with_rule(rule: RouterRule) -> Self {
        Self { rules: vec![(router_key(VRID), rule)], ..Self::empty() }
    }

    /// The router of the reference frames: version 2, PASS.
    pub(crate) fn v2() -> Self {
        Self::with_rule(rule_v2())
    }

    /// The same router in version 3.
    pub(crate) fn v3() -> Self {
        Self::with_rule(rule_v3())
    }

    /// The router of the IPv6 frames.
    pub(crate) fn ipv6() -> Self {
        Self::with_ipv6_rule(rule_ipv6())
    }

    /// The same with a rule that may differ from [`rule_ipv6`].
    pub(crate) fn with_ipv6_rule(rule: RouterRule) -> Self {
        let key = RouterKey { family: FAMILY_IPV6, ..router_key(VRID) };
        Self { rules: vec![(key, rule)], ..Self::empty() }
    }

    /// One virtual address.
    pub(crate) fn arp(lease: Lease) -> Self {
        Self { vips: vec![(vip_key(VIP), vip(SLOT))], lease, ..Self::empty() }
    }

    /// One virtual address of IPv6.
    pub(crate) fn nd(lease: Lease) -> Self {
        let key = VipKey { address: VIP_IPV6, ifindex: IFINDEX };
        Self { vips: vec![(key, vip(SLOT))], lease, ..Self::empty() }
    }

    /// What was heard before, at this moment on the core's clock.
    pub(crate) fn heard(&self, now: u64) -> vrrp_ebpf::abi::Heard {
        let conflict_ns = self.conflict_ago.map_or(0, |ago| now - ago);
        let Some(past) = self.past else {
            return vrrp_ebpf::abi::Heard { conflict_ns, ..Default::default() };
        };
        let at = now - past.ago;
        vrrp_ebpf::abi::Heard {
            other: past.fingerprint,
            other_generation: past.generation,
            other_ns: at,
            other_event_ns: at,
            conflict_ns,
            ..Default::default()
        }
    }

    /// After an event `ago` nanoseconds ago, under the usual rule.
    pub(crate) const fn after(mut self, fingerprint: u64, ago: u64) -> Self {
        self.past = Some(Past { fingerprint, ago, generation: GENERATION });
        self
    }
}

/// The key of a router on [`IFINDEX`].
pub(crate) const fn router_key(vrid: u8) -> RouterKey {
    RouterKey { ifindex: IFINDEX, family: FAMILY_IPV4, vrid, pad: [0; 2] }
}

/// The key of an address on [`IFINDEX`].
pub(crate) const fn vip_key(address: [u8; 4]) -> VipKey {
    VipKey { address: from_ipv4(address), ifindex: IFINDEX }
}

/// An address without a virtual MAC address.
pub(crate) const fn vip(slot: u32) -> Vip {
    Vip { slot, mac: OWN_MAC, own_mac: OWN_MAC, flags: 0, pad: [0; 3] }
}

/// Version 2, PASS, one second; nobody is the known master.
pub(crate) const fn rule_v2() -> RouterRule {
    RouterRule {
        expected: 0,
        password: PASSWORD,
        own_source: from_ipv4(OWN),
        group: from_ipv4(vrrp::GROUP),
        slot: SLOT,
        generation: GENERATION,
        interval: 1,
        version: 2,
        auth_type: vrrp::AUTH_PASS,
        mac: OWN_MAC,
        flags: 0,
        pad: [0; 5],
    }
}

/// Version 3. Interval, authentication and password are for version 2 and must not matter.
pub(crate) const fn rule_v3() -> RouterRule {
    RouterRule { version: 3, interval: 77, ..rule_v2() }
}

/// The rule of the same router over IPv6.
pub(crate) const fn rule_ipv6() -> RouterRule {
    RouterRule { own_source: OWN_IPV6, group: vrrp::GROUP_IPV6, ..rule_v3() }
}

/// A moment, as far as two clocks can agree about it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Stamp {
    Never,
    /// Before this frame.
    Earlier,
    /// While this frame was judged.
    Now,
}

impl Stamp {
    pub(crate) fn of(nanoseconds: u64, from: u64, to: u64) -> Self {
        match nanoseconds {
            0 => Self::Never,
            _ if (from..=to).contains(&nanoseconds) => Self::Now,
            _ => Self::Earlier,
        }
    }
}

/// `vrrp_ebpf::abi::Heard`, with its clock taken out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Heard {
    pub(crate) expected: Stamp,
    pub(crate) other: u64,
    pub(crate) other_at: Stamp,
    pub(crate) event_at: Stamp,
    pub(crate) generation: u32,
    pub(crate) conflict: Stamp,
}

impl Heard {
    pub(crate) const NOTHING: Self = Self {
        expected: Stamp::Never,
        other: 0,
        other_at: Stamp::Never,
        event_at: Stamp::Never,
        generation: 0,
        conflict: Stamp::Never,
    };

    /// The state in which a world begins.
    pub(crate) fn before(world: &World) -> Self {
        let heard = world.past.map_or(Self::NOTHING, |past| Self {
            other: past.fingerprint,
            other_at: Stamp::Earlier,
            event_at: Stamp::Earlier,
            generation: past.generation,
            ..Self::NOTHING
        });
        let conflict = world.conflict_ago.map_or(Stamp::Never, |_| Stamp::Earlier);
        Self { conflict, ..heard }
    }

    pub(crate) fn of(heard: &vrrp_ebpf::abi::Heard, from: u64, to: u64) -> Self {
        Self {
            expected: Stamp::of(heard.expected_ns, from, to),
            other: heard.other,
            other_at: Stamp::of(heard.other_ns, from, to),
            event_at: Stamp::of(heard.other_event_ns, from, to),
            generation: heard.other_generation,
            conflict: Stamp::of(heard.conflict_ns, from, to),
        }
    }
}

/// Everything that came of a frame.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Seen {
    pub(crate) verdict: Verdict,
    pub(crate) frame: Vec<u8>,
    /// Of [`SLOT`].
    pub(crate) counters: Counters,
    pub(crate) node: NodeCounters,
    pub(crate) heard: Heard,
    /// Published events, their stamp replaced by 0 once it has been checked.
    pub(crate) events: Vec<AdvertEvent>,
    /// The same for conflicts.
    pub(crate) conflicts: Vec<ConflictEvent>,
}

impl Seen {
    /// The frame passes, and nothing is counted.
    pub(crate) fn pass(world: &World, frame: &[u8]) -> Self {
        Self {
            verdict: Verdict::Pass,
            frame: frame.to_vec(),
            counters: Counters::default(),
            node: NodeCounters::default(),
            heard: Heard::before(world),
            events: Vec::new(),
            conflicts: Vec::new(),
        }
    }

    pub(crate) const fn verdict(mut self, verdict: Verdict) -> Self {
        self.verdict = verdict;
        self
    }

    /// Counted besides what has been said already.
    pub(crate) fn counted(mut self, counters: &[Counter]) -> Self {
        for counter in counters {
            self.counters.add(*counter);
        }
        self
    }

    pub(crate) fn counted_for_node(mut self, counter: NodeCounter) -> Self {
        self.node.add(counter);
        self
    }
}
