//! Strict mode, as far as it is done, and who takes packets to the virtual addresses.

use super::{Builder, instance::Draft};
use crate::{
    config::{Code, Diagnostic, Span, parser::Statement},
    protocol::{Priority, Version},
};

impl Builder<'_> {
    /// Says what strict mode means here, wherever it is turned on.
    pub(super) fn strict_is_partial(&mut self, statement: &Statement<'_>, on: bool) {
        if on {
            self.sink.push(
                Diagnostic::warning(
                    Code::StrictMode,
                    statement.keyword.span,
                    "strict mode is only done in part",
                )
                .note(
                    "as in keepalived, authentication is off, and packets to the virtual addresses \
                     are dropped but for `priority 255`; the checks of the protocol are not made",
                )
                .help("remove it: samples contain it, and few mean it"),
            );
        }
    }

    /// What strict mode takes back; keepalived resets it too.
    pub(super) fn strict_resets(&mut self, keyword: &str, span: Span) {
        self.sink.push(
            Diagnostic::warning(
                Code::StrictMode,
                span,
                format!("`{keyword}` has no effect in strict mode"),
            )
            .label("ignored")
            .help("remove it, or `vrrp_strict` and `strict_mode`, on all nodes")
            .note("keepalived ignores it too"),
        );
    }

    /// Strict mode knows no unicast; keepalived refuses the file where the interface has multicast.
    pub(super) fn strict_unicast(&mut self, span: Span) {
        self.sink.push(
            Diagnostic::error(Code::StrictMode, span, "there is no unicast in strict mode")
                .help("remove `vrrp_strict` and `strict_mode`, on all nodes")
                .note("keepalived does not start with this; here the peers are used"),
        );
    }

    /// Whether packets to the virtual addresses are for this node.
    pub(super) fn settle_accept(
        &mut self,
        draft: &Draft,
        priority: Priority,
        strict: bool,
        version: Version,
    ) -> bool {
        match draft.accept {
            Some((false, span)) if priority.is_owner() => {
                self.sink.push(
                    Diagnostic::warning(
                        Code::NoEffect,
                        span,
                        "`no_accept` has no effect with priority 255",
                    )
                    .label("ignored")
                    .help("remove it, or write a priority below 255")
                    .note("the owner always takes packets to its addresses (RFC 9568 §6.4.3)"),
                );
                true
            }
            _ if priority.is_owner() => true,
            Some((true, span)) if strict && version == Version::V2 => {
                self.strict_resets("accept", span);
                false
            }
            Some((accept, _)) => accept,
            None => !strict,
        }
    }
}
