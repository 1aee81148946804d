//! IPv4: labels, scopes, and addresses that survive their interface's being down.

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use tokio::time::timeout;
use vrrp_user::{
    config::model::VirtualAddress,
    net::{AddressError, Event, Netlink, RequestError},
};

use super::{
    added, host,
    net_support::{in_namespace_async, ip},
    next, on, removed, restored, silent,
};

fn vip(last: u8) -> VirtualAddress {
    host(IpAddr::from([10, 0, 0, last]))
}

fn has(device: &str, address: &str) -> bool {
    ip(&format!("-4 -o addr show dev {device}")).contains(address)
}

fn veth() {
    super::veth();
    ip("addr add 10.0.0.60/24 dev v0");
}

#[test]
fn a_claimed_address_is_there_at_once() {
    in_namespace_async(|| async {
        veth();
        let (netlink, mut events) = Netlink::start().unwrap();
        // The first one also waits for the listing of the interfaces.
        netlink.claim(on("v0", &vip(70)), true);
        assert_eq!(next(&mut events).await, added("v0", &vip(70)));
        assert!(has("v0", "inet 10.0.0.70/32 scope global v0"));
        let mut spans = Vec::new();
        for last in 71..=90 {
            let start = Instant::now();
            netlink.claim(on("v0", &vip(last)), true);
            assert_eq!(next(&mut events).await, added("v0", &vip(last)));
            spans.push(start.elapsed());
        }
        spans.sort();
        println!("claim to added: median {:?}, worst {:?}", spans[10], spans[19]);
        assert!(spans[10] < Duration::from_millis(50));
        netlink.claim(on("v0", &vip(70)), true);
        silent(&mut events).await;
        netlink.shutdown().await;
        assert!(!has("v0", "/32"));
        assert!(has("v0", "10.0.0.60/24"));
    });
}

#[test]
fn an_address_removed_by_hand_comes_back() {
    in_namespace_async(|| async {
        veth();
        let (netlink, mut events) = Netlink::start().unwrap();
        netlink.claim(on("v0", &vip(70)), true);
        assert_eq!(next(&mut events).await, added("v0", &vip(70)));
        ip("addr del 10.0.0.70/32 dev v0");
        let start = Instant::now();
        assert_eq!(next(&mut events).await, restored("v0", &vip(70)));
        println!("deleted (ip has returned) to restored: {:?}", start.elapsed());
        assert!(start.elapsed() < Duration::from_millis(150));
        assert!(has("v0", "10.0.0.70/32"));
        // An IPv4 address survives its interface's being down, and can be put back on it.
        ip("link set v0 down");
        silent(&mut events).await;
        ip("addr del 10.0.0.70/32 dev v0");
        assert_eq!(next(&mut events).await, restored("v0", &vip(70)));
        // What is not claimed is none of our business.
        ip("addr del 10.0.0.60/24 dev v0");
        silent(&mut events).await;
        assert!(!has("v0", "10.0.0.60/24"));
        netlink.shutdown().await;
    });
}

#[test]
fn a_stale_address_is_removed_and_stays_away() {
    in_namespace_async(|| async {
        veth();
        ip("addr add 10.0.0.70/32 dev v0");
        let (netlink, mut events) = Netlink::start().unwrap();
        netlink.claim(on("v0", &vip(70)), false);
        netlink.claim(on("v0", &vip(71)), false);
        assert_eq!(next(&mut events).await, removed("v0", &vip(70)));
        silent(&mut events).await;
        ip("addr add 10.0.0.71/32 dev v0");
        assert_eq!(next(&mut events).await, removed("v0", &vip(71)));
        // Another prefix length makes it another address.
        ip("addr add 10.0.0.70/24 dev v0");
        silent(&mut events).await;
        assert!(has("v0", "10.0.0.70/24"));
    });
}

#[test]
fn an_existing_address_is_taken_over() {
    in_namespace_async(|| async {
        veth();
        ip("addr add 10.0.0.70/32 dev v0");
        let (netlink, mut events) = Netlink::start().unwrap();
        netlink.claim(on("v0", &vip(70)), true);
        assert_eq!(next(&mut events).await, added("v0", &vip(70)));
        netlink.claim(on("v0", &vip(70)), false);
        assert_eq!(next(&mut events).await, removed("v0", &vip(70)));
    });
}

