//! The kernel's interfaces, mirrored.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::Arc,
};

use rtnetlink::packet_route::link::LinkFlags;

use super::{
    link::{InterfaceAddress, Link},
    notification::{LinkReport, XdpReport},
};
use crate::net::{interface_driver, ipv6_forwarding};

/// More interfaces, and more addresses on one, than any node has. What goes beyond is not
/// mirrored.
const LINKS: usize = 1 << 16;
const ADDRESSES: usize = 1 << 13;

#[derive(Debug)]
struct Entry {
    name: String,
    link: Link,
    /// Whether has been asked for what no listing tells.
    asked: bool,
}

/// All interfaces by index and by name.
#[derive(Debug, Default)]
pub(super) struct Links {
    by_index: BTreeMap<u32, Entry>,
    by_name: HashMap<String, u32>,
}

impl Links {
    /// The interface called `name`.
    pub(super) fn get(&self, name: &str) -> Option<&Link> {
        self.by_index.get(self.by_name.get(name)?).map(|entry| &entry.link)
    }

    /// The interface called `name`, with what must be asked for separately.
    ///
    /// Asking for the driver waits for the RTNL lock, so it is done once for an interface, and only
    /// for those that someone wants to hear about.
    pub(super) fn get_in_full(&mut self, name: &str) -> Option<&Link> {
        let entry = self.by_index.get_mut(self.by_name.get(name)?)?;
        if !entry.asked {
            entry.asked = true;
            entry.link.driver = interface_driver(name);
            entry.link.ipv6_forwarding = ipv6_forwarding(name);
        }
        Some(&entry.link)
    }

    /// The index of the interface called `name`.
    pub(super) fn index_of(&self, name: &str) -> Option<u32> {
        self.by_name.get(name).copied()
    }

    /// The interface `index`.
    pub(super) fn by_index(&self, index: u32) -> Option<&Link> {
        self.by_index.get(&index).map(|entry| &entry.link)
    }

    /// Every interface.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Link> {
        self.by_index.values().map(|entry| &entry.link)
    }

    /// What the interface `index` is called.
    pub(super) fn name_of(&self, index: u32) -> Option<&str> {
        self.by_index.get(&index).map(|entry| entry.name.as_str())
    }

    /// An interface has appeared or changed. A name that is new to us makes it a renamed one.
    ///
    /// Returns the names that stand for another interface now or for none, or whose interface has
    /// been set up or down.
    pub(super) fn update(&mut self, report: LinkReport) -> Vec<String> {
        let index = report.index;
        let mut changed = Vec::new();
        if !self.by_index.contains_key(&index) {
            if self.by_index.len() >= LINKS {
                return changed;
            }
            // A message that tells only part about an unknown interface: all will follow.
            let Some(name) = report.name.clone() else { return changed };
            let blank = Link {
                index,
                mac: None,
                mtu: 0,
                admin_up: false,
                running: false,
                is_loopback: false,
                kind: None,
                driver: None,
                addresses: Arc::default(),
                ipv6_forwarding: false,
                xdp: None,
            };
            self.by_name.insert(name.clone(), index);
            changed.push(name.clone());
            self.by_index.insert(index, Entry { name, link: blank, asked: false });
        }
        let Some(Entry { name, link, asked }) = self.by_index.get_mut(&index) else {
            return changed;
        };
        if let Some(new) = report.name.filter(|new| new != name) {
            let old = std::mem::replace(name, new.clone());
            // In a swap the old name may already be another's.
            if self.by_name.get(&old) == Some(&index) {
                self.by_name.remove(&old);
            }
            self.by_name.insert(new.clone(), index);
            changed.extend([old, new]);
            // That is asked for by name, which may have been out of date then.
            *asked = false;
        }
        let admin_up = report.flags.contains(LinkFlags::Up);
        if std::mem::replace(&mut link.admin_up, admin_up) != admin_up {
            changed.push(name.clone());
        }
        link.running = report.flags.contains(LinkFlags::Running);
        link.is_loopback = report.flags.contains(LinkFlags::Loopback);
        if let Some(mac) = report.mac {
            link.mac = Some(mac);
        }
        if let Some(mtu) = report.mtu {
            link.mtu = mtu;
        }
        if let Some(kind) = report.kind {
            link.kind = Some(kind);
        }
        match report.xdp {
            XdpReport::Unmentioned => {}
            XdpReport::Detached => link.xdp = None,
            XdpReport::Attached(xdp) => link.xdp = Some(xdp),
        }
        changed
    }

    /// An interface is gone. Returns its name.
    pub(super) fn remove(&mut self, index: u32) -> Option<String> {
        let Entry { name, .. } = self.by_index.remove(&index)?;
        if self.by_name.get(&name) == Some(&index) {
            self.by_name.remove(&name);
        }
        Some(name)
    }

    /// An address has appeared or changed. It is placed where the kernel places it. IPv4
    /// (`__inet_insert_ifa`): secondaries last, a primary behind the last primary whose scope
    /// number is not smaller than its own. IPv6 (`ipv6_link_dev_addr`): before the first whose
    /// scope is not wider.
    pub(super) fn add_address(&mut self, index: u32, address: InterfaceAddress) {
        let Some(Entry { link, .. }) = self.by_index.get_mut(&index) else { return };
        let addresses = Arc::make_mut(&mut link.addresses);
        if let Some(known) = addresses.iter_mut().find(|known| known.is_same(&address)) {
            if known.secondary == address.secondary {
                *known = address;
                return;
            }
            addresses.retain(|known| !known.is_same(&address));
        }
        if addresses.len() >= ADDRESSES {
            return;
        }
        let ipv6 = addresses.iter().position(|other| other.address.is_ipv6());
        let (ipv4, ipv6) = addresses.split_at(ipv6.unwrap_or(addresses.len()));
        let place = match address.address {
            IpAddr::V4(_) if address.secondary => ipv4.len(),
            IpAddr::V4(_) => ipv4
                .iter()
                .rposition(|other| !other.secondary && address.scope <= other.scope)
                .map_or(0, |last| last + 1),
            // The wider the scope, the smaller its number in rtnetlink.
            IpAddr::V6(_) => {
                let behind = ipv6.iter().position(|other| address.scope <= other.scope);
                ipv4.len() + behind.unwrap_or(ipv6.len())
            }
        };
        addresses.insert(place, address);
    }

    /// An address from a listing, which is in the kernel's order already.
    pub(super) fn append_address(&mut self, index: u32, address: InterfaceAddress) {
        if let Some(Entry { link, .. }) = self.by_index.get_mut(&index)
            && link.addresses.len() < ADDRESSES
        {
            Arc::make_mut(&mut link.addresses).push(address);
        }
    }

    /// Forwarding of IPv6 has been switched on or off, or was so all along.
    pub(super) fn set_ipv6_forwarding(&mut self, index: u32, forwarding: bool) {
        if let Some(Entry { link, .. }) = self.by_index.get_mut(&index) {
            link.ipv6_forwarding = forwarding;
        }
    }

    /// An address is gone.
    pub(super) fn remove_address(&mut self, index: u32, address: &InterfaceAddress) {
        if let Some(Entry { link, .. }) = self.by_index.get_mut(&index) {
            Arc::make_mut(&mut link.addresses).retain(|known| !known.is_same(address));
        }
    }
}

#[cfg(test)]
mod tests;
