//! Fills in the defaults of an instance and checks what its keywords mean together.

use std::net::IpAddr;

use super::{
    Builder,
    advertised::most_addresses,
    globals::Globals,
    instance::{Draft, Given},
    track::TrackLine,
};
use crate::{
    config::{
        Code, Diagnostic, Span,
        diagnostics::quoted,
        model::{Instance, Password, Transport, tracking::OwnTracks},
    },
    protocol::{Priority, Version},
};

/// An instance, and where the parts stand that no other instance may share.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) instance: Instance,
    pub(super) name_span: Span,
    pub(super) vrid_span: Span,
    /// `notify_priority_changes` of its own.
    pub(super) priority_changes: Option<bool>,
    /// One for every address, the advertised ones first.
    pub(super) address_spans: Vec<Span>,
    /// What it tracks, which is filled in when all of the file is known.
    pub(super) tracks: Vec<TrackLine>,
}

impl Builder<'_> {
    /// `None` if something is missing that has no default; that is reported.
    pub(super) fn settle(&mut self, mut draft: Draft, globals: &Globals) -> Option<Settled> {
        let family = Self::settle_family(&draft);
        let version = self.settle_version(&draft, globals, family);
        let priority = self.settle_priority(&draft);
        let advert_interval = self.settle_interval(&draft, version);
        let strict = draft.strict.unwrap_or(globals.strict);
        let hmac = self.settle_hmac(&draft, strict);
        let password = self.settle_password(&draft, strict, version);
        let preemption = self.settle_preemption(&draft, priority, strict);
        let late_below = self.settle_late(&draft, preemption);
        let down_adverts = self.settle_down_adverts(&draft, globals, strict);
        let accept = self.settle_accept(&draft, priority, strict, version);
        let garp = self.settle_garp(draft.garp, globals.garp, strict);
        let manners = self.settle_manners(draft.manners, globals.manners, priority, strict);
        let unicast = draft.transport.is_unicast(family);
        let source = self.settle_source(&draft, family, unicast);
        let tracks_source = self.settle_tracks_source(&draft, source);
        let transport = self.settle_transport(&draft.transport, globals, family, source);
        if unicast
            && strict
            && let Some(span) = draft.transport.asked
        {
            self.strict_unicast(span);
        }
        self.keep_family(&mut draft, family);
        self.settle_addresses(&mut draft, most_addresses(family, version, hmac.as_ref()));
        let placed = draft.addresses.iter().chain(&draft.excluded);
        let virtual_mac = self.settle_virtual_mac(&draft.virtual_mac, placed, unicast);
        if matches!(transport, Transport::Multicast { .. }) {
            self.link_local_first(&draft);
        }
        let interface = match draft.interface {
            Given::Yes(interface) => Some(interface),
            Given::Wrong => None,
            Given::No => self.no_interface(&draft),
        };
        let vrid = match draft.vrid {
            Given::Yes(vrid) => Some(vrid),
            Given::Wrong => None,
            Given::No => self.missing(&draft.name, draft.name_span, "virtual_router_id", "51"),
        };
        let (interface, (vrid, vrid_span)) = (interface?, vrid?);
        let spans = draft.addresses.iter().chain(&draft.excluded).map(|placed| placed.span);
        Some(Settled {
            name_span: draft.name_span,
            vrid_span,
            priority_changes: draft.notify.priority_changes(),
            address_spans: spans.collect(),
            tracks: draft.tracks,
            instance: Instance {
                name: draft.name,
                interface,
                vrid,
                version,
                family,
                priority,
                advert_interval,
                password,
                hmac,
                preemption,
                source,
                transport,
                pseudo_header: !draft.checksum_as_v2.unwrap_or(globals.checksum_as_v2),
                virtual_mac,
                accept,
                down_adverts,
                late_below,
                addresses: draft.addresses.into_iter().map(|placed| placed.address).collect(),
                excluded: draft.excluded.into_iter().map(|placed| placed.address).collect(),
                routing: draft.routing,
                promote_secondaries: draft.promote_secondaries,
                garp,
                manners,
                notify: draft.notify.settle(globals.scripts.priority_changes),
                track: Vec::new(),
                tracks_own: OwnTracks { link: !draft.ignores_link, source: tracks_source },
            },
        })
    }

    /// Without an address in the file there is none to track.
    fn settle_tracks_source(&mut self, draft: &Draft, source: Option<IpAddr>) -> bool {
        let Some(span) = draft.tracks_source else { return false };
        if source.is_none() {
            self.sink.push(
                Diagnostic::warning(
                    Code::NoEffect,
                    span,
                    "`track_src_ip` has no effect without `mcast_src_ip` or `unicast_src_ip`",
                )
                .label("ignored")
                .help("remove it, or name an address of the interface")
                .note("keepalived ignores it too"),
            );
        }
        source.is_some()
    }

    fn missing<T>(&mut self, name: &str, span: Span, keyword: &str, example: &str) -> Option<T> {
        self.sink.push(
            Diagnostic::fatal(
                Code::MissingKeyword,
                span,
                format!("instance {} has no `{keyword}`", quoted(name)),
            )
            .help(format!("add `{keyword} {example}` or whatever it is on all nodes"))
            .note("keepalived does not start with this"),
        );
        None
    }

    /// keepalived can do without for unicast peers, if it has a source address.
    fn no_interface(&mut self, draft: &Draft) -> Option<String> {
        if draft.transport.asked.is_none() {
            return self.missing(&draft.name, draft.name_span, "interface", "eth0");
        }
        self.sink.push(
            Diagnostic::fatal(
                Code::MissingKeyword,
                draft.name_span,
                format!("instance {} has no `interface`", quoted(&draft.name)),
            )
            .help("add `interface eth0` or whatever leads to the peers on this node")
            .note(
                "with unicast peers too, the addresses are put on an interface, and its eBPF \
                 program answers for them",
            ),
        );
        None
    }

    fn settle_priority(&mut self, draft: &Draft) -> Priority {
        match (&draft.priority, draft.master) {
            (Given::Yes(priority), _) => *priority,
            (Given::Wrong, _) | (Given::No, None) => Priority::DEFAULT,
            (Given::No, Some(master)) => {
                self.sink.push(
                    Diagnostic::warning(
                        Code::OwnerByDefault,
                        master,
                        "`state MASTER` without `priority` means priority 255",
                    )
                    .help("add `priority 100` or any other below 255")
                    .note(
                        "255 owns the addresses: it is master whenever it is up, as in keepalived",
                    ),
                );
                Priority::OWNER
            }
        }
    }

    fn settle_password(
        &mut self,
        draft: &Draft,
        strict: bool,
        version: Version,
    ) -> Option<Password> {
        let authentication = draft.authentication.as_ref()?;
        let password = self.settle_authentication(authentication)?;
        let (off, help) = if version == Version::V3 {
            ("VRRPv3 has no passwords", "remove this block, or write `auth_hmac` on all nodes")
        } else if strict {
            ("strict mode turns passwords off", "remove this block, or strict mode on all nodes")
        } else if draft.hmac.is_some() {
            ("`auth_hmac` takes the place of passwords", "remove this block")
        } else {
            return Some(password);
        };
        self.sink.push(
            Diagnostic::warning(Code::AuthenticationOff, authentication.span, off)
                .label("ignored")
                .help(help)
                .note("keepalived ignores it too"),
        );
        None
    }
}
