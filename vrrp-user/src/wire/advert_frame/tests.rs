use super::*;
use crate::{
    config::model::{AntiReplay, HmacKey, HmacMode, HmacSettings, Password},
    protocol::{AdvertInterval, Vrid},
    wire::checksum::checksum,
};

const ETHERNET_AND_IPV4: usize = 34;

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn content<'a>(addresses: &'a [IpAddr], password: Option<&'a Password>) -> AdvertContent<'a> {
    AdvertContent {
        mac: [0xdc, 0xa6, 0x32, 0, 0, 0x12],
        source: [192, 168, 1, 12].into(),
        destination: [224, 0, 0, 18].into(),
        ttl: 255,
        pseudo_header: true,
        signed: false,
        message: MessageContent {
            version: Version::V2,
            vrid: Vrid::new(51).unwrap(),
            interval: AdvertInterval::DEFAULT,
            password,
            addresses,
        },
    }
}

fn version_3<'a>(content: &AdvertContent<'a>, centis: u32) -> AdvertContent<'a> {
    let interval = AdvertInterval::from_centis(centis, Version::V3).unwrap();
    let message = MessageContent { version: Version::V3, interval, ..content.message.clone() };
    AdvertContent { message, ..content.clone() }
}

/// The packets A1 to A5 and C1 to C3 of the reference set: computed by an independent program.
#[test]
fn adverts_are_the_reference_packets() {
    let vip = [IpAddr::from([192, 168, 1, 100])];
    let secret = Password(*b"secret42");
    let ethernet = hex("01005e000012 dca632000012 0800");
    let v2 = hex("45c0002800010000ff7018dec0a8010ce0000012");
    let v3 = hex("45c0002000010000ff7018e6c0a8010ce0000012");
    let with_password = content(&vip, Some(&secret));
    let plain_v3 = version_3(&content(&vip, None), 100);
    for (content, priority, ip, message) in [
        (with_password.clone(), 100, &v2, "213364010101473fc0a801647365637265743432"),
        (with_password.clone(), 150, &v2, "213396010101153fc0a801647365637265743432"),
        (with_password.clone(), 0, &v2, "213300010101ab3fc0a801647365637265743432"),
        (with_password, 255, &v2, "2133ff010101ac3ec0a801647365637265743432"),
        (content(&vip, None), 100, &v2, "213364010001b8bdc0a801640000000000000000"),
        (plain_v3.clone(), 150, &v3, "313396010064d416c0a80164"),
        (AdvertContent { pseudo_header: false, ..plain_v3 }, 150, &v3, "313396010064765ac0a80164"),
        (version_3(&content(&vip, None), 10), 150, &v3, "31339601000ad470c0a80164"),
    ] {
        let mut frame = AdvertFrame::new(&content).unwrap();
        let expected = [&ethernet[..], ip, &hex(message)].concat();
        assert_eq!(frame.with_priority(Priority::new(priority), None), expected, "{message}");
    }
}

/// The headers by RFC 2464 and RFC 8200; the checksum was computed by another program.
#[test]
fn adverts_over_ipv6() {
    let vip: [IpAddr; 1] = ["fe80::100".parse().unwrap()];
    let base = version_3(&content(&vip, None), 100);
    let message = MessageContent { vrid: Vrid::new(51).unwrap(), ..base.message.clone() };
    let content = AdvertContent {
        source: "fe80::10".parse().unwrap(),
        destination: "ff02::12".parse().unwrap(),
        message,
        ..base
    };
    let mut frame = AdvertFrame::new(&content).unwrap();
    let bytes = frame.with_priority(Priority::new(200), None).to_vec();
    let expected = hex("333300000012 dca632000012 86dd
         6c000000 0018 70 ff
         fe800000000000000000000000000010 ff020000000000000000000000000012
         3133c801006408b8 fe800000000000000000000000000100");
    assert_eq!(bytes, expected);
    assert_eq!(bytes[14..], *frame.datagram_with_priority(Priority::new(200), None));
}

#[test]
fn families_do_not_mix() {
    let vip = [IpAddr::from([192, 168, 1, 100])];
    let destination = "ff02::12".parse().unwrap();
    assert!(AdvertFrame::new(&AdvertContent { destination, ..content(&vip, None) }).is_none());
}

#[test]
fn identification_counts_and_skips_zero() {
    let vip = [IpAddr::from([192, 168, 1, 100])];
    let mut frame = AdvertFrame::new(&content(&vip, None)).unwrap();
    frame.identification = u16::MAX - 1;
    let mut next = || frame.with_priority(Priority::DEFAULT, None)[18..20].to_vec();
    assert_eq!([next(), next(), next()].concat(), [0xff, 0xff, 0, 1, 0, 2]);
}

/// What is sent must be accepted by the packet core of another node.
#[test]
fn sent_checksums_are_intact() {
    let addresses: Vec<IpAddr> = (1..=255).map(|n| IpAddr::from([10, 1, 2, n])).collect();
    let content = content(&addresses, None);
    let mut frame = AdvertFrame::new(&content).unwrap();
    let bytes = frame.with_priority(Priority::new(7), None).to_vec();
    assert_eq!(checksum(&[&bytes[14..ETHERNET_AND_IPV4]]), 0);
    assert_eq!(checksum(&[&bytes[ETHERNET_AND_IPV4..]]), 0);
    assert_eq!(bytes.len(), ETHERNET_AND_IPV4 + 8 + 4 * 255 + 8);
}

/// With a trailer: over IPv6 it is part of the checksum, over IPv4 it is not.
#[test]
fn a_trailer_follows_the_message() {
    let settings = HmacSettings {
        keys: [(7, HmacKey((0..32).collect()))].into(),
        active: 7,
        mode: HmacMode::Enforce,
        anti_replay: AntiReplay::Monotonic,
    };
    for (source, destination, vip) in
        [("10.0.0.60", "224.0.0.18", "10.0.0.70"), ("fe80::10", "ff02::12", "fe80::100")]
    {
        let (source, vip): (IpAddr, [IpAddr; 1]) =
            (source.parse().unwrap(), [vip.parse().unwrap()]);
        let content = AdvertContent {
            source,
            destination: destination.parse().unwrap(),
            signed: true,
            ..version_3(&content(&vip, None), 100)
        };
        let router = crate::hmac::Router { version: Version::V3, vrid: content.message.vrid };
        let mut signer = Signer::new(&settings, router, source).unwrap();
        let mut verifier = crate::hmac::Verifier::new(settings.clone(), router);
        let mut frame = AdvertFrame::new(&content).unwrap();
        let bytes = frame.with_priority(Priority::new(100), Some(&mut signer)).to_vec();
        let (rest, trailer) = bytes.split_last_chunk().unwrap();
        let (header, ip_length) = if source.is_ipv6() { (54, 0) } else { (34, 20) };
        let message = &rest[header..];
        assert_eq!(verifier.verify(source, message, Some(trailer)), Ok(()));
        let at = if source.is_ipv6() { 18 } else { 16 };
        let announced = u16::from_be_bytes([bytes[at], bytes[at + 1]]);
        assert_eq!(usize::from(announced), ip_length + message.len() + TRAILER_LENGTH);
        let summed = if source.is_ipv6() { &bytes[header..] } else { message };
        let length = u16::try_from(summed.len()).unwrap().to_be_bytes();
        let addresses = if source.is_ipv6() { &bytes[22..54] } else { &bytes[26..34] };
        assert_eq!(checksum(&[addresses, &[0, 112, length[0], length[1]], summed]), 0);
    }
}
