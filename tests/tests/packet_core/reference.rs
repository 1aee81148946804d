//! Reference frames, computed apart from this code base (and K1, K2 and H1 taken from other
//! implementations): what the core makes of each, byte for byte.
//!
//! The sender is 192.168.1.12, the router 51, its address 192.168.1.100, the password "secret42".

use vrrp_ebpf::{
    abi::{Counter, RULE_UNICAST, RouterRule, from_ipv4},
    wire::vrrp,
};

use super::{
    case::{Case, event, run},
    frames::{Advert, datagram, hex, padded},
    world::{Lease, World, rule_v2},
};

/// The IP header of a version 2 advert with one address.
const V2: &str = "45c0002800010000ff7018dec0a8010ce0000012";
/// The IP header of a unicast advert, captured.
const K1: &str = "45c0002804930000ff7031dcc0a80159c0a8018d";
/// The same in version 3.
const V3: &str = "45c0002000010000ff7018e6c0a8010ce0000012";

fn row(what: &str, world: World, ip_header: &str, message: &str) -> Case {
    Case::new(what, world, datagram(&format!("{ip_header} {message}")))
}

fn v2(what: &str, message: &str) -> Case {
    row(what, World::v2(), V2, message)
}

#[test]
fn version_2_adverts_are_published() {
    let heard = |priority| event(&Advert { priority, ..Advert::v2() });
    let no_auth = RouterRule { auth_type: vrrp::AUTH_NONE, ..rule_v2() };
    let short_password = RouterRule { password: *b"1234\0\0\0\0", ..rule_v2() };
    run(&[
        v2("A1 priority 100", "213364010101473fc0a801647365637265743432").publishes(heard(100)),
        v2("A2 priority 150", "213396010101153fc0a801647365637265743432").publishes(heard(150)),
        v2("A3 priority 0", "213300010101ab3fc0a801647365637265743432").publishes(heard(0)),
        v2("A4 priority 255", "2133ff010101ac3ec0a801647365637265743432").publishes(heard(255)),
        row(
            "A5 without authentication",
            World::with_rule(no_auth),
            V2,
            "213364010001b8bdc0a801640000000000000000",
        )
        .publishes(heard(100)),
        row(
            "A6 a password of four bytes",
            World::with_rule(short_password),
            V2,
            "2133960101012157c0a801643132333400000000",
        )
        .publishes(heard(150)),
    ]);
}

#[test]
fn adverts_of_other_implementations_are_published() {
    let keepalived = RouterRule { password: *b"d0cker\0\0", ..rule_v2() };
    let holo = RouterRule { auth_type: vrrp::AUTH_NONE, ..rule_v2() };
    let unicast = Advert {
        priority: 51,
        addresses: vec![[192, 168, 1, 238]],
        source: [192, 168, 1, 89],
        ..Advert::v2()
    };
    let from_holo = Advert { priority: 30, addresses: vec![[10, 0, 1, 5]], ..Advert::v2() };
    run(&[
        // The capture is of a unicast setup.
        row(
            "K1 keepalived 1.4.5, its message to the group",
            World::with_rule(keepalived),
            "45c0002804930000ff7013ffc0a80159e0000012",
            "213333010101bb25c0a801ee6430636b65720000",
        )
        .publishes(event(&unicast)),
        row(
            "K1 keepalived 1.4.5, as captured",
            World::with_rule(RouterRule {
                flags: RULE_UNICAST,
                own_source: from_ipv4([192, 168, 1, 141]),
                ..keepalived
            }),
            K1,
            "213333010101bb25c0a801ee6430636b65720000",
        )
        .publishes(event(&unicast)),
        row(
            "K1 the same, on its way to another node",
            World::with_rule(keepalived),
            K1,
            "213333010101bb25c0a801ee6430636b65720000",
        )
        .not_understood(),
        row(
            "K2 the same with priority 0",
            World::with_rule(keepalived),
            "45c0002804930000ff7013ffc0a80159e0000012",
            "213300010101ee25c0a801ee6430636b65720000",
        )
        .publishes(event(&Advert { priority: 0, ..unicast })),
        row(
            "H1 holo's unit test",
            World::with_rule(holo),
            V2,
            "21331e010001b5c50a0001050000000000000000",
        )
        .publishes(event(&from_holo)),
    ]);
}

