//! Keeping distance between announcements, for switches that cannot take many at once.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use super::{driver::Driver, heard::BATCH};
use crate::{
    config::model::Pacing,
    dataplane::Slot,
    net::{Claim, monotonic_now},
    protocol::{Family, Monotonic},
};

/// So many announcements of an address leave at once; of more than anybody needs, the rest in turns
/// with everything else.
const AT_ONCE: u32 = 16;

/// The announcements that wait for their turn: never more entries than there are addresses.
#[derive(Debug, Default)]
pub(super) struct Pacer {
    pacing: Pacing,
    lanes: BTreeMap<Lane, Queue>,
}

/// Where announcements keep distance from each other.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Lane {
    /// On one interface.
    Interface(String, Family),
    /// On all interfaces of the `garp_group` with this index.
    Group(usize, Family),
}

#[derive(Debug, Default)]
struct Queue {
    /// When the next may leave.
    free_at: Monotonic,
    pause: Duration,
    waiting: VecDeque<Waiting>,
}

/// An address that is to be announced.
#[derive(Debug)]
struct Waiting {
    slot: Slot,
    claim: Claim,
    left: u32,
}

impl Pacer {
    /// Takes over other pauses, and returns what was waiting, to be queued anew.
    fn configure(&mut self, pacing: &Pacing) -> Vec<(Slot, Claim, u32)> {
        if self.pacing == *pacing {
            return Vec::new();
        }
        self.pacing = pacing.clone();
        let queues = std::mem::take(&mut self.lanes).into_values();
        queues
            .flat_map(|queue| queue.waiting)
            .map(|Waiting { slot, claim, left }| (slot, claim, left))
            .collect()
    }

    /// The lane of an address, and the pause there.
    fn lane(&self, claim: &Claim) -> (Lane, Duration) {
        let family = Family::of(claim.address.address);
        let groups = self.pacing.groups.iter().enumerate();
        let group = groups
            .filter(|(_, group)| group.interfaces.contains(&claim.device))
            .map(|(index, group)| (Lane::Group(index, family), group.pauses))
            .next();
        let (lane, pauses) = group
            .unwrap_or_else(|| (Lane::Interface(claim.device.clone(), family), self.pacing.every));
        match family {
            Family::Ipv4 => (lane, pauses.arp),
            Family::Ipv6 => (lane, pauses.nd),
        }
    }

    /// Whether its announcements keep distance.
    fn paces(&self, claim: &Claim) -> bool {
        !self.lane(claim).1.is_zero()
    }

    /// Has an address announced `repeat` times, each in its turn. What is queued of it already counts.
    fn queue(&mut self, slot: Slot, claim: &Claim, repeat: u32) {
        let (lane, pause) = self.lane(claim);
        let queue = self.lanes.entry(lane).or_default();
        queue.pause = pause;
        let mut waiting = queue.waiting.iter_mut();
        match waiting.find(|waiting| waiting.slot == slot && waiting.claim == *claim) {
            Some(waiting) => waiting.left = waiting.left.max(repeat),
            None if repeat > 0 => {
                queue.waiting.push_back(Waiting { slot, claim: claim.clone(), left: repeat });
            }
            None => {}
        }
    }

    /// Nothing of a router is announced any more.
    pub(super) fn forget(&mut self, slot: Slot) {
        for queue in self.lanes.values_mut() {
            queue.waiting.retain(|waiting| waiting.slot != slot);
        }
    }

    /// When the next announcement may leave, if one waits.
    pub(super) fn next_deadline(&self) -> Option<Monotonic> {
        self.busy().map(|queue| queue.free_at).min()
    }

    fn busy(&self) -> impl Iterator<Item = &Queue> {
        self.lanes.values().filter(|queue| !queue.waiting.is_empty())
    }

    /// The announcement whose turn it is; it leaves now. Of several, what has waited longest.
    fn take(&mut self, now: Monotonic) -> Option<(Slot, Claim)> {
        let due = |queue: &&mut Queue| !queue.waiting.is_empty() && queue.free_at <= now;
        let queue = self.lanes.values_mut().filter(due).min_by_key(|queue| queue.free_at)?;
        let mut waiting = queue.waiting.pop_front()?;
        queue.free_at = now + queue.pause;
        let announced = (waiting.slot, waiting.claim.clone());
        waiting.left -= 1;
        if waiting.left > 0 {
            queue.waiting.push_back(waiting);
        }
        Some(announced)
    }
}

