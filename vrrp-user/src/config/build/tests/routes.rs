use std::{net::IpAddr, time::Duration};

use crate::config::{
    model::{
        Hop, Metric, NextHop, Origin, Placement, Prefix, Realms, Route, RouteKind, Routing, Table,
        Way,
        tracking::{Track, Tracked, Weight},
    },
    testing::{check, check_body, instance},
};

/// The routes of an instance with nothing but these lines in its `virtual_routes`, from line 6 on.
#[track_caller]
fn routes(lines: &str, expected: &[&str]) -> Vec<Route> {
    let instance = check_body(&format!("virtual_routes {{\n{lines}\n}}"), expected).unwrap();
    let route = |routing| match routing {
        Routing::Route(route) => route,
        Routing::Rule(rule) => panic!("{rule}"),
    };
    instance.routing.into_iter().map(route).collect()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn to(text: &str, length: u8) -> Route {
    Route::new(Prefix { address: ip(text), length })
}

fn net() -> Route {
    to("10.1.0.0", 16)
}

fn hop(gateway: Option<&str>, device: Option<&str>) -> Hop {
    Hop { gateway: gateway.map(ip), device: device.map(str::to_owned), on_link: false }
}

fn by(gateway: &str) -> Route {
    Route { way: Way::One(hop(Some(gateway), None)), ..net() }
}

fn next(gateway: &str, device: Option<&str>, weight: u8) -> NextHop {
    NextHop { hop: hop(Some(gateway), device), weight, realms: None }
}

#[test]
fn where_and_which_way() {
    let default6 = || Route { way: Way::One(hop(Some("fe80::1"), Some("eth0"))), ..to("::", 0) };
    let cases = [
        ("10.1.0.0/16 via 10.0.0.1", by("10.0.0.1")),
        ("to 10.1.0.0/16 via inet 10.0.0.1", by("10.0.0.1")),
        ("inet 10.1.0.0/16 gw 10.0.0.1", by("10.0.0.1")),
        (
            "10.1.0.5 dev eth1",
            Route { way: Way::One(hop(None, Some("eth1"))), ..to("10.1.0.5", 32) },
        ),
        (
            "default via 10.0.0.1 oif eth0",
            Route { way: Way::One(hop(Some("10.0.0.1"), Some("eth0"))), ..to("0.0.0.0", 0) },
        ),
        ("0.0.0.0/0 gw 10.0.0.1", Route { way: by("10.0.0.1").way, ..to("0.0.0.0", 0) }),
        ("inet6 default via fe80::1 dev eth0", default6()),
        ("default via fe80::1 dev eth0", default6()),
        ("default6 via inet6 fe80::1 dev eth0", default6()),
        (
            "src 10.0.0.70 to 10.1.0.0/16 via 10.0.0.1",
            Route { preferred_source: Some(ip("10.0.0.70")), ..by("10.0.0.1") },
        ),
        (
            "10.1.0.0/16 via 10.0.0.1 or 10.0.0.2",
            Route {
                way: Way::Several(vec![next("10.0.0.1", None, 0), next("10.0.0.2", None, 0)]),
                ..net()
            },
        ),
        (
            "10.1.0.0/16 nexthop via 10.0.0.1 dev eth0 weight 2 nexthop via 10.0.0.2 realms 1/2",
            Route {
                way: Way::Several(vec![
                    next("10.0.0.1", Some("eth0"), 1),
                    NextHop {
                        realms: Some(Realms { from: 1, to: 2 }),
                        ..next("10.0.0.2", None, 0)
                    },
                ]),
                ..net()
            },
        ),
        ("blackhole 10.1.0.0/16", Route { kind: RouteKind::Blackhole, ..net() }),
        ("unreachable 10.1.0.0/16", Route { kind: RouteKind::Unreachable, ..net() }),
        ("to prohibit 10.1.0.0/16", Route { kind: RouteKind::Prohibit, ..net() }),
        (
            "fd00:1::/64 from fd00:2::/64 dev eth0",
            Route {
                source: Some(Prefix { address: ip("fd00:2::"), length: 64 }),
                way: Way::One(hop(None, Some("eth0"))),
                ..to("fd00:1::", 64)
            },
        ),
    ];
    for (line, route) in cases {
        assert_eq!(routes(line, &[]), [route], "{line}");
    }
}

#[test]
fn options() {
    let with = |route: Route| Route { way: by("10.0.0.1").way, ..route };
    let locked = |kind, value| {
        let mut route = metric(kind, value);
        route.metrics.locked.insert(kind);
        route
    };
    let cases = [
        ("table 100", with(Route { table: Table(100), ..net() })),
        ("table main", by("10.0.0.1")),
        ("tos 0x04", with(Route { tos: 4, ..net() })),
        ("metric 7", with(Route { metric: Some(7), ..net() })),
        ("priority 7", with(Route { metric: Some(7), ..net() })),
        ("preference 7", with(Route { metric: Some(7), ..net() })),
        ("scope link", with(Route { scope: Some(253), ..net() })),
        ("realms 5", with(Route { realms: Some(Realms { from: 0, to: 5 }), ..net() })),
        ("no_track", with(Route { tracked: false, ..net() })),
        ("no_track protocol bird", with(Route { tracked: false, origin: Origin(12), ..net() })),
        ("append", with(Route { placement: Placement::Append, ..net() })),
        ("add", with(Route { placement: Placement::Add, ..net() })),
        ("add prepend", by("10.0.0.1")),
        ("mtu 1400", metric(Metric::Mtu, 1400)),
        ("mtu lock 1400", locked(Metric::Mtu, 1400)),
        ("hoplimit 64", metric(Metric::HopLimit, 64)),
        ("advmss 1360", metric(Metric::AdvMss, 1360)),
        ("rtt 300ms", metric(Metric::Rtt, 2400)),
        ("rttvar lock 1s", locked(Metric::RttVar, 4000)),
        ("features ecn", metric(Metric::Features, 1)),
        ("quickack 1", metric(Metric::QuickAck, 1)),
        ("initcwnd 10", metric(Metric::InitCwnd, 10)),
    ];
    for (words, route) in cases {
        let line = format!("10.1.0.0/16 via 10.0.0.1 {words}");
        assert_eq!(routes(&line, &[]), [route], "{line}");
    }
    let six = |words: &str| routes(&format!("fd00:1::/64 dev eth0 {words}"), &[]).pop().unwrap();
    assert_eq!(six("pref low").preference, Some(3));
    assert_eq!(six("expires 60").expires, Some(Duration::from_secs(60)));
    let congestion = routes("10.1.0.0/16 dev eth0 congctl lock reno", &[]).pop().unwrap();
    assert_eq!(congestion.metrics.congestion_control, Some(("reno".to_owned(), true)));
}

fn metric(metric: Metric, value: u32) -> Route {
    let mut route = by("10.0.0.1");
    route.metrics.values.insert(metric, value);
    route
}

#[test]
fn a_line_that_is_not_all_right_is_left_out() {
    for (line, expected) in [
        ("via 10.0.0.1", "6:1 !routing"),
        ("10.1.0.0/33 via 10.0.0.1", "6:1 !routing"),
        ("10.1.2.0/16 via 10.0.0.1", "6:1 !routing"),
        ("10.1.0.0/16 10.2.0.0/16", "6:13 !routing"),
        ("10.1.0.0/16 via fe80::1", "6:17 !routing"),
        ("10.1.0.0/16 via inet6 fe80::1", "6:13 !routing"),
        ("10.1.0.0/16 via", "6:13 !routing"),
        ("10.1.0.0/16 via 10.0.0.0/8", "6:17 !routing"),
        ("10.1.0.0/16 dev a/b", "6:17 !routing"),
        ("10.1.0.0/16 frobnicate", "6:13 !unknown-keyword"),
        ("10.1.0.0/16 encap mpls 3", "6:13 !unsupported-keyword"),
        ("10.1.0.0/16 vrf red", "6:13 !unsupported-keyword"),
        ("10.1.0.0/16 table no-such", "6:19 !routing"),
        ("10.1.0.0/16 metric -1", "6:20 !routing"),
        ("10.1.0.0/16 pref low", "6:13 !routing"),
        ("fd00::/8 realms 1", "6:10 !routing"),
        ("10.1.0.0/16 via 10.0.0.1 nexthop via 10.0.0.2", "6:26 !routing"),
        ("10.1.0.0/16 nexthop weight 2", "6:1 !routing"),
        ("10.1.0.0/16 nexthop via 10.0.0.1 weight 0", "6:34 !routing"),
        ("10.1.0.0/16 nexthop via 10.0.0.1 table 3", "6:34 !unknown-keyword"),
        ("10.1.0.0/16 or 10.0.0.1", "6:13 !routing"),
        ("10.1.0.0/16 track_group G", "6:13 !unknown-keyword"),
    ] {
        let lines = format!("{line}\n10.9.0.0/16 dev eth0");
        let found = routes(&lines, &[expected]);
        assert_eq!(found.len(), 1, "{line}");
        assert_eq!(found[0].destination.address, ip("10.9.0.0"), "{line}");
    }
}

#[test]
fn what_keepalived_changes_is_told() {
    let line = "10.1.0.0/16 via 10.0.0.1 protocol bird";
    assert_eq!(routes(line, &["6:26 routing"]), [by("10.0.0.1")]);
    let line = "10.1.0.0/16 via 10.0.0.1 rtt 102";
    assert_eq!(routes(line, &["6:30 routing"]), [metric(Metric::Rtt, 1600)]);
    let line = "10.1.0.0/16 via 10.0.0.1\n10.1.0.0/16 via 10.0.0.1";
    assert_eq!(routes(line, &["7:1 routing"]), [by("10.0.0.1")]);
}

#[test]
fn the_node_has_routes_and_addresses_of_its_own() {
    let blocks = "static_ipaddress {\n10.0.0.5/24\n10.0.1.5/24 dev eth1 track_group G\n}\n\
                  static_routes {\n10.1.0.0/16 via 10.0.0.1\n}\n\
                  static_rules {\nfrom 10.1.0.0/16 table 5 preference 9\n}\n\
                  track_group G {\ngroup {\nV\n}\n}\n";
    let globals = "global_defs {\ndefault_interface lan0\n}\n";
    for (globals, device) in [("", "eth0"), (globals, "lan0")] {
        let text = globals.to_owned() + blocks + &instance("");
        let config = check(&text, &[]).config.unwrap();
        let weight = Weight::default();
        let what = Tracked::Interface("eth1".to_owned());
        assert_eq!(config.instances[0].track, [Track { what, weight }]);
        let statics = config.statics;
        let devices = statics.addresses.iter().map(|address| address.device.as_deref().unwrap());
        assert_eq!(devices.collect::<Vec<_>>(), [device, "eth1"]);
        assert_eq!(statics.routing.len(), 2);
        assert_eq!(statics.routing[0], Routing::Route(by("10.0.0.1")));
    }
}

#[test]
fn a_track_group_needs_members_and_something_to_track() {
    let text = |block: &str| block.to_owned() + &instance("");
    for (block, expected) in [
        ("static_routes {\n10.1.0.0/16 dev eth1 track_group G\n}\n", "2:34 !routing"),
        ("track_group G {\ngroup {\nW\n}\n}\n", "3:1 !routing"),
        (
            "track_group G {\ngroup {\nV\n}\n}\nstatic_routes {\n10.1.0.0/16 via 10.0.0.1 \
             track_group G\n}\n",
            "7:38 !routing",
        ),
    ] {
        let config = check(&text(block), &[expected]).config.unwrap();
        assert!(config.instances[0].track.is_empty(), "{block}");
    }
}
