//! `virtual_ipaddress` and `virtual_ipaddress_excluded`: one address per line.

use std::net::{IpAddr, Ipv4Addr};

use super::{Builder, numbers::integer, unicast::is_host};
use crate::{
    config::{
        Code, Diagnostic, Span,
        diagnostics::quoted,
        keywords::{self, Context},
        lexer::Word,
        model::VirtualAddress,
        parser::Statement,
    },
    protocol::Family,
};

/// The kernel's `IFNAMSIZ` less the terminating zero.
const LONGEST_LABEL: usize = 15;

/// An address and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) address: VirtualAddress,
    pub(super) span: Span,
    /// `use_vmac` after it.
    pub(super) virtual_mac: Option<Span>,
}

/// How the broadcast address is asked for.
#[derive(Clone, Copy)]
enum Broadcast {
    Address(Ipv4Addr),
    /// `+`: the host bits are ones.
    Ones,
    /// `-`: the host bits are zeros.
    Zeros,
}

impl Builder<'_> {
    pub(super) fn addresses(&mut self, block: &[Statement<'_>]) -> Vec<Placed> {
        block.iter().filter_map(|statement| self.address_line(statement)).collect()
    }

    fn address_line(&mut self, statement: &Statement<'_>) -> Option<Placed> {
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
        let mut result = VirtualAddress {
            address,
            prefix_length,
            device: None,
            scope: 0,
            label: None,
            broadcast: None,
        };
        self.options(statement, &mut result)?;
        let virtual_mac = statement.words.iter().find(|option| option.text == "use_vmac");
        let virtual_mac = virtual_mac.map(|option| option.span);
        Some(Placed { address: result, span: word.span, virtual_mac })
    }

    fn virtual_address(&mut self, text: &str, word: &Word<'_>) -> Option<IpAddr> {
        let address = text.parse::<IpAddr>().ok().filter(|address| is_host(*address));
        // An `include` here has its error from the pass over the whole tree.
        if address.is_none() && !super::preflight::is_include(text) {
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

    /// Reads the words after the address. `None` if they make keepalived skip the address.
    fn options(&mut self, statement: &Statement<'_>, result: &mut VirtualAddress) -> Option<()> {
        let mut words = statement.words.iter();
        let mut broadcast = None;
        while let Some(option) = words.next() {
            match &*option.text {
                "dev" => {
                    let value = self.option_value(option, words.next())?;
                    result.device = Some(self.interface_name(value)?);
                }
                "scope" => {
                    let value = self.option_value(option, words.next())?;
                    if let Some(scope) = self.scope(value)
                        && self.is_for_ipv4(option, result)
                    {
                        result.scope = scope;
                    }
                }
                "label" => {
                    let value = self.option_value(option, words.next())?;
                    let label = self.address_label(value)?;
                    result.label = self.is_for_ipv4(option, result).then_some(label);
                }
                "brd" | "broadcast" => {
                    let value = self.option_value(option, words.next())?;
                    if result.address.is_ipv6() {
                        let what = format!("{} has no broadcast address", result.address);
                        self.address_skipped(option.span, what, "remove it: IPv6 has none");
                        return None;
                    }
                    broadcast = Some((self.broadcast(value)?, value));
                }
                "peer" | "preferred_lft" | "track_group" => {
                    self.not_done_word(Context::Address, option, false);
                    self.option_value(option, words.next())?;
                }
                _ => self.other_option(option),
            }
        }
        if let Some((broadcast, value)) = broadcast {
            result.broadcast = self.settle_broadcast(broadcast, value, result);
        }
        Some(())
    }

    /// The kernel goes by the address alone over IPv6.
    fn is_for_ipv4(&mut self, option: &Word<'_>, address: &VirtualAddress) -> bool {
        let yes = address.address.is_ipv4();
        if !yes {
            self.sink.push(
                Diagnostic::warning(
                    Code::BadAddressOption,
                    option.span,
                    format!("{} is for IPv4 addresses only", quoted(&option.text)),
                )
                .label("ignored")
                .help("remove it")
                .note("keepalived ignores it too"),
            );
        }
        yes
    }

    fn other_option(&mut self, option: &Word<'_>) {
        let address = option.text.split('/').next().unwrap_or_default();
        if address.parse::<IpAddr>().is_ok()
            && keywords::lookup(Context::Address, &option.text).is_none()
        {
            self.sink.push(
                Diagnostic::error(
                    Code::BadAddressOption,
                    option.span,
                    format!("{} is a second address on this line", quoted(&option.text)),
                )
                .label("ignored")
                .help("put it on a line of its own")
                .note("keepalived ignores it too"),
            );
        } else {
            self.not_done_word(Context::Address, option, false);
        }
    }

    fn option_value<'t, 's>(
        &mut self,
        option: &Word<'_>,
        value: Option<&'t Word<'s>>,
    ) -> Option<&'t Word<'s>> {
        if value.is_none() {
            let what = format!("{} needs a value", quoted(&option.text));
            self.address_skipped(option.span, what, "write the value after it");
        }
        value
    }

    fn address_skipped(&mut self, span: Span, what: String, help: &str) {
        self.sink.push(
            Diagnostic::error(Code::BadAddressOption, span, what)
                .help(help)
                .note("the whole address is skipped, as keepalived does"),
        );
    }

    /// A name or number of rtnetlink's scopes.
    fn scope(&mut self, word: &Word<'_>) -> Option<u8> {
        let number = match &*word.text {
            "global" => Some(0),
            "site" => Some(200),
            "link" => Some(253),
            "host" => Some(254),
            "nowhere" => Some(255),
            other => integer(other, &(0..=255)).ok().and_then(|number| u8::try_from(number).ok()),
        };
        if number.is_none() {
            self.sink.push(
                Diagnostic::error(
                    Code::BadAddressOption,
                    word.span,
                    format!("{} is no scope", quoted(&word.text)),
                )
                .label("ignored")
                .help(
                    "write `global`, `site`, `link`, `host`, `nowhere`, or a number from 0 to 255",
                ),
            );
        }
        number
    }

    fn address_label(&mut self, word: &Word<'_>) -> Option<String> {
        if word.text.is_empty() || word.text.len() > LONGEST_LABEL {
            let what = format!("the label {} has not 1 to 15 bytes", quoted(&word.text));
            self.address_skipped(word.span, what, "shorten it");
            return None;
        }
        Some(word.text.clone().into_owned())
    }

    fn broadcast(&mut self, word: &Word<'_>) -> Option<Broadcast> {
        match &*word.text {
            "+" => Some(Broadcast::Ones),
            "-" => Some(Broadcast::Zeros),
            other => {
                let Ok(address) = other.parse() else {
                    let what = format!("{} is no broadcast address", quoted(other));
                    self.address_skipped(word.span, what, "write `+`, `-` or an IPv4 address");
                    return None;
                };
                Some(Broadcast::Address(address))
            }
        }
    }

    fn settle_broadcast(
        &mut self,
        broadcast: Broadcast,
        word: &Word<'_>,
        address: &VirtualAddress,
    ) -> Option<Ipv4Addr> {
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