impl Driver {
    /// Announces addresses of a router `repeat` times, at once as far as nothing else is asked for.
    pub(super) fn announce_claims<'c>(
        &mut self,
        slot: Slot,
        claims: impl IntoIterator<Item = &'c Claim>,
        repeat: u32,
    ) {
        let mut at_once = Vec::new();
        for claim in claims {
            if self.pacer.paces(claim) {
                self.pacer.queue(slot, claim, repeat);
            } else {
                at_once.push(claim);
                self.pacer.queue(slot, claim, repeat.saturating_sub(AT_ONCE));
            }
        }
        for _ in 0..repeat.min(AT_ONCE) {
            for claim in &at_once {
                self.announce_one(slot, claim);
            }
        }
        self.send_paced();
    }

    /// Sends the announcements whose turn it is.
    pub(super) fn send_paced(&mut self) {
        for _ in 0..BATCH {
            let Some((slot, claim)) = self.pacer.take(monotonic_now()) else { return };
            let router = self.routers.get(&slot);
            let is_still_its = router.is_some_and(|router| router.claims().contains(&claim));
            if is_still_its && self.is_master(slot) {
                self.announce_one(slot, &claim);
            }
        }
    }

    /// Takes over the pauses of the configuration.
    pub(super) fn pace(&mut self) {
        for (slot, claim, left) in self.pacer.configure(&self.config.pacing) {
            self.announce_claims(slot, [&claim], left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::model::{PacingGroup, Pauses, VirtualAddress};

    const MILLI: Duration = Duration::from_millis(1);

    fn at(millis: u64) -> Monotonic {
        Monotonic::from_nanos(millis * 1_000_000)
    }

    fn claim(device: &str, address: &str) -> Claim {
        let address = VirtualAddress::new(address.parse().unwrap(), 32);
        Claim { device: device.to_owned(), address }
    }

    fn slot(index: u32) -> Slot {
        Slot::new(index).unwrap()
    }

    fn pacer() -> Pacer {
        let pauses = |arp, nd| Pauses { arp: MILLI * arp, nd: MILLI * nd };
        let interfaces = vec!["eth1".to_owned(), "eth2".to_owned()];
        let groups = vec![PacingGroup { interfaces, pauses: pauses(20, 0) }];
        let pacing = Pacing { every: pauses(10, 5), groups };
        Pacer { pacing, lanes: BTreeMap::new() }
    }

    /// Everything that leaves until `end`, with the last byte of the address and the millisecond.
    fn run(pacer: &mut Pacer, end: u64) -> Vec<(u8, u64)> {
        let mut left = Vec::new();
        for millis in 0..end {
            while let Some((_, claim)) = pacer.take(at(millis)) {
                let last = match claim.address.address {
                    std::net::IpAddr::V4(address) => address.octets()[3],
                    std::net::IpAddr::V6(address) => address.octets()[15],
                };
                left.push((last, millis));
            }
        }
        left
    }

    #[test]
    fn announcements_on_an_interface_take_turns_and_keep_distance() {
        let mut pacer = pacer();
        for last in ["10.0.0.1", "10.0.0.2"] {
            pacer.queue(slot(0), &claim("eth0", last), 2);
        }
        pacer.queue(slot(1), &claim("eth3", "10.0.0.3"), 1);
        pacer.queue(slot(1), &claim("eth0", "fe80::4"), 2);
        assert_eq!(
            run(&mut pacer, 99),
            [(1, 0), (4, 0), (3, 0), (4, 5), (2, 10), (1, 20), (2, 30)]
        );
        assert_eq!(pacer.next_deadline(), None);
    }

    #[test]
    fn a_group_keeps_distance_as_a_whole() {
        let mut pacer = pacer();
        pacer.queue(slot(0), &claim("eth1", "10.0.0.1"), 2);
        pacer.queue(slot(0), &claim("eth2", "10.0.0.2"), 1);
        assert_eq!(pacer.next_deadline(), Some(Monotonic::ZERO));
        assert_eq!(run(&mut pacer, 99), [(1, 0), (2, 20), (1, 40)]);
        assert!(!pacer.paces(&claim("eth1", "fe80::1")), "a group has its own pauses only");
        assert!(pacer.paces(&claim("eth0", "fe80::1")));
    }

    #[test]
    fn what_waits_already_is_not_queued_twice_and_can_be_forgotten() {
        let mut pacer = pacer();
        let (one, other) = (claim("eth0", "10.0.0.1"), claim("eth0", "10.0.0.2"));
        pacer.queue(slot(0), &one, 2);
        pacer.queue(slot(0), &one, 3);
        pacer.queue(slot(1), &other, 3);
        pacer.forget(slot(1));
        assert_eq!(run(&mut pacer, 99), [(1, 0), (1, 10), (1, 20)]);
    }

    #[test]
    fn other_pauses_hold_for_what_waits() {
        let mut pacer = pacer();
        pacer.queue(slot(0), &claim("eth0", "10.0.0.1"), 2);
        let same = pacer.pacing.clone();
        assert_eq!(pacer.configure(&same), []);
        let waiting = pacer.configure(&Pacing::default());
        assert_eq!(waiting, [(slot(0), claim("eth0", "10.0.0.1"), 2)]);
        assert_eq!(pacer.next_deadline(), None);
        assert!(!pacer.paces(&claim("eth0", "10.0.0.1")));
    }
}
