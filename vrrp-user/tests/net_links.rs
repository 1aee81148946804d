//! Reports on interfaces of a real kernel.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "the helpers of a test fail it by panicking"
)]

mod net_support;

use std::{collections::BTreeSet, net::IpAddr, time::Duration};

use net_support::{in_namespace, in_namespace_async, ip};
use tokio::{sync::mpsc::UnboundedReceiver, time::timeout};
use vrrp_user::net::{Event, Link, Netlink, interface_driver, ipv6_forwarding};

type Events = UnboundedReceiver<Event>;

async fn next(events: &mut Events) -> (String, Option<Link>) {
    let event = timeout(Duration::from_secs(2), events.recv()).await.expect("an event in time");
    match event.unwrap() {
        Event::Link { name, link } => (name, link),
        other => panic!("{other:?}"),
    }
}

/// The first report on `v0` that satisfies `condition`.
async fn until(events: &mut Events, condition: impl Fn(Option<&Link>) -> bool) -> Option<Link> {
    loop {
        let (name, link) = next(events).await;
        assert_eq!(name, "v0");
        if condition(link.as_ref()) {
            return link;
        }
    }
}

async fn silent(events: &mut Events) {
    let event = timeout(Duration::from_millis(100), events.recv()).await;
    assert!(event.is_err(), "unexpected {event:?}");
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn a_watched_interface_is_followed_through_its_life() {
    in_namespace_async(|| async {
        let (netlink, mut events) = Netlink::start().unwrap();
        netlink.watch(names(&["v0"]));
        assert_eq!(next(&mut events).await, ("v0".to_owned(), None));

        ip("link add v0 address 02:00:00:00:00:07 mtu 1400 type veth peer name v1");
        let link = until(&mut events, |link| link.is_some()).await.unwrap();
        assert_eq!(link.mac, Some([2, 0, 0, 0, 0, 7]));
        assert_eq!((link.mtu, link.kind.as_deref()), (1400, Some("veth")));
        assert_eq!(link.driver.as_deref(), Some("veth"));
        assert!(!link.admin_up && !link.running && !link.is_loopback && link.xdp.is_none());

        // No addresses but ours.
        ip("link set v0 addrgenmode none");
        ip("link set v0 up");
        until(&mut events, |link| link.is_some_and(|l| l.admin_up && !l.running)).await;
        ip("link set v1 up");
        until(&mut events, |link| link.is_some_and(|l| l.admin_up && l.running)).await;

        ip("addr add 10.0.0.60/24 dev v0");
        ip("addr add 10.0.0.61/24 dev v0");
        let link =
            until(&mut events, |link| link.is_some_and(|l| l.addresses.len() == 2)).await.unwrap();
        let seen: Vec<_> =
            link.addresses.iter().map(|a| (a.address, a.prefix_length, a.secondary)).collect();
        let host = |last| IpAddr::from([10, 0, 0, last]);
        assert_eq!(seen, [(host(60), 24, false), (host(61), 24, true)]);

        ip("link set v1 down");
        until(&mut events, |link| link.is_some_and(|l| l.admin_up && !l.running)).await;
        ip("link set v0 down");
        until(&mut events, |link| link.is_some_and(|l| !l.admin_up)).await;
        ip("link set v0 name v9");
        until(&mut events, |link| link.is_none()).await;
        ip("link set v9 name v0");
        let again = until(&mut events, |link| link.is_some()).await.unwrap();
        assert_eq!(again.index, link.index);
        ip("link del v0");
        until(&mut events, |link| link.is_none()).await;
        ip("link add v0 type veth peer name v1");
        let other = until(&mut events, |link| link.is_some()).await.unwrap();
        assert_ne!(other.index, link.index);
        netlink.shutdown().await;
    });
}

#[test]
fn each_new_name_is_answered_and_others_changes_are_not_told() {
    in_namespace_async(|| async {
        ip("link add v0 type veth peer name v1");
        let (netlink, mut events) = Netlink::start().unwrap();
        netlink.watch(names(&["lo", "nothing", "v0"]));
        let (name, link) = next(&mut events).await;
        let link = link.unwrap();
        assert!(name == "lo" && link.is_loopback);
        assert_eq!(link.driver, None);
        assert_eq!(next(&mut events).await, ("nothing".to_owned(), None));
        assert!(next(&mut events).await.1.is_some());
        // What has been told of v0 is not told again, and lo is no longer of interest.
        netlink.watch(names(&["v0"]));
        silent(&mut events).await;
        ip("link set lo up");
        ip("link add w0 type veth peer name w1");
        silent(&mut events).await;
        // Nothing changes by repeating what is so.
        ip("link set v0 mtu 1500");
        silent(&mut events).await;
    });
}

#[test]
fn leaving_a_bridge_is_not_the_end_of_an_interface() {
    in_namespace_async(|| async {
        ip("link add v0 type veth peer name v1");
        ip("link add br0 type bridge");
        ip("link set v0 master br0");
        let (netlink, mut events) = Netlink::start().unwrap();
        netlink.watch(names(&["v0"]));
        assert!(next(&mut events).await.1.is_some());
        ip("link set v0 nomaster");
        silent(&mut events).await;
        netlink.watch(names(&[]));
        netlink.watch(names(&["v0"]));
        assert!(next(&mut events).await.1.is_some());
    });
}

#[test]
fn our_order_of_addresses_is_the_kernels() {
    in_namespace_async(|| async {
        ip("link add v0 type veth peer name v1");
        let (netlink, mut events) = Netlink::start().unwrap();
        netlink.watch(names(&["v0"]));
        for address in [
            "10.0.0.1/24",
            "10.0.0.2/24",
            "10.0.1.1/24 scope link",
            "10.0.2.1/24",
            "10.0.0.3/24",
            "10.0.3.1/24 scope link",
            "10.0.2.2/32",
            "10.0.2.3/24",
            "10.0.4.1 peer 10.0.5.1/32",
        ] {
            ip(&format!("addr add {address} dev v0"));
        }
        let followed = until(&mut events, |l| l.is_some_and(|l| l.addresses.len() == 9)).await;
        let (fresh_netlink, mut fresh_events) = Netlink::start().unwrap();
        fresh_netlink.watch(names(&["v0"]));
        let fresh = until(&mut fresh_events, |_| true).await;
        assert_eq!(followed, fresh);
        assert_eq!(fresh.unwrap().addresses.iter().filter(|a| a.peer.is_some()).count(), 1);
    });
}

#[test]
fn our_order_of_ipv6_addresses_is_the_kernels() {
    in_namespace_async(|| async {
        ip("link add v0 type veth peer name v1");
        let (netlink, mut events) = Netlink::start().unwrap();
        netlink.watch(names(&["v0"]));
        for address in [
            "fe80::9/64",
            "2001:db8::1/64",
            "10.0.0.1/24",
            "2001:db8::2/128 preferred_lft 0",
            "fec0::1/64",
            "fe80::8/64",
            "2001:db8::3 peer 2001:db8::4/128",
            "10.0.0.2/24",
        ] {
            ip(&format!("addr add {address} dev v0{}", nodad(address)));
        }
        ip("link set v1 up");
        let followed = until(&mut events, |l| l.is_some_and(|l| l.addresses.len() == 8)).await;
        let (fresh_netlink, mut fresh_events) = Netlink::start().unwrap();
        fresh_netlink.watch(names(&["v0"]));
        let fresh = until(&mut fresh_events, |_| true).await;
        assert_eq!(followed, fresh);
        let addresses = fresh.unwrap().addresses;
        assert_eq!(addresses.iter().filter(|a| a.address.is_ipv6()).count(), 6);
        assert!(addresses.iter().all(|a| a.usable));
        let scopes: Vec<_> = addresses.iter().map(|a| a.scope).collect();
        assert_eq!(scopes, [0, 0, 0, 0, 0, 200, 253, 253]);
    });
}

fn nodad(address: &str) -> &'static str {
    if address.contains(':') { " nodad" } else { "" }
}

