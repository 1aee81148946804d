use super::*;
use crate::{
    config::model::{Mark, Origin, Prefix, Range, Table},
    protocol::Family,
};

fn rule(preference: u32) -> Rule {
    Rule {
        family: Family::Ipv4,
        preference,
        inverted: false,
        from: Some(Prefix { address: "10.1.0.0".parse().unwrap(), length: 16 }),
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
        action: RuleAction::Table {
            table: Table(100),
            suppressed: Suppressed::default(),
            realms: None,
        },
        origin: Origin::KEEPALIVED,
        tracked: true,
    }
}

#[test]
fn a_rule_is_what_ip_would_say() {
    let message = rule_message(&Rule {
        inverted: true,
        input: Some("eth0".into()),
        mark: Some(Mark { value: 16, mask: Some(255) }),
        destination_ports: Some(Range { first: 80, last: 81 }),
        ..rule(7)
    });
    assert_eq!((message.header.table, message.header.src_len), (100, 16));
    assert_eq!(message.header.flags, RuleFlags::Invert);
    assert_eq!(message.header.action, Action::ToTable);
    assert_eq!(
        message.attributes,
        [
            RuleAttribute::Priority(7),
            RuleAttribute::Protocol(18.into()),
            RuleAttribute::Source("10.1.0.0".parse().unwrap()),
            RuleAttribute::Other(DefaultNla::new(3, b"eth0\0".to_vec())),
            RuleAttribute::FwMark(16),
            RuleAttribute::FwMask(255),
            RuleAttribute::DestinationPortRange(RulePortRange { start: 80, end: 81 }),
        ]
    );
}

#[test]
fn ones_own_are_told_from_others() {
    let own = rule_message(&rule(7));
    assert!(is_same_rule(&own, &own));
    let to = Some(Prefix { address: "10.2.0.0".parse().unwrap(), length: 16 });
    for other in [
        rule(8),
        Rule { from: None, ..rule(7) },
        Rule { to, ..rule(7) },
        Rule { action: RuleAction::Blackhole, ..rule(7) },
        Rule { family: Family::Ipv6, ..rule(7) },
        Rule { mark: Some(Mark { value: 1, mask: None }), ..rule(7) },
    ] {
        assert!(!is_same_rule(&own, &rule_message(&other)), "{other}");
    }
}
