//! An interface in use: its sockets, its hook, and what adverts leave it with.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    net::IpAddr,
};

use crate::{
    dataplane::Hook,
    election::FaultReason,
    net::{Link, Membership, PacketSocket},
};

/// What is open on an interface. It goes when the interface goes, or comes back as another.
#[derive(Debug)]
pub(super) struct Port {
    pub(super) link: Link,
    pub(super) socket: PacketSocket,
    memberships: BTreeMap<IpAddr, Membership>,
    pub(super) hook: Hook,
}

impl Port {
    /// Opens the socket. The hook is attached by the caller.
    pub(super) fn open(link: Link, hook: Hook) -> io::Result<Self> {
        let socket = PacketSocket::open(link.index)?;
        Ok(Self { link, socket, memberships: BTreeMap::new(), hook })
    }

    /// Joins what is missing and leaves what is not wanted any more. The NIC's filter and snooping
    /// switches want a member, whoever reads the adverts.
    pub(super) fn join(&mut self, groups: &BTreeSet<IpAddr>) -> io::Result<()> {
        self.memberships.retain(|group, _| groups.contains(group));
        for &group in groups {
            if !self.memberships.contains_key(&group) {
                self.memberships.insert(group, Membership::join(self.link.index, group)?);
            }
        }
        Ok(())
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
/// interface's own that is also virtual, which an owner has.
pub(super) fn source_address(
    link: &Link,
    virtual_addresses: &BTreeSet<(IpAddr, u8)>,
    owner: bool,
) -> Option<Source> {
    const OWNED: u8 = 3;
    link.addresses
        .iter()
        .filter(|address| address.address.is_ipv4())
        .filter_map(|address| {
            let is_placed = virtual_addresses.contains(&(address.address, address.prefix_length));
            let is_virtual =
                || virtual_addresses.iter().any(|(other, _)| *other == address.address);
            let rank = match () {
                () if is_placed && !owner => return None,
                () if is_placed => OWNED,
                () if is_virtual() => 2,
                () => u8::from(address.secondary),
            };
            Some((rank, address.address))
        })
        .min_by_key(|(rank, _)| *rank)
        .map(|(rank, address)| Source { address, is_owned: rank == OWNED })
}

/// Why a link cannot carry adverts, if it cannot.
pub(super) fn fault(link: Option<&Link>, source: Option<IpAddr>) -> Option<FaultReason> {
    match (link, source) {
        (None, _) => Some(FaultReason::InterfaceMissing),
        (Some(link), _) if !link.admin_up || !link.running => Some(FaultReason::InterfaceDown),
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
                .collect(),
            ipv6_forwarding: false,
            xdp: None,
        }
    }

    #[test]
    fn adverts_leave_from_the_interface_s_own_address() {
        let vip = |prefix| BTreeSet::from([(IpAddr::from([10, 0, 0, 70]), prefix)]);
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
                source_address(&link(addresses), &vip(prefix), owner)
                    .map(|source| (source.address, source.is_owned)),
                last.map(|(last, is_owned)| (IpAddr::from([10, 0, 0, last]), is_owned)),
                "{addresses:?} /{prefix} {owner}"
            );
        }
    }
}
