use rtnetlink::packet_route::link::LinkFlags;

use super::*;
use crate::{
    config::model::{Hop, Prefix, Table},
    net::netlink::notification::LinkReport,
};

fn links() -> Links {
    let mut links = Links::default();
    for (index, name) in [(2, "eth0"), (3, "eth1")] {
        let name = Some(name.to_owned());
        links.update(LinkReport { name, ..LinkReport::new(index, LinkFlags::Up) });
    }
    links
}

fn prefix(text: &str, length: u8) -> Prefix {
    Prefix { address: text.parse().unwrap(), length }
}

fn hop(gateway: &str, device: Option<&str>) -> Hop {
    Hop {
        gateway: Some(gateway.parse().unwrap()),
        device: device.map(str::to_owned),
        on_link: false,
    }
}

#[test]
fn a_route_is_what_ip_would_say() {
    let route = Route {
        way: Way::One(Hop { on_link: true, ..hop("10.0.0.1", Some("eth1")) }),
        table: Table(1000),
        metric: Some(5),
        preferred_source: Some("10.0.0.70".parse().unwrap()),
        metrics: Metrics {
            values: [(Metric::Mtu, 1400)].into(),
            locked: [Metric::Mtu].into(),
            congestion_control: Some(("reno".into(), false)),
        },
        ..Route::new(prefix("10.1.0.0", 16))
    };
    let message = route_message(&route, &links()).unwrap();
    let header = &message.header;
    assert_eq!((header.table, header.destination_prefix_length), (0, 16));
    assert_eq!(u8::from(header.protocol), 18);
    assert_eq!(header.flags, RouteFlags::Onlink);
    let address = |text: &str| RouteAddress::from(text.parse::<IpAddr>().unwrap());
    let raw = |kind, value: &[u8]| RouteMetric::Other(DefaultNla::new(kind, value.to_vec()));
    assert_eq!(
        message.attributes,
        [
            RouteAttribute::Table(1000),
            RouteAttribute::Destination(address("10.1.0.0")),
            RouteAttribute::PrefSource(address("10.0.0.70")),
            RouteAttribute::Priority(5),
            RouteAttribute::Gateway(address("10.0.0.1")),
            RouteAttribute::Oif(3),
            RouteAttribute::Metrics(vec![
                raw(2, &1400u32.to_ne_bytes()),
                raw(16, b"reno\0"),
                raw(1, &4u32.to_ne_bytes()),
            ]),
        ]
    );
}

#[test]
fn one_by_an_interface_that_is_missing_is_none() {
    let route = |device| Route {
        way: Way::One(hop("10.0.0.1", Some(device))),
        ..Route::new(prefix("10.1.0.0", 16))
    };
    assert!(route_message(&route("eth0"), &links()).is_some());
    assert!(route_message(&route("eth7"), &links()).is_none());
}

#[test]
fn ones_own_are_told_from_others() {
    let of = |route: &Route| route_message(route, &links()).unwrap();
    let plain =
        || Route { way: Way::One(hop("10.0.0.1", None)), ..Route::new(prefix("10.1.0.0", 16)) };
    // As the kernel shows it.
    let mut shown = of(&plain());
    shown.attributes.push(RouteAttribute::Oif(2));
    shown.attributes.push(RouteAttribute::Table(254));
    assert!(is_same_route(&of(&plain()), &shown));
    for other in [
        Route { metric: Some(1), ..plain() },
        Route { table: Table(7), ..plain() },
        Route { tos: 4, ..plain() },
        Route { kind: RouteKind::Blackhole, ..plain() },
        Route { way: Way::One(hop("10.0.0.2", None)), ..plain() },
        Route { way: Way::One(hop("10.0.0.1", Some("eth1"))), ..plain() },
        Route { destination: prefix("10.1.0.0", 17), ..plain() },
        Route { destination: prefix("10.2.0.0", 16), ..plain() },
    ] {
        assert!(!is_same_route(&of(&other), &shown), "{other}");
    }
    let next = |gateway: &str| NextHop { hop: hop(gateway, Some("eth0")), weight: 0, realms: None };
    let several = |hops: &[&str]| Route {
        way: Way::Several(hops.iter().map(|hop| next(hop)).collect()),
        ..plain()
    };
    let two = of(&several(&["10.0.0.1", "10.0.0.2"]));
    assert!(is_same_route(&two, &of(&several(&["10.0.0.2", "10.0.0.1"]))));
    assert!(!is_same_route(&two, &of(&several(&["10.0.0.1", "10.0.0.3"]))));
    assert!(!is_same_route(&two, &shown));
}

#[test]
fn the_kernel_gives_a_route_of_ipv6_a_metric() {
    let route = |metric| Route { metric, ..Route::new(prefix("fd00::", 8)) };
    let of = |metric| route_message(&route(metric), &links()).unwrap();
    assert!(is_same_route(&of(None), &of(Some(1024))));
    assert!(!is_same_route(&of(None), &of(Some(1))));
}
