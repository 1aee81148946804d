//! ARP, one field at a time.

use std::net::Ipv4Addr;

use vrrp_tests::craft;

use super::{
    case::{Case, run},
    world::{Lease, OWN_MAC, VIP, World},
};

const ASKER: [u8; 6] = [0xaa, 0xbb, 0xcc, 0, 0, 0x99];
const ASKER_ADDRESS: [u8; 4] = [192, 168, 1, 50];
const BROADCAST: [u8; 6] = [0xff; 6];
/// Offsets in the frame.
const DESTINATION: usize = 0;
const SOURCE: usize = 6;
const TYPE: usize = 12;
const PREFIX: usize = 14;
const OPERATION: usize = 20;
const SENDER: usize = 22;
const SENDER_ADDRESS: usize = 28;
const TARGET_ADDRESS: usize = 38;

/// Who has the virtual address? With some bytes replaced.
fn request(changes: &[(usize, &[u8])]) -> Vec<u8> {
    let mut frame = craft::arp_request(ASKER, Ipv4Addr::from(ASKER_ADDRESS), Ipv4Addr::from(VIP));
    for (place, bytes) in changes {
        frame[*place..place + bytes.len()].copy_from_slice(bytes);
    }
    frame
}

fn reply(to: [u8; 6], to_address: [u8; 4]) -> Vec<u8> {
    craft::arp(to, 2, (OWN_MAC, Ipv4Addr::from(VIP)), (to, Ipv4Addr::from(to_address)))
}

/// The row must hold in a node that may answer, one that no longer may, and one that never might.
fn passes(what: &str, frame: &[u8]) -> [Case; 3] {
    [Lease::Held, Lease::Over, Lease::Never]
        .map(|lease| Case::new(format!("{what}, {lease:?}"), World::arp(lease), frame.to_vec()))
}

/// Answered while the lease holds, refused otherwise.
fn answered(what: &str, frame: &[u8], reply: &[u8]) -> [Case; 3] {
    let [held, over, never] = passes(what, frame);
    [held.answered(reply.to_vec()), over.refused(), never.refused()]
}

#[test]
fn requests_are_answered_under_the_lease_only() {
    let usual = reply(ASKER, ASKER_ADDRESS);
    let other = [0x02, 0, 0, 0, 0, 7];
    let mut cases = Vec::new();
    cases.extend(answered("broadcast", &request(&[]), &usual));
    // A neighbour that renews an entry asks the one node it knows.
    cases.extend(answered("unicast", &request(&[(DESTINATION, &OWN_MAC)]), &usual));
    cases.extend(answered(
        "to a group",
        &request(&[(DESTINATION, &[1, 0, 0x5e, 0, 0, 0x12])]),
        &usual,
    ));
    cases.extend(answered("probe", &request(&[(SENDER_ADDRESS, &[0; 4])]), &reply(ASKER, [0; 4])));
    cases.extend(answered(
        "a target address that means nothing",
        &request(&[(32, &[0xa5; 6])]),
        &usual,
    ));
    // The answer goes to the one who asks, not to the bridge that passed it on.
    cases.extend(answered("by proxy", &request(&[(SOURCE, &other)]), &usual));
    run(&cases);
}

/// The request with an 802.1Q tag.
fn tagged(tag: u16) -> Vec<u8> {
    let mut frame = request(&[]);
    frame.splice(TYPE..TYPE, [&[0x81, 0x00][..], &tag.to_be_bytes()].concat());
    frame
}

#[test]
fn what_only_the_kernel_answers_is_refused_without_a_lease() {
    let mut cases = Vec::new();
    for (what, frame) in [
        ("by a group", request(&[(SENDER, &[3, 0, 0, 0, 0, 1])])),
        ("by everybody", request(&[(SENDER, &BROADCAST)])),
        ("with a priority tag", tagged(0xe000)),
    ] {
        let [held, over, never] = passes(what, &frame);
        cases.extend([held, over.refused(), never.refused()]);
    }
    cases.extend(passes("in VLAN 10", &tagged(10)));
    cases.extend(passes("in VLAN 4095, with priority", &tagged(0xffff)));
    run(&cases);
}

#[test]
fn padding_stays_as_it_is() {
    let pad = |mut frame: Vec<u8>| {
        frame.extend((0..18).map(|byte| byte ^ 0xa5));
        frame
    };
    run(&answered("60 bytes", &pad(request(&[])), &pad(reply(ASKER, ASKER_ADDRESS))));
    let long = |mut frame: Vec<u8>| {
        frame.resize(1_514, 0x5a);
        frame
    };
    run(&answered("1,514 bytes", &long(request(&[])), &long(reply(ASKER, ASKER_ADDRESS))));
}

#[test]
fn what_is_no_request_for_the_address_passes() {
    let mut cases = Vec::new();
    let rows: [(&str, usize, &[u8]); 15] = [
        ("another address", TARGET_ADDRESS, &[192, 168, 1, 101]),
        ("a reply", OPERATION, &[0, 2]),
        ("operation 0", OPERATION, &[0, 0]),
        ("operation 256", OPERATION, &[1, 0]),
        ("RARP request", OPERATION, &[0, 3]),
        ("RARP frame", TYPE, &[0x80, 0x35]),
        ("hardware type 6", PREFIX, &[0, 6]),
        ("hardware type 257", PREFIX, &[1, 1]),
        ("protocol type IPv6", PREFIX + 2, &[0x86, 0xdd]),
        ("protocol type 0x0900", PREFIX + 2, &[0x09, 0x00]),
        ("hardware addresses of 8 bytes", PREFIX + 4, &[8]),
        ("protocol addresses of 16 bytes", PREFIX + 5, &[16]),
        ("to another node", DESTINATION, &[0xdc, 0xa6, 0x32, 0, 0, 0x12]),
        ("from our own address", SOURCE, &OWN_MAC),
        ("by our own address", SENDER, &OWN_MAC),
    ];
    for (what, place, bytes) in rows {
        cases.extend(passes(what, &request(&[(place, bytes)])));
    }
    run(&cases);
}

#[test]
fn addresses_are_told_apart_by_interface() {
    let mut elsewhere = World::arp(Lease::Held);
    elsewhere.vips[0].0.ifindex = 2;
    let mut wide = World::arp(Lease::Held);
    wide.vips[0].0.address[15] = 1;
    run(&[
        Case::new("another interface", elsewhere, request(&[])),
        Case::new("an address of the other family", wide, request(&[])),
        Case::new("nothing configured", World::empty(), request(&[])),
    ]);
}

#[test]
fn a_slot_past_the_maps_end_is_no_lease() {
    let mut world = World::arp(Lease::Held);
    world.vips[0].1.slot = vrrp_ebpf::abi::MAX_ROUTERS;
    run(&[Case::new("slot", world, request(&[])).refused().without_slot()]);
}

#[test]
fn cut_short_it_passes() {
    let frame = request(&[]);
    let cases: Vec<Case> =
        (14..frame.len()).flat_map(|length| passes("cut short", &frame[..length])).collect();
    run(&cases);
}
