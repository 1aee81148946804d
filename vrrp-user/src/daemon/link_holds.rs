//! Links that flap: a change counts when it has lasted (keepalived's `interface_up_down_delays`).

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::driver::Driver;
use crate::{
    config::model::LinkDelay,
    dataplane::Slot,
    election::{FaultReason, State},
    net::{Link, monotonic_now},
    protocol::Monotonic,
};

/// What the routers see of the links, which for a while may be what was before.
#[derive(Debug, Default)]
pub(super) struct LinkHolds {
    delays: BTreeMap<String, LinkDelay>,
    sights: BTreeMap<String, Sight>,
    /// Another process had routers there for which the link was up, or was down.
    expected: BTreeMap<String, bool>,
    due: BTreeSet<(Monotonic, String)>,
}

/// A link that has a delay.
#[derive(Debug)]
struct Sight {
    /// As the kernel told last.
    link: Link,
    /// What the routers take it for.
    shown_up: bool,
    /// The first time that it is up is not put off.
    seen_up: bool,
    /// When they are told otherwise.
    due: Option<Monotonic>,
}

impl Sight {
    fn is_up(&self) -> bool {
        is_up(&self.link)
    }

    /// The link as the routers are to see it.
    fn shown(&self) -> Link {
        let mut link = self.link.clone();
        if self.shown_up != self.is_up() {
            link.running = self.shown_up;
            link.admin_up |= self.shown_up;
        }
        link
    }
}

fn is_up(link: &Link) -> bool {
    link.admin_up && link.running
}

impl LinkHolds {
    /// Takes over other delays. What waits for a delay that is no more need not wait.
    pub(super) fn configure(&mut self, delays: &BTreeMap<String, LinkDelay>, now: Monotonic) {
        self.delays.clone_from(delays);
        for (name, sight) in &mut self.sights {
            if let Some(due) = sight.due.filter(|_| !delays.contains_key(name)) {
                self.due.remove(&(due, name.clone()));
                sight.due = Some(now);
                self.due.insert((now, name.clone()));
            }
        }
    }

    /// Another process took the link for up, or for down.
    fn expect(&mut self, name: &str, up: bool) {
        self.expected.entry(name.to_owned()).or_insert(up);
    }

    /// The kernel tells of an interface; `patience` bounds the delay. Returns what the routers are
    /// to see.
    pub(super) fn see(
        &mut self,
        name: &str,
        link: Option<Link>,
        patience: Duration,
        now: Monotonic,
    ) -> Option<Link> {
        let expected = self.expected.remove(name);
        let (Some(&delay), Some(link)) = (self.delays.get(name), link.as_ref()) else {
            // One that is gone is gone, and one without a delay is not remembered.
            self.set_due(name, None);
            self.sights.remove(name);
            return link;
        };
        let up = is_up(link);
        let sight = match self.sights.remove(name) {
            Some(sight) if sight.link.index == link.index => Sight { link: link.clone(), ..sight },
            other => {
                if other.is_some_and(|before| before.due.is_some()) {
                    self.due.retain(|(_, waiting)| waiting != name);
                }
                let shown_up = expected.unwrap_or(up);
                let seen_up = expected.is_some() || up;
                Sight { link: link.clone(), shown_up, seen_up, due: None }
            }
        };
        let span = if up { delay.up } else { delay.down }.min(patience);
        let begins = up != sight.shown_up && sight.due.is_none();
        let waits = !span.is_zero() && sight.seen_up;
        let due = match sight.due {
            _ if up == sight.shown_up => None,
            None if begins && waits => Some(now + span),
            due => due,
        };
        let shown_up = if begins && !waits { up } else { sight.shown_up };
        let sight = Sight { shown_up, seen_up: sight.seen_up || up, ..sight };
        let shown = sight.shown();
        self.sights.insert(name.to_owned(), sight);
        self.set_due(name, due);
        Some(shown)
    }

    fn set_due(&mut self, name: &str, due: Option<Monotonic>) {
        let Some(sight) = self.sights.get_mut(name) else { return };
        if let Some(before) = std::mem::replace(&mut sight.due, due) {
            self.due.remove(&(before, name.to_owned()));
        }
        if let Some(due) = due {
            self.due.insert((due, name.to_owned()));
        }
    }

    /// When the next change counts.
    pub(super) fn next_deadline(&self) -> Option<Monotonic> {
        self.due.first().map(|(at, _)| *at)
    }

    /// A link whose change has lasted.
    fn take(&mut self, now: Monotonic) -> Option<(String, Link)> {
        let (_, name) = self.due.first().filter(|(at, _)| *at <= now)?.clone();
        self.set_due(&name, None);
        let sight = self.sights.get_mut(&name)?;
        sight.shown_up = sight.is_up();
        Some((name, sight.link.clone()))
    }
}

impl Driver {
    /// What the routers are to see of a link that the kernel tells of.
    pub(super) fn hold_link(&mut self, name: &str, link: Option<Link>) -> Option<Link> {
        let users =
            self.interfaces.get(name).into_iter().flat_map(super::interface::Interface::users);
        let routers = users.filter_map(|slot| self.routers.get(&slot));
        let patience = routers
            .filter(|router| router.instance.interface == name)
            .map(|router| router.machine.link_patience())
            .min()
            .unwrap_or(Duration::MAX);
        self.link_holds.see(name, link, patience, monotonic_now())
    }

