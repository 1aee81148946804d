//! The lists of addresses: each address once, and no more of them than an advert holds.

use std::collections::HashMap;

use vrrp_ebpf::wire::vrrp;

use super::{Builder, addresses::Placed, instance::Draft};
use crate::{
    config::{
        Code, Diagnostic, Span,
        diagnostics::quoted,
        model::{HmacMode, HmacSettings},
    },
    protocol::{Family, Version},
};

/// keepalived takes the Ethernet header off the MTU as well, and all nodes must come to the same
/// list.
const ETHERNET_HEADER: usize = 14;
const IPV4_HEADER: usize = 20;
const IPV6_HEADER: usize = 40;

/// The MTU that is reckoned with: the file does not say what the interface has.
const MTU: usize = 1500;

/// What `auth_hmac` puts behind them.
const HMAC_TRAILER: usize = 28;

/// How many addresses an advert holds.
pub(super) fn most_addresses(
    family: Family,
    version: Version,
    hmac: Option<&HmacSettings>,
) -> usize {
    let (ip_header, address) = match family {
        Family::Ipv4 => (IPV4_HEADER, 4),
        Family::Ipv6 => (IPV6_HEADER, 16),
    };
    let data = match version {
        Version::V2 => vrrp::AUTH_DATA_LENGTH,
        Version::V3 => 0,
    };
    let trailer = match hmac {
        Some(hmac) if hmac.mode != HmacMode::ReceiveOnly => HMAC_TRAILER,
        _ => 0,
    };
    let room = MTU - ETHERNET_HEADER - ip_header - vrrp::HEADER_LENGTH - data - trailer;
    (room / address).min(vrrp::MAX_ADDRESSES)
}

impl Builder<'_> {
    /// Leaves in `draft` what is held, the advertised ones fit for one advert.
    pub(super) fn settle_addresses(&mut self, draft: &mut Draft, most: usize) {
        let mut seen = HashMap::new();
        for list in [&mut draft.addresses, &mut draft.excluded] {
            list.retain(|placed| match seen.insert(placed.address.address, placed.span) {
                None => true,
                Some(first) => {
                    seen.insert(placed.address.address, first);
                    self.duplicate(placed, first);
                    false
                }
            });
        }
        if draft.addresses.is_empty() && !draft.no_addresses {
            self.sink.push(
                Diagnostic::fatal(
                    Code::NoAddress,
                    draft.name_span,
                    format!("instance {} has no virtual address", quoted(&draft.name)),
                )
                .help("add `virtual_ipaddress { … }` with an address on a line of its own")
                .note("`no_virtual_ipaddress` allows for none"),
            );
        }
        if draft.addresses.len() > most {
            let excess = draft.addresses.split_off(most);
            let span = excess.first().map_or(draft.name_span, |first| first.span);
            self.sink.push(
                Diagnostic::warning(
                    Code::TooManyAddresses,
                    span,
                    format!("an advert holds {most} addresses; {} are too many", excess.len()),
                )
                .label("from here on they are not advertised")
                .help("move them to `virtual_ipaddress_excluded`")
                .note("they are held as if they stood there, as keepalived does"),
            );
            draft.excluded.splice(0..0, excess);
        }
    }

    fn duplicate(&mut self, placed: &Placed, first: Span) {
        let line = self.line(first);
        self.sink.push(
            Diagnostic::warning(
                Code::DuplicateAddress,
                placed.span,
                format!("{} stands in this instance before", placed.address.address),
            )
            .label("ignored")
            .help("remove it")
            .note(format!("the first is on line {line}")),
        );
    }
}