#[test]
fn an_address_is_usable_when_it_has_been_found_to_be_unique() {
    in_namespace_async(|| async {
        ip("link add v0 type veth peer name v1");
        // Without waiting up to a second for the first probe, and with one.
        for name in ["v0", "v1"] {
            ip(&format!("link set {name} addrgenmode none"));
            let file = format!("/proc/sys/net/ipv6/conf/{name}/dad_transmits");
            std::fs::write(file, "1").unwrap();
            ip(&format!("link set {name} up"));
        }
        ip("addr add fe80::1/64 dev v0");
        // Listed while it is being probed.
        let (netlink, mut events) = Netlink::start().unwrap();
        netlink.watch(names(&["v0"]));
        let link = until(&mut events, |_| true).await.unwrap();
        assert_eq!(link.addresses.iter().map(|a| a.usable).collect::<Vec<_>>(), [false]);
        let unique = |l: Option<&Link>| l.is_some_and(|l| l.addresses.iter().all(|a| a.usable));
        timeout(Duration::from_secs(8), until_quietly(&mut events, unique)).await.unwrap();
        // One that the other end has already.
        ip("addr add fe80::2/64 dev v1 nodad");
        ip("addr add fe80::2/64 dev v0");
        let duplicate = |l: Option<&Link>| l.is_some_and(|l| l.addresses.iter().any(|a| !a.usable));
        timeout(Duration::from_secs(8), until_quietly(&mut events, duplicate)).await.unwrap();
        netlink.shutdown().await;
    });
}

