//! A rule as a message of rtnetlink.

use rtnetlink::{
    packet_core::DefaultNla,
    packet_route::rule::{
        RuleAction as Action, RuleAttribute, RuleFlags, RuleMessage, RulePortRange, RuleUidRange,
    },
};

use super::route::{family, realm};
use crate::config::model::{Rule, RuleAction, Suppressed};

/// `FRA_IIFNAME`
const INPUT: u16 = 3;
/// `FRA_OIFNAME`
const OUTPUT: u16 = 17;

/// The message for `rule`.
pub(in super::super::super) fn rule_message(rule: &Rule) -> RuleMessage {
    let mut message = RuleMessage::default();
    let header = &mut message.header;
    header.family = family(rule.family);
    header.tos = rule.tos;
    if rule.inverted {
        header.flags |= RuleFlags::Invert;
    }
    let mut attributes = vec![
        RuleAttribute::Priority(rule.preference),
        RuleAttribute::Protocol(rule.origin.0.into()),
    ];
    if let Some(from) = rule.from.filter(|from| from.length > 0) {
        header.src_len = from.length;
        attributes.push(RuleAttribute::Source(from.address));
    }
    if let Some(to) = rule.to.filter(|to| to.length > 0) {
        header.dst_len = to.length;
        attributes.push(RuleAttribute::Destination(to.address));
    }
    attributes.extend(rule.input.as_ref().map(|name| device(INPUT, name)));
    attributes.extend(rule.output.as_ref().map(|name| device(OUTPUT, name)));
    if let Some(mark) = rule.mark {
        attributes.push(RuleAttribute::FwMark(mark.value));
        attributes.extend(mark.mask.map(RuleAttribute::FwMask));
    }
    attributes.extend(rule.transport.map(|it| RuleAttribute::IpProtocol(it.into())));
    let ports = |ports: crate::config::model::Range<u16>| RulePortRange {
        start: ports.first,
        end: ports.last,
    };
    attributes.extend(rule.source_ports.map(ports).map(RuleAttribute::SourcePortRange));
    attributes.extend(rule.destination_ports.map(ports).map(RuleAttribute::DestinationPortRange));
    let users = rule.users.map(|users| RuleUidRange { start: users.first, end: users.last });
    attributes.extend(users.map(RuleAttribute::UidRange));
    if rule.tunnel != 0 {
        attributes.push(RuleAttribute::TunId(rule.tunnel));
    }
    header.action = match rule.action {
        RuleAction::Table { table, suppressed, realms } => {
            match u8::try_from(table.0) {
                Ok(table) => header.table = table,
                Err(_) => attributes.push(RuleAttribute::Table(table.0)),
            }
            attributes.extend(suppression(suppressed));
            attributes.extend(realms.map(realm).map(RuleAttribute::Realm));
            Action::ToTable
        }
        RuleAction::L3mdev { suppressed } => {
            attributes.push(RuleAttribute::L3MDev(true));
            attributes.extend(suppression(suppressed));
            Action::ToTable
        }
        RuleAction::Goto(target) => {
            attributes.push(RuleAttribute::Goto(target));
            Action::Goto
        }
        RuleAction::Nop => Action::Nop,
        RuleAction::Blackhole => Action::Blackhole,
        RuleAction::Unreachable => Action::Unreachable,
        RuleAction::Prohibit => Action::Prohibit,
    };
    message.attributes = attributes;
    message
}

/// The library leaves the terminating zero to chance.
fn device(kind: u16, name: &str) -> RuleAttribute {
    let mut name = name.as_bytes().to_vec();
    name.push(0);
    RuleAttribute::Other(DefaultNla::new(kind, name))
}

fn suppression(suppressed: Suppressed) -> impl Iterator<Item = RuleAttribute> {
    let length = suppressed.prefix_length.map(RuleAttribute::SuppressPrefixLen);
    length.into_iter().chain(suppressed.interface_group.map(RuleAttribute::SuppressIfGroup))
}

/// Whether both are the same rule, as far as is looked at; one may come from the kernel.
pub(in super::super::super) fn is_same_rule(one: &RuleMessage, other: &RuleMessage) -> bool {
    let essence = |message: &RuleMessage| {
        let mut table = u32::from(message.header.table);
        let (mut preference, mut from, mut to, mut mark) = (0, None, None, None);
        for attribute in &message.attributes {
            match attribute {
                RuleAttribute::Priority(it) => preference = *it,
                RuleAttribute::Table(it) => table = *it,
                RuleAttribute::Source(it) => from = Some(*it),
                RuleAttribute::Destination(it) => to = Some(*it),
                RuleAttribute::FwMark(it) => mark = Some(*it),
                _ => {}
            }
        }
        let header = &message.header;
        let lengths = (header.src_len, header.dst_len);
        (header.family, header.action, lengths, (table, preference, from, to, mark))
    };
    essence(one) == essence(other)
}

#[cfg(test)]
mod tests;
