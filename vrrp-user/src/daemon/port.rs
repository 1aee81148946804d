//! An interface in use: its sockets, its hook, and what adverts leave it with.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    net::Ipv4Addr,
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
    memberships: BTreeMap<Ipv4Addr, Membership>,
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
    pub(super) fn join(&mut self, groups: &BTreeSet<Ipv4Addr>) -> io::Result<()> {
        self.memberships.retain(|group, _| groups.contains(group));
        for &group in groups {
            if !self.memberships.contains_key(&group) {
                self.memberships.insert(group, Membership::join(self.link.index, group)?);
            }
        }
        Ok(())
    }

    /// The hardware address to send from.
    pub(super) fn mac(&self) -> [u8; 6] {
        self.link.mac.unwrap_or_default()
    }
}

/// The address that adverts leave a link from: the first that is neither secondary nor one of
/// the virtual addresses.
pub(super) fn source_address(
    link: &Link,
    is_virtual: impl Fn(Ipv4Addr) -> bool,
) -> Option<Ipv4Addr> {
    link.addresses
        .iter()
        .filter(|address| !address.secondary && !is_virtual(address.address))
        .map(|address| address.address)
        .next()
}

/// Why a link cannot carry adverts, if it cannot.
pub(super) fn fault(link: Option<&Link>, source: Option<Ipv4Addr>) -> Option<FaultReason> {
    match (link, source) {
        (None, _) => Some(FaultReason::InterfaceMissing),
        (Some(link), _) if !link.admin_up || !link.running => Some(FaultReason::InterfaceDown),
        (Some(_), None) => Some(FaultReason::NoAddress),
        (Some(_), Some(_)) => None,
    }
}
