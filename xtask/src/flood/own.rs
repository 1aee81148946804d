//! The addresses of the interface that is sent on.

use std::net::{Ipv4Addr, Ipv6Addr};

use anyhow::{Context as _, Result};
use nix::{
    ifaddrs::getifaddrs,
    sys::socket::{LinkAddr, SockaddrIn, SockaddrIn6},
};

/// What an interface has.
#[derive(Debug, Default)]
pub(super) struct Own {
    pub(super) mac: [u8; 6],
    /// The first of them.
    pub(super) ipv4: Option<Ipv4Addr>,
    /// The link-local one, which adverts come from.
    pub(super) ipv6: Option<Ipv6Addr>,
}

/// Reads them, as the calling thread's namespace has them.
pub(super) fn addresses(interface: &str) -> Result<Own> {
    let mut own = Own::default();
    let mut mac = None;
    for entry in getifaddrs().context("listing interfaces")? {
        if entry.interface_name != interface {
            continue;
        }
        let Some(address) = entry.address else { continue };
        mac = mac.or_else(|| address.as_link_addr().and_then(LinkAddr::addr));
        own.ipv4 = own.ipv4.or_else(|| address.as_sockaddr_in().map(SockaddrIn::ip));
        let ipv6 = address.as_sockaddr_in6().map(SockaddrIn6::ip);
        own.ipv6 = own.ipv6.or(ipv6.filter(Ipv6Addr::is_unicast_link_local));
    }
    own.mac = mac.with_context(|| format!("there is no Ethernet interface {interface} here"))?;
    Ok(own)
}
