//! `use_vmac` and its companions: the MAC address of the virtual router, without an interface of its
//! own.

use super::{Builder, addresses::Placed};
use crate::config::{
    Code, Diagnostic, Span, diagnostics::quoted, keywords::Context, lexer::Word, parser::Statement,
};

/// What a block says about the virtual MAC address.
#[derive(Debug, Default)]
pub(super) struct VirtualMacDraft {
    /// `use_vmac`
    on: Option<Span>,
    /// `use_vmac_addr`
    for_addresses: Option<Span>,
    /// `vmac_xmit_base`
    from_interface: Option<Span>,
}

impl VirtualMacDraft {
    /// Takes a statement. False if its keyword is none of these.
    pub(super) fn read(&mut self, statement: &Statement<'_>, builder: &mut Builder<'_>) -> bool {
        match &*statement.keyword.text {
            "use_vmac" => {
                self.on = Some(statement.keyword.span);
                builder.virtual_mac_words(statement);
            }
            "use_vmac_addr" => {
                builder.bare(statement);
                self.for_addresses = Some(statement.keyword.span);
            }
            "vmac_xmit_base" => {
                builder.bare(statement);
                self.from_interface = Some(statement.keyword.span);
            }
            _ => return false,
        }
        true
    }
}

impl Builder<'_> {
    /// Whether the virtual MAC address is used. It goes for all addresses of the instance, on
    /// whatever interface they are.
    pub(super) fn settle_virtual_mac<'p>(
        &mut self,
        draft: &VirtualMacDraft,
        addresses: impl Iterator<Item = &'p Placed>,
        unicast: bool,
    ) -> bool {
        if let Some(on) = draft.on {
            self.advert_mac(on, draft.from_interface, unicast);
            return true;
        }
        let on_addresses = addresses.filter_map(|placed| placed.virtual_mac);
        for span in on_addresses.chain(draft.for_addresses) {
            self.sink.push(
                Diagnostic::warning(
                    Code::VirtualMac,
                    span,
                    "this has no effect without `use_vmac` in the instance",
                )
                .label("ignored")
                .help("add `use_vmac`, or remove this, on all nodes")
                .note("the addresses are announced with the MAC address of their interface"),
            );
        }
        if let Some(span) = draft.from_interface {
            self.sink.push(
                Diagnostic::warning(
                    Code::NoEffect,
                    span,
                    "`vmac_xmit_base` has no effect without `use_vmac`",
                )
                .label("ignored")
                .help("remove it"),
            );
        }
        false
    }

    /// Adverts to a group carry the virtual MAC address, adverts to peers that of the interface.
    fn advert_mac(&mut self, on: Span, from_interface: Option<Span>, unicast: bool) {
        match (from_interface, unicast) {
            (Some(span), false) => self.sink.push(
                Diagnostic::warning(
                    Code::NoEffect,
                    span,
                    "adverts to the group carry the virtual MAC address in any case",
                )
                .label("ignored")
                .help("remove it")
                .note("RFC 9568 §7.2; switches learn from them where the master is"),
            ),
            (None, true) => self.sink.push(
                Diagnostic::warning(
                    Code::VirtualMac,
                    on,
                    "adverts to peers carry the MAC address of the interface",
                )
                .help("add `vmac_xmit_base`, which says so and which keepalived needs here")
                .note("announcements and answers carry the virtual one"),
            ),
            (Some(_), true) | (None, false) => {}
        }
    }

    /// The words after `use_vmac`: about the interface that keepalived makes, or its MAC address.
    fn virtual_mac_words(&mut self, statement: &Statement<'_>) {
        self.no_block(statement);
        let mut words = statement.words.iter();
        while let Some(word) = words.next() {
            match &*word.text {
                mac if mac.contains(':') => self.own_mac(word),
                "netlink_notify_msg" => self.not_done_word(Context::VirtualMac, word, false),
                "group" => {
                    self.not_done_word(Context::VirtualMac, word, false);
                    if words.next().is_none() {
                        self.missing_word(word, "a group of interfaces");
                    }
                }
                "name" => match words.next() {
                    Some(name) => self.vmac_interface(name),
                    None => self.missing_word(word, "the name of an interface"),
                },
                _ => self.vmac_interface(word),
            }
        }
    }

    fn vmac_interface(&mut self, name: &Word<'_>) {
        self.sink.push(
            Diagnostic::warning(
                Code::VirtualMac,
                name.span,
                format!("no interface {} is made", quoted(&name.text)),
            )
            .label("ignored")
            .help("let scripts and firewall rules name the instance's interface instead")
            .note("the addresses are on that interface, and answer with the virtual MAC address"),
        );
    }

    fn own_mac(&mut self, word: &Word<'_>) {
        self.sink.push(
            Diagnostic::fatal(
                Code::UnsupportedWire,
                word.span,
                format!("the MAC address {} cannot be used", quoted(&word.text)),
            )
            .help("remove it, on all nodes: the address then follows from `virtual_router_id`")
            .note(
                "the virtual MAC address is 00:00:5e:00:01:VRID, over IPv6 00:00:5e:00:02:VRID \
                 (RFC 9568 §7.3); with another one on this node clients would lose the gateway \
                 at every failover",
            ),
        );
    }
}
