//! IPv6: duplicate address detection, deprecation, and interfaces without IPv6.

use std::{
    net::{IpAddr, Ipv6Addr},
    time::{Duration, Instant},
};

use tokio::time::timeout;
use vrrp_user::{
    config::model::VirtualAddress,
    net::{AddressError, Event, Netlink},
};

use super::{
    added, host,
    net_support::{in_namespace_async, ip},
    next, on, removed, restored, silent, veth,
};

/// `2001:db8::<last>/128`.
fn vip(last: u16) -> VirtualAddress {
    host(IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last)))
}

/// The line about the address, with single spaces.
fn shown(device: &str, address: &str) -> Option<String> {
    let all = ip(&format!("-6 -o addr show dev {device}"));
    let line = all.lines().find(|line| line.contains(&format!(" {address} ")))?;
    Some(line.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[test]
fn a_claimed_address_is_of_use_at_once_and_no_source() {
    in_namespace_async(|| async {
        veth();
        ip("addr add 2001:db8::1/64 dev v0 nodad");
        let (netlink, mut events) = Netlink::start().unwrap();
        netlink.claim(on("v0", &vip(0x70)), true);
        assert_eq!(next(&mut events).await, added("v0", &vip(0x70)));
        let line = shown("v0", "2001:db8::70/128").unwrap();
        assert!(line.contains("scope global nodad deprecated"), "{line}");
        assert!(line.contains("valid_lft forever preferred_lft 0sec"), "{line}");
        assert!(!line.contains("tentative"), "{line}");
        // The newest would be the kernel's choice, else.
        let route = ip("-6 route get 2001:db8::9 from :: oif v0");
        assert!(route.contains("src 2001:db8::1 "), "{route}");

        let of_network = VirtualAddress { prefix_length: 64, ..vip(0x71) };
        netlink.claim(on("v0", &of_network), true);
        assert_eq!(next(&mut events).await, added("v0", &of_network));
        let line = shown("v0", "2001:db8::71/64").unwrap();
        assert!(line.contains("valid_lft forever preferred_lft forever"), "{line}");

        let link_local =
            VirtualAddress { address: IpAddr::from([0xfe80, 0, 0, 0, 0, 0, 0, 0x70]), ..vip(0) };
        netlink.claim(on("v0", &link_local), true);
        assert_eq!(next(&mut events).await, added("v0", &link_local));
        let line = shown("v0", "fe80::70/128").unwrap();
        assert!(line.contains("scope link nodad deprecated"), "{line}");
        netlink.shutdown().await;
        assert_eq!(shown("v0", "2001:db8::70/128"), None);
        assert_eq!(shown("v0", "2001:db8::71/64"), None);
        assert_eq!(shown("v0", "fe80::70/128"), None);
        assert!(shown("v0", "2001:db8::1/64").is_some());
    });
}

#[test]
fn an_address_removed_by_hand_comes_back() {
    in_namespace_async(|| async {
        veth();
        let (netlink, mut events) = Netlink::start().unwrap();
        netlink.claim(on("v0", &vip(0x70)), true);
        assert_eq!(next(&mut events).await, added("v0", &vip(0x70)));
        ip("addr del 2001:db8::70/128 dev v0");
        let start = Instant::now();
        assert_eq!(next(&mut events).await, restored("v0", &vip(0x70)));
        println!("deleted (ip has returned) to restored: {:?}", start.elapsed());
        assert!(start.elapsed() < Duration::from_millis(150));
        assert!(shown("v0", "2001:db8::70/128").is_some());
        netlink.claim(on("v0", &vip(0x70)), false);
        assert_eq!(next(&mut events).await, removed("v0", &vip(0x70)));
        ip("addr add 2001:db8::70/128 dev v0 nodad");
        assert_eq!(next(&mut events).await, removed("v0", &vip(0x70)));
        netlink.shutdown().await;
    });
}

#[test]
fn an_interface_that_comes_up_gets_its_addresses_back() {
    in_namespace_async(|| async {
        veth();
        let (netlink, mut events) = Netlink::start().unwrap();
        netlink.claim(on("v0", &vip(0x70)), true);
        assert_eq!(next(&mut events).await, added("v0", &vip(0x70)));
        for _ in 0..3 {
            ip("link set v0 down");
            silent(&mut events).await;
            assert_eq!(shown("v0", "2001:db8::70/128"), None);
            ip("link set v0 up");
            assert_eq!(next(&mut events).await, added("v0", &vip(0x70)));
            assert!(shown("v0", "2001:db8::70/128").is_some());
        }
        ip("link del v0");
        silent(&mut events).await;
        veth();
        assert_eq!(next(&mut events).await, added("v0", &vip(0x70)));
        netlink.shutdown().await;
    });
}

#[test]
fn where_ipv6_is_switched_off_the_failure_says_so() {
    in_namespace_async(|| async {
        veth();
        let switch = |value| {
            std::fs::write("/proc/sys/net/ipv6/conf/v0/disable_ipv6", value).unwrap();
        };
        switch("1");
        let (netlink, mut events) = Netlink::start().unwrap();
        netlink.claim(on("v0", &vip(0x70)), true);
        let event = next(&mut events).await;
        let Event::Failed { error, .. } = event else { panic!("{event:?}") };
        assert_eq!(error, AddressError::Ipv6Disabled);
        // Nothing is there, and that is well.
        netlink.claim(on("v0", &vip(0x70)), false);
        silent(&mut events).await;
        netlink.claim(on("v0", &vip(0x70)), true);
        assert!(matches!(next(&mut events).await, Event::Failed { .. }));
        switch("0");
        assert_eq!(next(&mut events).await, added("v0", &vip(0x70)));
        netlink.shutdown().await;
    });
}

#[test]
fn an_interface_too_narrow_for_ipv6_has_nothing_to_remove() {
    in_namespace_async(|| async {
        veth();
        ip("link set v0 mtu 1200");
        let (netlink, mut events) = Netlink::start().unwrap();
        netlink.claim(on("v0", &vip(0x70)), false);
        silent(&mut events).await;
        netlink.claim(on("v0", &vip(0x70)), true);
        assert!(matches!(next(&mut events).await, Event::Failed { .. }));
        ip("link set v0 mtu 1500");
        assert_eq!(next(&mut events).await, added("v0", &vip(0x70)));
        netlink.shutdown().await;
    });
}

#[test]
fn an_address_that_failed_its_check_is_put_on_anew() {
    in_namespace_async(|| async {
        veth();
        ip("addr add 2001:db8::70/128 dev v1 nodad");
        ip("addr add 2001:db8::70/128 dev v0");
        for _ in 0..50 {
            if shown("v0", "2001:db8::70/128").is_some_and(|line| line.contains("dadfailed")) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let line = shown("v0", "2001:db8::70/128").unwrap();
        assert!(line.contains("dadfailed"), "{line}");
        let (netlink, mut events) = Netlink::start().unwrap();
        netlink.claim(on("v0", &vip(0x70)), true);
        assert_eq!(next(&mut events).await, added("v0", &vip(0x70)));
        silent(&mut events).await;
        let line = shown("v0", "2001:db8::70/128").unwrap();
        assert!(!line.contains("dadfailed") && !line.contains("tentative"), "{line}");
        netlink.shutdown().await;
    });
}

#[test]
fn another_s_address_with_another_mask_is_left_alone() {
    in_namespace_async(|| async {
        veth();
        ip("addr add 2001:db8::70/64 dev v0 nodad");
        let (netlink, mut events) = Netlink::start().unwrap();
        netlink.claim(on("v0", &vip(0x70)), false);
        silent(&mut events).await;
        netlink.claim(on("v0", &vip(0x70)), true);
        assert_eq!(next(&mut events).await, added("v0", &vip(0x70)));
        netlink.claim(on("v0", &vip(0x70)), false);
        silent(&mut events).await;
        assert!(shown("v0", "2001:db8::70/64").is_some());
        netlink.claim(on("v0", &vip(0x70)), true);
        assert_eq!(next(&mut events).await, added("v0", &vip(0x70)));
        ip("addr del 2001:db8::70/64 dev v0");
        assert_eq!(next(&mut events).await, restored("v0", &vip(0x70)));
        assert!(shown("v0", "2001:db8::70/128").is_some());
        netlink.shutdown().await;
    });
}

/// As many as one daemon may have.
#[test]
fn four_thousand_addresses_are_put_on_and_taken_off_in_good_time() {
    const MANY: u16 = 4096;

    in_namespace_async(|| async {
        veth();
        let (netlink, mut events) = Netlink::start().unwrap();
        let start = Instant::now();
        for last in 1..=MANY {
            netlink.claim(on("v0", &vip(last)), true);
        }
        for last in 1..=MANY {
            let event = timeout(Duration::from_secs(20), events.recv()).await.unwrap().unwrap();
            assert_eq!(event, added("v0", &vip(last)));
        }
        println!("{MANY} added: {:?}", start.elapsed());
        let start = Instant::now();
        netlink.shutdown().await;
        println!("{MANY} removed: {:?}", start.elapsed());
        let left = ip("-6 -o addr show dev v0");
        assert!(!left.contains("/128"), "{} left", left.lines().count());
    });
}
