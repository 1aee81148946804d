//! One claim: what is believed of its address, and what is to be done about it.

use std::net::IpAddr;

use super::{
    super::{
        error::AddressError,
        event::Event,
        link::{InterfaceAddress, Link},
        links::Links,
        pace::Pace,
        requests::{Added, Addresses, Removed},
    },
    Workbench,
};
use crate::{config::model::VirtualAddress, protocol::Monotonic};

/// A claim.
#[derive(Debug)]
pub(super) struct Entry {
    address: VirtualAddress,
    pub(super) wanted: bool,
    pub(super) seen: Seen,
    /// Where the present wish has once been fulfilled: having to do it there again is a repair.
    pub(super) fulfilled: Option<u32>,
    failure: Option<AddressError>,
    pace: Pace,
    /// The interface index that `pace` is about: another one starts afresh.
    paced: u32,
}

/// What is believed of an address, and of which interface index.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Seen {
    Unknown,
    Present(u32),
    /// It is there, but not as it is to be: the kernel has not found it to be unique and does not
    /// use it, or it was put on with other options.
    Amiss(u32),
    Absent(u32),
}

impl Seen {
    /// The interface that it is on.
    pub(super) const fn at(self) -> Option<u32> {
        match self {
            Self::Present(index) | Self::Amiss(index) => Some(index),
            Self::Unknown | Self::Absent(_) => None,
        }
    }
}

/// What is to be done about an address.
enum Work {
    Add(u32),
    Remove(u32),
}

impl Entry {
    /// A claim about which nothing is known yet.
    pub(super) fn new(address: VirtualAddress, wanted: bool) -> Self {
        Self {
            address,
            wanted,
            seen: Seen::Unknown,
            fulfilled: None,
            failure: None,
            pace: Pace::default(),
            paced: 0,
        }
    }

    /// The claim is made again, maybe the other way round.
    pub(super) fn declare(&mut self, address: VirtualAddress, wanted: bool) {
        let is_changed = !self.address.is_put_on_like(&address);
        self.address = address;
        if is_changed && let Seen::Present(index) = self.seen {
            self.seen = Seen::Amiss(index);
        }
        if self.wanted != wanted || is_changed {
            self.wanted = wanted;
            self.fulfilled = None;
            self.failure = None;
            self.pace = Pace::default();
        }
    }

    /// It is wanted no more, and at once.
    pub(super) fn dismiss(&mut self) {
        self.wanted = false;
        self.pace = Pace::default();
    }

    /// The kernel says that `address`, which is ours whatever its mask, is on the interface
    /// `index`.
    pub(super) fn appeared(&mut self, index: u32, address: &InterfaceAddress, _: &Links) {
        if self.is_this(address) {
            self.seen = if address.usable { Seen::Present(index) } else { Seen::Amiss(index) };
        } else if self.is_ipv6() {
            // The kernel takes an IPv6 address only once: another one's serves us as well, but is
            // not ours to remove.
            self.seen = if self.wanted { Seen::Present(index) } else { Seen::Absent(index) };
        }
    }

    /// The kernel says that `address`, which is ours whatever its mask, is on the interface
    /// `index` no more.
    pub(super) fn vanished(&mut self, index: u32, address: &InterfaceAddress, links: &Links) {
        if self.is_ipv6() || self.is_this(address) {
            self.seen = Seen::Absent(index);
            self.forgive(links.by_index(index));
        }
    }

    /// Before the addresses of all interfaces are gone through, of which `link` is the claim's.
    pub(super) fn relearn(&mut self, link: Option<&Link>, links: &Links) {
        if let Some(index) = self.seen.at()
            && link.map(|link| link.index) != Some(index)
            && links.name_of(index).is_some()
        {
            return;
        }
        self.seen = link.map_or(Seen::Unknown, |link| Seen::Absent(link.index));
        self.forgive(link);
    }

    /// The kernel itself takes IPv6 addresses off an interface that is set down: putting them back
    /// is no repair of what someone did.
    fn forgive(&mut self, link: Option<&Link>) {
        if self.is_ipv6() && link.is_none_or(|link| !link.admin_up) {
            self.fulfilled = None;
        }
    }

    /// What is to be done, with `link` being the device's now.
    fn work(&self, link: Option<&Link>) -> Option<Work> {
        let link = link?;
        match (self.wanted, self.seen) {
            (true, Seen::Present(at)) | (false, Seen::Absent(at)) if at == link.index => None,
            // Let go of until the next claim.
            (true, Seen::Absent(at))
                if !self.address.tracked && self.fulfilled == Some(at) && at == link.index =>
            {
                None
            }
            // See `forgive`.
            (true, _) if self.is_ipv6() && !link.admin_up => None,
            (true, _) => Some(Work::Add(link.index)),
            (false, _) => Some(Work::Remove(link.index)),
        }
    }

    /// From when on there is something to be done, with `link` being the device's now.
    pub(super) fn due(&self, link: Option<&Link>) -> Option<Monotonic> {
        let index = link.map(|link| link.index);
        let is_astray = |at: &u32| Some(*at) != index;
        let astray = self.seen.at().filter(is_astray);
        if astray.is_none() && self.work(link).is_none() {
            return None;
        }
        let is_paced = [astray, index].contains(&Some(self.paced));
        Some(if is_paced { self.pace.not_before() } else { Monotonic::ZERO })
    }

