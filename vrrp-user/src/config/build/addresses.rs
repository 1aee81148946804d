//! `virtual_ipaddress`, `virtual_ipaddress_excluded` and `static_ipaddress`: one address per line.

mod broadcast;
mod options;

use std::net::IpAddr;

use super::{Builder, numbers::integer, unicast::is_host};
use crate::{
    config::{
        Code, Diagnostic, Span, diagnostics::quoted, lexer::Word, model::VirtualAddress,
        parser::Statement,
    },
    protocol::Family,
};

/// An address and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) address: VirtualAddress,
    pub(super) span: Span,
    /// `use_vmac` after it.
    pub(super) virtual_mac: Option<Span>,
    /// `track_group` after it, with the name.
    pub(super) track_group: Option<(String, Span)>,
}

/// Whose addresses the lines are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Whose {
    /// A virtual router's.
    Router,
    /// The node's, by `static_ipaddress`.
    Node,
}

impl Builder<'_> {
    pub(super) fn addresses(&mut self, block: &[Statement<'_>], whose: Whose) -> Vec<Placed> {
        block.iter().filter_map(|statement| self.address_line(statement, whose)).collect()
    }

    fn address_line(&mut self, statement: &Statement<'_>, whose: Whose) -> Option<Placed> {
        self.no_block(statement);
        let word = &statement.keyword;
        let (address, length) = match word.text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (&*word.text, None),
        };
        let address = self.virtual_address(address, word)?;
        let prefix_length = match length {
            None => Family::of(address).bits(),
            Some(length) => self.prefix_length(length, Family::of(address), word),
        };
        let address = VirtualAddress::new(address, prefix_length);
        let given = self.address_options(statement, address, length.is_some(), whose)?;
        let virtual_mac = statement.words.iter().find(|option| option.text == "use_vmac");
        let virtual_mac = virtual_mac.map(|option| option.span);
        let (address, track_group) = given;
        Some(Placed { address, span: word.span, virtual_mac, track_group })
    }

    fn virtual_address(&mut self, text: &str, word: &Word<'_>) -> Option<IpAddr> {
        let address = text.parse::<IpAddr>().ok().filter(|address| is_host(*address));
        if address.is_none() {
            self.sink.push(
                Diagnostic::error(
                    Code::BadAddress,
                    word.span,
                    format!("{} is no address for an interface", quoted(&word.text)),
                )
                .label("skipped")
                .help("write one address per line, such as `10.0.0.70/24` or `fd00::70/64`"),
            );
        }
        address
    }

    fn prefix_length(&mut self, length: &str, family: Family, word: &Word<'_>) -> u8 {
        let most = family.bits();
        match integer(length, &(0..=most.into())) {
            Ok(length) => u8::try_from(length).unwrap_or(most),
            Err(error) => {
                let range = format!("0 to {most} after the `/`");
                let note = format!("{most} is used, as keepalived does");
                self.bad_number(word, error, &range, &note);
                most
            }
        }
    }
}
