//! Telling of adverts for virtual routers that are not configured here (`log_unknown_vrids`).

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use super::{
    driver::Driver,
    rate_limit::{Burst, RateLimit},
};
use crate::{
    net::monotonic_now,
    protocol::{Family, Monotonic},
};

/// Each is told of at most once in this time.
const EACH: Duration = Duration::from_secs(60);
/// And so many of them in that time.
const MOST: u32 = 20;
const INTERVAL: Duration = Duration::from_secs(10);

const IPV6_HEADER: usize = 40;

/// What makes one of them: the interface, the family, and the VRID.
type Stranger = (u32, Family, u8);

/// Who has been told of lately: at most 256 for an interface and a family.
#[derive(Debug)]
pub(super) struct Strangers {
    seen: BTreeMap<Stranger, RateLimit>,
    all: Burst,
}

impl Default for Strangers {
    fn default() -> Self {
        Self { seen: BTreeMap::new(), all: Burst::new(MOST, INTERVAL) }
    }
}

impl Strangers {
    /// `Some` if one is to be told of, with how many of its adverts were not.
    fn admit(&mut self, stranger: Stranger, now: Monotonic) -> Option<u64> {
        let limit = self.seen.entry(stranger).or_insert_with(|| RateLimit::new(EACH));
        let held_back = limit.admit(now)?;
        self.all.admit(now).map(|_| held_back)
    }
}

impl Driver {
    /// A datagram for nobody here came in by an interface.
    pub(super) fn tell_of_stranger(&mut self, ifindex: u32, datagram: &[u8]) {
        let mut interfaces = self.interfaces.iter();
        let found = interfaces.find(|(_, interface)| {
            interface.port.as_ref().is_some_and(|port| port.link.index == ifindex)
        });
        // Only those that the configuration names are listened on.
        let Some((name, _)) = found else { return };
        let Some((family, source, vrid)) = sender(datagram) else { return };
        let now = monotonic_now();
        if let Some(held_back) = self.strangers.admit((ifindex, family, vrid), now) {
            tracing::info!(
                interface = %name,
                %source,
                vrid,
                held_back,
                "{name}: {source} advertises VRID {vrid}, which is not configured here",
            );
        }
    }
}

/// Who sent a VRRP datagram, header included, and for which VRID (RFC 9568 §5.2).
fn sender(datagram: &[u8]) -> Option<(Family, IpAddr, u8)> {
    let (first, _) = datagram.split_first()?;
    if first >> 4 == 6 {
        let source: [u8; 16] = datagram.get(8..24)?.try_into().ok()?;
        return Some((Family::Ipv6, source.into(), *datagram.get(IPV6_HEADER + 1)?));
    }
    let source: [u8; 4] = datagram.get(12..16)?.try_into().ok()?;
    let header = usize::from(first & 0x0f) * 4;
    Some((Family::Ipv4, source.into(), *datagram.get(header + 1)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_told_of_once_a_minute_and_not_too_many_of_them() {
        let at = |seconds: u64| Monotonic::from_nanos(seconds * 1_000_000_000);
        let mut strangers = Strangers::default();
        let one = (2, Family::Ipv4, 51);
        let heard = [1, 2, 60, 61].map(|seconds| strangers.admit(one, at(seconds)));
        assert_eq!(heard, [Some(0), None, None, Some(2)]);
        let many =
            (0..200).filter(|vrid| strangers.admit((3, Family::Ipv4, *vrid), at(62)).is_some());
        assert!(many.count() < 20);
    }

    #[test]
    fn the_sender_is_read_from_both_families() {
        let mut v4 = [0; 28];
        (v4[0], v4[21]) = (0x45, 51);
        v4[12..16].copy_from_slice(&[10, 0, 0, 9]);
        assert_eq!(sender(&v4), Some((Family::Ipv4, [10, 0, 0, 9].into(), 51)));
        let mut v6 = [0; 48];
        (v6[0], v6[23], v6[41]) = (0x60, 9, 52);
        let source = std::net::Ipv6Addr::from_bits(9);
        assert_eq!(sender(&v6), Some((Family::Ipv6, source.into(), 52)));
        for length in 0..28 {
            let _ = sender(&v4[..length.min(21)]);
        }
        assert_eq!(sender(&v4[..21]), None);
    }
}
