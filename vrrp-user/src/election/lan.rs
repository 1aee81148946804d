//! A simulated LAN: virtual time, several nodes, each with a model of its kernel side.

use std::{net::IpAddr, time::Duration};

use super::{Action, Advert, Reason, Settings, State, VirtualRouter};
use crate::protocol::{Monotonic, Priority};

/// How long a frame is under way.
const FLIGHT: Duration = Duration::from_micros(50);

/// What the eBPF side knows.
#[derive(Debug, Default)]
struct KernelSide {
    absorb: Option<u64>,
    /// Raised by each `Absorb`: what was told of before is news again.
    generation: u32,
    expected_heard: Monotonic,
    other: Option<(u64, u32)>,
    other_heard: Monotonic,
    other_told: Monotonic,
    lease_until: Monotonic,
    ring: Vec<Advert>,
}

impl KernelSide {
    /// As `vrrp_ebpf::advert` does it: stamps, and says whether the daemon hears of it.
    fn tells_of(&mut self, advert: &Advert) -> bool {
        if self.absorb == Some(advert.fingerprint) {
            self.expected_heard = advert.received_at;
            return false;
        }
        let is_same = self.other == Some((advert.fingerprint, self.generation));
        let repeat = Duration::from_nanos(vrrp_ebpf::advert::REPEAT_NS);
        let is_repeated = is_same && advert.received_at.since(self.other_told) < repeat;
        self.other = Some((advert.fingerprint, self.generation));
        self.other_heard = advert.received_at;
        if !is_repeated {
            self.other_told = advert.received_at;
        }
        !is_repeated
    }

    fn last_heard(&self, known: Option<u64>) -> Monotonic {
        match (known, self.other) {
            (Some(known), Some((other, _))) if known == other => {
                self.expected_heard.max(self.other_heard)
            }
            (Some(_), _) => self.expected_heard,
            (None, _) => Monotonic::ZERO,
        }
    }
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) router: VirtualRouter,
    pub(super) address: IpAddr,
    pub(super) alive: bool,
    pub(super) paused: bool,
    pub(super) holds_addresses: bool,
    pub(super) sent: Vec<(Monotonic, Priority)>,
    pub(super) announced: Vec<Monotonic>,
    pub(super) reasons: Vec<(Monotonic, State, Reason)>,
    kernel: KernelSide,
}

pub(super) struct Lan {
    pub(super) now: Monotonic,
    pub(super) nodes: Vec<Node>,
    /// The nodes of different sides do not hear each other.
    pub(super) sides: Vec<u8>,
    in_flight: Vec<(Monotonic, usize, Advert)>,
    /// How long two nodes that hear each other have both been answering, and the longest so far.
    both_answering_since: Option<Monotonic>,
    pub(super) longest_double_answer: Duration,
    /// Whether a dead or paused node's remaining lease counts. After a partition it may overlap
    /// with another node's, since no advert can tell either of the other.
    pub(super) silent_nodes_count: bool,
    steps: u32,
}

impl Lan {
    pub(super) fn new(settings: impl IntoIterator<Item = Settings>) -> Self {
        let nodes: Vec<Node> = settings
            .into_iter()
            .map(|settings| Node {
                address: settings.own_address,
                router: VirtualRouter::new(settings),
                alive: true,
                paused: false,
                holds_addresses: false,
                sent: Vec::new(),
                announced: Vec::new(),
                reasons: Vec::new(),
                kernel: KernelSide::default(),
            })
            .collect();
        Self {
            now: Monotonic::from_nanos(1_000_000_000),
            sides: vec![0; nodes.len()],
            nodes,
            in_flight: Vec::new(),
            both_answering_since: None,
            longest_double_answer: Duration::ZERO,
            silent_nodes_count: true,
            steps: 0,
        }
    }

    pub(super) fn start_all(&mut self) {
        for index in 0..self.nodes.len() {
            self.start(index);
        }
    }

    pub(super) fn start(&mut self, index: usize) {
        let node = &mut self.nodes[index];
        node.alive = true;
        node.paused = false;
        // A new daemon replaces the program that a dead one left, and its maps.
        node.kernel = KernelSide::default();
        self.act(index, VirtualRouter::start);
    }

    pub(super) fn stop(&mut self, index: usize) {
        self.act(index, |router, _, actions| router.stop(actions));
        self.nodes[index].alive = false;
    }

    /// As by SIGKILL, with the program left attached: the lease runs on, and out.
    pub(super) fn kill(&mut self, index: usize) {
        let node = &mut self.nodes[index];
        node.alive = false;
        node.holds_addresses = false;
        node.router = VirtualRouter::new(node.router.settings().clone());
    }

    pub(super) fn pause(&mut self, index: usize) {
        self.nodes[index].paused = true;
    }

    /// What the driver does when what a router tracks gives it another priority.
    pub(super) fn set_priority(&mut self, index: usize, priority: u8) {
        let node = &mut self.nodes[index];
        let known = node.router.master().map(|known| known.fingerprint);
        let heard = node.kernel.last_heard(known);
        let priority = Priority::new(priority);
        let settings = Settings { priority, ..node.router.settings().clone() };
        self.act(index, |router, now, actions| {
            router.take_in(heard);
            router.reconfigure(settings, now, actions);
        });
    }

