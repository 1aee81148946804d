//! Whom the adverts are sent to: `unicast_peer` and its companions, or a multicast group.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use vrrp_ebpf::wire::vrrp;

use super::{Builder, family::other_family, globals::Globals};
use crate::{
    config::{
        Code, Diagnostic, Span,
        diagnostics::quoted,
        lexer::Word,
        model::{Transport, Unicast, UnicastPeer},
        parser::Statement,
    },
    protocol::Family,
};

/// `ff02::12` (RFC 9568 §5.1.2.2).
const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12);

/// What a block says about where adverts go.
#[derive(Debug, Default)]
pub(super) struct TransportDraft {
    group: Option<(IpAddr, Span)>,
    peers: Vec<(UnicastPeer, Span)>,
    /// Whether `unicast_peer` has a line, be it wrong.
    any_line: bool,
    /// The first keyword that means unicast.
    pub(super) asked: Option<Span>,
    fault_without_peer: bool,
    ttl: Option<u8>,
    check_source: bool,
}

impl TransportDraft {
    /// Takes a statement. False if its keyword is none of these.
    pub(super) fn read(&mut self, statement: &Statement<'_>, builder: &mut Builder<'_>) -> bool {
        match &*statement.keyword.text {
            "mcast_dst_ip" => {
                self.group = builder.destination_group(statement).or(self.group);
                return true;
            }
            "unicast_peer" => {
                builder.no_more_words(statement, 0);
                for line in builder.block(statement).unwrap_or_default() {
                    self.any_line = true;
                    let Some(line) = builder.peer(line) else {
                        continue;
                    };
                    self.check_source |= line.bounded;
                    self.peers.push((line.peer, line.span));
                }
            }
            "unicast_ttl" => self.ttl = builder.ttl(statement).or(self.ttl),
            "unicast_fault_no_peer" => {
                builder.bare(statement);
                self.fault_without_peer = true;
            }
            "check_unicast_src" => {
                builder.bare(statement);
                self.check_source = true;
            }
            "old_unicast_checksum" => builder.old_checksum(statement),
            _ => return false,
        }
        self.ask(statement);
        true
    }

    /// Notes that a statement means unicast.
    pub(super) fn ask(&mut self, statement: &Statement<'_>) {
        self.asked.get_or_insert(statement.keyword.span);
    }

    /// An address that tells the family where there is no virtual one.
    pub(super) fn some_address(&self) -> Option<IpAddr> {
        let peer = self.peers.first().map(|(peer, _)| peer.address);
        peer.or(self.group.map(|(group, _)| group))
    }

    /// Whether there is a peer of that family, so that adverts do not go to a group.
    pub(super) fn is_unicast(&self, family: Family) -> bool {
        self.peers.iter().any(|(peer, _)| Family::of(peer.address) == family)
    }
}

