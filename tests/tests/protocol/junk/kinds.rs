//! The reference packets of wrong adverts, and of unusual ones that are right.

mod six;

use std::net::Ipv4Addr;

use vrrp_tests::{
    Conf, Node,
    craft::{AdvertV2, AdvertV3, Datagram, padded},
    cube,
    lab::mac_of,
};

pub(super) use self::six::kinds6;

use super::PRIORITY;

/// Who sends the junk.
const SOURCE: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 81);

/// What is to become of a frame.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fate {
    /// Discarded and counted under this reason.
    Dropped(&'static str),
    /// Not for this router, or never complete.
    Ignored,
    /// As good as any.
    Accepted,
}

/// Whom the junk is for.
pub(super) struct Bait {
    pub(super) conf: Conf,
    pub(super) dut: Node,
}

/// Makes the frames.
type Maker = Box<dyn Fn(&Bait) -> Vec<Vec<u8>>>;

/// A kind of junk.
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) version: u8,
    pub(super) fate: Fate,
    /// Whether its address list is another than configured.
    pub(super) alarm: bool,
    pub(super) frames: Maker,
}

/// A right advert of version 2 for the router.
fn v2(bait: &Bait) -> AdvertV2 {
    AdvertV2 {
        source_mac: mac_of(SOURCE),
        source: SOURCE,
        vrid: bait.conf.vrid,
        priority: PRIORITY,
        addresses: bait.conf.vips4(),
        ..AdvertV2::default()
    }
}

/// A right advert of version 3 for the router.
fn v3(bait: &Bait) -> AdvertV3 {
    AdvertV3 {
        source_mac: mac_of(SOURCE),
        source: SOURCE.into(),
        vrid: bait.conf.vrid,
        priority: PRIORITY,
        interval: 100,
        addresses: bait.conf.vips.clone(),
        ..AdvertV3::default()
    }
}

/// A datagram with the message of a right advert of version 2.
fn datagram(bait: &Bait) -> Datagram {
    let payload = v2(bait).frame().split_off(34);
    Datagram { source_mac: mac_of(SOURCE), source: SOURCE, payload, ..Datagram::default() }
}

fn kind(
    name: &'static str,
    version: u8,
    fate: Fate,
    frames: impl Fn(&Bait) -> Vec<Vec<u8>> + 'static,
) -> Kind {
    // Short frames arrive padded from any real NIC.
    let padded = move |bait: &Bait| frames(bait).into_iter().map(padded).collect();
    Kind { name, version, fate, alarm: false, frames: Box::new(padded) }
}

fn with_v2(name: &'static str, fate: Fate, spoil: fn(&mut AdvertV2)) -> Kind {
    kind(name, 2, fate, move |bait| {
        let mut advert = v2(bait);
        spoil(&mut advert);
        vec![advert.frame()]
    })
}

fn with_v3(name: &'static str, fate: Fate, spoil: fn(&mut AdvertV3)) -> Kind {
    kind(name, 3, fate, move |bait| {
        let mut advert = v3(bait);
        spoil(&mut advert);
        vec![advert.frame()]
    })
}

fn with_datagram(name: &'static str, fate: Fate, spoil: fn(&mut Datagram)) -> Kind {
    kind(name, 2, fate, move |bait| {
        let mut datagram = datagram(bait);
        spoil(&mut datagram);
        vec![datagram.frame()]
    })
}

