//! Fills in the defaults of an instance and checks what its keywords mean together.

use std::time::Duration;

use super::{
    Builder,
    advertised::most_addresses,
    globals::Globals,
    instance::{Draft, Given},
};
use crate::{
    config::{
        Code, Diagnostic, Span,
        diagnostics::quoted,
        model::{Instance, Password, Preemption, Transport},
    },
    protocol::{AdvertInterval, Priority, Version},
};

/// Adverts that may go missing (RFC 9568 §6.1).
const DEFAULT_DOWN_ADVERTS: u8 = 3;

/// An instance, and where the parts stand that no other instance may share.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) instance: Instance,
    pub(super) name_span: Span,
    pub(super) vrid_span: Span,
    /// One for every address, the advertised ones first.
    pub(super) address_spans: Vec<Span>,
}

impl Builder<'_> {
    /// `None` if something is missing that has no default; that is reported.
    pub(super) fn settle(&mut self, mut draft: Draft, globals: &Globals) -> Option<Settled> {
        let family = Self::settle_family(&draft);
        let version = self.settle_version(&draft, globals, family);
        let priority = self.settle_priority(&draft);
        let advert_interval = self.settle_interval(&draft, version);
        let password = self.settle_password(&draft, globals, version);
        let preemption = self.settle_preemption(&draft, priority);
        let unicast = draft.transport.is_unicast(family);
        let source = self.settle_source(&draft, family, unicast);
        let transport = self.settle_transport(&draft.transport, globals, family, source);
        self.keep_family(&mut draft, family);
        self.settle_addresses(&mut draft, most_addresses(family, version, 0));
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
            address_spans: spans.collect(),
            instance: Instance {
                name: draft.name,
                interface,
                vrid,
                version,
                family,
                priority,
                advert_interval,
                password,
                hmac: None,
                preemption,
                source,
                transport,
                pseudo_header: true,
                virtual_mac: false,
                accept: true,
                down_adverts: DEFAULT_DOWN_ADVERTS,
                late_below: None,
                addresses: draft.addresses.into_iter().map(|placed| placed.address).collect(),
                excluded: draft.excluded.into_iter().map(|placed| placed.address).collect(),
                garp: draft.garp.settle(globals.garp),
            },
        })
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

    fn settle_interval(&mut self, draft: &Draft, version: Version) -> AdvertInterval {
        let Some((asked, span)) = draft.interval else {
            return AdvertInterval::DEFAULT;
        };
        let (unit, longest) = match version {
            Version::V2 => (Duration::from_secs(1), 255),
            Version::V3 => (Duration::from_millis(10), 4095),
        };
        // Half a unit up, as keepalived rounds; never to zero.
        let units = (asked + unit / 2).as_nanos() / unit.as_nanos();
        let units = u16::try_from(units.clamp(1, longest)).unwrap_or(1);
        let Ok(interval) = AdvertInterval::from_wire(units, version) else {
            return AdvertInterval::DEFAULT;
        };
        if interval.as_duration() != asked {
            let (why, help) = match version {
                Version::V2 => (
                    "VRRPv2 counts whole seconds",
                    "write whole seconds, or add `version 3` on all nodes",
                ),
                Version::V3 => (
                    "VRRPv3 counts hundredths of a second, up to 40.95 seconds",
                    "write an interval from 0.01 to 40.95",
                ),
            };
            self.sink.push(
                Diagnostic::warning(
                    Code::IntervalRounded,
                    span,
                    format!("{interval} is used: {why}"),
                )
                .help(help),
            );
        }
        interval
    }

    fn settle_password(
        &mut self,
        draft: &Draft,
        globals: &Globals,
        version: Version,
    ) -> Option<Password> {
        let authentication = draft.authentication.as_ref()?;
        let password = self.settle_authentication(authentication)?;
        let off = if version == Version::V3 {
            "VRRPv3 has no authentication"
        } else if draft.strict.unwrap_or(globals.strict) {
            "strict mode turns authentication off"
        } else {
            return Some(password);
        };
        self.sink.push(
            Diagnostic::warning(Code::AuthenticationOff, authentication.span, off)
                .label("ignored")
                .help("remove this block")
                .note("keepalived ignores it too"),
        );
        None
    }

    /// keepalived drops both keywords for a configured master.
    fn settle_preemption(&mut self, draft: &Draft, priority: Priority) -> Preemption {
        let master = draft.master.is_some() || priority.is_owner();
        let why = if draft.master.is_some() { "`state MASTER`" } else { "`priority 255`" };
        let no_effect = |keyword: &str, why: &str, span: Span, help: &str| {
            Diagnostic::warning(
                Code::Preemption,
                span,
                format!("`{keyword}` has no effect with {why}"),
            )
            .label("ignored")
            .help(help.to_owned())
            .note("keepalived ignores it too")
        };
        if master {
            let help = "write `state BACKUP` and a priority below 255";
            for (keyword, span) in [
                ("nopreempt", draft.no_preempt),
                ("preempt_delay", draft.preempt_delay.map(|(_, span)| span)),
            ] {
                if let Some(span) = span {
                    self.sink.push(no_effect(keyword, why, span, help));
                }
            }
            return Preemption::Preempt { delay: Duration::ZERO };
        }
        let Some(_) = draft.no_preempt else {
            let delay = draft.preempt_delay.map_or(Duration::ZERO, |(delay, _)| delay);
            return Preemption::Preempt { delay };
        };
        if let Some((_, span)) = draft.preempt_delay {
            self.sink.push(no_effect("preempt_delay", "`nopreempt`", span, "remove one of them"));
        }
        Preemption::Never
    }
}
