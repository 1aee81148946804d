use std::{collections::BTreeSet, net::Ipv4Addr, time::Duration};

use futures::FutureExt;
use nix::errno::Errno;
use rtnetlink::packet_route::link::LinkFlags;
use tokio::sync::mpsc;

use super::*;
use crate::{
    config::model::VirtualAddress,
    net::netlink::{
        error::{AddressError, RequestError},
        event::Event,
        notification::LinkReport,
        requests::{Added, Removed},
    },
};

const EPOCH: Monotonic = Monotonic::from_nanos(1_000_000_000_000);

/// A kernel of a few interfaces, which does as it is told or fails as it is told.
#[derive(Default)]
struct Kernel {
    addresses: BTreeSet<(u32, IpAddr)>,
    gone: BTreeSet<u32>,
    failure: Option<Errno>,
    calls: usize,
    /// Removals that spared others.
    spared: usize,
}

impl Kernel {
    fn check(&mut self, index: u32) -> Result<(), AddressError> {
        self.calls += 1;
        if self.gone.contains(&index) {
            return Err(AddressError::NoDevice);
        }
        match self.failure {
            Some(errno) => Err(RequestError::Refused { errno, reason: None }.into()),
            None => Ok(()),
        }
    }
}

impl Addresses for Kernel {
    async fn add(&mut self, index: u32, address: &VirtualAddress) -> Result<Added, AddressError> {
        self.check(index)?;
        let new = self.addresses.insert((index, address.address));
        Ok(if new { Added::New } else { Added::Existing })
    }

    async fn remove(
        &mut self,
        index: u32,
        address: &VirtualAddress,
        is_shared: bool,
    ) -> Result<Removed, AddressError> {
        self.check(index)?;
        self.spared += usize::from(is_shared);
        let there = self.addresses.remove(&(index, address.address));
        Ok(if there { Removed::Now } else { Removed::Absent })
    }
}

#[derive(Default)]
struct Lab {
    kernel: Kernel,
    links: Links,
    claims: Claims,
    elapsed: Duration,
}

impl Lab {
    fn with(links: &[(u32, &str)]) -> Self {
        let mut lab = Self::default();
        for &(index, name) in links {
            lab.link(index, name);
        }
        lab
    }

    fn link(&mut self, index: u32, name: &str) {
        self.report(index, name, LinkFlags::Up);
    }

    fn report(&mut self, index: u32, name: &str, flags: LinkFlags) {
        let name = Some(name.to_owned());
        let report = LinkReport { name, ..LinkReport::new(index, flags) };
        for name in self.links.update(report) {
            self.claims.device_changed(&name, &self.links);
        }
    }

    fn unlink(&mut self, index: u32) {
        let name = self.links.remove(index).unwrap();
        self.claims.device_changed(&name, &self.links);
    }

    fn act(
        &mut self,
        act: impl AsyncFnOnce(&mut Claims, &mut Workbench<'_, Kernel>),
    ) -> Vec<&'static str> {
        let (sender, mut told) = mpsc::unbounded_channel();
        let events = Events(sender);
        let mut bench = Workbench {
            links: &self.links,
            kernel: &mut self.kernel,
            now: EPOCH + self.elapsed,
            events: &events,
        };
        act(&mut self.claims, &mut bench).now_or_never().expect("this kernel answers at once");
        drop(events);
        std::iter::from_fn(|| told.try_recv().ok())
            .map(|event| match event {
                Event::AddressAdded { .. } => "added",
                Event::AddressRestored { .. } => "restored",
                Event::AddressRemoved { .. } => "removed",
                Event::Failed { .. } => "failed",
                other => panic!("{other:?}"),
            })
            .collect()
    }

    fn claim(&mut self, present: bool) -> Vec<&'static str> {
        self.act(async |claims, bench| claims.declare(claim(), present, bench).await)
    }

    fn reconcile(&mut self) -> Vec<&'static str> {
        self.act(Claims::reconcile)
    }

    /// Someone removes the address, and the notification arrives.
    fn lose(&mut self, index: u32) {
        self.kernel.addresses.remove(&(index, VIP));
        self.claims.vanished(index, &there(), &self.links);
    }

    fn next(&self) -> Option<Duration> {
        self.claims.next_attempt().map(|at| at.since(EPOCH))
    }
}