#[test]
fn version_2_frames_that_are_not_what_the_rule_says() {
    let other_vip = Advert { addresses: vec![[192, 168, 1, 101]], ..Advert::v2() };
    let two_vips =
        Advert { addresses: vec![[192, 168, 1, 100], [192, 168, 1, 101]], ..Advert::v2() };
    let no_vip = Advert { addresses: Vec::new(), ..Advert::v2() };
    let a2 = "213396010101153fc0a801647365637265743432";
    run(&[
        row("B1 TTL 254", World::v2(), "45c0002800010000fe7019dec0a8010ce0000012", a2)
            .rejected(Counter::Ttl),
        v2("B2 checksum", "213396010101143ec0a801647365637265743432").rejected(Counter::Checksum),
        v2("B3 password", "213396010101353fc0a801645365637265743432").rejected(Counter::Password),
        v2("B4 authentication type 0", "21339601000186bdc0a801640000000000000000")
            .rejected(Counter::AuthType),
        v2("B5 authentication type 2", "21339601020184bdc0a801640000000000000000")
            .rejected(Counter::AuthType),
        v2("B6 interval 2", "213396010102153ec0a801647365637265743432").rejected(Counter::Interval),
        v2("B7 type 2", "223396010101143fc0a801647365637265743432").rejected(Counter::Type),
        v2("B8 version 4", "413396010101f53ec0a801647365637265743432").rejected(Counter::Version),
        // Whether the addresses are the right ones is for the election to say.
        v2("B9 another address", "213396010101153ec0a801657365637265743432")
            .publishes(event(&other_vip)),
        row(
            "B10 two addresses",
            World::v2(),
            "45c0002c00010000ff7018dac0a8010ce0000012",
            "2133960201015330c0a80164c0a801657365637265743432",
        )
        .publishes(event(&two_vips)),
        v2("B11 three addresses, one present", "213396030101153dc0a801647365637265743432")
            .rejected(Counter::Length),
        row(
            "B12 no address",
            World::v2(),
            "45c0002400010000ff7018e2c0a8010ce0000012",
            "213396000101d74c7365637265743432",
        )
        .publishes(event(&no_vip)),
        v2("B13 router 52", "213496010101153ec0a801647365637265743432").unknown(),
        row("B17 unicast to us", World::v2(), "45c0002800010000ff70373dc0a8010cc0a8010b", a2)
            .rejected(Counter::Destination),
        row(
            "B18 CARP",
            World::v2(),
            "45c0003800010000ff7018cec0a8010ce0000012",
            "2133000700014e460000000000000000 11f6ad8ec52a2984abaafd7c3b516503785c2072",
        )
        .rejected(Counter::Carp),
        // To version 3 its length is right.
        row(
            "B18 CARP to version 3",
            World::v3(),
            "45c0003800010000ff7018cec0a8010ce0000012",
            "2133000700014e460000000000000000 11f6ad8ec52a2984abaafd7c3b516503785c2072",
        )
        .rejected(Counter::Carp),
    ]);
}

#[test]
fn datagrams_that_are_left_to_the_kernel() {
    let a2 = "213396010101153fc0a801647365637265743432";
    let b14 = ("45c0001b00010000ff7018ebc0a8010ce0000012", "21339601010115");
    let options = "46c0002c00010000ff7083d5c0a8010ce0000012 94040000";
    let first = ("45c0001c00072000ff70f8e3c0a8010ce0000012", "213396010101153f");
    let second = ("45c0002000070001ff7018dfc0a8010ce0000012", "c0a801647365637265743432");
    let in_vlan = hex(&format!("01005e000012dca6320000128100000a0800 {V2} {a2}"));
    run(&[
        row("B14 seven bytes of message", World::v2(), b14.0, b14.1).not_understood(),
        row("B15 IP options", World::v2(), options, a2).not_understood(),
        row("B16 first fragment", World::v2(), first.0, first.1).not_understood(),
        row("B16 second fragment", World::v2(), second.0, second.1).not_understood(),
        Case::new("F2 in VLAN 10", World::v2(), padded(in_vlan)),
    ]);
    // On the wire B14 is padded, and its length is then seen to be wrong.
    let b14 = padded(datagram(&format!("{} {}", b14.0, b14.1)));
    run(&[Case::new("B14, padded", World::v2(), b14).rejected(Counter::Length)]);
}

#[test]
fn padding_is_not_part_of_the_message() {
    let f1 = hex(&format!(
        "01005e000012dca6320000120800 {V2} 213364010101473fc0a801647365637265743432 000000000000"
    ));
    assert_eq!(f1.len(), 60);
    let advert = Advert { priority: 100, ..Advert::v2() };
    run(&[Case::new("F1", World::v2(), f1).publishes(event(&advert))]);
}

#[test]
fn version_3_adverts_are_published() {
    let row = |what, message| row(what, World::v3(), V3, message);
    let heard = |priority, interval| event(&Advert { priority, interval, ..Advert::v3() });
    run(&[
        row("C1 with pseudo-header", "313396010064d416c0a80164").publishes(heard(150, 100)),
        row("C2 without pseudo-header", "313396010064765ac0a80164").publishes(heard(150, 100)),
        row("C3 every 100 ms", "31339601000ad470c0a80164").publishes(heard(150, 10)),
        row("C4 priority 0", "3133000100646a17c0a80164").publishes(heard(0, 100)),
        row("C5 reserved bits set", "31339601f064e415c0a80164").publishes(heard(150, 100)),
        row("C6 interval 0", "313396010000d47ac0a80164").publishes(heard(150, 0)),
    ]);
}

#[test]
fn arp() {
    let request = hex("ffffffffffffaabbcc00009908060001080006040001\
                       aabbcc000099c0a80132000000000000c0a80164");
    let reply = hex("aabbcc000099dca63200001108060001080006040002\
                     dca632000011c0a80164aabbcc000099c0a80132");
    let announcement = hex("ffffffffffffdca63200001108060001080006040001\
                            dca632000011c0a80164ffffffffffffc0a80164");
    let probe = hex("ffffffffffffaabbcc00009908060001080006040001\
                     aabbcc00009900000000000000000000c0a80164");
    let answer_to_probe = hex("aabbcc000099dca63200001108060001080006040002\
                               dca632000011c0a80164aabbcc00009900000000");
    let held = || World::arp(Lease::Held);
    run(&[
        Case::new("R1 gives R2", held(), request.clone()).answered(reply.clone()),
        Case::new("R1 past the lease", World::arp(Lease::Over), request.clone()).refused(),
        Case::new("R2, a reply", held(), reply),
        Case::new("R3, our own announcement", held(), announcement),
        Case::new("R4, a probe", held(), probe).answered(answer_to_probe),
    ]);
}
