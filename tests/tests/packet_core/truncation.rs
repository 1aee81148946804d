//! Frames that end early, or of which only the first bytes can be reached.

use vrrp_ebpf::{
    Verdict,
    abi::{Counter, NodeCounter, RULE_UNICAST, RULE_VERIFY, RouterRule},
};

use super::{
    case::{Advertised as _, Case, event, run},
    frames::{Advert, MESSAGE, hex},
    frames_ipv6::AdvertIpv6,
    frames_nd::Neighbour,
    hook::Hook,
    host::Host,
    kernel::{Kernel, monotonic},
    world::{IFINDEX, Lease, OWN_IPV6, OWN_MAC, SLOT, World, rule_ipv6, rule_v2},
};

/// From here on the core looks at more than the type of a frame.
const LOOKED_AT: usize = 24;

/// What must come of the first `length` bytes of a good advert.
fn cut(what: &str, world: &World, frame: &[u8], length: usize) -> Case {
    let what = format!("{what}, {length} bytes");
    let case = Case::new(what, world.clone(), frame[..length].to_vec());
    if length < LOOKED_AT { case } else { case.not_understood() }
}

fn worlds() -> Vec<(&'static str, World, Advert)> {
    let no_auth = World::with_rule(RouterRule { auth_type: 0, ..rule_v2() });
    vec![
        ("version 2", World::v2(), Advert::v2().with_addresses(20)),
        ("no address", World::v2(), Advert::v2().with_addresses(0)),
        ("no authentication", no_auth, Advert { auth_type: 0, ..Advert::v2() }),
        ("version 3", World::v3(), Advert::v3().with_addresses(20)),
    ]
}

#[test]
fn a_good_advert_cut_short_is_left_to_the_kernel() {
    let mut cases = Vec::new();
    for (what, world, advert) in worlds() {
        let frame = advert.frame();
        cases.extend((14..frame.len()).map(|length| cut(what, &world, &frame, length)));
        cases.push(Case::published(what, world, &advert));
    }
    let longest = Advert::v2().with_addresses(255);
    let frame = longest.frame();
    let world = World::v2();
    cases.extend((14..frame.len()).step_by(13).map(|length| cut("long", &world, &frame, length)));
    cases.push(cut("all but a byte", &world, &frame, frame.len() - 1));
    run(&cases);
}

#[test]
fn a_good_advert_over_ipv6_cut_short_is_left_to_the_kernel() {
    let mut cases = Vec::new();
    let unicast = RouterRule { flags: RULE_UNICAST, ..rule_ipv6() };
    let verified = RouterRule { flags: RULE_VERIFY, ..rule_ipv6() };
    let trailer = vec![0x5a; 28];
    for (what, world, advert) in [
        ("IPv6", World::ipv6(), AdvertIpv6::new().with_addresses(5)),
        ("no address", World::ipv6(), AdvertIpv6::new().with_addresses(0)),
        (
            "unicast",
            World::with_ipv6_rule(unicast),
            AdvertIpv6 { destination: OWN_IPV6, ..AdvertIpv6::new() },
        ),
        ("a trailer", World::with_ipv6_rule(verified), AdvertIpv6 { trailer, ..AdvertIpv6::new() }),
    ] {
        let frame = advert.frame();
        cases.extend((14..frame.len()).map(|length| cut(what, &world, &frame, length)));
    }
    run(&cases);
}

#[test]
fn a_bad_advert_is_refused_as_soon_as_its_fault_is_there() {
    let fault = [
        ("TTL", Advert { ttl: 1, ..Advert::v2() }, MESSAGE + 8, Counter::Ttl),
        ("interval", Advert { interval: 2, ..Advert::v2() }, MESSAGE + 20, Counter::Interval),
        ("password", Advert { password: [0; 8], ..Advert::v2() }, MESSAGE + 20, Counter::Password),
    ];
    let mut cases = Vec::new();
    for (what, advert, from, reason) in fault {
        let frame = advert.frame();
        for length in 14..=frame.len() {
            cases.push(if length < from {
                cut(what, &World::v2(), &frame, length)
            } else {
                Case::new(what, World::v2(), frame[..length].to_vec()).rejected(reason)
            });
        }
    }
    run(&cases);
}

