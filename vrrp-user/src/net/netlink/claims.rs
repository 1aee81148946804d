//! The addresses that must, or must not, be there, and the work of making it so.
//!
//! What an answer of the kernel says is believed until a notification says otherwise, and
//! notifications lag behind answers. That is harmless: adding what is there and removing what is
//! not both succeed without effect, so acting on a notification that has been overtaken costs one
//! request and is not reported.

use std::{collections::BTreeMap, net::IpAddr};

use super::{
    error::AddressError,
    event::{Claim, Event, Events},
    link::InterfaceAddress,
    links::Links,
    pace::Pace,
    requests::{Added, Addresses, Removed},
};
use crate::{config::model::VirtualAddress, protocol::Monotonic};

/// All claims.
#[derive(Debug, Default)]
pub(super) struct Claims {
    entries: BTreeMap<Key, Entry>,
}

/// What makes a claim the same one.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Key {
    device: String,
    address: IpAddr,
    prefix_length: u8,
}

#[derive(Debug)]
struct Entry {
    address: VirtualAddress,
    wanted: bool,
    seen: Seen,
    /// Where the present wish has once been fulfilled: having to do it there again is a repair.
    fulfilled: Option<u32>,
    failure: Option<AddressError>,
    pace: Pace,
    /// The interface index that `pace` is about: another one starts afresh.
    paced: u32,
}

/// What is believed of an address, and of which interface index.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Seen {
    Unknown,
    Present(u32),
    Absent(u32),
}

/// What the work is done with.
pub(super) struct Workbench<'a, K> {
    pub(super) links: &'a Links,
    pub(super) kernel: &'a mut K,
    pub(super) now: Monotonic,
    pub(super) events: &'a Events,
}

impl Claims {
    /// Takes a claim and acts on it at once.
    pub(super) async fn declare<K: Addresses>(
        &mut self,
        claim: Claim,
        wanted: bool,
        bench: &mut Workbench<'_, K>,
    ) {
        let key = Key::of(&claim);
        let entry = self.entries.entry(key.clone()).or_insert_with(|| Entry {
            address: claim.address.clone(),
            wanted,
            seen: Seen::Unknown,
            fulfilled: None,
            failure: None,
            pace: Pace::default(),
            paced: 0,
        });
        entry.address = claim.address;
        if entry.wanted != wanted {
            entry.wanted = wanted;
            entry.fulfilled = None;
            entry.failure = None;
            entry.pace = Pace::default();
        }
        entry.reconcile(&key.device, bench).await;
    }

    /// Drops a claim; the kernel is left as it is.
    pub(super) fn forget(&mut self, claim: &Claim) {
        self.entries.remove(&Key::of(claim));
    }

    /// The kernel says that `address` is on the interface `index`.
    pub(super) fn appeared(&mut self, index: u32, address: &InterfaceAddress, links: &Links) {
        self.notice(index, address, links, Seen::Present(index));
    }

    /// The kernel says that `address` is on the interface `index` no more.
    pub(super) fn vanished(&mut self, index: u32, address: &InterfaceAddress, links: &Links) {
        self.notice(index, address, links, Seen::Absent(index));
    }

    fn notice(&mut self, index: u32, address: &InterfaceAddress, links: &Links, seen: Seen) {
        for (key, entry) in &mut self.entries {
            // An address that was put on an interface of another name since is still ours.
            let concerned =
                entry.seen == Seen::Present(index) || links.index_of(&key.device) == Some(index);
            if concerned && address.is_claimed_by(key.address, key.prefix_length) {
                entry.seen = seen;
            }
        }
    }

    /// Everything has been read afresh into `links`.
    pub(super) fn resynchronise(&mut self, links: &Links) {
        for (key, entry) in &mut self.entries {
            if let Seen::Present(index) = entry.seen
                && links.index_of(&key.device) != Some(index)
                && links.name_of(index).is_some()
            {
                continue;
            }
            entry.seen = links.get(&key.device).map_or(Seen::Unknown, |link| {
                let here = |address: &InterfaceAddress| {
                    address.is_claimed_by(key.address, key.prefix_length)
                };
                if link.addresses.iter().any(here) {
                    Seen::Present(link.index)
                } else {
                    Seen::Absent(link.index)
                }
            });
        }
    }

