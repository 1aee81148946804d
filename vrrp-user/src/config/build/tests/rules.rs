use std::net::IpAddr;

use crate::{
    config::{
        model::{
            Mark, Origin, Prefix, Range, Realms, Routing, Rule, RuleAction, Suppressed, Table,
        },
        testing::{check, check_body, instance},
    },
    protocol::Family,
};

/// The rules of an instance with nothing but these lines in its `virtual_rules`, from line 6 on.
#[track_caller]
fn rules(lines: &str, expected: &[&str]) -> Vec<Rule> {
    let instance = check_body(&format!("virtual_rules {{\n{lines}\n}}"), expected).unwrap();
    instance.routing.into_iter().map(rule).collect()
}

#[track_caller]
fn rule(routing: Routing) -> Rule {
    match routing {
        Routing::Rule(rule) => rule,
        Routing::Route(route) => panic!("{route}"),
    }
}

fn prefix(text: &str, length: u8) -> Prefix {
    Prefix { address: text.parse::<IpAddr>().unwrap(), length }
}

fn table(number: u32) -> RuleAction {
    RuleAction::Table { table: Table(number), suppressed: Suppressed::default(), realms: None }
}

/// `preference 9 from 10.1.0.0/16 table 5`.
fn plain() -> Rule {
    Rule {
        family: Family::Ipv4,
        preference: 9,
        inverted: false,
        from: Some(prefix("10.1.0.0", 16)),
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
        action: table(5),
        origin: Origin::KEEPALIVED,
        tracked: true,
    }
}

#[test]
fn which_packets() {
    let ports = |first, last| Some(Range { first, last });
    let mark = |value, mask| Some(Mark { value, mask });
    let cases = [
        ("", plain()),
        ("to 10.2.0.0/16", Rule { to: Some(prefix("10.2.0.0", 16)), ..plain() }),
        ("to all", Rule { to: Some(prefix("0.0.0.0", 0)), ..plain() }),
        ("not", Rule { inverted: true, ..plain() }),
        ("iif eth0", Rule { input: Some("eth0".into()), ..plain() }),
        ("dev eth0", Rule { input: Some("eth0".into()), ..plain() }),
        ("oif eth1", Rule { output: Some("eth1".into()), ..plain() }),
        ("tos 0x10", Rule { tos: 16, ..plain() }),
        ("fwmark 24", Rule { mark: mark(24, None), ..plain() }),
        ("fwmark 0x18/12", Rule { mark: mark(24, Some(12)), ..plain() }),
        (
            "ipproto tcp dport 80",
            Rule { transport: Some(6), destination_ports: ports(80, 80), ..plain() },
        ),
        (
            "ip_proto 17 sport 10-20",
            Rule { transport: Some(17), source_ports: ports(10, 20), ..plain() },
        ),
        ("uidrange 10-20", Rule { users: Some(Range { first: 10, last: 20 }), ..plain() }),
        ("tunnel-id 7", Rule { tunnel: 7, ..plain() }),
        ("no_track", Rule { tracked: false, ..plain() }),
        ("no_track protocol 12", Rule { tracked: false, origin: Origin(12), ..plain() }),
    ];
    for (words, rule) in cases {
        let line = format!("preference 9 from 10.1.0.0/16 table 5 {words}");
        assert_eq!(rules(&line, &[]), [rule], "{line}");
    }
    let six = rules("inet6 from all to fd00::/8 lookup main order 3", &[]).pop().unwrap();
    assert_eq!(
        (six.family, six.from, six.to),
        (Family::Ipv6, Some(prefix("::", 0)), Some(prefix("fd00::", 8)))
    );
    assert_eq!((six.preference, six.action), (3, table(254)));
}

#[test]
fn what_becomes_of_them() {
    let suppressed = Suppressed { prefix_length: Some(0), interface_group: Some(3) };
    let realms = Some(Realms { from: 30, to: 20 });
    for (words, action) in [
        ("table 5", table(5)),
        ("type lookup 5", table(5)),
        (
            "table 5 suppress_prefixlength 0 sup_group 3 realms 30/20",
            RuleAction::Table { table: Table(5), suppressed, realms },
        ),
        ("l3mdev", RuleAction::L3mdev { suppressed: Suppressed::default() }),
        ("goto 40", RuleAction::Goto(40)),
        ("nop", RuleAction::Nop),
        ("blackhole", RuleAction::Blackhole),
        ("type unreachable", RuleAction::Unreachable),
        ("prohibit", RuleAction::Prohibit),
    ] {
        let line = format!("preference 9 from 10.1.0.0/16 {words}");
        assert_eq!(rules(&line, &[]), [Rule { action, ..plain() }], "{line}");
    }
}

#[test]
fn a_line_that_is_not_all_right_is_left_out() {
    for (line, expected) in [
        ("from 10.1.0.0/16 preference 9", "6:1 !routing"),
        ("from 10.1.0.0/16 to fd00::/8 table 1", "6:21 !routing"),
        ("from 10.1.0.0/16 table 0", "6:18 !routing"),
        ("from 10.1.0.0/16 table 1 goto 9", "6:26 !routing"),
        ("from 10.1.0.0/16 goto 9", "6:1 !routing"),
        ("from 10.1.0.0/16 goto 9 preference 9", "6:1 !routing"),
        ("from 10.1.0.0/16 blackhole suppress_prefixlength 0", "6:28 !routing"),
        ("from 10.1.0.0/16 fwmark x table 1", "6:25 !routing"),
        ("from 10.1.0.0/16 dport 9-8 table 1", "6:24 !routing"),
        ("from 10.1.0.0/16 ipproto x table 1", "6:26 !routing"),
        ("from 10.1.0.0/16 uidrange 5 table 1", "6:27 !routing"),
        ("from 10.1.0.0/16 frobnicate table 1", "6:18 !unknown-keyword"),
        ("from 10.1.0.0/16 track_group G table 1", "6:18 !unknown-keyword"),
        ("from", "6:1 !routing"),
    ] {
        let lines = format!("{line}\npreference 9 from 10.1.0.0/16 table 5");
        assert_eq!(rules(&lines, &[expected]), [plain()], "{line}");
    }
}

#[test]
fn without_a_preference_keepalived_counts_down() {
    let text = "static_rules {\nfrom 10.1.0.0/16 table 1\nfrom fd00::/8 table 1\n}\n".to_owned()
        + &instance("virtual_rules {\nfrom 10.2.0.0/16 table 1\n}");
    let config = check(&text, &["2:1 routing", "3:1 routing", "10:1 routing"]).config.unwrap();
    let of = |routing: &[Routing]| -> Vec<u32> {
        routing.iter().cloned().map(|routing| rule(routing).preference).collect()
    };
    assert_eq!(of(&config.statics.routing), [16384, 16384]);
    assert_eq!(of(&config.instances[0].routing), [16383]);
}
