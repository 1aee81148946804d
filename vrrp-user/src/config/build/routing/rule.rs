//! A line of `static_rules` or `virtual_rules`.

use super::{
    PlacedRouting,
    line::{CommonFamily, Line, Network, Refusal},
    names::{Naming, number},
};
use crate::{
    config::{
        Code, Diagnostic, Span,
        build::{Builder, addresses::Whose},
        keywords::Context,
        lexer::Word,
        model::{Mark, Origin, Range, Realms, Routing, Rule, RuleAction, Suppressed, Table},
    },
    protocol::Family,
};

/// What a line says, before its family is known.
#[derive(Default)]
struct Draft {
    family: CommonFamily,
    from: Option<Network>,
    to: Option<Network>,
    preference: Option<u32>,
    action: Option<RuleAction>,
    suppressed: Suppressed,
    realms: Option<Realms>,
    /// The first word that is for rules with a table only.
    of_table: Option<Span>,
    origin: Option<(Origin, Span)>,
    track_group: Option<(String, Span)>,
}

impl Builder<'_> {
    pub(super) fn rule(
        &mut self,
        line: &mut Line<'_, '_>,
        whose: Whose,
    ) -> Result<PlacedRouting, Refusal> {
        let mut draft = Draft::default();
        let mut rule = Rule {
            family: Family::Ipv4,
            preference: 0,
            inverted: false,
            from: None,
            to: None,
            input: None,
            output: None,
            tos: 0,
            mark: None,
            transport: None,
            source_ports: None,
            destination_ports: None,
            users: None,
            tunnel: 0,
            action: RuleAction::Nop,
            origin: Origin::KEEPALIVED,
            tracked: true,
        };
        while let Some(word) = line.next() {
            if !Self::selector(word, line, &mut rule, &mut draft)?
                && !Self::table_part(word, line, &mut draft)?
                && !Self::rule_part(word, line, &mut rule, &mut draft, whose)?
            {
                Self::action(word, line, &mut draft)?;
            }
        }
        rule.family = draft.family.settle();
        rule.from = draft.from.map(|from| from.settle(rule.family));
        rule.to = draft.to.map(|to| to.settle(rule.family));
        rule.action = settle_action(&draft, line.span())?;
        rule.preference = match draft.preference {
            Some(preference) => preference,
            None => self.next_preference(rule.family, line.span()),
        };
        check_goto(&rule, line.span())?;
        if let Some((origin, span)) = draft.origin {
            if rule.tracked && origin != Origin::KEEPALIVED {
                self.foreign_origin(span);
            } else {
                rule.origin = origin;
            }
        }
        let track_group = draft.track_group.filter(|(_, span)| {
            if rule.input.is_none() {
                self.nothing_to_track(*span, "iif");
            }
            rule.input.is_some()
        });
        Ok(PlacedRouting { routing: Routing::Rule(rule), span: line.span(), track_group })
    }

    /// Which packets it is about.
    fn selector(
        word: &Word<'_>,
        line: &mut Line<'_, '_>,
        rule: &mut Rule,
        draft: &mut Draft,
    ) -> Result<bool, Refusal> {
        match &*word.text {
            "inet" => draft.family.is(Family::Ipv4, word)?,
            "inet6" => draft.family.is(Family::Ipv6, word)?,
            "not" => rule.inverted = true,
            "from" => draft.from = Some(draft.family.prefix(line.value(word)?)?),
            "to" => draft.to = Some(draft.family.prefix(line.value(word)?)?),
            "iif" | "dev" => rule.input = Some(line.device(word)?),
            "oif" => rule.output = Some(line.device(word)?),
            "tos" | "dsfield" => rule.tos = line.named8(word, Naming::TypesOfService)?,
            "fwmark" => rule.mark = Some(mark(word, line)?),
            "ipproto" | "ip_proto" => rule.transport = Some(transport(word, line)?),
            "sport" => rule.source_ports = Some(ports(word, line)?),
            "dport" => rule.destination_ports = Some(ports(word, line)?),
            "uidrange" => {
                let value = line.value(word)?;
                let users = range(&value.text).filter(|_| value.text.contains('-'));
                let takes = "two user numbers, such as `1000-1999`";
                rule.users = Some(users.ok_or_else(|| Refusal::value(value, word, takes))?);
            }
            "tunnel-id" => rule.tunnel = line.number(word, u64::MAX)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// What goes with a table.
    fn table_part(
        word: &Word<'_>,
        line: &mut Line<'_, '_>,
        draft: &mut Draft,
    ) -> Result<bool, Refusal> {
        match &*word.text {
            "realms" => {
                draft.family.is(Family::Ipv4, word)?;
                draft.realms = Some(line.realms(word)?);
            }
            "suppress_prefixlength" | "sup_pl" => {
                const MOST: u64 = i32::MAX as u64;
                let length = line.number(word, MOST)?;
                draft.suppressed.prefix_length = u32::try_from(length).ok();
            }
            "suppress_ifgroup" | "sup_group" => {
                draft.suppressed.interface_group = Some(line.named(word, Naming::Groups)?);
            }
            _ => return Ok(false),
        }
        draft.of_table.get_or_insert(word.span);
        Ok(true)
    }

    fn rule_part(
        word: &Word<'_>,
        line: &mut Line<'_, '_>,
        rule: &mut Rule,
        draft: &mut Draft,
        whose: Whose,
    ) -> Result<bool, Refusal> {
        match &*word.text {
            "preference" | "priority" | "order" => draft.preference = Some(line.number32(word)?),
            "protocol" => {
                draft.origin = Some((Origin(line.named8(word, Naming::Protocols)?), word.span));
            }
            "no_track" => rule.tracked = false,
            "track_group" if whose == Whose::Node => {
                let value = line.value(word)?;
                draft.track_group = Some((value.text.clone().into_owned(), value.span));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// What becomes of the packets.
    fn action(word: &Word<'_>, line: &mut Line<'_, '_>, draft: &mut Draft) -> Result<(), Refusal> {
        let word = if word.text == "type" { line.value(word)? } else { word };
        let action = match &*word.text {
            "table" | "lookup" => {
                let table = Table(line.named(word, Naming::Tables)?);
                if table.0 == 0 {
                    let help = "write a table from 1 on";
                    return Err(Refusal::new(word.span, "there is no table 0", help));
                }
                RuleAction::Table { table, suppressed: Suppressed::default(), realms: None }
            }
            "l3mdev" => RuleAction::L3mdev { suppressed: Suppressed::default() },
            "goto" => RuleAction::Goto(line.number32(word)?),
            "nop" => RuleAction::Nop,
            "blackhole" => RuleAction::Blackhole,
            "unreachable" => RuleAction::Unreachable,
            "prohibit" => RuleAction::Prohibit,
            _ => return Err(Refusal::unknown(word, Context::Rule)),
        };
        if draft.action.replace(action).is_some() {
            let what = "a rule has one `table`, `l3mdev`, `goto`, `nop`, `blackhole`, \
                        `unreachable` or `prohibit`";
            return Err(Refusal::new(word.span, what, "remove all but one"));
        }
        Ok(())
    }

    /// The preference of a rule that has none.
    fn next_preference(&mut self, family: Family, span: Span) -> u32 {
        let next = self.preferences.of(family);
        let preference = *next;
        *next = next.saturating_sub(1);
        self.sink.push(
            Diagnostic::warning(Code::Routing, span, "this rule has no `preference`")
                .label(format!("{preference} is used, as keepalived does"))
                .help("add `preference N`: rules are gone through from the least"),
        );
        preference
    }
}

fn settle_action(draft: &Draft, span: Span) -> Result<RuleAction, Refusal> {
    let suppressed = draft.suppressed;
    match draft.action {
        None => {
            let help = "add `table N`, or `goto`, `nop`, `blackhole`, `unreachable`, `prohibit`";
            Err(Refusal::new(span, "this rule does not say what becomes of the packets", help))
        }
        Some(RuleAction::Table { table, .. }) => {
            Ok(RuleAction::Table { table, suppressed, realms: draft.realms })
        }
        Some(RuleAction::L3mdev { .. }) if draft.realms.is_none() => {
            Ok(RuleAction::L3mdev { suppressed })
        }
        Some(RuleAction::Goto(_)) if draft.preference.is_none() => {
            let help = "add `preference N` with a number below the target's";
            Err(Refusal::new(span, "`goto` needs a `preference`", help))
        }
        Some(other) => match draft.of_table {
            None => Ok(other),
            Some(span) => {
                let what = "this is for rules with a `table`";
                Err(Refusal::new(span, what, "remove it, or write `table N`"))
            }
        },
    }
}

fn check_goto(rule: &Rule, span: Span) -> Result<(), Refusal> {
    match rule.action {
        RuleAction::Goto(target) if rule.preference >= target => {
            let what = format!("`goto {target}` does not lead onwards from {}", rule.preference);
            Err(Refusal::new(span, what, "write a target above the `preference`"))
        }
        _ => Ok(()),
    }
}

fn mark(keyword: &Word<'_>, line: &mut Line<'_, '_>) -> Result<Mark, Refusal> {
    let word = line.value(keyword)?;
    let (value, mask) = match word.text.split_once('/') {
        Some((value, mask)) => (value, Some(mask)),
        None => (&*word.text, None),
    };
    let bits = |text| number(text).and_then(|number| u32::try_from(number).ok());
    let refusal = || Refusal::value(word, keyword, "a mark such as `1` or `0x10/0xff`");
    let mask = mask.map(|mask| bits(mask).ok_or_else(refusal)).transpose()?;
    Ok(Mark { value: bits(value).ok_or_else(refusal)?, mask })
}

/// A protocol above IP.
fn transport(keyword: &Word<'_>, line: &mut Line<'_, '_>) -> Result<u8, Refusal> {
    let word = line.value(keyword)?;
    let number = match word.text.to_ascii_lowercase().as_str() {
        "icmp" => Some(1),
        "tcp" => Some(6),
        "udp" => Some(17),
        "gre" => Some(47),
        "esp" => Some(50),
        "ah" => Some(51),
        "ipv6-icmp" => Some(58),
        "vrrp" => Some(112),
        "sctp" => Some(132),
        other => number(other).and_then(|number| u8::try_from(number).ok()),
    };
    number.ok_or_else(|| Refusal::value(word, keyword, "a protocol such as `tcp` or its number"))
}

fn ports(keyword: &Word<'_>, line: &mut Line<'_, '_>) -> Result<Range<u16>, Refusal> {
    let word = line.value(keyword)?;
    let takes = "a port such as `80`, or `8000-8099`";
    range(&word.text).ok_or_else(|| Refusal::value(word, keyword, takes))
}

/// `FIRST-LAST` or `ONLY`.
fn range<T: Copy + Ord + std::str::FromStr>(text: &str) -> Option<Range<T>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last).then_some(Range { first, last })
}