const VIP: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 70));

fn claim() -> Claim {
    let address = VirtualAddress::new(VIP, 32);
    Claim { device: "eth0".into(), address }
}

fn there() -> InterfaceAddress {
    InterfaceAddress {
        address: VIP,
        peer: None,
        prefix_length: 32,
        scope: 0,
        secondary: false,
        usable: true,
    }
}

#[test]
fn a_claim_is_acted_on_once() {
    let mut lab = Lab::with(&[(2, "eth0")]);
    assert_eq!(lab.claim(true), ["added"]);
    assert!(lab.claim(true).is_empty());
    assert!(lab.reconcile().is_empty());
    assert_eq!(lab.kernel.calls, 1);
    assert_eq!(lab.claim(false), ["removed"]);
    assert!(lab.claim(false).is_empty());
    assert_eq!(lab.kernel.calls, 2);
    assert_eq!(lab.next(), None);
}

#[test]
fn an_address_found_there_counts_as_added() {
    let mut lab = Lab::with(&[(2, "eth0")]);
    lab.kernel.addresses.insert((2, VIP));
    assert_eq!(lab.claim(true), ["added"]);
}

#[test]
fn notifications_that_have_been_overtaken_change_nothing() {
    let mut lab = Lab::with(&[(2, "eth0")]);
    lab.claim(true);
    lab.claim(false);
    lab.claim(true);
    // The notifications of the first two arrive only now.
    lab.claims.vanished(2, &there(), &lab.links);
    assert!(lab.reconcile().is_empty());
    assert!(lab.kernel.addresses.contains(&(2, VIP)));
    lab.claim(false);
    lab.claims.appeared(2, &there(), &lab.links);
    assert!(lab.reconcile().is_empty());
    assert!(lab.kernel.addresses.is_empty());
}

#[test]
fn a_removed_address_is_restored_and_a_stale_one_removed_again() {
    let mut lab = Lab::with(&[(2, "eth0")]);
    lab.claim(true);
    lab.lose(2);
    assert_eq!(lab.reconcile(), ["restored"]);
    lab.claim(false);
    lab.kernel.addresses.insert((2, VIP));
    lab.claims.appeared(2, &there(), &lab.links);
    assert_eq!(lab.reconcile(), ["removed"]);
}

#[test]
fn an_address_with_a_peer_or_another_prefix_is_not_ours() {
    let mut lab = Lab::with(&[(2, "eth0")]);
    lab.claim(false);
    let calls = lab.kernel.calls;
    let peer = Some(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 9)));
    lab.claims.appeared(2, &InterfaceAddress { peer, ..there() }, &lab.links);
    lab.claims.appeared(2, &InterfaceAddress { prefix_length: 24, ..there() }, &lab.links);
    lab.claims.appeared(3, &there(), &lab.links);
    lab.reconcile();
    assert_eq!(lab.kernel.calls, calls);
}

#[test]
fn a_failure_is_told_once_and_retried_ever_less_often() {
    let mut lab = Lab::with(&[(2, "eth0")]);
    lab.kernel.failure = Some(Errno::EINVAL);
    assert_eq!(lab.claim(true), ["failed"]);
    assert_eq!(lab.next(), Some(Duration::from_millis(250)));
    for _ in 0..100 {
        assert!(lab.reconcile().is_empty());
    }
    assert_eq!(lab.kernel.calls, 1);
    lab.elapsed = Duration::from_millis(250);
    assert!(lab.reconcile().is_empty());
    assert_eq!(lab.next(), Some(Duration::from_millis(750)));
    lab.elapsed = Duration::from_millis(750);
    lab.kernel.failure = Some(Errno::ENOBUFS);
    assert_eq!(lab.reconcile(), ["failed"]);
    lab.elapsed = Duration::from_secs(5);
    lab.kernel.failure = None;
    assert_eq!(lab.reconcile(), ["added"]);
    assert_eq!(lab.next(), None);
}

