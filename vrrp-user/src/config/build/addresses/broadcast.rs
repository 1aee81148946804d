//! `brd`: the broadcast address of an address.

use std::net::{IpAddr, Ipv4Addr};

use super::super::Builder;
use crate::config::{Code, Diagnostic, lexer::Word, model::VirtualAddress};

/// How the broadcast address is asked for.
#[derive(Clone, Copy)]
pub(super) enum Broadcast {
    Address(Ipv4Addr),
    /// `+`: the host bits are ones.
    Ones,
    /// `-`: the host bits are zeros.
    Zeros,
}

impl Builder<'_> {
    /// The word after `brd`; `None` if keepalived skips the address for it.
    pub(super) fn broadcast(&mut self, word: &Word<'_>) -> Option<Broadcast> {
        match &*word.text {
            "+" => Some(Broadcast::Ones),
            "-" => Some(Broadcast::Zeros),
            other => {
                let Ok(address) = other.parse() else {
                    let what = format!(
                        "{} is no broadcast address",
                        crate::config::diagnostics::quoted(other)
                    );
                    self.address_skipped(word.span, what, "write `+`, `-` or an IPv4 address");
                    return None;
                };
                Some(Broadcast::Address(address))
            }
        }
    }

    /// What it comes to for `address`, whose other options are known.
    pub(super) fn settle_broadcast(
        &mut self,
        broadcast: Broadcast,
        word: &Word<'_>,
        address: &VirtualAddress,
    ) -> Option<Ipv4Addr> {
        if address.peer.is_some() {
            self.sink.push(
                Diagnostic::error(
                    Code::BadAddressOption,
                    word.span,
                    "an address with a `peer` has no broadcast address",
                )
                .label("ignored")
                .help("remove one of them")
                .note("keepalived ignores it too"),
            );
            return None;
        }
        let host_bits = u32::MAX.checked_shr(address.prefix_length.into()).unwrap_or(0);
        let IpAddr::V4(own) = address.address else { return None };
        let own = own.to_bits();
        let bits = match broadcast {
            Broadcast::Address(address) => return Some(address),
            Broadcast::Ones => own | host_bits,
            Broadcast::Zeros => own & !host_bits,
        };
        if address.prefix_length >= 31 {
            self.sink.push(
                Diagnostic::warning(
                    Code::BadAddressOption,
                    word.span,
                    format!("a /{} has no broadcast address", address.prefix_length),
                )
                .label("ignored")
                .help("give the address its subnet's prefix length, such as `/24`"),
            );
            return None;
        }
        Some(Ipv4Addr::from_bits(bits))
    }
}
