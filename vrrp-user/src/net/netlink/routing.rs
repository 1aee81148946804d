//! The routes and rules that must be there, and the work of making it so.
//!
//! As with [`super::claims`], what an answer of the kernel says is believed until there is reason to
//! doubt it. Then the route or rule is put there again, which changes nothing if it is there: the
//! kernel says so. It does not tell of every route that goes: those of IPv4 go in silence with their
//! interface or with the address that they have for a source.

mod entry;

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
};

use self::entry::Entry;
use super::{
    agenda::Agenda,
    event::{Event, Events},
    links::Links,
    requests::{
        Removed, Table as Kernel, is_same_route, is_same_rule, route_message, rule_message,
    },
    stray::Stray,
};
use crate::{
    config::model::{Prefix, Routing, Table},
    protocol::{Family, Monotonic},
};

/// All that are wanted, and those that are wanted no more and could not be removed yet.
#[derive(Debug, Default)]
pub(super) struct Routings {
    entries: BTreeMap<Id, Entry>,
    ids: HashMap<Routing, Id>,
    by_place: HashMap<Place, Vec<Id>>,
    agenda: Agenda<Id>,
    next: u64,
}

/// Rules are removed before routes, and added behind them.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Id {
    is_rule: bool,
    number: u64,
}

/// What the kernel names when it tells that one has gone: those that agree in it may be meant.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Place {
    /// A route to there.
    Route(Table, Prefix),
    /// A rule of that preference.
    Rule(Family, u32),
}

impl Place {
    fn of(routing: &Routing) -> Self {
        match routing {
            Routing::Route(route) => Self::route(route.table, route.destination),
            Routing::Rule(rule) => Self::Rule(rule.family, rule.preference),
        }
    }

    /// A route to `destination`, whose other bits the kernel does not keep.
    pub(super) fn route(table: Table, Prefix { address, length }: Prefix) -> Self {
        let address = match address {
            IpAddr::V4(it) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
                IpAddr::V4((it.to_bits() & mask).into())
            }
            IpAddr::V6(it) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
                IpAddr::V6((it.to_bits() & mask).into())
            }
        };
        Self::Route(table, Prefix { address, length })
    }
}

/// What the work is done with.
pub(super) struct Bench<'a, K> {
    pub(super) links: &'a Links,
    pub(super) kernel: &'a mut K,
    pub(super) now: Monotonic,
    pub(super) events: &'a Events,
}