#[test]
fn no_frame_is_too_short_for_the_host() {
    // The kernel hands no program less than an Ethernet header.
    let host = Host::new(&World::v2(), 1);
    for mut frame in [Advert::v2().frame(), hex("ffffffffffffaabbcc0000990806")] {
        for length in 0..14 {
            assert_eq!(host.show(&mut frame[..length]), Verdict::Pass, "{length} bytes");
        }
    }
    assert_eq!(host.node.get(), vrrp_ebpf::abi::NodeCounters::default());
}

#[test]
fn what_is_out_of_reach_is_left_to_the_kernel() {
    // A driver may put the first bytes of a frame into one buffer and the rest elsewhere.
    let Some(mut kernel) = Kernel::load(Hook::Xdp) else { return };
    for (what, world, advert) in worlds() {
        kernel.configure(&world);
        let whole = advert.frame();
        for linear in 14..=whole.len() {
            kernel.forget(SLOT);
            let mut frame = whole.clone();
            let Some(verdict) = kernel.show_linear(&mut frame, linear) else {
                eprintln!("skipped: this kernel runs tests with linear frames only");
                return;
            };
            let (counters, node) = (kernel.counters(SLOT), kernel.node_counters());
            let complete = linear == whole.len();
            let passes = if complete { Verdict::Drop } else { Verdict::Pass };
            assert_eq!(verdict, passes, "{what}, {linear} bytes");
            assert_eq!(counters.get(Counter::Received), u64::from(complete), "{what}, {linear}");
            let not_understood = !complete && linear >= LOOKED_AT;
            let counted = node.get(NodeCounter::NotUnderstood);
            assert_eq!(counted, u64::from(not_understood), "{what}, {linear}");
            assert_eq!(frame, whole);
        }
        let mut events = kernel.events();
        for event in &mut events {
            event.received_ns = 0;
        }
        assert_eq!(events, [event(&advert)]);
    }
}

#[test]
fn arp_is_answered_when_the_packet_itself_is_within_reach() {
    let Some(mut kernel) = Kernel::load(Hook::Xdp) else { return };
    kernel.configure(&World::arp(Lease::Held));
    kernel.set_lease(SLOT, monotonic() + 60_000_000_000);
    let mut request = hex("ffffffffffffaabbcc00009908060001080006040001\
                           aabbcc000099c0a80132000000000000c0a80164");
    request.resize(60, 0xa5);
    for linear in 14..=request.len() {
        let mut frame = request.clone();
        let Some(verdict) = kernel.show_linear(&mut frame, linear) else { return };
        let expected = if linear < 42 { Verdict::Pass } else { Verdict::Transmit };
        assert_eq!(verdict, expected, "{linear} bytes on interface {IFINDEX}");
        assert_eq!(frame[42..], [0xa5; 18]);
        assert_eq!(frame == request, expected == Verdict::Pass);
    }
}

#[test]
fn a_solicitation_is_answered_when_the_message_itself_is_within_reach() {
    let Some(mut kernel) = Kernel::load(Hook::Xdp) else { return };
    kernel.configure(&World::nd(Lease::Held));
    kernel.set_lease(SLOT, monotonic() + 60_000_000_000);
    let mut solicitation = Neighbour::solicitation().frame();
    let whole = solicitation.len();
    solicitation.resize(whole + 14, 0xa5);
    for linear in 14..=solicitation.len() {
        let mut frame = solicitation.clone();
        let Some(verdict) = kernel.show_linear(&mut frame, linear) else { return };
        let expected = if linear < whole { Verdict::Pass } else { Verdict::Transmit };
        assert_eq!(verdict, expected, "{linear} bytes");
        assert_eq!(frame[whole..], [0xa5; 14]);
        if expected == Verdict::Pass {
            assert_eq!(frame, solicitation);
        } else {
            assert_eq!(frame[..whole], Neighbour::advertisement(OWN_MAC).frame());
        }
    }
}
