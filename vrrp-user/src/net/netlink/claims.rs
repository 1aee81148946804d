//! The addresses that must, or must not, be there, and the work of making it so.
//!
//! What an answer of the kernel says is believed until a notification says otherwise, and
//! notifications lag behind answers. That is harmless: adding what is there and removing what is
//! not both succeed without effect, so acting on a notification that has been overtaken costs one
//! request and is not reported.
//!
//! A thousand addresses that are put on come back as a thousand notifications. Each costs only what
//! the claims on its address cost, since the claims that need work stand in an [`Agenda`].

mod entry;

use std::{
    collections::{BTreeMap, HashMap},
    net::{IpAddr, Ipv4Addr},
};

use self::entry::{Entry, Seen};
use super::{
    agenda::Agenda,
    event::{Claim, Events},
    link::InterfaceAddress,
    links::Links,
    requests::Addresses,
};
use crate::protocol::Monotonic;

/// All claims.
#[derive(Debug, Default)]
pub(super) struct Claims {
    entries: BTreeMap<Key, Entry>,
    by_address: HashMap<IpAddr, Vec<Key>>,
    agenda: Agenda<Key>,
}

/// What makes a claim the same one. Those of one device stand together.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Key {
    device: String,
    address: IpAddr,
    prefix_length: u8,
    peer: Option<IpAddr>,
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
        let entry = self.entries.entry(key.clone()).or_insert_with(|| {
            self.by_address.entry(key.address).or_default().push(key.clone());
            Entry::new(claim.address.clone(), wanted)
        });
        entry.declare(claim.address, wanted);
        entry.reconcile(&key.device, bench).await;
        self.plan(&key, bench.links);
    }

    /// Drops a claim; the kernel is left as it is.
    pub(super) fn forget(&mut self, claim: &Claim) {
        let key = Key::of(claim);
        self.agenda.plan(&key, None);
        self.entries.remove(&key);
        if let Some(keys) = self.by_address.get_mut(&key.address) {
            keys.retain(|other| *other != key);
            if keys.is_empty() {
                self.by_address.remove(&key.address);
            }
        }
    }

    /// The kernel says that `address` is on the interface `index`.
    pub(super) fn appeared(&mut self, index: u32, address: &InterfaceAddress, links: &Links) {
        self.notice(index, address, links, Entry::appeared);
    }

    /// The kernel says that `address` is on the interface `index` no more.
    pub(super) fn vanished(&mut self, index: u32, address: &InterfaceAddress, links: &Links) {
        self.notice(index, address, links, Entry::vanished);
    }

    fn notice(
        &mut self,
        index: u32,
        address: &InterfaceAddress,
        links: &Links,
        what: impl Fn(&mut Entry, u32, &InterfaceAddress, &Links),
    ) {
        for key in self.by_address.get(&address.address).cloned().unwrap_or_default() {
            let Some(entry) = self.entries.get_mut(&key) else { continue };
            // An address that was put on an interface of another name since is still ours.
            if entry.seen.at() == Some(index) || links.index_of(&key.device) == Some(index) {
                what(entry, index, address, links);
                self.plan(&key, links);
            }
        }
    }

    /// The name `device` has come to stand for another interface or for none, or its interface has
    /// been set up or down.
    pub(super) fn device_changed(&mut self, device: &str, links: &Links) {
        let first = Key {
            device: device.to_owned(),
            address: Ipv4Addr::UNSPECIFIED.into(),
            prefix_length: 0,
            peer: None,
        };
        let keys: Vec<Key> = self
            .entries
            .range(first..)
            .map(|(key, _)| key)
            .take_while(|key| key.device == device)
            .cloned()
            .collect();
        for key in keys {
            self.plan(&key, links);
        }
    }

    /// Everything has been read afresh into `links`.
    pub(super) fn resynchronise(&mut self, links: &Links) {
        for (key, entry) in &mut self.entries {
            entry.relearn(links.get(&key.device), links);
        }
        for link in links.iter() {
            for address in &*link.addresses {
                self.appeared(link.index, address, links);
            }
        }
        for key in self.entries.keys().cloned().collect::<Vec<_>>() {
            self.plan(&key, links);
        }
    }

    /// Brings the kernel in line with the claims, as far as their pace allows now.
    pub(super) async fn reconcile<K: Addresses>(&mut self, bench: &mut Workbench<'_, K>) {
        let due = self.agenda.due(bench.now);
        for key in &due {
            self.leave_renamed(key, bench).await;
        }
        for key in due {
            if let Some(entry) = self.entries.get_mut(&key) {
                entry.reconcile(&key.device, bench).await;
            }
            self.plan(&key, bench.links);
        }
    }

    /// Takes an address off an interface that has been renamed away from under its claim.
    async fn leave_renamed<K: Addresses>(&mut self, key: &Key, bench: &mut Workbench<'_, K>) {
        let Some(index) = self.entries.get(key).and_then(|entry| entry.seen.at()) else { return };
        if bench.links.index_of(&key.device) == Some(index) {
            return;
        }
        let name = bench.links.name_of(index);
        let is_inherited = name
            .and_then(|name| self.entries.get(&Key { device: name.to_owned(), ..key.clone() }))
            .is_some_and(|heir| heir.wanted);
        let Some(entry) = self.entries.get_mut(key) else { return };
        let remove = name.is_some() && !is_inherited;
        if remove {
            entry.remove(index, &key.device, bench).await;
        }
        if !remove || entry.seen == Seen::Absent(index) {
            entry.seen = Seen::Unknown;
            entry.fulfilled = None;
        }
    }

    /// When [`Claims::reconcile`] has work to do that it could not do yet.
    pub(super) fn next_attempt(&self) -> Option<Monotonic> {
        self.agenda.next()
    }

    /// Takes every claimed address off; those that cannot be removed are tried once more.
    pub(super) async fn release<K: Addresses>(&mut self, bench: &mut Workbench<'_, K>) {
        for _ in 0..2 {
            for entry in self.entries.values_mut() {
                entry.dismiss();
            }
            for key in self.entries.keys().cloned().collect::<Vec<_>>() {
                self.plan(&key, bench.links);
            }
            self.reconcile(bench).await;
        }
    }

    /// Puts a claim on the agenda if there is something to be done about it, else takes it off.
    fn plan(&mut self, key: &Key, links: &Links) {
        let due = self.entries.get(key).and_then(|entry| entry.due(links.get(&key.device)));
        self.agenda.plan(key, due);
    }
}

impl Key {
    fn of(claim: &Claim) -> Self {
        Self {
            device: claim.device.clone(),
            address: claim.address.address,
            prefix_length: claim.address.prefix_length,
            peer: claim.address.peer,
        }
    }
}

#[cfg(test)]
mod tests;
