//! One row of the table: a state, a frame, and everything that must come of it.

use vrrp_ebpf::{
    Fingerprint, Verdict,
    abi::{
        AdvertEvent, ConflictEvent, Counter, EVENT_ADDRESSES, FAMILY_IPV4, NodeCounter, from_ipv4,
    },
};

use super::{
    frames::Advert,
    hook::Hook,
    host::HostCore,
    kernel::Kernel,
    world::{Core, Heard, IFINDEX, SLOT, Seen, Stamp, World},
};

/// An advert that the daemon hears of.
pub(crate) trait Advertised {
    /// It, in a frame.
    fn frame(&self) -> Vec<u8>;
    /// What the daemon must hear of it.
    fn event(&self) -> AdvertEvent;
}

impl Advertised for Advert {
    fn frame(&self) -> Vec<u8> {
        Self::frame(self)
    }

    fn event(&self) -> AdvertEvent {
        event(self)
    }
}

/// A row.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    what: String,
    world: World,
    frame: Vec<u8>,
    expected: Seen,
}

impl Case {
    /// Begins a row; until told otherwise the frame must pass untouched and uncounted.
    pub(crate) fn new(what: impl Into<String>, world: World, frame: Vec<u8>) -> Self {
        let expected = Seen::pass(&world, &frame);
        Self { what: what.into(), world, frame, expected }
    }

    /// The same for a frame that leaves.
    pub(crate) fn leaving(what: impl Into<String>, world: World, frame: Vec<u8>) -> Self {
        Self::new(what, World { leaving: true, ..world }, frame)
    }

    /// A row for an advert that is published as what it says.
    pub(crate) fn published(
        what: impl Into<String>,
        world: World,
        advert: &impl Advertised,
    ) -> Self {
        Self::new(what, world, advert.frame()).publishes(advert.event())
    }

    /// It ends here, counted under this reason alone.
    pub(crate) fn rejected(mut self, reason: Counter) -> Self {
        self.expected = self.expected.verdict(Verdict::Drop).counted(&[reason]);
        self
    }

    /// It is left to the kernel: no such router.
    pub(crate) fn unknown(mut self) -> Self {
        self.expected = self.expected.counted_for_node(NodeCounter::UnknownRouter);
        self
    }

    /// It is left to the kernel: beyond what the core understands.
    pub(crate) fn not_understood(mut self) -> Self {
        self.expected = self.expected.counted_for_node(NodeCounter::NotUnderstood);
        self
    }

    /// It ends here, stamped, and nobody is woken.
    pub(crate) fn absorbed(mut self) -> Self {
        let counters = [Counter::Received, Counter::Absorbed];
        self.expected = self.expected.verdict(Verdict::Drop).counted(&counters);
        self.expected.heard.expected = Stamp::Now;
        self
    }

    /// It ends here, and the daemon hears of it.
    pub(crate) fn publishes(mut self, event: AdvertEvent) -> Self {
        let counters = [Counter::Received, Counter::Published];
        self.expected = self.expected.verdict(Verdict::Drop).counted(&counters);
        self.expected.heard = Heard {
            other: event.fingerprint,
            other_at: Stamp::Now,
            event_at: Stamp::Now,
            generation: self.generation(),
            ..self.expected.heard
        };
        self.expected.events.push(event);
        self
    }

    /// It ends here, stamped; the daemon has just heard the like.
    pub(crate) fn repeated(mut self) -> Self {
        let counters = [Counter::Received, Counter::Repeated];
        self.expected = self.expected.verdict(Verdict::Drop).counted(&counters);
        self.expected.heard.other_at = Stamp::Now;
        self
    }

    /// It ends here, and the daemon does not hear of it: the ring is full. The next one like it
    /// must not count as a repetition.
    pub(crate) fn lost(mut self) -> Self {
        let counters = [Counter::Received, Counter::Lost];
        self.expected = self.expected.verdict(Verdict::Drop).counted(&counters);
        self.expected.heard.other = 0;
        self.expected.heard.other_at = Stamp::Now;
        self.expected.heard.event_at = Stamp::Now;
        self.expected.heard.generation = self.generation();
        self
    }

    /// It ends here: past the lease.
    pub(crate) fn refused(self) -> Self {
        self.rejected(Counter::ArpRefused)
    }

    /// The daemon hears that this hardware address claims an address.
    pub(crate) fn conflicts(mut self, address: [u8; 16], mac: [u8; 6]) -> Self {
        self = self.conflicts_again();
        self.expected.heard.conflict = Stamp::Now;
        self.expected.conflicts.push(ConflictEvent {
            received_ns: 0,
            address,
            slot: SLOT,
            ifindex: IFINDEX,
            mac,
            pad: [0; 2],
        });
        self
    }

