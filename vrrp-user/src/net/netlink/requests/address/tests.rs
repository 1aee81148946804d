use std::net::{Ipv4Addr, Ipv6Addr};

use super::*;

fn vip() -> VirtualAddress {
    VirtualAddress {
        scope: 253,
        label: Some("v0:vip".into()),
        ..VirtualAddress::new(Ipv4Addr::new(10, 0, 0, 70).into(), 24)
    }
}

#[test]
fn a_single_ipv6_address_lives_forever_and_is_never_preferred() {
    let vip = |prefix_length| VirtualAddress::new(Ipv6Addr::LOCALHOST.into(), prefix_length);
    let preferred = |preferred| VirtualAddress { preferred: Some(preferred), ..vip(128) };
    let lasting = |seconds| {
        let mut lifetime = CacheInfo::default();
        (lifetime.ifa_preferred, lifetime.ifa_valid) = (seconds, u32::MAX);
        Some(AddressAttribute::CacheInfo(lifetime))
    };
    assert_eq!(lifetime(&vip(128)), lasting(0));
    assert_eq!(lifetime(&vip(64)), None);
    assert_eq!(lifetime(&preferred(Preferred::Forever)), None);
    assert_eq!(lifetime(&preferred(Preferred::For(Duration::from_secs(60)))), lasting(60));
}

#[test]
fn nothing_is_put_on_that_was_not_configured() {
    let address = vip();
    let message = message(7, &address);
    assert_eq!((message.header.index, message.header.prefix_len), (7, 24));
    assert_eq!(u8::from(message.header.scope), 253);
    let ip = address.address;
    assert_eq!(message.attributes, [AddressAttribute::Address(ip), AddressAttribute::Local(ip)]);
    assert_eq!(flags(&address), None);
}

#[test]
fn a_peer_is_at_the_other_end() {
    let peer = Ipv4Addr::new(10, 9, 0, 1).into();
    let address = VirtualAddress { peer: Some(peer), ..vip() };
    let expected = [AddressAttribute::Address(peer), AddressAttribute::Local(address.address)];
    assert_eq!(message(7, &address).attributes, expected);
}

#[test]
fn flags_are_those_of_the_file_but_ipv6_is_unique_unless_it_says_otherwise() {
    let of = |address: VirtualAddress, given| flags(&VirtualAddress { flags: given, ..address });
    let vip6 = || VirtualAddress::new(Ipv6Addr::LOCALHOST.into(), 64);
    let none = model::AddressFlags::default();
    let quiet = model::AddressFlags { check_duplicates: true, ..none };
    let all = model::AddressFlags {
        home: true,
        temporaries: true,
        no_prefix_route: true,
        auto_join: true,
        ..none
    };
    let expected = |bits| Some(AddressAttribute::Flags(AddressFlags::from_bits_retain(bits)));
    assert_eq!(of(vip6(), none), expected(0x02));
    assert_eq!(of(vip6(), quiet), None);
    assert_eq!(of(vip(), quiet), None);
    assert_eq!(of(vip6(), all), expected(0x712));
    assert_eq!(of(vip(), all), expected(0x710));
}