impl Builder<'_> {
    /// Who gets the adverts; `source` is our own address, if it is configured.
    pub(super) fn settle_transport(
        &mut self,
        draft: &TransportDraft,
        globals: &Globals,
        family: Family,
        source: Option<IpAddr>,
    ) -> Transport {
        let peers = self.settle_peers(draft, family, source);
        if peers.is_empty() {
            self.no_peer(draft);
            return Transport::Multicast { group: self.settle_group(draft, globals, family) };
        }
        if let Some((_, span)) = draft.group {
            self.sink.push(
                Diagnostic::warning(
                    Code::NoEffect,
                    span,
                    "`mcast_dst_ip` has no effect with `unicast_peer`",
                )
                .label("ignored")
                .help("remove one of them")
                .note("keepalived ignores it too"),
            );
        }
        Transport::Unicast(Unicast {
            peers,
            ttl: draft.ttl.unwrap_or(vrrp::TTL),
            check_source: draft.check_source || globals.check_unicast_source,
        })
    }

    fn settle_peers(
        &mut self,
        draft: &TransportDraft,
        family: Family,
        source: Option<IpAddr>,
    ) -> Vec<UnicastPeer> {
        let mut peers: Vec<UnicastPeer> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for &(peer, span) in &draft.peers {
            let address = peer.address;
            if Family::of(address) != family {
                self.sink.push(
                    other_family(address, span, family, "skipped")
                        .help(format!("write the {family} address of that node"))
                        .note("keepalived skips it too"),
                );
            } else if source == Some(address) {
                self.sink.push(
                    Diagnostic::warning(
                        Code::UnicastPeer,
                        span,
                        format!("{address} is this node itself, by its source address"),
                    )
                    .label("left out")
                    .help("name the other nodes only"),
                );
            } else if seen.insert(address) {
                peers.push(peer);
            } else {
                self.sink.push(
                    Diagnostic::warning(
                        Code::UnicastPeer,
                        span,
                        format!("{address} is a peer already"),
                    )
                    .label("ignored")
                    .help("remove it, or its first line if the bounds of that one are wrong"),
                );
            }
        }
        peers
    }

    /// Unicast was asked for, and there is nobody to send to.
    fn no_peer(&mut self, draft: &TransportDraft) {
        let Some(span) = draft.asked else {
            return;
        };
        let what = "unicast is asked for, and there is no peer";
        let help = "name the other nodes: `unicast_peer { ADDRESS … }`, one on each line";
        let diagnostic = if draft.any_line {
            Diagnostic::fatal(Code::NoPeer, span, what)
                .note("without a peer the adverts would go to the multicast group")
        } else if draft.fault_without_peer {
            Diagnostic::fatal(Code::NoPeer, span, what)
                .note("`unicast_fault_no_peer`: keepalived would never leave FAULT with this")
        } else {
            Diagnostic::warning(Code::NoPeer, span, what)
                .note("the adverts go to the multicast group, as keepalived sends them")
        };
        self.sink.push(diagnostic.help(help));
    }

    fn settle_group(
        &mut self,
        draft: &TransportDraft,
        globals: &Globals,
        family: Family,
    ) -> IpAddr {
        let default = match family {
            Family::Ipv4 => IpAddr::V4(globals.group_v4.unwrap_or(vrrp::GROUP.into())),
            Family::Ipv6 => IpAddr::V6(globals.group_v6.unwrap_or(GROUP_V6)),
        };
        match draft.group {
            Some((group, _)) if Family::of(group) == family => group,
            Some((group, span)) => {
                self.sink.push(
                    other_family(group, span, family, "ignored")
                        .help(format!("write an {family} group, the same on all nodes"))
                        .note(format!("{default} is used, as keepalived does")),
                );
                default
            }
            None => default,
        }
    }

    /// `mcast_dst_ip`.
    fn destination_group(&mut self, statement: &Statement<'_>) -> Option<(IpAddr, Span)> {
        let word = self.one_word(statement, "a multicast address")?;
        let group = word.text.parse::<IpAddr>().ok().filter(is_group);
        if group.is_none() {
            self.no_group(word, "a multicast group for adverts", "`224.0.0.18` or `ff02::12`");
        }
        group.map(|group| (group, word.span))
    }

    /// `vrrp_mcast_group4`.
    pub(super) fn group_v4(&mut self, statement: &Statement<'_>) -> Option<Ipv4Addr> {
        let word = self.one_word(statement, "an IPv4 multicast address")?;
        let group = word.text.parse::<Ipv4Addr>().ok().filter(Ipv4Addr::is_multicast);
        if group.is_none() {
            self.no_group(word, "an IPv4 multicast group", "`224.0.0.18`");
        }
        group
    }

    /// `vrrp_mcast_group6`.
    pub(super) fn group_v6(&mut self, statement: &Statement<'_>) -> Option<Ipv6Addr> {
        let word = self.one_word(statement, "an IPv6 multicast address")?;
        let group = word.text.parse::<Ipv6Addr>().ok().filter(Ipv6Addr::is_multicast);
        let Some(group) = group else {
            self.no_group(word, "an IPv6 multicast group", "`ff02::12`");
            return None;
        };
        if !is_group(&group.into()) {
            self.sink.push(
                Diagnostic::warning(
                    Code::LinkLocal,
                    word.span,
                    format!("the group {group} is not of link-local scope"),
                )
                .help("write a group that starts with `ff02:`, the same on all nodes")
                .note("routers may carry the adverts to other links"),
            );
        }
        Some(group)
    }

    fn no_group(&mut self, word: &Word<'_>, what: &str, example: &str) {
        self.sink.push(
            Diagnostic::error(
                Code::BadAddress,
                word.span,
                format!("{} is not {what}", quoted(&word.text)),
            )
            .label("ignored")
            .help(format!("write {example}, or another group, the same on all nodes"))
            .note("the line is ignored, as keepalived does"),
        );
    }
}

/// Whether keepalived would send adverts there: IPv6 groups must be of link-local scope.
fn is_group(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_multicast(),
        IpAddr::V6(address) => {
            let [first, ..] = address.segments();
            first & 0xff0f == 0xff02
        }
    }
}
