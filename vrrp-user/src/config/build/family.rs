//! The family of an instance, and what has to be of it: advertised addresses, version, source.

use std::net::IpAddr;

use super::{Builder, globals::Globals, instance::Draft};
use crate::{
    config::{Code, Diagnostic, Span},
    protocol::{Family, Version},
};

/// Whether an IPv6 address is link-local; every IPv4 address passes.
pub(super) const fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(_) => true,
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

/// An address of another family than its instance; `fate` is what becomes of it.
pub(super) fn other_family(address: IpAddr, span: Span, family: Family, fate: &str) -> Diagnostic {
    let other = Family::of(address);
    let message = format!("{address} is {other}, and this instance speaks {family}");
    Diagnostic::error(Code::AddressFamily, span, message).label(fate)
}

impl Builder<'_> {
    /// IPv6 by `native_ipv6`; else that of the first advertised address. An instance without one
    /// has that of what else it says.
    pub(super) fn settle_family(draft: &Draft) -> Family {
        if draft.native_ipv6 {
            return Family::Ipv6;
        }
        let first = draft.addresses.first().map(|placed| placed.address.address);
        first
            .or(draft.source.map(|(address, _)| address))
            .or_else(|| draft.transport.some_address())
            .map_or(Family::Ipv4, Family::of)
    }

    /// Version 2 knows no IPv6.
    pub(super) fn settle_version(
        &mut self,
        draft: &Draft,
        globals: &Globals,
        family: Family,
    ) -> Version {
        match (family, draft.version) {
            (Family::Ipv4, version) => {
                version.map(|(version, _)| version).or(globals.version).unwrap_or(Version::V2)
            }
            (Family::Ipv6, Some((Version::V2, span))) => {
                self.sink.push(
                    Diagnostic::error(
                        Code::Ipv6Version,
                        span,
                        "VRRP version 2 cannot carry IPv6 addresses",
                    )
                    .label("ignored")
                    .help("write `version 3`, or leave it out")
                    .note("version 3 is used"),
                );
                Version::V3
            }
            (Family::Ipv6, _) => Version::V3,
        }
    }

    /// Leaves out the addresses of the other family, as keepalived does.
    pub(super) fn keep_family(&mut self, draft: &mut Draft, family: Family) {
        draft.addresses.retain(|placed| {
            let address = placed.address.address;
            let fits = Family::of(address) == family;
            if !fits {
                self.sink.push(
                    other_family(address, placed.span, family, "skipped")
                        .help("move it to `virtual_ipaddress_excluded`, which takes either family")
                        .note("keepalived skips it too: an advert has addresses of one family"),
                );
            }
            fits
        });
    }

    /// RFC 9568 §5.2.9 asks for it, and keepalived mentions it; both elect a master without.
    pub(super) fn link_local_first(&mut self, draft: &Draft) {
        let Some(first) = draft.addresses.first() else {
            return;
        };
        if is_link_local(first.address.address) {
            return;
        }
        self.sink.push(
            Diagnostic::warning(
                Code::LinkLocal,
                first.span,
                format!("{} is not link-local, and comes first", first.address.address),
            )
            .help("put a link-local address such as `fe80::51` before it, on all nodes at once")
            .note(
                "RFC 9568 §5.2.9: hosts take the link-local address of the virtual router for \
                 their gateway; some routers discard adverts without it",
            ),
        );
    }

    /// The configured source of adverts, if it can be one.
    pub(super) fn settle_source(
        &mut self,
        draft: &Draft,
        family: Family,
        unicast: bool,
    ) -> Option<IpAddr> {
        let (address, span) = draft.source?;
        if Family::of(address) != family {
            self.sink.push(
                other_family(address, span, family, "ignored")
                    .help(format!("write an {family} address of the interface"))
                    .note("the interface's own address is used"),
            );
            return None;
        }
        if !unicast && !is_link_local(address) {
            self.sink.push(
                Diagnostic::warning(
                    Code::LinkLocal,
                    span,
                    format!("{address} is not link-local, and the source of IPv6 adverts"),
                )
                .help("write a link-local address of the interface, or leave the line out")
                .note("RFC 9568 §5.1.2.1: routers other than keepalived may discard the adverts"),
            );
        }
        Some(address)
    }
}
