//! An interface that the configuration names, and who has to do with it.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use super::port::{Port, Source, source_address};
use crate::{dataplane::Slot, net::Link, protocol::Family};

/// Virtual addresses with their mask length, and the routers that have each.
pub(super) type VirtualAddresses = BTreeMap<(IpAddr, u8), BTreeSet<Slot>>;

/// A watched interface.
#[derive(Debug, Default)]
pub(super) struct Interface {
    /// What is open on it, while it exists.
    pub(super) port: Option<Port>,
    /// Whether it is known if it exists.
    pub(super) reported: bool,
    /// The routers that speak on it or have an address there, each counted as often as it has.
    users: BTreeMap<Slot, usize>,
    addresses: VirtualAddresses,
    /// What adverts leave from, by family and whether the router is an owner. All routers on it
    /// have the same, and looking takes the longer the more addresses there are.
    sources: OnceCell<[Option<Source>; 4]>,
}

impl Interface {
    /// A router speaks on it, or has an address there.
    pub(super) fn enlist(&mut self, slot: Slot, address: Option<(IpAddr, u8)>) {
        *self.users.entry(slot).or_default() += 1;
        if let Some(address) = address {
            self.addresses.entry(address).or_default().insert(slot);
            self.sources.take();
        }
    }

    /// Takes [`Self::enlist`] back.
    pub(super) fn delist(&mut self, slot: Slot, address: Option<(IpAddr, u8)>) {
        if let Some(count) = self.users.get_mut(&slot) {
            *count -= 1;
            if *count == 0 {
                self.users.remove(&slot);
            }
        }
        if let Some(address) = address
            && let Some(owners) = self.addresses.get_mut(&address)
        {
            owners.remove(&slot);
            if owners.is_empty() {
                self.addresses.remove(&address);
            }
            self.sources.take();
        }
    }

    /// Whether the configuration names it no more.
    pub(super) fn is_unused(&self) -> bool {
        self.users.is_empty()
    }

    /// The routers that speak on it or have an address there.
    pub(super) fn users(&self) -> impl Iterator<Item = Slot> {
        self.users.keys().copied()
    }

    /// The routers that have a virtual address on it.
    pub(super) fn owners(&self, address: (IpAddr, u8)) -> impl Iterator<Item = Slot> {
        self.addresses.get(&address).into_iter().flatten().copied()
    }

    /// The kernel has told of a change, after which it is still the same interface.
    pub(super) fn set_link(&mut self, link: Link) {
        if let Some(port) = &mut self.port {
            port.link = link;
        }
        self.sources.take();
    }

    /// What is open on it, or is no more.
    pub(super) fn set_port(&mut self, port: Option<Port>) -> Option<Port> {
        self.sources.take();
        std::mem::replace(&mut self.port, port)
    }

    /// The address that adverts of a family leave from.
    pub(super) fn source(&self, family: Family, owner: bool) -> Option<Source> {
        let link = &self.port.as_ref()?.link;
        let of = |family, owner| source_address(link, family, &self.addresses, owner);
        let sources = self.sources.get_or_init(|| {
            [
                of(Family::Ipv4, false),
                of(Family::Ipv4, true),
                of(Family::Ipv6, false),
                of(Family::Ipv6, true),
            ]
        });
        let [ipv4, owned_ipv4, ipv6, owned_ipv6] = *sources;
        match (family, owner) {
            (Family::Ipv4, false) => ipv4,
            (Family::Ipv4, true) => owned_ipv4,
            (Family::Ipv6, false) => ipv6,
            (Family::Ipv6, true) => owned_ipv6,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_router_is_listed_as_long_as_anything_of_it_is() {
        let slot = |index| Slot::new(index).unwrap();
        let address = |last: u8| (IpAddr::from([10, 0, 0, last]), 32);
        let mut interface = Interface::default();
        interface.enlist(slot(1), None);
        interface.enlist(slot(1), Some(address(1)));
        interface.enlist(slot(2), Some(address(1)));
        assert_eq!(interface.owners(address(1)).collect::<Vec<_>>(), [slot(1), slot(2)]);
        interface.delist(slot(1), Some(address(1)));
        assert_eq!(interface.users().collect::<Vec<_>>(), [slot(1), slot(2)]);
        assert_eq!(interface.owners(address(1)).collect::<Vec<_>>(), [slot(2)]);
        interface.delist(slot(1), None);
        interface.delist(slot(2), Some(address(1)));
        assert!(interface.is_unused());
        assert_eq!(interface.owners(address(1)).count(), 0);
    }
}