/// Every kind of IPv4, under the letters of the project's list of reference packets.
pub(super) fn kinds4(hook: &str) -> Vec<Kind> {
    use Fate::{Accepted, Dropped, Ignored};
    // Without a program the kernel has thrown these away before anybody could count them.
    let unless_off = |fate| if hook == "off" { Ignored } else { fate };
    let alarm = |kind: Kind| Kind { alarm: true, ..kind };
    let mut kinds = vec![
        with_v2("A2_right", Accepted, |_| ()),
        with_v2("B1_ttl", Dropped("ttl"), |it| it.ttl = 254),
        with_v2("B2_checksum", Dropped("checksum"), |it| it.spoil_checksum = true),
        with_v2("B3_password", Dropped("password"), |it| it.password[0] ^= 0x20),
        with_v2("B4_no_auth", Dropped("auth_type"), |it| {
            it.auth_type = 0;
            it.password = [0; 8];
        }),
        with_v2("B5_ah", Dropped("auth_type"), |it| it.auth_type = 2),
        with_v2("B6_interval", Dropped("interval"), |it| it.interval = 2),
        with_v2("B7_type", Dropped("type"), |it| it.version_and_type = 0x22),
        with_v2("B8_version", Dropped("version"), |it| it.version_and_type = 0x41),
        alarm(with_v2("B9_other_address", Accepted, |it| it.addresses = vec![cube::VIP])),
        alarm(with_v2("B10_two_addresses", Accepted, |it| it.addresses.push(cube::VIP))),
        kind("B11_count", 2, Dropped("length"), |bait| {
            let mut message = datagram(bait);
            message.payload[3] = 3;
            vec![message.frame()]
        }),
        alarm(with_v2("B12_no_address", Accepted, |it| it.addresses.clear())),
        with_v2("B13_other_router", Ignored, |it| it.vrid = cube::VRID),
        with_datagram("B14_truncated", unless_off(Dropped("length")), |it| it.payload.truncate(7)),
        with_v2("B15_options", Accepted, |it| it.ip_options = vec![0x94, 4, 0, 0]),
        with_datagram("B16_first_half", Ignored, |it| {
            it.payload.truncate(8);
            it.fragment = 0x2000;
        }),
        kind("B16_both_halves", 2, Accepted, |bait| {
            let (mut first, mut second) = (datagram(bait), datagram(bait));
            // Its own source, or the halves would be mixed with those of the other kind.
            first.source = Ipv4Addr::new(10, 0, 0, 82);
            second.source = first.source;
            second.payload = first.payload.split_off(8);
            first.fragment = 0x2000;
            second.fragment = 1;
            vec![first.frame(), second.frame()]
        }),
        kind("B17_unicast", 2, Dropped("destination"), |bait| {
            let mut datagram = datagram(bait);
            datagram.destination = bait.dut.address();
            datagram.destination_mac = bait.dut.mac();
            vec![datagram.frame()]
        }),
        kind("B18_carp", 2, Dropped("carp"), |bait| {
            let mut message = vec![0x21, bait.conf.vrid, 0, 7, 0, 1, 0x4e, 0x46];
            message.resize(36, 0);
            vec![Datagram { payload: message, ..datagram(bait) }.frame()]
        }),
        kind("own_source", 2, unless_off(Dropped("own_source")), |bait| {
            vec![AdvertV2 { source: bait.dut.address(), ..v2(bait) }.frame()]
        }),
        with_datagram("trailing_bytes", Dropped("length"), |it| it.payload.extend([0; 4])),
        kind("v3_for_v2", 2, Dropped("length"), |bait| vec![v3(bait).frame()]),
        with_v3("C1_right", Accepted, |_| ()),
        with_v3("C2_rfc9568_checksum", Accepted, |it| it.pseudo_header = false),
        with_v3("C5_reserved_bits", Accepted, |it| it.interval |= 0xf000),
        with_v3("C6_interval_0", Accepted, |it| it.interval = 0),
        with_v3("C_ttl", Dropped("ttl"), |it| it.ttl = 1),
        with_v3("C_checksum", Dropped("checksum"), |it| it.spoil_checksum = true),
        with_v3("C_type", Dropped("type"), |it| it.version_and_type = 0x3f),
        with_v3("C_version", Dropped("version"), |it| it.version_and_type = 0x51),
        kind("v2_for_v3", 3, Dropped("length"), |bait| vec![v2(bait).frame()]),
    ];
    if hook == "off" || hook == "tc" {
        // The lab's switch hands the tag on beside the frame, as a NIC with VLAN offload does, where
        // XDP cannot see it and tc can. Tags in the frame are tried with `BPF_PROG_TEST_RUN`.
        kinds.push(kind("F2_vlan", 2, Ignored, |bait| {
            let mut frame = v2(bait).frame();
            frame.splice(12..12, [0x81, 0, 0, 10]);
            vec![frame]
        }));
    }
    kinds
}