    /// Does what is to be done, if its pace allows that now.
    pub(super) async fn reconcile<K: Addresses>(
        &mut self,
        device: &str,
        bench: &mut Workbench<'_, K>,
    ) {
        match self.work(bench.links.get(device)) {
            Some(Work::Add(index)) => self.add(index, device, bench).await,
            Some(Work::Remove(index)) => self.remove(index, device, bench).await,
            None => {}
        }
    }

    async fn add<K: Addresses>(&mut self, index: u32, device: &str, bench: &mut Workbench<'_, K>) {
        if !self.is_due(index, bench.now) {
            return;
        }
        let added = match self.put_on(index, bench).await {
            Ok(added) => added,
            Err(error) => return self.fail(error, device, bench),
        };
        self.succeed(Seen::Present(index));
        let again = self.fulfilled.replace(index) == Some(index);
        let (device, address) = (device.to_owned(), self.address.clone());
        match (added, again) {
            (Added::New, true) => {
                self.pace.repaired(bench.now);
                bench.events.tell(Event::AddressRestored { device, address });
            }
            (_, false) => bench.events.tell(Event::AddressAdded { device, address }),
            (Added::Existing, true) => {}
        }
    }

    /// Adds the address, in place of one that the kernel does not use.
    async fn put_on<K: Addresses>(
        &self,
        index: u32,
        bench: &mut Workbench<'_, K>,
    ) -> Result<Added, AddressError> {
        if self.seen != Seen::Amiss(index) {
            let added = bench.kernel.add(index, &self.address).await?;
            // The listing may have told of it before there was this claim.
            if added == Added::New || !self.is_unusable_on(bench.links.by_index(index)) {
                return Ok(added);
            }
        }
        self.take_off(index, bench).await?;
        bench.kernel.add(index, &self.address).await
    }

    fn is_unusable_on(&self, link: Option<&Link>) -> bool {
        link.is_some_and(|link| {
            link.addresses.iter().any(|known| !known.usable && self.is_this(known))
        })
    }

    /// Removes the address, sparing the others of its subnet.
    async fn take_off<K: Addresses>(
        &self,
        index: u32,
        bench: &mut Workbench<'_, K>,
    ) -> Result<Removed, AddressError> {
        let own = self.as_seen();
        let is_shared = bench.links.by_index(index).is_some_and(|link| {
            let mut addresses = link.addresses.iter();
            addresses.any(|other| other.shares_subnet(&own) && !other.is_same(&own))
        });
        bench.kernel.remove(index, &self.address, is_shared).await
    }

    /// Takes the address off the interface `index`, if its pace allows that now.
    pub(super) async fn remove<K: Addresses>(
        &mut self,
        index: u32,
        device: &str,
        bench: &mut Workbench<'_, K>,
    ) {
        if !self.is_due(index, bench.now) {
            return;
        }
        let removed = match self.take_off(index, bench).await {
            Ok(removed) => removed,
            Err(error) => return self.fail(error, device, bench),
        };
        self.succeed(Seen::Absent(index));
        let again = !self.wanted && self.fulfilled.replace(index) == Some(index);
        if removed == Removed::Now {
            if again {
                self.pace.repaired(bench.now);
            }
            let (device, address) = (device.to_owned(), self.address.clone());
            bench.events.tell(Event::AddressRemoved { device, address });
        }
    }

    fn is_due(&mut self, index: u32, now: Monotonic) -> bool {
        if self.paced != index {
            self.paced = index;
            self.pace = Pace::default();
        }
        now >= self.pace.not_before()
    }

    fn succeed(&mut self, seen: Seen) {
        self.seen = seen;
        self.failure = None;
        self.pace.succeeded();
    }

    fn fail<K>(&mut self, error: AddressError, device: &str, bench: &mut Workbench<'_, K>) {
        self.pace.failed(bench.now);
        // That the interface is gone is its own notification, which is on its way.
        if error == AddressError::NoDevice {
            self.seen = Seen::Unknown;
            return;
        }
        if self.failure.as_ref() != Some(&error) {
            self.failure = Some(error.clone());
            let (device, address) = (device.to_owned(), self.address.clone());
            bench.events.tell(Event::Failed { device, address, error });
        }
    }

    /// Whether `address` is what this claim puts on an interface.
    fn is_this(&self, address: &InterfaceAddress) -> bool {
        let VirtualAddress { address: own, prefix_length, peer, .. } = self.address;
        (address.address, address.prefix_length, address.peer)
            == (own, prefix_length, self.shown(peer))
    }

    /// The address as the kernel shows it.
    fn as_seen(&self) -> InterfaceAddress {
        InterfaceAddress {
            address: self.address.address,
            peer: self.shown(self.address.peer),
            prefix_length: self.address.prefix_length,
            scope: self.address.scope,
            secondary: false,
            usable: true,
        }
    }

    /// A peer that is the address itself is none.
    fn shown(&self, peer: Option<IpAddr>) -> Option<IpAddr> {
        peer.filter(|peer| *peer != self.address.address)
    }

    const fn is_ipv6(&self) -> bool {
        self.address.address.is_ipv6()
    }
}
