//! An interface in use: its sockets, its hook, and what adverts leave it with.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    io,
    net::IpAddr,
};

use super::interface::VirtualAddresses;
use crate::{
    config::model::VirtualAddress,
    dataplane::{Hook, Mode},
    election::FaultReason,
    net::{InterfaceAddress, Link, Membership, PacketSocket, UnicastFilter, UnicastSocket},
    protocol::Family,
};

/// What is open on an interface. It goes when the interface goes, or comes back as another.
#[derive(Debug)]
pub(super) struct Port {
    pub(super) link: Link,
    pub(super) socket: PacketSocket,
    memberships: BTreeMap<IpAddr, Membership>,
    /// The virtual hardware addresses that the NIC lets through.
    filters: BTreeMap<[u8; 6], UnicastFilter>,
    unicast: BTreeMap<Family, UnicastSocket>,
    pub(super) hook: Hook,
    /// What people have been told is not to be had on this interface.
    pub(super) told: Told,
}

/// What the routers on an interface need of it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Needs {
    /// Multicast groups.
    pub(super) groups: BTreeSet<IpAddr>,
    /// Virtual hardware addresses.
    pub(super) macs: BTreeSet<[u8; 6]>,
    /// Families in which adverts go to single peers.
    pub(super) unicast: BTreeSet<Family>,
    /// Whether packets to some virtual address are not to be accepted.
    pub(super) no_accept: bool,
}

/// What people have been told once.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    /// No virtual hardware addresses.
    pub(super) no_virtual_mac: bool,
    /// Packets are accepted that should not be.
    pub(super) accepts: bool,
}

/// What an interface could not give.
#[derive(Debug, thiserror::Error)]
pub(super) enum NeedError {
    /// Membership of a group: adverts may not arrive.
    #[error("cannot join {group}; adverts may not arrive: {source}")]
    Group {
        /// The group.
        group: IpAddr,
        /// The reason.
        source: io::Error,
    },
    /// A place in the NIC's filter: what is sent to the virtual addresses may not arrive.
    #[error("the interface does not take the virtual MAC address; packets may not arrive: {0}")]
    Mac(io::Error),
    /// A socket for unicast: nothing can be sent.
    #[error("cannot open a socket for unicast: {0}")]
    Unicast(io::Error),
}

impl Port {
    /// Opens the socket. The hook is attached by the caller.
    pub(super) fn open(link: Link, hook: Hook) -> io::Result<Self> {
        let socket = PacketSocket::open(link.index)?;
        Ok(Self {
            link,
            socket,
            memberships: BTreeMap::new(),
            filters: BTreeMap::new(),
            unicast: BTreeMap::new(),
            hook,
            told: Told::default(),
        })
    }

    /// Gets what is missing and gives back what is not needed any more. The NIC's filter and
    /// snooping switches want a member of a group, whoever reads the adverts.
    pub(super) fn provide(&mut self, needs: &Needs) -> Result<(), NeedError> {
        self.memberships.retain(|group, _| needs.groups.contains(group));
        self.filters.retain(|mac, _| needs.macs.contains(mac));
        self.unicast.retain(|family, _| needs.unicast.contains(family));
        // All of it is tried: what one lacks, the others need not.
        let mut outcome = Ok(());
        for &family in &needs.unicast {
            if let Entry::Vacant(place) = self.unicast.entry(family) {
                match UnicastSocket::open(family, self.link.index) {
                    Ok(socket) => drop(place.insert(socket)),
                    Err(source) => outcome = Err(NeedError::Unicast(source)),
                }
            }
        }
        for &group in &needs.groups {
            if let Entry::Vacant(place) = self.memberships.entry(group) {
                match Membership::join(self.link.index, group) {
                    Ok(membership) => drop(place.insert(membership)),
                    Err(source) => outcome = Err(NeedError::Group { group, source }),
                }
            }
        }
        for &mac in &needs.macs {
            if let Entry::Vacant(place) = self.filters.entry(mac) {
                match UnicastFilter::add(self.link.index, mac) {
                    Ok(filter) => drop(place.insert(filter)),
                    Err(source) => outcome = Err(NeedError::Mac(source)),
                }
            }
        }
        outcome
    }

    /// Sends an IP datagram to a peer.
    pub(super) fn send_unicast(&self, datagram: &[u8], to: IpAddr) -> io::Result<()> {
        let socket = self.unicast.get(&Family::of(to)).ok_or(io::ErrorKind::NotConnected)?;
        socket.send(datagram, to)
    }

    /// Whether frames to a virtual hardware address reach the kernel: the eBPF program re-addresses
    /// them. On veth in native mode it comes too late, since the sending end has marked them as
    /// somebody else's before.
    pub(super) fn readdresses(&self) -> bool {
        match self.hook.mode {
            Mode::Off => false,
            Mode::Native => self.link.kind.as_deref() != Some("veth"),
            Mode::Generic | Mode::Tc => true,
        }
    }

    /// Whether the interface has a virtual address in another network: its own, and not one that
    /// somebody has put there as this one.
    pub(super) fn has_as_its_own(&self, address: &VirtualAddress) -> bool {
        self.link.addresses.iter().any(|there| {
            there.address == address.address && there.prefix_length < address.prefix_length
        })
    }

    /// The hardware address to send from, while something can be sent.
    pub(super) fn sends_from(&self) -> Option<[u8; 6]> {
        (self.link.admin_up && self.link.running).then(|| self.mac())
    }