    /// Tells the routers of the links whose change has lasted.
    pub(super) fn release_links(&mut self, now: Monotonic) {
        while let Some((name, link)) = self.link_holds.take(now) {
            tracing::info!(interface = %name, "{name}: its change has lasted: the link is {}", if is_up(&link) { "up" } else { "down" });
            self.follow_link(&name, Some(link));
        }
    }

    /// A router goes on where another process left it, which knew what its link was like.
    pub(super) fn expect_link(&mut self, slot: Slot) {
        let Some(router) = self.routers.get(&slot) else { return };
        let up = match (router.machine.state(), router.machine.fault_reason()) {
            (State::Backup | State::Master, _) => true,
            (_, Some(FaultReason::InterfaceDown)) => false,
            _ => return,
        };
        self.link_holds.expect(&router.instance.interface, up);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "eth0";
    const LONG: Duration = Duration::from_secs(10);

    fn at(millis: u64) -> Monotonic {
        Monotonic::from_nanos(millis * 1_000_000)
    }

    fn link(index: u32, up: bool) -> Link {
        Link {
            index,
            mac: None,
            mtu: 1500,
            admin_up: true,
            running: up,
            is_loopback: false,
            kind: None,
            driver: None,
            addresses: Vec::new().into(),
            ipv6_forwarding: false,
            xdp: None,
        }
    }

    fn holds() -> LinkHolds {
        let delay = LinkDelay { down: Duration::from_millis(300), up: Duration::from_millis(100) };
        let mut holds = LinkHolds::default();
        holds.configure(&BTreeMap::from([(NAME.to_owned(), delay)]), at(0));
        holds
    }

    /// What is shown of a link that is up or down at a moment.
    fn see(holds: &mut LinkHolds, up: bool, millis: u64) -> bool {
        is_up(&holds.see(NAME, Some(link(2, up)), LONG, at(millis)).unwrap())
    }

    fn taken(holds: &mut LinkHolds, millis: u64) -> Option<bool> {
        holds.take(at(millis)).map(|(_, link)| is_up(&link))
    }

    #[test]
    fn a_change_counts_when_it_has_lasted() {
        let mut holds = holds();
        assert!(see(&mut holds, true, 0));
        assert!(see(&mut holds, false, 10), "not yet");
        assert!(see(&mut holds, false, 200), "told again, it does not wait for longer");
        assert_eq!(holds.next_deadline(), Some(at(310)));
        assert_eq!((taken(&mut holds, 309), taken(&mut holds, 310)), (None, Some(false)));
        assert!(!see(&mut holds, false, 400));
        assert!(!see(&mut holds, true, 500));
        assert_eq!((taken(&mut holds, 599), taken(&mut holds, 600)), (None, Some(true)));
        assert_eq!(holds.next_deadline(), None);
    }

    #[test]
    fn a_link_that_comes_back_in_time_was_never_gone() {
        let mut holds = holds();
        assert!(see(&mut holds, true, 0));
        assert!(see(&mut holds, false, 10) && see(&mut holds, true, 300));
        assert_eq!((holds.next_deadline(), taken(&mut holds, 9000)), (None, None));
        // Each time anew.
        assert!(see(&mut holds, false, 9000));
        assert_eq!(holds.next_deadline(), Some(at(9300)));
    }

    #[test]
    fn the_first_sight_counts_at_once_and_so_does_another_interface() {
        let mut holds = holds();
        assert!(!see(&mut holds, false, 0));
        assert!(see(&mut holds, true, 1), "it has not been up before");
        assert!(see(&mut holds, false, 2), "but now it has");
        let other = holds.see(NAME, Some(link(3, false)), LONG, at(3)).unwrap();
        assert!(!is_up(&other));
        assert_eq!(holds.see(NAME, None, LONG, at(4)), None);
        assert_eq!(holds.next_deadline(), None);
    }

    #[test]
    fn nobody_waits_longer_than_a_backup_does() {
        let mut holds = holds();
        assert!(see(&mut holds, true, 0));
        let patience = Duration::from_millis(20);
        holds.see(NAME, Some(link(2, false)), patience, at(10));
        assert_eq!(holds.next_deadline(), Some(at(30)));
        assert_eq!(taken(&mut holds, 30), Some(false));
        assert!(!see(&mut holds, true, 40), "the other way has its own delay");
        holds.configure(&BTreeMap::new(), at(50));
        assert_eq!(taken(&mut holds, 50), Some(true), "without a delay nothing waits");
    }

    #[test]
    fn after_a_take_over_the_delay_begins_anew() {
        for (expected, now) in [(true, false), (false, true)] {
            let mut holds = holds();
            holds.expect(NAME, expected);
            assert_eq!(see(&mut holds, now, 0), expected);
            assert!(holds.next_deadline().is_some());
        }
    }
}