#[test]
fn an_interface_may_come_late_go_and_come_back() {
    in_namespace_async(|| async {
        let (netlink, mut events) = Netlink::start().unwrap();
        netlink.claim(on("v0", &vip(70)), true);
        silent(&mut events).await;
        for _ in 0..3 {
            veth();
            assert_eq!(next(&mut events).await, added("v0", &vip(70)));
            assert!(has("v0", "10.0.0.70/32"));
            ip("link del v0");
        }
        silent(&mut events).await;
        netlink.shutdown().await;
    });
}

#[test]
fn a_renamed_interface_does_not_keep_the_address() {
    in_namespace_async(|| async {
        veth();
        let (netlink, mut events) = Netlink::start().unwrap();
        netlink.claim(on("v0", &vip(70)), true);
        assert_eq!(next(&mut events).await, added("v0", &vip(70)));
        ip("link set v0 down");
        ip("link set v0 name lan0");
        assert_eq!(next(&mut events).await, removed("v0", &vip(70)));
        assert!(!has("lan0", "10.0.0.70"));
        ip("link set lan0 name v0");
        assert_eq!(next(&mut events).await, added("v0", &vip(70)));
        netlink.shutdown().await;
    });
}

#[test]
fn scope_label_and_broadcast_are_as_configured() {
    in_namespace_async(|| async {
        veth();
        let (netlink, mut events) = Netlink::start().unwrap();
        let labelled = VirtualAddress {
            prefix_length: 24,
            label: Some("v0:vip".into()),
            broadcast: Some(std::net::Ipv4Addr::new(10, 0, 0, 255)),
            ..vip(70)
        };
        let scoped = VirtualAddress { scope: 253, ..vip(71) };
        netlink.claim(on("v0", &labelled), true);
        netlink.claim(on("v0", &scoped), true);
        assert_eq!(next(&mut events).await, added("v0", &labelled));
        assert_eq!(next(&mut events).await, added("v0", &scoped));
        assert!(has("v0", "10.0.0.70/24 brd 10.0.0.255 scope global secondary v0:vip"));
        assert!(has("v0", "10.0.0.71/32 scope link v0"));
        netlink.shutdown().await;
        assert!(!has("v0", "10.0.0.7"));
    });
}

#[test]
fn a_failure_is_told_once_with_the_kernels_reason() {
    in_namespace_async(|| async {
        veth();
        let (netlink, mut events) = Netlink::start().unwrap();
        let bad = VirtualAddress { label: Some("longer-than-a-name-may-be".into()), ..vip(70) };
        netlink.claim(on("v0", &bad), true);
        let event = next(&mut events).await;
        let Event::Failed { device, error, .. } = event else { panic!("{event:?}") };
        println!("{device}: {error}");
        assert!(matches!(
            error,
            AddressError::Request(RequestError::Refused { reason: Some(_), .. })
        ));
        let more = timeout(Duration::from_millis(900), events.recv()).await;
        assert!(more.is_err(), "{more:?}");
        // A corrected claim takes effect at the next attempt.
        netlink.claim(on("v0", &vip(70)), true);
        assert_eq!(next(&mut events).await, added("v0", &vip(70)));
        netlink.shutdown().await;
    });
}

#[test]
fn a_forgotten_address_and_a_dropped_handle_leave_the_kernel_as_it_is() {
    in_namespace_async(|| async {
        veth();
        let (netlink, mut events) = Netlink::start().unwrap();
        for last in [70, 71] {
            netlink.claim(on("v0", &vip(last)), true);
            assert_eq!(next(&mut events).await, added("v0", &vip(last)));
        }
        netlink.forget(on("v0", &vip(70)));
        ip("addr del 10.0.0.70/32 dev v0");
        silent(&mut events).await;
        drop(netlink);
        assert_eq!(timeout(Duration::from_secs(2), events.recv()).await.unwrap(), None);
        assert!(has("v0", "10.0.0.71/32"));
    });
}