    /// The daemon has just heard of the like.
    pub(crate) fn conflicts_again(mut self) -> Self {
        self.expected = self.expected.counted(&[Counter::Conflict]);
        self
    }

    /// The daemon does not hear of it: the ring is full. The next one is to be tried again.
    pub(crate) fn conflicts_unheard(mut self) -> Self {
        self = self.conflicts_again();
        self.expected.heard.conflict = Stamp::Never;
        self
    }

    /// It goes on to the kernel, as this.
    pub(crate) fn becomes(mut self, frame: Vec<u8>) -> Self {
        self.expected.frame = frame;
        self
    }

    /// The same for a Neighbor Solicitation.
    pub(crate) fn nd_refused(self) -> Self {
        self.rejected(Counter::NdRefused)
    }

    /// This goes back.
    pub(crate) fn answered(self, reply: Vec<u8>) -> Self {
        self.transmitted(reply, Counter::ArpAnswered)
    }

    /// The same for a Neighbor Solicitation.
    pub(crate) fn nd_answered(self, reply: Vec<u8>) -> Self {
        self.transmitted(reply, Counter::NdAnswered)
    }

    fn transmitted(mut self, reply: Vec<u8>, counter: Counter) -> Self {
        self.expected = self.expected.verdict(Verdict::Transmit).counted(&[counter]);
        self.expected.frame = reply;
        self
    }

    /// As it must be, but for the counters of [`SLOT`], which the rule does not point to.
    pub(crate) fn without_slot(mut self) -> Self {
        self.expected.counters = vrrp_ebpf::abi::Counters::default();
        self.expected.heard = Heard::NOTHING;
        self
    }

    /// Of the rule, which is the first where there are several.
    fn generation(&self) -> u32 {
        self.world.rules.first().map_or(0, |(_, rule)| rule.generation)
    }

    fn check(&self, core: &mut impl Core) -> Result<(), String> {
        check(&self.what, core, &self.world, &self.frame, &self.expected)
    }
}

fn check(
    what: &str,
    core: &mut impl Core,
    world: &World,
    frame: &[u8],
    expected: &Seen,
) -> Result<(), String> {
    if !core.takes(frame) {
        return Ok(());
    }
    let seen = core.run(world, frame);
    if &seen == expected {
        return Ok(());
    }
    Err(format!("{what} ({}):\n  expected {expected:?}\n  saw      {seen:?}\n", core.name()))
}

/// Runs every row through the core on the host and through every program, and reports every one that fails.
pub(crate) fn run(cases: &[Case]) {
    let mut failures = Vec::new();
    let mut kernels: Vec<_> = Hook::ALL.into_iter().filter_map(Kernel::load).collect();
    for case in cases {
        failures.extend(case.check(&mut HostCore).err());
        for kernel in &mut kernels {
            failures.extend(case.check(kernel).err());
        }
    }
    assert!(failures.is_empty(), "{} rows fail\n{}", failures.len(), failures.join("\n"));
}

/// What the daemon must hear of an advert.
pub(crate) fn event(advert: &Advert) -> AdvertEvent {
    let mut addresses = [[0; 16]; EVENT_ADDRESSES];
    for (place, address) in addresses.iter_mut().zip(&advert.addresses) {
        *place = from_ipv4(*address);
    }
    let count = u8::try_from(advert.addresses.len()).unwrap_or(u8::MAX);
    AdvertEvent {
        received_ns: 0,
        fingerprint: fingerprint(advert),
        address_digest: digest(advert).digest(),
        slot: SLOT,
        ifindex: IFINDEX,
        source: from_ipv4(advert.source),
        interval: advert.interval & 0x0fff,
        vrid: advert.vrid,
        priority: advert.priority,
        address_count: count,
        version: advert.version,
        family: FAMILY_IPV4,
        pad: 0,
        addresses,
    }
}

/// The fingerprint as the daemon computes it, for a rule that expects the advert.
pub(crate) fn fingerprint(advert: &Advert) -> u64 {
    let count = u8::try_from(advert.addresses.len()).unwrap_or(u8::MAX);
    let interval = advert.interval & 0x0fff;
    digest(advert).complete(from_ipv4(advert.source), advert.priority, count, interval)
}

fn digest(advert: &Advert) -> Fingerprint {
    let start = Fingerprint::default();
    advert.addresses.iter().fold(start, |digest, address| digest.with_ipv4_address(*address))
}