impl Routings {
    #[cfg(test)]
    fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Has one be there, or not, and acts on it at once.
    pub(super) async fn declare<K: Kernel>(
        &mut self,
        routing: Routing,
        wanted: bool,
        bench: &mut Bench<'_, K>,
    ) {
        let id = match self.ids.get(&routing) {
            Some(id) => *id,
            None => self.enter(routing, wanted),
        };
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.declare(wanted);
        }
        self.work(id, bench).await;
    }

    fn enter(&mut self, routing: Routing, wanted: bool) -> Id {
        let id = Id { is_rule: matches!(routing, Routing::Rule(_)), number: self.next };
        self.next += 1;
        self.by_place.entry(Place::of(&routing)).or_default().push(id);
        self.ids.insert(routing.clone(), id);
        self.entries.insert(id, Entry::new(routing, wanted));
        id
    }

    fn leave(&mut self, id: Id) {
        self.agenda.plan(&id, None);
        let Some(entry) = self.entries.remove(&id) else { return };
        self.ids.remove(&entry.routing);
        let place = Place::of(&entry.routing);
        if let Some(others) = self.by_place.get_mut(&place) {
            others.retain(|other| *other != id);
            if others.is_empty() {
                self.by_place.remove(&place);
            }
        }
    }

    /// Leaves all of them as they are.
    pub(super) fn forget(&mut self) {
        *self = Self { next: self.next, ..Self::default() };
    }

    /// One at `place` has gone, whoever's.
    pub(super) fn vanished(&mut self, place: Place, links: &Links) {
        for id in self.by_place.get(&place).cloned().unwrap_or_default() {
            self.doubt(id, links);
        }
    }

    /// The interface called `device` has come, gone, or been set up or down.
    pub(super) fn device_changed(&mut self, device: &str, links: &Links) {
        self.doubt_those(links, |entry| entry.may_use(device), true);
    }

    /// An address has gone from the interface called `device`.
    pub(super) fn address_gone(&mut self, device: &str, address: IpAddr, links: &Links) {
        self.doubt_those(links, |entry| entry.may_use(device) || entry.prefers(address), false);
    }

    /// Addresses have come: what failed for want of one may do so no more.
    pub(super) fn address_added(&mut self, links: &Links) {
        for id in self.entries.keys().copied().collect::<Vec<_>>() {
            if self.entries.get_mut(&id).is_some_and(Entry::hurry) {
                self.plan(id, links);
            }
        }
    }

    /// Everything may be otherwise.
    pub(super) fn resynchronise(&mut self, links: &Links) {
        self.doubt_those(links, |_| true, false);
    }

    fn doubt_those(&mut self, links: &Links, which: impl Fn(&Entry) -> bool, forgive: bool) {
        let which = |(id, entry): (&Id, &Entry)| which(entry).then_some(*id);
        for id in self.entries.iter().filter_map(which).collect::<Vec<_>>() {
            if forgive && let Some(entry) = self.entries.get_mut(&id) {
                entry.forgive(links);
            }
            self.doubt(id, links);
        }
    }

    fn doubt(&mut self, id: Id, links: &Links) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.doubt();
            self.plan(id, links);
        }
    }

    /// Brings the kernel in line, as far as the pace of each allows now.
    pub(super) async fn reconcile<K: Kernel>(&mut self, bench: &mut Bench<'_, K>) {
        for id in self.agenda.due(bench.now) {
            self.work(id, bench).await;
        }
    }

    async fn work<K: Kernel>(&mut self, id: Id, bench: &mut Bench<'_, K>) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        if !entry.work(bench).await {
            self.plan(id, bench.links);
            return;
        }
        let place = Place::of(&entry.routing);
        self.leave(id);
        // The kernel may have taken another one for it: those of IPv6 are told apart by less.
        for other in self.by_place.get(&place).cloned().unwrap_or_default() {
            self.entries.entry(other).and_modify(Entry::excuse);
            self.doubt(other, bench.links);
        }
    }

    fn plan(&mut self, id: Id, links: &Links) {
        let due = self.entries.get(&id).and_then(|entry| entry.due(links));
        self.agenda.plan(&id, due);
    }

    /// When [`Routings::reconcile`] has work to do that it could not do yet.
    pub(super) fn next_attempt(&self) -> Option<Monotonic> {
        self.agenda.next()
    }

    /// Takes all of them out, rules first; those that cannot be removed are tried once more.
    pub(super) async fn release<K: Kernel>(&mut self, bench: &mut Bench<'_, K>) {
        for _ in 0..2 {
            for id in self.entries.keys().rev().copied().collect::<Vec<_>>() {
                if let Some(entry) = self.entries.get_mut(&id) {
                    entry.dismiss();
                }
                self.work(id, bench).await;
            }
        }
    }

    /// Takes out of `strays` and the kernel what nobody here wants.
    pub(super) async fn sweep<K: Kernel>(&self, strays: Vec<Stray>, bench: &mut Bench<'_, K>) {
        for stray in strays {
            if self.entries.values().any(|entry| entry.is(&stray, bench.links)) {
                continue;
            }
            match bench.kernel.take_stray(&stray).await {
                Ok(Removed::Now) => {
                    bench.events.tell(Event::StrayRemoved { what: stray.to_string() });
                }
                Ok(Removed::Absent) => {}
                Err(error) => {
                    bench.events.tell(Event::StrayStays { what: stray.to_string(), error });
                }
            }
        }
    }
}

impl Entry {
    /// Whether `stray` is what this puts there.
    fn is(&self, stray: &Stray, links: &Links) -> bool {
        match (&self.routing, stray) {
            (Routing::Route(route), Stray::Route(message)) => {
                route_message(route, links).is_some_and(|own| is_same_route(&own, message))
            }
            (Routing::Rule(rule), Stray::Rule(message)) => {
                is_same_rule(&rule_message(rule), message)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;
