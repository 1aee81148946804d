//! The words after an address.

use std::{net::IpAddr, time::Duration};

use super::{super::Builder, Whose};
use crate::{
    config::{
        Code, Diagnostic, Span,
        build::numbers::integer,
        diagnostics::quoted,
        keywords::{self, Context},
        lexer::Word,
        model::{Preferred, VirtualAddress},
        parser::Statement,
    },
    protocol::Family,
};

/// The kernel's `IFNAMSIZ` less the terminating zero.
const LONGEST_LABEL: usize = 15;

/// An address with its options, and the name after `track_group`.
type Given = (VirtualAddress, Option<(String, Span)>);

impl Builder<'_> {
    /// Reads the words after `address`, which was written with a length or without. `None` if they
    /// make keepalived skip it.
    pub(super) fn address_options(
        &mut self,
        statement: &Statement<'_>,
        mut address: VirtualAddress,
        has_length: bool,
        whose: Whose,
    ) -> Option<Given> {
        let mut words = statement.words.iter();
        let (mut broadcast, mut track_group) = (None, None);
        while let Some(option) = words.next() {
            match &*option.text {
                "dev" => {
                    let value = self.option_value(option, words.next())?;
                    address.device = Some(self.interface_name(value)?);
                }
                "scope" => {
                    let value = self.option_value(option, words.next())?;
                    if let Some(scope) = self.scope(value)
                        && self.is_for(Family::Ipv4, option, &address)
                    {
                        address.scope = scope;
                    }
                }
                "label" => {
                    let value = self.option_value(option, words.next())?;
                    let label = self.address_label(value)?;
                    address.label = self.is_for(Family::Ipv4, option, &address).then_some(label);
                }
                "brd" | "broadcast" => {
                    let value = self.option_value(option, words.next())?;
                    if address.address.is_ipv6() {
                        let what = format!("{} has no broadcast address", address.address);
                        self.address_skipped(option.span, what, "remove it: IPv6 has none");
                        return None;
                    }
                    broadcast = Some((self.broadcast(value)?, value));
                }
                "peer" => {
                    let value = self.option_value(option, words.next())?;
                    self.other_end(value, &mut address, has_length);
                }
                "preferred_lft" => {
                    let value = self.option_value(option, words.next())?;
                    let preferred = self.preferred_lifetime(value);
                    if self.is_for(Family::Ipv6, option, &address) {
                        address.preferred = preferred.or(address.preferred);
                    }
                }
                "home" => address.flags.home = true,
                "-nodad" => {
                    address.flags.check_duplicates = self.is_for(Family::Ipv6, option, &address);
                }
                "mngtmpaddr" => address.flags.temporaries = true,
                "noprefixroute" => address.flags.no_prefix_route = true,
                "autojoin" => address.flags.auto_join = true,
                "no_track" => address.tracked = false,
                "track_group" if whose == Whose::Node => {
                    let value = self.option_value(option, words.next())?;
                    track_group = Some((value.text.clone().into_owned(), value.span));
                }
                "use_vmac" if whose == Whose::Router => {}
                "track_group" | "use_vmac" => self.option_of_others(option, whose),
                _ => self.other_option(option),
            }
        }
        if let Some((broadcast, value)) = broadcast {
            address.broadcast = self.settle_broadcast(broadcast, value, &address);
        }
        Some((address, track_group))
    }

    /// Whether the address is of the family that the kernel heeds the option in.
    fn is_for(&mut self, family: Family, option: &Word<'_>, address: &VirtualAddress) -> bool {
        let yes = Family::of(address.address) == family;
        if !yes {
            self.sink.push(
                Diagnostic::warning(
                    Code::BadAddressOption,
                    option.span,
                    format!("{} is for {family} addresses only", quoted(&option.text)),
                )
                .label("ignored")
                .help("remove it")
                .note("keepalived ignores it too"),
            );
        }
        yes
    }

    fn other_end(&mut self, word: &Word<'_>, address: &mut VirtualAddress, has_length: bool) {
        let (text, length) = match word.text.split_once('/') {
            Some((text, length)) => (text, Some(length)),
            None => (&*word.text, None),
        };
        let family = Family::of(address.address);
        let peer = text.parse::<IpAddr>().ok().filter(|peer| Family::of(*peer) == family);
        let Some(peer) = peer.filter(|_| address.peer.is_none()) else {
            let what = if address.peer.is_some() {
                "an address has one `peer` at most".to_owned()
            } else {
                format!("{} is no {family} address", quoted(text))
            };
            self.sink.push(
                Diagnostic::error(Code::BadAddressOption, word.span, what)
                    .label("ignored")
                    .help("write the address at the other end of the link")
                    .note("keepalived ignores it too"),
            );
            return;
        };
        if has_length {
            self.sink.push(
                Diagnostic::warning(
                    Code::BadAddressOption,
                    word.span,
                    "with a `peer` the length behind the address does not count",
                )
                .help("write the length behind the `peer`")
                .note("keepalived ignores it too"),
            );
        }
        address.peer = Some(peer);
        address.prefix_length = match length {
            Some(length) => self.prefix_length(length, family, word),
            None => family.bits(),
        };
    }

    fn preferred_lifetime(&mut self, word: &Word<'_>) -> Option<Preferred> {
        if word.text == "forever" {
            return Some(Preferred::Forever);
        }
        match integer(&word.text, &(0..=u32::MAX.into())) {
            Ok(seconds) => Some(Preferred::For(Duration::from_secs(seconds))),
            Err(error) => {
                let range = "0 to 4294967295 (seconds), or `forever`";
                self.bad_number(word, error, range, "it is ignored, as keepalived does");
                None
            }
        }
    }

    fn option_of_others(&mut self, option: &Word<'_>, whose: Whose) {
        let others = match whose {
            Whose::Router => "`static_ipaddress`",
            Whose::Node => "virtual addresses",
        };
        self.sink.push(
            Diagnostic::error(
                Code::BadAddressOption,
                option.span,
                format!("{} is for {others} only", quoted(&option.text)),
            )
            .label("ignored")
            .help("remove it")
            .note("keepalived ignores it too"),
        );
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

    pub(super) fn address_skipped(&mut self, span: Span, what: String, help: &str) {
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
}
