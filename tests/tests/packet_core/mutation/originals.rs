//! The valid frames that changes begin with.

use proptest::prelude::*;
use vrrp_tests::craft;

use super::{FIRST, OTHER_VIP, OTHER_VIP_IPV6, REFUSING_VIP, VIRTUAL};
use crate::{
    case::Advertised as _,
    frames::{Advert, hex},
    frames_ipv6::{AdvertIpv6, packet},
    frames_nd::{ASKER, Neighbour},
    world::{OWN, OWN_IPV6, OWN_MAC, PEER, PEER_IPV6, VIP, VIP_IPV6},
};

/// One of each kind.
pub(super) fn original() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => advert(),
        4 => advert_ipv6(),
        3 => arp(),
        4 => neighbour(),
        1 => carp(),
        2 => segment(),
    ]
}

fn advert() -> impl Strategy<Value = Vec<u8>> {
    let who = (0..6_u8, any::<bool>(), prop_oneof![Just(PEER), Just(OWN), any::<[u8; 4]>()]);
    let count = prop_oneof![4 => Just(1), 4 => 0..=20_u8, 1 => any::<u8>()];
    let fields = (prop_oneof![Just(150), any::<u8>()], count, any::<bool>());
    let ttl = prop_oneof![9 => Just(255), 1 => any::<u8>()];
    let interval = prop_oneof![4 => Just(None), 1 => any::<u16>().prop_map(Some)];
    (who, fields, ttl, interval).prop_map(
        |((router, usual, source), (priority, count, pseudo_header), ttl, interval)| {
            // Routers 0, 1 and 5 speak version 2; 4 does not exist.
            let version_2 = router < 2 || router == 5;
            let advert = if version_2 { Advert::v2() } else { Advert::v3() };
            let auth_type = u8::from(router == 0 || router == 5);
            let advert = Advert { vrid: FIRST + router, auth_type, ..advert };
            if usual {
                return advert.frame();
            }
            Advert {
                priority,
                source,
                ttl,
                pseudo_header: pseudo_header && !version_2,
                interval: interval.unwrap_or(advert.interval),
                ..advert.with_addresses(count)
            }
            .frame()
        },
    )
}

fn advert_ipv6() -> impl Strategy<Value = Vec<u8>> {
    let source = prop_oneof![4 => Just(PEER_IPV6), 1 => Just(OWN_IPV6), 2 => any::<[u8; 16]>()];
    let count = prop_oneof![4 => Just(1), 4 => 0..=20_u8, 1 => 0..=80_u8];
    let fields = (prop_oneof![Just(150), any::<u8>()], count, any::<bool>());
    let hop_limit = prop_oneof![5 => Just(255), 2 => 0..70_u8, 1 => any::<u8>()];
    (0..4_u8, any::<bool>(), source, fields, hop_limit).prop_map(
        |(router, usual, source, (priority, count, trailer), hop_limit)| {
            let mut advert = AdvertIpv6 { vrid: FIRST + router, ..AdvertIpv6::new() };
            // Router 1 speaks unicast, router 2 with a trailer; 3 does not exist.
            if router == 1 {
                (advert.destination, advert.hop_limit) = (OWN_IPV6, 64);
            }
            if trailer && router == 2 {
                advert.trailer = vec![0x5a; 28];
            }
            if usual {
                return advert.frame();
            }
            AdvertIpv6 { priority, source, hop_limit, ..advert.with_addresses(count) }.frame()
        },
    )
}

fn arp() -> impl Strategy<Value = Vec<u8>> {
    let asker = [2, 0, 0, 0, 0, 9];
    let target = prop_oneof![3 => Just(VIP), 3 => Just(OTHER_VIP), 1 => any::<[u8; 4]>()];
    let to = prop_oneof![3 => Just([0xff; 6]), 1 => Just(OWN_MAC), 1 => any::<[u8; 6]>()];
    let by = prop_oneof![4 => Just(asker), 1 => Just(OWN_MAC), 1 => any::<[u8; 6]>()];
    let sender = prop_oneof![2 => Just([0; 4]), 2 => Just(VIP), 3 => any::<[u8; 4]>()];
    let operation = prop_oneof![8 => Just(1), 1 => Just(2), 1 => any::<u16>()];
    (target, to, by, sender, operation).prop_map(|(target, to, by, sender, operation)| {
        craft::arp(to, operation, (by, sender.into()), ([0; 6], target.into()))
    })
}

fn neighbour() -> impl Strategy<Value = Vec<u8>> {
    let target = prop_oneof![3 => Just(VIP_IPV6), 3 => Just(OTHER_VIP_IPV6), 1 => Just(OWN_IPV6)];
    let kind = prop_oneof![
        3 => Just(Neighbour::solicitation()),
        2 => Just(Neighbour::detection()),
        1 => Just(Neighbour::advertisement(OWN_MAC)),
        1 => Just(Neighbour::advertisement(ASKER)),
    ];
    let to = prop_oneof![6 => Just(None), 1 => Just(Some(OWN_MAC)), 1 => Just(Some(VIRTUAL))];
    let router = prop::bool::weighted(0.1);
    (kind, target, to, router).prop_map(|(message, target, to, router)| {
        let mut message = Neighbour { target, ..message };
        if message.kind == 135 {
            message.destination[15] = target[15];
            message.to[5] = target[15];
        }
        message.to = to.unwrap_or(message.to);
        if router {
            message.kind = 134;
        }
        message.frame()
    })
}

/// What is none of our business, unless it is to one of our addresses.
fn segment() -> impl Strategy<Value = Vec<u8>> {
    let to = prop_oneof![Just(OWN_MAC), Just(VIRTUAL), any::<[u8; 6]>()];
    let address = prop_oneof![2 => Just(REFUSING_VIP), 1 => Just(VIP)];
    let ipv6 = prop_oneof![2 => Just(OTHER_VIP_IPV6), 1 => Just(VIP_IPV6)];
    let protocol = prop_oneof![Just(6), Just(1), Just(58)];
    (to, address, ipv6, protocol, any::<bool>()).prop_map(|(to, address, ipv6, protocol, four)| {
        let mut frame = packet(PEER_IPV6, ipv6, protocol, 64, &[0x80; 60]);
        if four {
            let datagram = craft::Datagram {
                destination: address.into(),
                payload: vec![0x80; 60],
                ..craft::Datagram::default()
            };
            frame = datagram.frame();
            frame[14 + 9] = protocol;
        }
        frame[..6].copy_from_slice(&to);
        frame
    })
}

fn carp() -> impl Strategy<Value = Vec<u8>> {
    (0..4_u8, any::<bool>()).prop_map(|(router, ipv6)| {
        let mut message =
            hex("2133000700014e460000000000000000 11f6ad8ec52a2984abaafd7c3b516503785c2072");
        message[1] = FIRST + router;
        if ipv6 {
            return packet(PEER_IPV6, AdvertIpv6::new().destination, 112, 255, &message);
        }
        let datagram = craft::Datagram { payload: message, ..craft::Datagram::default() };
        datagram.frame()
    })
}
