//! Addresses as the maps hold them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use vrrp_ebpf::abi::{Address, FAMILY_IPV4, FAMILY_IPV6, from_ipv4};

use crate::protocol::Family;

/// An address for a map.
#[must_use]
pub fn to_abi(address: IpAddr) -> Address {
    match address {
        IpAddr::V4(address) => from_ipv4(address.octets()),
        IpAddr::V6(address) => address.octets(),
    }
}

/// An address from a map.
#[must_use]
pub fn from_abi(address: Address, family: Family) -> IpAddr {
    match (family, address) {
        (Family::Ipv4, [a, b, c, d, ..]) => Ipv4Addr::new(a, b, c, d).into(),
        (Family::Ipv6, octets) => Ipv6Addr::from(octets).into(),
    }
}

/// A family for a map's key.
#[must_use]
pub(super) const fn family_to_abi(family: Family) -> u8 {
    match family {
        Family::Ipv4 => FAMILY_IPV4,
        Family::Ipv6 => FAMILY_IPV6,
    }
}

/// A family from an event.
#[must_use]
pub const fn family_from_abi(family: u8) -> Option<Family> {
    match family {
        FAMILY_IPV4 => Some(Family::Ipv4),
        FAMILY_IPV6 => Some(Family::Ipv6),
        _ => None,
    }
}
