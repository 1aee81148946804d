use std::{collections::BTreeSet, time::Duration};

use futures::FutureExt;
use nix::errno::Errno;
use rtnetlink::packet_route::link::LinkFlags;
use tokio::sync::mpsc;

use super::*;
use crate::{
    config::model::{Hop, Route, Way},
    net::netlink::{
        error::{RequestError, RoutingError},
        notification::LinkReport,
        requests::Added,
    },
};

const EPOCH: Monotonic = Monotonic::from_nanos(1_000_000_000_000);

/// A kernel that does as it is told or fails as it is told.
#[derive(Default)]
struct Fib {
    there: BTreeSet<Routing>,
    failure: Option<Errno>,
    calls: usize,
}

impl Fib {
    fn check(&mut self) -> Result<(), RoutingError> {
        self.calls += 1;
        match self.failure {
            Some(errno) => Err(RequestError::Refused { errno, reason: None }.into()),
            None => Ok(()),
        }
    }
}

impl Kernel for Fib {
    async fn put(&mut self, routing: &Routing, _: &Links) -> Result<Added, RoutingError> {
        self.check()?;
        Ok(if self.there.insert(routing.clone()) { Added::New } else { Added::Existing })
    }

    async fn take(&mut self, routing: &Routing, _: &Links) -> Result<Removed, RoutingError> {
        self.check()?;
        Ok(if self.there.remove(routing) { Removed::Now } else { Removed::Absent })
    }

    async fn take_stray(&mut self, _: &Stray) -> Result<Removed, RoutingError> {
        self.check().map(|()| Removed::Now)
    }
}

#[derive(Default)]
struct Lab {
    kernel: Fib,
    links: Links,
    routings: Routings,
    elapsed: Duration,
}

impl Lab {
    fn new() -> Self {
        let mut lab = Self::default();
        lab.link(LinkFlags::Up);
        lab
    }

    fn link(&mut self, flags: LinkFlags) {
        let name = Some("eth0".to_owned());
        for name in self.links.update(LinkReport { name, ..LinkReport::new(2, flags) }) {
            self.routings.device_changed(&name, &self.links);
        }
    }

    fn act(
        &mut self,
        act: impl AsyncFnOnce(&mut Routings, &mut Bench<'_, Fib>),
    ) -> Vec<&'static str> {
        let (sender, mut told) = mpsc::unbounded_channel();
        let events = Events(sender);
        let mut bench = Bench {
            links: &self.links,
            kernel: &mut self.kernel,
            now: EPOCH + self.elapsed,
            events: &events,
        };
        act(&mut self.routings, &mut bench).now_or_never().expect("this kernel answers at once");
        drop(events);
        std::iter::from_fn(|| told.try_recv().ok())
            .map(|event| match event {
                Event::RoutingAdded { .. } => "added",
                Event::RoutingRestored { .. } => "restored",
                Event::RoutingRemoved { .. } => "removed",
                Event::RoutingFailed { .. } => "failed",
                Event::StrayRemoved { .. } => "swept",
                other => panic!("{other:?}"),
            })
            .collect()
    }

    fn declare(&mut self, routing: &Routing, wanted: bool) -> Vec<&'static str> {
        let routing = routing.clone();
        self.act(async |routings, bench| routings.declare(routing, wanted, bench).await)
    }

    fn reconcile(&mut self) -> Vec<&'static str> {
        self.act(Routings::reconcile)
    }
}

fn destination() -> Prefix {
    Prefix { address: "10.1.0.0".parse().unwrap(), length: 16 }
}

fn route(device: Option<&str>) -> Route {
    let gateway = Some("10.0.0.1".parse().unwrap());
    let hop = Hop { gateway, device: device.map(str::to_owned), on_link: false };
    Route { way: Way::One(hop), ..Route::new(destination()) }
}

fn place() -> Place {
    Place::route(Table::MAIN, destination())
}

#[test]
fn a_route_comes_stays_and_goes() {
    let mut lab = Lab::new();
    let routing = Routing::Route(route(Some("eth0")));
    assert_eq!(lab.declare(&routing, true), ["added"]);
    assert!(lab.declare(&routing, true).is_empty());
    assert_eq!(lab.kernel.calls, 1);
    // Somebody else's route to the same place has gone: ours is there.
    lab.routings.vanished(place(), &lab.links);
    assert!(lab.reconcile().is_empty());
    // Ours has gone.
    lab.kernel.there.clear();
    lab.routings.vanished(place(), &lab.links);
    assert_eq!(lab.reconcile(), ["restored"]);
    assert_eq!(lab.declare(&routing, false), ["removed"]);
    assert!(lab.routings.is_empty());
    let calls = lab.kernel.calls;
    lab.routings.vanished(place(), &lab.links);
    assert!(lab.reconcile().is_empty());
    assert_eq!(lab.kernel.calls, calls);
}

