//! Who was master when, as the wire shows it.

use std::{net::IpAddr, time::Duration};

use crate::{Moment, wire::Frame};

/// A time during which a node acted as master without a break.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Reign {
    /// The address its adverts came from.
    pub source: IpAddr,
    /// Its first advert.
    pub first: Moment,
    /// Its last advert.
    pub last: Moment,
    /// Whether it ended with priority 0.
    pub resigned: bool,
}

/// The reigns over a VRID, in the order in which they began. Adverts of one source that lie more
/// than one and a half intervals apart belong to different reigns.
#[must_use]
pub fn reigns(frames: &[Frame], vrid: u8, advert_interval: Duration) -> Vec<Reign> {
    let mut reigns: Vec<Reign> = Vec::new();
    for frame in frames {
        let Some(advert) = frame.advert().filter(|advert| advert.vrid == vrid) else { continue };
        let resigned = advert.priority == 0;
        let current = reigns.iter_mut().rev().find(|reign| {
            reign.source == advert.source
                && !reign.resigned
                && frame.at.since(reign.last) <= advert_interval * 3 / 2
        });
        match current {
            Some(reign) => (reign.last, reign.resigned) = (frame.at, resigned),
            // Priority 0 out of nowhere is no mastership.
            None if resigned => {}
            None => reigns.push(Reign {
                source: advert.source,
                first: frame.at,
                last: frame.at,
                resigned,
            }),
        }
    }
    reigns
}

/// The longest time during which two nodes both sent adverts. A single advert sent into another's
/// reign counts as no time: the next advert it hears ends it.
#[must_use]
pub fn longest_overlap(reigns: &[Reign]) -> Duration {
    let mut longest = Duration::ZERO;
    for (index, one) in reigns.iter().enumerate() {
        for other in reigns.iter().skip(index + 1).filter(|other| other.source != one.source) {
            let (from, to) = (one.first.max(other.first), one.last.min(other.last));
            longest = longest.max(to.since(from));
        }
    }
    longest
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::wire::{Advert, Kind};

    const SECOND: Duration = Duration::from_secs(1);

    fn advert(tenths: u64, host: u8, priority: u8) -> Frame {
        Frame {
            number: tenths,
            at: Moment::from_nanos(tenths * 100_000_000),
            port: format!("cube{host:02}"),
            source_mac: [0; 6],
            destination_mac: [0; 6],
            kind: Kind::Advert(Advert::example(Ipv4Addr::new(10, 0, 0, host), 51, priority)),
            bytes: Vec::new(),
        }
    }

    #[test]
    fn a_handover_has_no_overlap() {
        let frames = [advert(0, 1, 100), advert(10, 1, 100), advert(11, 1, 0), advert(17, 2, 90)];
        let reigns = reigns(&frames, 51, SECOND);
        assert_eq!(reigns.len(), 2);
        assert!(reigns[0].resigned && !reigns[1].resigned);
        assert_eq!(longest_overlap(&reigns), Duration::ZERO);
    }

    #[test]
    fn two_masters_overlap_as_long_as_both_speak() {
        let frames = [
            advert(0, 1, 100),
            advert(5, 2, 90),
            advert(10, 1, 100),
            advert(15, 2, 90),
            advert(20, 1, 100),
        ];
        assert_eq!(longest_overlap(&reigns(&frames, 51, SECOND)), SECOND);
    }

    #[test]
    fn a_pause_ends_a_reign_and_other_routers_do_not_count() {
        let frames = [advert(0, 1, 100), advert(10, 1, 100), advert(50, 1, 100)];
        assert_eq!(reigns(&frames, 51, SECOND).len(), 2);
        assert_eq!(reigns(&frames, 52, SECOND).len(), 0);
        assert_eq!(reigns(&[advert(0, 1, 0)], 51, SECOND).len(), 0);
    }
}