    pub(super) fn resume(&mut self, index: usize) {
        self.nodes[index].paused = false;
        self.wake(index);
    }

    pub(super) fn master(&self) -> Vec<usize> {
        (0..self.nodes.len())
            .filter(|&index| {
                let node = &self.nodes[index];
                node.alive && node.router.state() == State::Master
            })
            .collect()
    }

    /// Who answers ARP for the addresses now.
    pub(super) fn answering(&self) -> Vec<usize> {
        (0..self.nodes.len())
            .filter(|&index| self.nodes[index].kernel.lease_until > self.now)
            .collect()
    }

    pub(super) fn advert_arrives(&mut self, to: usize, advert: Advert) {
        let node = &mut self.nodes[to];
        if !node.kernel.tells_of(&advert) || !node.alive {
            return;
        }
        node.kernel.ring.push(advert);
        if !node.paused {
            self.wake(to);
        }
    }

    pub(super) fn run_for(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(next) = self.next_event().filter(|next| *next <= end) {
            self.steps += 1;
            assert!(self.steps < 1_000_000, "the LAN does not come to rest");
            self.advance_to(next);
            while let Some(at) = self.in_flight.iter().position(|(at, ..)| *at <= self.now) {
                let (_, to, advert) = self.in_flight.remove(at);
                self.advert_arrives(to, advert);
            }
            for index in 0..self.nodes.len() {
                let node = &self.nodes[index];
                let due = node.router.next_deadline().is_some_and(|at| at <= self.now);
                if node.alive && !node.paused && due {
                    self.wake(index);
                }
            }
        }
        self.advance_to(end);
    }

    fn next_event(&self) -> Option<Monotonic> {
        let deadlines = self
            .nodes
            .iter()
            .filter(|node| node.alive && !node.paused)
            .filter_map(|node| node.router.next_deadline());
        let leases =
            self.nodes.iter().map(|node| node.kernel.lease_until).filter(|until| *until > self.now);
        let arrivals = self.in_flight.iter().map(|(at, ..)| *at);
        deadlines.chain(leases).chain(arrivals).min()
    }

    fn advance_to(&mut self, to: Monotonic) {
        let to = to.max(self.now);
        let answering: Vec<usize> = self
            .answering()
            .into_iter()
            .filter(|&index| {
                let node = &self.nodes[index];
                self.silent_nodes_count || (node.alive && !node.paused)
            })
            .collect();
        let both = answering
            .iter()
            .any(|&a| answering.iter().any(|&b| a != b && self.sides[a] == self.sides[b]));
        match (both, self.both_answering_since) {
            (true, None) => self.both_answering_since = Some(self.now),
            (false, Some(_)) => self.both_answering_since = None,
            _ => {}
        }
        if let Some(since) = self.both_answering_since {
            self.longest_double_answer = self.longest_double_answer.max(to.since(since));
        }
        self.now = to;
    }

    /// What the driver does when it is woken: first what was heard, then the timers.
    fn wake(&mut self, index: usize) {
        for advert in std::mem::take(&mut self.nodes[index].kernel.ring) {
            self.act(index, |router, now, actions| router.receive(advert, now, actions));
        }
        let node = &self.nodes[index];
        let heard = node.kernel.last_heard(node.router.master().map(|known| known.fingerprint));
        self.act(index, |router, now, actions| router.expire(now, heard, actions));
    }

    fn act(
        &mut self,
        index: usize,
        input: impl FnOnce(&mut VirtualRouter, Monotonic, &mut Vec<Action>),
    ) {
        let mut actions = Vec::new();
        let now = self.now;
        input(&mut self.nodes[index].router, now, &mut actions);
        for action in actions {
            let node = &mut self.nodes[index];
            match action {
                Action::Advertise(priority) => {
                    node.sent.push((now, priority));
                    if !priority.is_resignation() {
                        node.kernel.lease_until = node.router.departed(now);
                    }
                    self.transmit(index, priority);
                }
                Action::RevokeLease => node.kernel.lease_until = Monotonic::ZERO,
                Action::Absorb(fingerprint) => {
                    node.kernel.absorb = fingerprint;
                    node.kernel.generation += 1;
                }
                Action::Announce { .. } => node.announced.push(now),
                Action::HoldAddresses => node.holds_addresses = true,
                Action::ReleaseAddresses => node.holds_addresses = false,
                Action::Report(transition) => {
                    node.reasons.push((now, transition.to, transition.reason));
                }
                Action::AnnounceElsewhere | Action::ReportRival { .. } => {}
            }
        }
    }

    fn transmit(&mut self, from: usize, priority: Priority) {
        let node = &self.nodes[from];
        let arrival = self.now + FLIGHT;
        let advert = Advert {
            source: node.address,
            priority,
            interval: Some(node.router.settings().advert_interval),
            received_at: arrival,
            fingerprint: fingerprint(node.address, priority),
        };
        for to in 0..self.nodes.len() {
            if to != from && self.sides[to] == self.sides[from] {
                self.in_flight.push((arrival, to, advert));
            }
        }
    }
}

/// Differs between senders and between priorities.
fn fingerprint(source: IpAddr, priority: Priority) -> u64 {
    let source = match source {
        IpAddr::V4(address) => u64::from(address.to_bits()),
        IpAddr::V6(address) => address.segments().map(u64::from).iter().sum(),
    };
    source << 8 | u64::from(priority.get())
}
