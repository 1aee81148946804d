//! One route or rule: what is believed of it, and what is to be done about it.

use std::net::IpAddr;

use super::{
    super::{
        error::RoutingError,
        event::Event,
        links::Links,
        pace::Pace,
        requests::{Added, Removed, Table as Kernel},
    },
    Bench,
};
use crate::{
    config::model::{Route, Routing, Way},
    protocol::Monotonic,
};

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) routing: Routing,
    wanted: bool,
    seen: Seen,
    /// It has once been there as it is wanted: having to put it there again is a repair.
    fulfilled: bool,
    /// It may have gone through our own doing.
    excused: bool,
    failure: Option<RoutingError>,
    pace: Pace,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Seen {
    Unknown,
    Present,
}

impl Entry {
    pub(super) fn new(routing: Routing, wanted: bool) -> Self {
        Self {
            routing,
            wanted,
            seen: Seen::Unknown,
            fulfilled: false,
            excused: false,
            failure: None,
            pace: Pace::default(),
        }
    }

    pub(super) fn declare(&mut self, wanted: bool) {
        if self.wanted != wanted {
            self.wanted = wanted;
            self.seen = Seen::Unknown;
            self.fulfilled = false;
            self.failure = None;
            self.pace = Pace::default();
        }
    }

    /// It is wanted no more, and at once.
    pub(super) fn dismiss(&mut self) {
        self.wanted = false;
        self.pace = Pace::default();
    }

    /// It may have gone.
    pub(super) fn doubt(&mut self) {
        let is_let_go = self.fulfilled && !self.routing.tracked();
        if self.wanted && !is_let_go {
            self.seen = Seen::Unknown;
        }
    }

    /// It may have gone through our own doing.
    pub(super) fn excuse(&mut self) {
        self.excused = true;
    }

    /// That it goes with its interface is nobody's deed.
    pub(super) fn forgive(&mut self, links: &Links) {
        if self.is_blocked(links) && self.routing.tracked() {
            self.fulfilled = false;
        }
        self.hurry();
    }

    /// What made it fail may have gone. False if it has not failed.
    pub(super) fn hurry(&mut self) -> bool {
        let has_failed = self.failure.is_some();
        if has_failed {
            self.pace = Pace::default();
        }
        has_failed
    }

    /// Whether it may lead by the interface called `device`.
    pub(super) fn may_use(&self, device: &str) -> bool {
        let Routing::Route(route) = &self.routing else { return false };
        let names_all = match &route.way {
            Way::One(hop) => hop.device.is_some(),
            Way::Several(hops) => hops.iter().all(|next| next.hop.device.is_some()),
        };
        !names_all || route.devices().any(|name| name == device)
    }

    /// Whether it has `address` for a source.
    pub(super) fn prefers(&self, address: IpAddr) -> bool {
        matches!(&self.routing, Routing::Route(Route { preferred_source: Some(it), .. }) if *it == address)
    }

    /// Whether an interface that it names is missing or down.
    fn is_blocked(&self, links: &Links) -> bool {
        let Routing::Route(route) = &self.routing else { return false };
        route.devices().any(|name| links.get(name).is_none_or(|link| !link.admin_up))
    }

    /// From when on there is something to be done.
    pub(super) fn due(&self, links: &Links) -> Option<Monotonic> {
        let is_done = self.wanted && (self.seen == Seen::Present || self.is_blocked(links));
        (!is_done).then(|| self.pace.not_before())
    }

    /// Does what is to be done, if its pace allows that now. True once it is wanted no more and not
    /// there.
    pub(super) async fn work<K: Kernel>(&mut self, bench: &mut Bench<'_, K>) -> bool {
        if self.due(bench.links).is_none_or(|due| due > bench.now) {
            return false;
        }
        if self.wanted {
            self.put(bench).await;
            return false;
        }
        match bench.kernel.take(&self.routing, bench.links).await {
            Ok(Removed::Now) => {
                bench.events.tell(Event::RoutingRemoved { routing: self.routing.clone() });
                true
            }
            Ok(Removed::Absent) => true,
            Err(error) => {
                self.fail(error, bench);
                false
            }
        }
    }

    async fn put<K: Kernel>(&mut self, bench: &mut Bench<'_, K>) {
        let added = match bench.kernel.put(&self.routing, bench.links).await {
            Ok(added) => added,
            Err(error) => return self.fail(error, bench),
        };
        self.seen = Seen::Present;
        self.failure = None;
        self.pace.succeeded();
        let routing = self.routing.clone();
        let is_repair = std::mem::replace(&mut self.fulfilled, true);
        let is_excused = std::mem::take(&mut self.excused);
        match (added, is_repair && !is_excused) {
            (Added::Existing, false) if is_repair => {}
            (_, false) => bench.events.tell(Event::RoutingAdded { routing }),
            (Added::New, true) => {
                self.pace.repaired(bench.now);
                bench.events.tell(Event::RoutingRestored { routing });
            }
            (Added::Existing, true) => {}
        }
    }

    fn fail<K>(&mut self, error: RoutingError, bench: &mut Bench<'_, K>) {
        self.pace.failed(bench.now);
        if self.failure.as_ref() != Some(&error) {
            self.failure = Some(error.clone());
            bench.events.tell(Event::RoutingFailed { routing: self.routing.clone(), error });
        }
    }
}
