//! Wrong and unusual adverts over IPv6.

use std::net::Ipv6Addr;

use vrrp_tests::{
    craft::{AdvertV3, Packet6},
    cube,
    lab::{link_local_address, mac_of},
};

use super::{Bait, Fate, Kind, PRIORITY, SOURCE, kind};

/// A right advert for the router.
fn advert(bait: &Bait) -> AdvertV3 {
    AdvertV3 {
        source_mac: mac_of(SOURCE),
        source: link_local_address(SOURCE).into(),
        vrid: bait.conf.vrid,
        priority: PRIORITY,
        interval: 100,
        addresses: bait.conf.vips.clone(),
        ..AdvertV3::default()
    }
}

/// A packet with the message of a right advert.
fn packet(bait: &Bait) -> Packet6 {
    let payload = advert(bait).frame().split_off(54);
    let source = link_local_address(SOURCE);
    Packet6 { source_mac: mac_of(SOURCE), source, payload, ..Packet6::default() }
}

fn with(name: &'static str, fate: Fate, spoil: fn(&mut AdvertV3, &Bait)) -> Kind {
    kind(name, 3, fate, move |bait| {
        let mut advert = advert(bait);
        spoil(&mut advert, bait);
        vec![advert.frame()]
    })
}

fn with_packet(name: &'static str, fate: Fate, spoil: fn(&mut Packet6)) -> Kind {
    kind(name, 3, fate, move |bait| {
        let mut packet = packet(bait);
        spoil(&mut packet);
        vec![packet.frame()]
    })
}

/// A fragment header (RFC 8200 §4.5) in front of a part of the message: its place in units of eight
/// bytes, and whether more follows.
fn fragment(whole: &Packet6, part: &[u8], place: u8, more: bool) -> Packet6 {
    let header = [112, 0, 0, place << 3 | u8::from(more), 0, 0, 0, 7];
    Packet6 { next_header: 44, payload: [&header, part].concat(), ..whole.clone() }
}

/// Every kind of IPv6.
pub(in super::super) fn kinds6() -> Vec<Kind> {
    use Fate::{Accepted, Dropped, Ignored};
    let alarm = |kind: Kind| Kind { alarm: true, ..kind };
    vec![
        with("C1_right", Accepted, |_, _| ()),
        with("C5_reserved_bits", Accepted, |it, _| it.interval |= 0xf000),
        with("C6_interval_0", Accepted, |it, _| it.interval = 0),
        // RFC 9568 §5.2.8 leaves no choice over IPv6.
        with("no_pseudo_header", Dropped("checksum"), |it, _| it.pseudo_header = false),
        with("checksum", Dropped("checksum"), |it, _| it.spoil_checksum = true),
        with("hop_limit_254", Dropped("ttl"), |it, _| it.ttl = 254),
        with("type", Dropped("type"), |it, _| it.version_and_type = 0x32),
        with("version", Dropped("version"), |it, _| it.version_and_type = 0x41),
        with("other_router", Ignored, |it, _| it.vrid = cube::VRID),
        alarm(with("other_address", Accepted, |it, _| it.addresses = vec![cube::VIP6.into()])),
        alarm(with("two_addresses", Accepted, |it, _| it.addresses.push(cube::VIP6.into()))),
        alarm(with("no_address", Accepted, |it, _| it.addresses.clear())),
        with("addresses_of_ipv4", Dropped("length"), |it, _| it.addresses = vec![cube::VIP.into()]),
        with("unicast", Dropped("destination"), |it, bait| {
            it.destination = Some((bait.dut.link_local().into(), bait.dut.mac()));
        }),
        with("own_source", Dropped("own_source"), |it, bait| {
            it.source = bait.dut.link_local().into();
        }),
        // keepalived takes them.
        with("global_source", Accepted, |it, _| {
            it.source = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x51).into();
        }),
        // There is no padding that would make a whole header of it: nobody can tell whose it is.
        with_packet("truncated", Ignored, |it| it.payload.truncate(7)),
        with_packet("trailing_bytes", Dropped("length"), |it| it.payload.extend([0; 4])),
        // Bytes behind the packet are padding.
        kind("padding", 3, Accepted, |bait| vec![[packet(bait).frame(), vec![0; 6]].concat()]),
        with_packet("destination_options", Accepted, |it| {
            it.next_header = 60;
            it.payload.splice(0..0, [112, 0, 1, 4, 0, 0, 0, 0]);
        }),
        kind("first_half", 3, Ignored, |bait| {
            let whole = packet(bait);
            vec![fragment(&whole, &whole.payload[..8], 0, true).frame()]
        }),
        kind("both_halves", 3, Accepted, |bait| {
            // Its own source, or the halves would be mixed with those of the other kind.
            let source = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0x52);
            let advert = AdvertV3 { source: source.into(), ..advert(bait) };
            let whole = Packet6 { source, payload: advert.frame().split_off(54), ..packet(bait) };
            let (first, second) = whole.payload.split_at(8);
            vec![
                fragment(&whole, first, 0, true).frame(),
                fragment(&whole, second, 1, false).frame(),
            ]
        }),
    ]
}