#[test]
fn one_that_the_kernel_drops_in_silence_comes_back_with_its_interface() {
    let mut lab = Lab::new();
    lab.declare(&Routing::Route(route(Some("eth0"))), true);
    lab.kernel.there.clear();
    lab.link(LinkFlags::empty());
    assert!(lab.reconcile().is_empty());
    assert_eq!(lab.routings.next_attempt(), None);
    lab.link(LinkFlags::Up);
    assert_eq!(lab.reconcile(), ["added"]);
    // With its source.
    let source: IpAddr = "10.0.0.70".parse().unwrap();
    let preferring =
        Routing::Route(Route { preferred_source: Some(source), ..route(Some("eth1")) });
    lab.links.update(LinkReport { name: Some("eth1".into()), ..LinkReport::new(3, LinkFlags::Up) });
    lab.declare(&preferring, true);
    lab.kernel.there.clear();
    lab.routings.address_gone("eth2", source, &lab.links);
    assert_eq!(lab.reconcile(), ["restored"]);
}

#[test]
fn what_is_not_tracked_is_let_go() {
    let mut lab = Lab::new();
    let routing = Routing::Route(Route { tracked: false, ..route(None) });
    lab.declare(&routing, true);
    lab.kernel.there.clear();
    lab.routings.vanished(place(), &lab.links);
    assert!(lab.reconcile().is_empty());
    lab.declare(&routing, false);
    assert_eq!(lab.declare(&routing, true), ["added"]);
}

#[test]
fn a_failure_is_told_once_and_tried_again_at_once_when_an_address_comes() {
    let mut lab = Lab::new();
    lab.kernel.failure = Some(Errno::ENETUNREACH);
    assert_eq!(lab.declare(&Routing::Route(route(None)), true), ["failed"]);
    assert!(lab.reconcile().is_empty());
    assert_eq!(lab.kernel.calls, 1);
    lab.routings.address_added(&lab.links);
    assert!(lab.reconcile().is_empty());
    assert_eq!(lab.kernel.calls, 2);
    lab.kernel.failure = None;
    lab.elapsed = Duration::from_secs(1);
    assert_eq!(lab.reconcile(), ["added"]);
    assert_eq!(lab.routings.next_attempt(), None);
}

#[test]
fn whoever_removes_it_by_program_does_not_keep_us_busy() {
    let mut lab = Lab::new();
    lab.declare(&Routing::Route(route(None)), true);
    let mut restored = 0;
    for _ in 0..1000 {
        lab.kernel.there.clear();
        lab.routings.vanished(place(), &lab.links);
        restored += lab.reconcile().len();
    }
    assert_eq!(restored, 10);
}

#[test]
fn another_one_to_the_same_place_is_looked_after_when_the_old_goes() {
    let mut lab = Lab::new();
    let (old, new) = (route(None), Route { metric: Some(1), ..route(None) });
    lab.declare(&Routing::Route(old.clone()), true);
    lab.declare(&Routing::Route(new.clone()), true);
    // As over IPv6, where removing the one may remove the other.
    lab.kernel.there.remove(&Routing::Route(new));
    assert_eq!(lab.declare(&Routing::Route(old), false), ["removed"]);
    assert_eq!(lab.reconcile(), ["added"]);
}

#[test]
fn at_the_end_all_go_and_those_of_others_stay() {
    let mut lab = Lab::new();
    lab.declare(&Routing::Route(route(None)), true);
    let other = Routing::Route(Route { metric: Some(1), ..route(None) });
    lab.kernel.there.insert(other.clone());
    assert_eq!(lab.act(Routings::release), ["removed"]);
    assert_eq!(lab.kernel.there, BTreeSet::from([other]));
    lab.declare(&Routing::Route(route(None)), true);
    lab.routings.forget();
    assert!(lab.act(Routings::release).is_empty());
}

#[test]
fn a_sweep_spares_what_is_wanted() {
    let mut lab = Lab::new();
    lab.declare(&Routing::Route(route(Some("eth0"))), true);
    let stray = |route: &Route| Stray::Route(route_message(route, &lab.links).unwrap());
    let strays =
        vec![stray(&route(Some("eth0"))), stray(&Route { metric: Some(1), ..route(Some("eth0")) })];
    assert_eq!(lab.act(async |routings, bench| routings.sweep(strays, bench).await), ["swept"]);
}

#[test]
fn the_kernel_keeps_no_bits_beyond_the_length() {
    let at = |text: &str, length| {
        Place::route(Table::MAIN, Prefix { address: text.parse().unwrap(), length })
    };
    assert_eq!(at("10.1.2.3", 16), at("10.1.0.0", 16));
    assert_eq!(at("10.1.2.3", 0), at("0.0.0.0", 0));
    assert_eq!(at("fd00::1", 64), at("fd00::", 64));
    assert_eq!(at("fd00::1", 0), at("::", 0));
    assert_ne!(at("10.1.2.3", 32), at("10.1.2.4", 32));
}