#[test]
fn a_change_of_mind_is_not_held_up_by_earlier_failures() {
    let mut lab = Lab::with(&[(2, "eth0")]);
    lab.kernel.failure = Some(Errno::EINVAL);
    lab.claim(true);
    lab.kernel.failure = None;
    lab.kernel.addresses.insert((2, VIP));
    assert_eq!(lab.claim(false), ["removed"]);
}

#[test]
fn someone_who_removes_it_by_program_does_not_keep_us_busy() {
    let mut lab = Lab::with(&[(2, "eth0")]);
    lab.claim(true);
    let mut restored = 0;
    for _ in 0..1000 {
        lab.lose(2);
        restored += lab.reconcile().len();
    }
    assert_eq!(restored, 10);
    assert_eq!(lab.next(), Some(Duration::from_secs(1)));
    lab.elapsed = Duration::from_secs(1);
    assert_eq!(lab.reconcile(), ["restored"]);
}

#[test]
fn an_absent_interface_is_waited_for_in_silence() {
    let mut lab = Lab::default();
    assert!(lab.claim(true).is_empty());
    assert_eq!((lab.kernel.calls, lab.next()), (0, None));
    lab.link(5, "eth0");
    assert_eq!(lab.reconcile(), ["added"]);
    // Deleted: the notification of that is behind the one of the address.
    lab.kernel.gone.insert(5);
    lab.lose(5);
    assert!(lab.reconcile().is_empty());
    lab.unlink(5);
    assert_eq!((lab.reconcile().len(), lab.next()), (0, None));
    lab.link(6, "eth0");
    lab.elapsed = Duration::from_millis(250);
    assert_eq!(lab.reconcile(), ["added"]);
}

#[test]
fn a_recreated_interface_need_not_wait_for_the_old_ones_retry() {
    let mut lab = Lab::with(&[(5, "eth0")]);
    lab.claim(true);
    lab.kernel.gone.insert(5);
    lab.lose(5);
    lab.reconcile();
    lab.unlink(5);
    lab.reconcile();
    lab.link(6, "eth0");
    assert_eq!(lab.reconcile(), ["added"]);
}

#[test]
fn an_interface_renamed_away_loses_the_address() {
    let mut lab = Lab::with(&[(2, "eth0")]);
    lab.claim(true);
    lab.link(2, "lan0");
    assert_eq!(lab.reconcile(), ["removed"]);
    assert!(lab.kernel.addresses.is_empty());
    lab.link(3, "eth0");
    assert_eq!(lab.reconcile(), ["added"]);
    assert!(lab.kernel.addresses.contains(&(3, VIP)));
    lab.link(3, "lan1");
    lab.reconcile();
    lab.link(3, "eth0");
    assert_eq!(lab.reconcile(), ["added"]);
}

#[test]
fn an_interface_renamed_into_another_claim_keeps_the_address() {
    let mut lab = Lab::with(&[(2, "eth0")]);
    lab.claim(true);
    let other = Claim { device: "lan0".into(), ..claim() };
    lab.act(async |claims, bench| claims.declare(other, true, bench).await);
    lab.link(2, "lan0");
    assert_eq!(lab.reconcile(), ["added"]);
    assert!(lab.kernel.addresses.contains(&(2, VIP)));
    assert_eq!(lab.next(), None);
}

#[test]
fn after_an_overrun_the_listing_counts() {
    let mut lab = Lab::with(&[(2, "eth0")]);
    lab.claim(true);
    lab.kernel.addresses.clear();
    lab.claims.resynchronise(&lab.links);
    assert_eq!(lab.reconcile(), ["restored"]);
    lab.links.append_address(2, there());
    lab.claims.resynchronise(&lab.links);
    let calls = lab.kernel.calls;
    assert!(lab.reconcile().is_empty());
    assert_eq!(lab.kernel.calls, calls);
}

#[test]
fn a_rename_during_an_overrun_is_cleaned_up_after() {
    let mut lab = Lab::with(&[(2, "eth0")]);
    lab.claim(true);
    lab.link(2, "lan0");
    lab.claims.resynchronise(&lab.links);
    assert_eq!(lab.reconcile(), ["removed"]);
}

