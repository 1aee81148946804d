//! Putting addresses on interfaces and taking them off.

use std::{net::IpAddr, time::Duration};

use nix::errno::Errno;
use rtnetlink::{
    packet_core::{NLM_F_CREATE, NLM_F_EXCL},
    packet_route::{
        AddressFamily, RouteNetlinkMessage,
        address::{AddressAttribute, AddressFlags, AddressMessage, CacheInfo},
    },
};

use super::{
    super::error::{AddressError, RequestError},
    Added, Requests,
};
use crate::config::model::{self, Preferred, VirtualAddress};

/// `INFINITY_LIFE_TIME`, in seconds.
const FOREVER: u32 = u32::MAX;

/// Puts addresses on interfaces and takes them off. What [`super::super::claims`] needs of the kernel.
pub(in super::super) trait Addresses {
    /// Puts `address` on the interface `index`.
    async fn add(&mut self, index: u32, address: &VirtualAddress) -> Result<Added, AddressError>;
    /// Takes `address` off the interface `index`. If it shares its subnet with others, those stay.
    async fn remove(
        &mut self,
        index: u32,
        address: &VirtualAddress,
        is_shared: bool,
    ) -> Result<Removed, AddressError>;
}

/// How an address came not to be on an interface.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in super::super) enum Removed {
    /// It has just been taken off.
    Now,
    /// It was not there.
    Absent,
}

impl Addresses for Requests {
    async fn add(&mut self, index: u32, address: &VirtualAddress) -> Result<Added, AddressError> {
        let mut message = message(index, address);
        message.attributes.extend(address.broadcast.map(AddressAttribute::Broadcast));
        message.attributes.extend(address.label.clone().map(AddressAttribute::Label));
        message.attributes.extend(lifetime(address));
        message.attributes.extend(flags(address));
        let request = RouteNetlinkMessage::NewAddress(message);
        match self.ask(request, NLM_F_CREATE | NLM_F_EXCL).await {
            Ok(()) => Ok(Added::New),
            Err(RequestError::Refused { errno: Errno::EEXIST, .. }) => Ok(Added::Existing),
            Err(RequestError::Refused { errno: Errno::EACCES, .. })
                if address.address.is_ipv6() =>
            {
                Err(AddressError::Ipv6Disabled)
            }
            Err(RequestError::Refused { errno: Errno::EOPNOTSUPP, .. })
                if address.address.is_ipv6() =>
            {
                Err(AddressError::NoIpv6)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn remove(
        &mut self,
        index: u32,
        address: &VirtualAddress,
        is_shared: bool,
    ) -> Result<Removed, AddressError> {
        // Whatever its label: the kernel would insist on one that is mentioned.
        let request = RouteNetlinkMessage::DelAddress(message(index, address));
        let is_promoting = is_shared && self.start_promoting(index).await;
        let verdict = self.ask(request, 0).await;
        if is_promoting {
            self.stop_promoting(index).await;
        }
        match verdict {
            Ok(()) => Ok(Removed::Now),
            Err(RequestError::Refused { errno: Errno::EADDRNOTAVAIL, .. }) => Ok(Removed::Absent),
            // The interface, or the kernel, has no IPv6.
            Err(RequestError::Refused { errno: Errno::ENXIO | Errno::EOPNOTSUPP, .. })
                if address.address.is_ipv6() =>
            {
                Ok(Removed::Absent)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// `address` on the interface `index`.
fn message(index: u32, address: &VirtualAddress) -> AddressMessage {
    let mut message = AddressMessage::default();
    message.header.index = index;
    message.header.prefix_len = address.prefix_length;
    message.header.family = match address.address {
        IpAddr::V4(_) => AddressFamily::Inet,
        IpAddr::V6(_) => AddressFamily::Inet6,
    };
    if address.address.is_ipv4() {
        message.header.scope = address.scope.into();
    }
    let remote = address.peer.unwrap_or(address.address);
    message.attributes =
        vec![AddressAttribute::Address(remote), AddressAttribute::Local(address.address)];
    message
}

/// How long the kernel may choose `address` as a source of its own accord, if not for ever; by
/// default never when it is a single one of IPv6, which comes and goes.
fn lifetime(address: &VirtualAddress) -> Option<AddressAttribute> {
    let Preferred::For(span) = address.preferred() else { return None };
    let mut lifetime = CacheInfo::default();
    lifetime.ifa_preferred = seconds(span);
    lifetime.ifa_valid = FOREVER;
    address.address.is_ipv6().then_some(AddressAttribute::CacheInfo(lifetime))
}

fn seconds(span: Duration) -> u32 {
    span.as_secs().try_into().unwrap_or(FOREVER)
}

fn flags(address: &VirtualAddress) -> Option<AddressAttribute> {
    let model::AddressFlags { home, check_duplicates, temporaries, no_prefix_route, auto_join } =
        address.flags;
    // The other masters, ourselves a moment ago among them, would fail the check for uniqueness,
    // and it would take a second.
    let is_taken_for_unique = address.address.is_ipv6() && !check_duplicates;
    let flags = [
        (home, AddressFlags::Homeaddress),
        (is_taken_for_unique, AddressFlags::Nodad),
        (temporaries, AddressFlags::Managetempaddr),
        (no_prefix_route, AddressFlags::Noprefixroute),
        (auto_join, AddressFlags::Mcautojoin),
    ]
    .into_iter()
    .filter(|(is_set, _)| *is_set)
    .fold(AddressFlags::empty(), |flags, (_, flag)| flags | flag);
    (!flags.is_empty()).then_some(AddressAttribute::Flags(flags))
}

#[cfg(test)]
mod tests;
