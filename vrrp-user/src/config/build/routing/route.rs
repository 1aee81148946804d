//! A line of `static_routes` or `virtual_routes`.

use std::{net::IpAddr, time::Duration};

use super::{
    PlacedRouting,
    line::{CommonFamily, Line, Network, Refusal},
    names::Naming,
};
use crate::{
    config::{
        Code, Diagnostic, Span,
        build::{Builder, addresses::Whose},
        diagnostics::quoted,
        keywords::Context,
        lexer::Word,
        model::{Hop, Origin, Placement, Prefix, Route, RouteKind, Routing, Table, Way},
    },
    protocol::Family,
};

/// What a line says, before its family is known.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) family: CommonFamily,
    kind: Option<RouteKind>,
    destination: Option<Network>,
    source: Option<Network>,
    pub(super) hop: Hop,
    pub(super) way: Option<Way>,
    origin: Option<(Origin, Span)>,
    track_group: Option<(String, Span)>,
}

impl Builder<'_> {
    pub(super) fn route(
        &mut self,
        line: &mut Line<'_, '_>,
        whose: Whose,
    ) -> Result<PlacedRouting, Refusal> {
        let mut route = Route::new(Prefix::all(Family::Ipv4));
        let mut draft = Draft::default();
        while let Some(word) = line.next() {
            if !Self::route_part(word, line, &mut route, &mut draft, whose)?
                && !self.metric(word, line, &mut route.metrics)?
            {
                Self::destination(word, line, &mut draft)?;
            }
        }
        let Some(destination) = draft.destination else {
            let help = "write it, such as `10.1.0.0/16` or `default`";
            return Err(Refusal::new(line.span(), "this route has no destination", help));
        };
        let family = draft.family.settle();
        route.kind = draft.kind.unwrap_or(RouteKind::Unicast);
        route.destination = destination.settle(family);
        route.source = draft.source.map(|source| source.settle(family));
        route.way = draft.way.unwrap_or(Way::One(draft.hop));
        self.settle_origin(&mut route, draft.origin);
        let track_group = self.route_track_group(&route, draft.track_group);
        Ok(PlacedRouting { routing: Routing::Route(route), span: line.span(), track_group })
    }

    /// Reads what `word` begins; false if it begins nothing here.
    fn route_part(
        word: &Word<'_>,
        line: &mut Line<'_, '_>,
        route: &mut Route,
        draft: &mut Draft,
        whose: Whose,
    ) -> Result<bool, Refusal> {
        match &*word.text {
            "inet" => draft.family.is(Family::Ipv4, word)?,
            "inet6" => draft.family.is(Family::Ipv6, word)?,
            "src" => {
                let value = line.value(word)?;
                route.preferred_source = Some(draft.family.address(value, word)?);
            }
            "from" => {
                let value = line.value(word)?;
                draft.family.is(Family::Ipv6, word)?;
                draft.source = Some(draft.family.prefix(value)?);
            }
            "via" | "gw" => draft.hop.gateway = Some(via(word, line, &mut draft.family)?),
            "dev" | "oif" => draft.hop.device = Some(line.device(word)?),
            "onlink" => draft.hop.on_link = true,
            "or" => Self::alternative(word, line, draft)?,
            "nexthop" => {
                if draft.hop != Hop::default() || draft.way.is_some() {
                    let what = "`nexthop` takes the place of `via` and `dev`";
                    let help = "write each of the ways as `nexthop via …`";
                    return Err(Refusal::new(word.span, what, help));
                }
                draft.way = Some(Way::Several(Self::next_hops(line, &mut draft.family)?));
            }
            "table" => {
                route.table = Table(line.named(word, Naming::Tables)?);
            }
            "tos" | "dsfield" => route.tos = line.named8(word, Naming::TypesOfService)?,
            "protocol" => {
                draft.origin = Some((Origin(line.named8(word, Naming::Protocols)?), word.span));
            }
            "scope" => route.scope = Some(line.named8(word, Naming::Scopes)?),
            "metric" | "priority" | "preference" => route.metric = Some(line.number32(word)?),
            "realms" => {
                draft.family.is(Family::Ipv4, word)?;
                route.realms = Some(line.realms(word)?);
            }
            "expires" => {
                draft.family.is(Family::Ipv6, word)?;
                route.expires = Some(Duration::from_secs(line.number32(word)?.into()));
            }
            "pref" => {
                draft.family.is(Family::Ipv6, word)?;
                route.preference = Some(preference(word, line)?);
            }
            "add" => route.placement = Placement::Add,
            "append" => route.placement = Placement::Append,
            "prepend" => route.placement = Placement::Prepend,
            "no_track" => route.tracked = false,
            "track_group" if whose == Whose::Node => {
                let value = line.value(word)?;
                draft.track_group = Some((value.text.clone().into_owned(), value.span));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// `[to] [TYPE] ADDRESS[/LENGTH]`.
    fn destination(
        word: &Word<'_>,
        line: &mut Line<'_, '_>,
        draft: &mut Draft,
    ) -> Result<(), Refusal> {
        let mut word = word;
        let mut begins = word.text == "to";
        if begins {
            word = line.value(word)?;
        }
        if let Some(kind) = kind(&word.text) {
            draft.kind = Some(kind);
            // The destination may stand further on.
            begins = true;
            word = line.value(word)?;
        }
        let is_network = matches!(&*word.text, "default" | "default6" | "any" | "all")
            || word.text.starts_with(|first: char| first.is_ascii_hexdigit() || first == ':')
                && word.text.contains(['.', ':']);
        if !begins && !is_network {
            return Err(Refusal::unknown(word, Context::Route));
        }
        if draft.destination.is_some() {
            let what = format!("{} is a second destination on this line", quoted(&word.text));
            return Err(Refusal::new(word.span, what, "put it on a line of its own"));
        }
        let found = draft.family.prefix(word)?;
        if let Network::Of(prefix) = found
            && let Some(network) = network(prefix).filter(|network| *network != prefix)
        {
            let what = format!("{} has bits beyond its length", quoted(&word.text));
            return Err(Refusal::new(word.span, what, format!("write `{network}`")));
        }
        draft.destination = Some(found);
        Ok(())
    }

    /// keepalived has what is tracked carry its own number, to tell it by.
    fn settle_origin(&mut self, route: &mut Route, origin: Option<(Origin, Span)>) {
        let Some((origin, span)) = origin else { return };
        if !route.tracked || origin == Origin::KEEPALIVED {
            route.origin = origin;
            return;
        }
        self.foreign_origin(span);
    }

    pub(super) fn foreign_origin(&mut self, span: Span) {
        self.sink.push(
            Diagnostic::warning(
                Code::Routing,
                span,
                "what is tracked carries the protocol `keepalived`",
            )
            .label("ignored")
            .help("remove it, or add `no_track`")
            .note("keepalived does the same"),
        );
    }

    fn route_track_group(
        &mut self,
        route: &Route,
        group: Option<(String, Span)>,
    ) -> Option<(String, Span)> {
        let (name, span) = group?;
        let has_device = matches!(&route.way, Way::One(hop) if hop.device.is_some());
        if has_device {
            return Some((name, span));
        }
        self.nothing_to_track(span, "dev");
        None
    }

    /// What is tracked of a static route or rule is its interface.
    pub(super) fn nothing_to_track(&mut self, span: Span, keyword: &str) {
        self.sink.push(
            Diagnostic::error(
                Code::Routing,
                span,
                format!("without `{keyword}` there is nothing to track"),
            )
            .label("`track_group` is ignored")
            .help(format!("add `{keyword}` and an interface"))
            .note("keepalived ignores it too"),
        );
    }
}

/// `via [inet|inet6] ADDRESS`.
pub(super) fn via(
    keyword: &Word<'_>,
    line: &mut Line<'_, '_>,
    family: &mut CommonFamily,
) -> Result<IpAddr, Refusal> {
    if line.skip("inet") {
        family.is(Family::Ipv4, keyword)?;
    } else if line.skip("inet6") {
        family.is(Family::Ipv6, keyword)?;
    }
    let value = line.value(keyword)?;
    family.address(value, keyword)
}

/// A router's preference in two bits (RFC 4191 §2.1).
fn preference(keyword: &Word<'_>, line: &mut Line<'_, '_>) -> Result<u8, Refusal> {
    const MEDIUM: u8 = 0;
    const HIGH: u8 = 1;
    const LOW: u8 = 3;
    match line.peek().map(|word| &*word.text) {
        Some("low") => Ok((line.next(), LOW).1),
        Some("medium") => Ok((line.next(), MEDIUM).1),
        Some("high") => Ok((line.next(), HIGH).1),
        _ => line.number8(keyword),
    }
}

/// What the kernel takes for a destination of IPv4: over IPv6 it sets the other bits to zero.
fn network(Prefix { address, length }: Prefix) -> Option<Prefix> {
    let IpAddr::V4(address) = address else { return None };
    let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
    let address = IpAddr::V4((address.to_bits() & mask).into());
    Some(Prefix { address, length })
}

fn kind(word: &str) -> Option<RouteKind> {
    Some(match word {
        "unicast" => RouteKind::Unicast,
        "local" => RouteKind::Local,
        "broadcast" | "brd" => RouteKind::Broadcast,
        "anycast" => RouteKind::Anycast,
        "multicast" => RouteKind::Multicast,
        "blackhole" => RouteKind::Blackhole,
        "unreachable" => RouteKind::Unreachable,
        "prohibit" => RouteKind::Prohibit,
        "throw" => RouteKind::Throw,
        _ => return None,
    })
}