/// Like [`until`], but with no limit of its own.
async fn until_quietly(events: &mut Events, condition: impl Fn(Option<&Link>) -> bool) {
    while let Some(event) = events.recv().await {
        if let Event::Link { link, .. } = event
            && condition(link.as_ref())
        {
            return;
        }
    }
    panic!("the netlink thread has ended");
}

#[test]
fn a_driver_is_known_by_name() {
    in_namespace(|| {
        ip("link add v0 type veth peer name v1");
        assert_eq!(interface_driver("v0").as_deref(), Some("veth"));
        assert_eq!(interface_driver("nothing"), None);
        assert_eq!(interface_driver("longer-than-a-name-may-be"), None);
    });
}

#[test]
fn forwarding_of_ipv6_is_followed() {
    in_namespace_async(|| async {
        ip("link add v0 type veth peer name v1");
        let switch = |name: &str, value: &str| {
            let file = format!("/proc/sys/net/ipv6/conf/{name}/forwarding");
            std::fs::write(file, value).unwrap();
        };
        assert!(!ipv6_forwarding("v0"));
        switch("v0", "1");
        assert!(ipv6_forwarding("v0") && !ipv6_forwarding("v1"));
        assert!(!ipv6_forwarding("nothing"));

        let (netlink, mut events) = Netlink::start().unwrap();
        netlink.watch(names(&["v0"]));
        let is = |forwarding| {
            move |link: Option<&Link>| link.is_some_and(|l| l.ipv6_forwarding == forwarding)
        };
        assert!(next(&mut events).await.1.unwrap().ipv6_forwarding);
        switch("v0", "0");
        until(&mut events, is(false)).await;
        switch("all", "1");
        until(&mut events, is(true)).await;
        switch("all", "0");
        until(&mut events, is(false)).await;
        // A new interface starts with the setting of `default`.
        switch("default", "1");
        ip("link del v0");
        until(&mut events, |link| link.is_none()).await;
        ip("link add v0 type veth peer name v1");
        until(&mut events, is(true)).await;
        netlink.shutdown().await;
    });
}