    /// Brings the kernel in line with the claims, as far as their pace allows now.
    pub(super) async fn reconcile<K: Addresses>(&mut self, bench: &mut Workbench<'_, K>) {
        self.leave_renamed(bench).await;
        for (key, entry) in &mut self.entries {
            entry.reconcile(&key.device, bench).await;
        }
    }

    /// Takes addresses off interfaces that have been renamed away from under their claims.
    async fn leave_renamed<K: Addresses>(&mut self, bench: &mut Workbench<'_, K>) {
        let strays: Vec<(Key, u32, bool)> = self
            .entries
            .iter()
            .filter_map(|(key, entry)| {
                let Seen::Present(index) = entry.seen else { return None };
                if bench.links.index_of(&key.device) == Some(index) {
                    return None;
                }
                let heir = bench.links.name_of(index).and_then(|name| {
                    self.entries.get(&Key { device: name.to_owned(), ..key.clone() })
                });
                let remove =
                    bench.links.name_of(index).is_some() && !heir.is_some_and(|heir| heir.wanted);
                Some((key.clone(), index, remove))
            })
            .collect();
        for (key, index, remove) in strays {
            let Some(entry) = self.entries.get_mut(&key) else { continue };
            if remove {
                entry.remove(index, &key.device, bench).await;
            }
            if !remove || entry.seen == Seen::Absent(index) {
                entry.seen = Seen::Unknown;
                entry.fulfilled = None;
            }
        }
    }

    /// When [`Claims::reconcile`] has work to do that it could not do yet.
    pub(super) fn next_attempt(&self, links: &Links) -> Option<Monotonic> {
        self.entries
            .iter()
            .filter(|(key, entry)| {
                entry.work(links.index_of(&key.device)).is_some()
                    || matches!(entry.seen, Seen::Present(index)
                        if links.index_of(&key.device) != Some(index))
            })
            .map(|(_, entry)| entry.pace.not_before())
            .min()
    }

    /// Takes every claimed address off; those that cannot be removed are tried once more.
    pub(super) async fn release<K: Addresses>(&mut self, bench: &mut Workbench<'_, K>) {
        for _ in 0..2 {
            for entry in self.entries.values_mut() {
                entry.wanted = false;
                entry.pace = Pace::default();
            }
            self.reconcile(bench).await;
        }
    }
}

/// What is to be done about an address.
enum Work {
    Add(u32),
    Remove(u32),
}

impl Entry {
    /// What is to be done, with the device's name now standing for `index`.
    fn work(&self, index: Option<u32>) -> Option<Work> {
        let index = index?;
        match (self.wanted, self.seen) {
            (true, Seen::Present(at)) | (false, Seen::Absent(at)) if at == index => None,
            (true, _) => Some(Work::Add(index)),
            (false, _) => Some(Work::Remove(index)),
        }
    }

    async fn reconcile<K: Addresses>(&mut self, device: &str, bench: &mut Workbench<'_, K>) {
        match self.work(bench.links.index_of(device)) {
            Some(Work::Add(index)) => self.add(index, device, bench).await,
            Some(Work::Remove(index)) => self.remove(index, device, bench).await,
            None => {}
        }
    }

    async fn add<K: Addresses>(&mut self, index: u32, device: &str, bench: &mut Workbench<'_, K>) {
        if !self.is_due(index, bench.now) {
            return;
        }
        let added = match bench.kernel.add(index, &self.address).await {
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

    async fn remove<K: Addresses>(
        &mut self,
        index: u32,
        device: &str,
        bench: &mut Workbench<'_, K>,
    ) {
        if !self.is_due(index, bench.now) {
            return;
        }
        let removed = match bench.kernel.remove(index, &self.address).await {
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
}

impl Key {
    fn of(claim: &Claim) -> Self {
        Self {
            device: claim.device.clone(),
            address: claim.address.address,
            prefix_length: claim.address.prefix_length,
        }
    }
}

#[cfg(test)]
mod tests;