#[test]
fn release_removes_what_is_wanted_and_tries_twice() {
    let mut lab = Lab::with(&[(2, "eth0")]);
    lab.claim(true);
    assert_eq!(lab.act(Claims::release), ["removed"]);
    lab.claim(true);
    lab.kernel.failure = Some(Errno::ENOBUFS);
    let calls = lab.kernel.calls;
    assert_eq!(lab.act(Claims::release), ["failed"]);
    assert_eq!(lab.kernel.calls, calls + 2);
}

#[test]
fn a_forgotten_address_stays() {
    let mut lab = Lab::with(&[(2, "eth0")]);
    lab.claim(true);
    lab.claims.forget(&claim());
    assert!(lab.act(Claims::release).is_empty());
    assert!(lab.kernel.addresses.contains(&(2, VIP)));
}

#[test]
fn another_option_is_put_into_the_kernel_and_repeating_it_is_not() {
    let mut lab = Lab::with(&[(2, "eth0")]);
    let labelled = |label: &str| {
        let mut claim = claim();
        claim.address.label = Some(label.to_owned());
        claim
    };
    lab.claim(true);
    let calls = lab.kernel.calls;
    let declare = |lab: &mut Lab, claim: Claim, wanted| {
        lab.act(async |claims, bench| claims.declare(claim, wanted, bench).await)
    };
    assert_eq!(declare(&mut lab, labelled("eth0:1"), true), ["added"]);
    assert_eq!(lab.kernel.calls, calls + 2);
    assert!(lab.kernel.addresses.contains(&(2, VIP)));
    assert!(declare(&mut lab, labelled("eth0:1"), true).is_empty());
    // Of one that is not there only note is taken.
    assert_eq!(declare(&mut lab, labelled("eth0:1"), false), ["removed"]);
    let calls = lab.kernel.calls;
    assert!(declare(&mut lab, labelled("eth0:2"), false).is_empty());
    assert_eq!(declare(&mut lab, labelled("eth0:2"), true), ["added"]);
    assert_eq!(lab.kernel.calls, calls + 1);
}

#[test]
fn one_that_is_not_tracked_is_let_go_until_the_next_claim() {
    let mut lab = Lab::with(&[(2, "eth0")]);
    let mut claim = claim();
    claim.address.tracked = false;
    let declare = |lab: &mut Lab, wanted| {
        let claim = claim.clone();
        lab.act(async |claims, bench| claims.declare(claim, wanted, bench).await)
    };
    assert_eq!(declare(&mut lab, true), ["added"]);
    lab.lose(2);
    assert!(lab.reconcile().is_empty());
    assert_eq!(lab.next(), None);
    declare(&mut lab, false);
    assert_eq!(declare(&mut lab, true), ["added"]);
}

#[test]
fn one_with_a_peer_is_another_one() {
    let mut lab = Lab::with(&[(2, "eth0")]);
    let peer = Some(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 9)));
    let mut claim = claim();
    claim.address.peer = peer;
    lab.act(async |claims, bench| claims.declare(claim, true, bench).await);
    let calls = lab.kernel.calls;
    lab.claims.vanished(2, &there(), &lab.links);
    assert!(lab.reconcile().is_empty());
    assert_eq!(lab.kernel.calls, calls);
    lab.kernel.addresses.clear();
    lab.claims.vanished(2, &InterfaceAddress { peer, ..there() }, &lab.links);
    assert_eq!(lab.reconcile(), ["restored"]);
}

#[test]
fn the_others_of_its_subnet_are_spared() {
    let there = |last, prefix_length| InterfaceAddress {
        address: IpAddr::V4(Ipv4Addr::new(10, 0, 0, last)),
        prefix_length,
        ..there()
    };
    for (other, spared) in [(there(60, 24), 1), (there(70, 24), 0), (there(60, 25), 0)] {
        let mut lab = Lab::with(&[(2, "eth0")]);
        lab.links.append_address(2, other);
        let mut declare = |wanted| {
            let mut claim = claim();
            claim.address.prefix_length = 24;
            lab.act(async |claims, bench| claims.declare(claim, wanted, bench).await)
        };
        declare(true);
        assert_eq!(declare(false), ["removed"]);
        assert_eq!(lab.kernel.spared, spared, "{other:?}");
    }
}

mod ipv6;
mod many;