    /// The hardware address to send from.
    pub(super) fn mac(&self) -> [u8; 6] {
        self.link.mac.unwrap_or_default()
    }
}

/// The address that adverts leave a link from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Source {
    pub(super) address: IpAddr,
    /// It is a virtual address to the letter, mask length included, and there is no other: the
    /// interface's own address, of a router that owns it (RFC 9568 §1.7, "IP Address Owner").
    pub(super) is_owned: bool,
}

/// Chooses the first address that is not virtual, if possible one that is not secondary; else the
/// interface's own that is also virtual, which an owner has. Over IPv6 only link-local addresses
/// are sources (RFC 9568 §5.1.2.1).
pub(super) fn source_address(
    link: &Link,
    family: Family,
    virtual_addresses: &VirtualAddresses,
    owner: bool,
) -> Option<Source> {
    const OWNED: u8 = 3;
    let is_source = |address: &&InterfaceAddress| match address.address {
        IpAddr::V4(_) => family == Family::Ipv4,
        IpAddr::V6(own) => family == Family::Ipv6 && own.is_unicast_link_local() && address.usable,
    };
    link.addresses
        .iter()
        .filter(is_source)
        .filter_map(|address| {
            let is_placed =
                virtual_addresses.contains_key(&(address.address, address.prefix_length));
            let any_mask = (address.address, 0)..=(address.address, u8::MAX);
            let is_virtual = virtual_addresses.range(any_mask).next().is_some();
            let rank = match () {
                () if !owner && (is_placed || is_virtual) => return None,
                () if is_placed => OWNED,
                () if is_virtual => 2,
                () => u8::from(address.secondary),
            };
            Some((rank, address.address))
        })
        .min_by_key(|(rank, _)| *rank)
        .map(|(rank, address)| Source { address, is_owned: rank == OWNED })
}

/// Why a link cannot carry adverts, if it cannot. That it is down matters only if it `tracks_link`.
pub(super) fn fault(
    link: Option<&Link>,
    source: Option<IpAddr>,
    tracks_link: bool,
) -> Option<FaultReason> {
    let is_down = |link: &Link| tracks_link && !(link.admin_up && link.running);
    match (link, source) {
        (None, _) => Some(FaultReason::InterfaceMissing),
        (Some(link), _) if is_down(link) => Some(FaultReason::InterfaceDown),
        (Some(_), None) => Some(FaultReason::NoAddress),
        (Some(_), Some(_)) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::net::InterfaceAddress;

    fn link(addresses: &[(u8, u8, bool)]) -> Link {
        Link {
            index: 2,
            mac: None,
            mtu: 1500,
            admin_up: true,
            running: true,
            is_loopback: false,
            kind: None,
            driver: None,
            addresses: addresses
                .iter()
                .map(|&(last, prefix_length, secondary)| InterfaceAddress {
                    address: Ipv4Addr::new(10, 0, 0, last).into(),
                    peer: None,
                    prefix_length,
                    scope: 0,
                    secondary,
                    usable: true,
                })
                .collect::<Vec<_>>()
                .into(),
            ipv6_forwarding: false,
            xdp: None,
        }
    }

    #[test]
    fn adverts_leave_from_the_interface_s_own_address() {
        let vip = |prefix| {
            VirtualAddresses::from([((IpAddr::from([10, 0, 0, 70]), prefix), BTreeSet::new())])
        };
        for (addresses, prefix, owner, last) in [
            (&[(70, 32, false), (61, 24, false)][..], 32, false, Some((61, false))),
            // A virtual address may have come before the own one, which is then secondary.
            (&[(70, 24, false), (61, 24, true)], 24, false, Some((61, false))),
            (&[(70, 32, false)], 32, false, None),
            // The owner's, with the mask of its network, and with that of the file.
            (&[(70, 24, false)], 32, true, Some((70, false))),
            (&[(70, 24, false)], 24, true, Some((70, true))),
            (&[(70, 24, false), (61, 24, true)], 24, true, Some((61, false))),
            (&[], 32, true, None),
        ] {
            assert_eq!(
                source_address(&link(addresses), Family::Ipv4, &vip(prefix), owner)
                    .map(|source| (source.address, source.is_owned)),
                last.map(|(last, is_owned)| (IpAddr::from([10, 0, 0, last]), is_owned)),
                "{addresses:?} /{prefix} {owner}"
            );
        }
    }

    #[test]
    fn adverts_over_ipv6_leave_from_the_link_local_address() {
        let address = |text: &str, usable| InterfaceAddress {
            address: text.parse().unwrap(),
            peer: None,
            prefix_length: 64,
            scope: 253,
            secondary: false,
            usable,
        };
        let vip = VirtualAddresses::from([(("fe80::100".parse().unwrap(), 64), BTreeSet::new())]);
        for (addresses, expected) in [
            (&[("2001:db8::60", true), ("fe80::60", true)][..], Some("fe80::60")),
            // The virtual one has been put there before.
            (&[("fe80::100", true), ("fe80::60", true)], Some("fe80::60")),
            // Not yet known to be unique.
            (&[("fe80::60", false)], None),
            (&[("2001:db8::60", true)], None),
        ] {
            let addresses = addresses.iter().map(|&(text, usable)| address(text, usable));
            let addresses = addresses.collect::<Vec<_>>().into();
            let link = Link { addresses, ..link(&[(60, 24, false)]) };
            let source = source_address(&link, Family::Ipv6, &vip, false);
            assert_eq!(source.map(|source| source.address), expected.map(|it| it.parse().unwrap()));
        }
    }
}
