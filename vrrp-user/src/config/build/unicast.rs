//! `unicast_peer` line by line, and the small keywords around it.

use std::net::IpAddr;

use super::{Builder, numbers::integer};
use crate::config::{
    Code, Diagnostic, Span, diagnostics::quoted, keywords::Context, lexer::Word,
    model::UnicastPeer, parser::Statement,
};

/// A line that names a peer.
pub(super) struct PeerLine {
    pub(super) peer: UnicastPeer,
    /// The address.
    pub(super) span: Span,
    /// Whether there is a TTL bound, which implies `check_unicast_src`.
    pub(super) bounded: bool,
}

impl Builder<'_> {
    /// A line of `unicast_peer`: an address and TTL bounds, which turn the source check on.
    pub(super) fn peer(&mut self, line: &Statement<'_>) -> Option<PeerLine> {
        self.no_block(line);
        let word = &line.keyword;
        let address = word.text.parse::<IpAddr>().ok();
        let Some(address) = address.filter(|address| is_host(*address)) else {
            self.sink.push(
                Diagnostic::error(
                    Code::BadAddress,
                    word.span,
                    format!("{} is no address of a peer", quoted(&word.text)),
                )
                .label("skipped")
                .help("write one address per line, such as `10.0.0.61`, without a length"),
            );
            return None;
        };
        let mut peer = UnicastPeer { address, min_ttl: 0, max_ttl: u8::MAX };
        let mut bounded = false;
        let mut words = line.words.iter();
        while let Some(option) = words.next() {
            let bound = match &*option.text {
                "min_ttl" => &mut peer.min_ttl,
                "max_ttl" => &mut peer.max_ttl,
                _ => {
                    self.other_peer_option(option);
                    continue;
                }
            };
            let Some(value) = words.next() else {
                let what = format!("{} needs a value", quoted(&option.text));
                self.peer_option(option.span, what, "write a number from 0 to 255 after it");
                continue;
            };
            match integer(&value.text, &(0..=255)) {
                Ok(number) => {
                    *bound = u8::try_from(number).unwrap_or(u8::MAX);
                    bounded = true;
                }
                Err(error) => self.bad_number(value, error, "0 to 255", "the bound is ignored"),
            }
        }
        if peer.min_ttl > peer.max_ttl {
            self.sink.push(
                Diagnostic::error(
                    Code::UnicastPeer,
                    line.span(),
                    format!("min_ttl {} is more than max_ttl {}", peer.min_ttl, peer.max_ttl),
                )
                .help("swap them")
                .note("every advert of this peer would be discarded, as in keepalived"),
            );
        }
        Some(PeerLine { peer, span: word.span, bounded })
    }

    fn other_peer_option(&mut self, option: &Word<'_>) {
        if option.text.parse::<IpAddr>().is_ok() {
            let what = format!("{} is a second address on this line", quoted(&option.text));
            self.peer_option(option.span, what, "put it on a line of its own");
        } else {
            self.not_done_word(Context::Peer, option, false);
        }
    }

    fn peer_option(&mut self, span: Span, what: String, help: &str) {
        self.sink.push(
            Diagnostic::error(Code::UnicastPeer, span, what)
                .label("ignored")
                .help(help)
                .note("keepalived ignores it too"),
        );
    }

    /// `unicast_ttl`.
    pub(super) fn ttl(&mut self, statement: &Statement<'_>) -> Option<u8> {
        let word = self.one_word(statement, "a number from 1 to 255")?;
        match integer(&word.text, &(1..=255)) {
            Ok(number) => u8::try_from(number).ok(),
            Err(error) => {
                self.bad_number(word, error, "1 to 255", "the line is ignored: 255 is used");
                None
            }
        }
    }

    /// `old_unicast_checksum`: how keepalived up to 1.3.6 made it.
    pub(super) fn old_checksum(&mut self, statement: &Statement<'_>) {
        if self.optional_word(statement).is_some_and(|word| &*word.text == "never") {
            return;
        }
        self.sink.push(
            Diagnostic::warning(
                Code::UnsupportedKeyword,
                statement.keyword.span,
                "`old_unicast_checksum` is not supported",
            )
            .label("ignored")
            .help("replace peers older than keepalived 1.3.7, and remove it on all nodes")
            .note("adverts are sent with the checksum of keepalived 1.3.7 and later"),
        );
    }
}

/// Whether something can have this address.
pub(super) fn is_host(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            !(address.is_unspecified() || address.is_multicast() || address.is_broadcast())
        }
        IpAddr::V6(address) => !(address.is_unspecified() || address.is_multicast()),
    }
}
