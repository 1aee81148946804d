//! Where fields lie, on bytes that a field in the wrong place would show.

use vrrp_ebpf::{
    frame::Frame as _,
    wire::{arp, ethernet, ipv4, ipv6},
};

/// Every byte is its own offset.
fn ramp<const N: usize>() -> [u8; N] {
    std::array::from_fn(|index| u8::try_from(index).unwrap_or(u8::MAX))
}

#[test]
fn an_ethernet_header() {
    let bytes: [u8; 14] = ramp();
    let header = ethernet::Header::read(&bytes[..]).unwrap();
    assert_eq!(header.destination, [0, 1, 2, 3, 4, 5]);
    assert_eq!(header.source, [6, 7, 8, 9, 10, 11]);
    assert_eq!(header.ethertype, [12, 13]);
    assert_eq!(bytes[ethernet::TYPE..], header.ethertype);
    assert_eq!(header.to_bytes(), bytes);
    assert_eq!(ethernet::Header::read(&bytes[..13]), None);
}

#[test]
fn groups_are_told_by_one_bit() {
    assert!(ethernet::is_group(ethernet::BROADCAST));
    assert!(ethernet::is_group([0x01, 0, 0x5e, 0, 0, 0x12]));
    assert!(!ethernet::is_group([0xfe, 0xff, 0xff, 0xff, 0xff, 0xff]));
}

#[test]
fn an_ipv4_header() {
    let mut bytes: [u8; 60] = ramp();
    bytes[0] = 0x4f;
    let header = ipv4::Header::read(&bytes[..], 0).unwrap();
    assert_eq!(header.version_ihl(), 0x4f);
    assert_eq!(header.header_length(), 60);
    assert_eq!(header.total_length(), 0x0203);
    assert_eq!(header.fragment(), 0x0607);
    assert_eq!(header.ttl(), 8);
    assert_eq!(header.source(), [12, 13, 14, 15]);
    assert_eq!(header.destination(), [16, 17, 18, 19]);
    let further = ipv4::Header::read(&bytes[..], 14).unwrap();
    assert_eq!(further.ttl(), 22);
    assert!(ipv4::Header::read(&bytes[..], 40).is_some());
    assert!(ipv4::Header::read(&bytes[..], 41).is_none());
}

#[test]
fn an_ipv6_header() {
    let bytes: [u8; 60] = ramp();
    let header = ipv6::Header::read(&bytes[..], 0).unwrap();
    assert_eq!(header.version(), 0);
    assert_eq!(header.payload_length(), 0x0405);
    assert_eq!(header.next_header(), 6);
    assert_eq!(header.hop_limit(), 7);
    assert_eq!(header.source()[..], bytes[8..24]);
    assert_eq!(header.destination()[..], bytes[24..40]);
    let further = ipv6::Header::read(&bytes[..], 20).unwrap();
    assert_eq!((further.version(), further.hop_limit()), (1, 27));
    assert!(ipv6::Header::read(&bytes[..], 21).is_none());
}

#[test]
fn groups_are_told_by_the_first_byte() {
    for first in 0..=255 {
        assert_eq!(ipv4::is_multicast(first), (224..=239).contains(&first), "{first}");
        let mut address = [0xff; 16];
        address[0] = first;
        assert_eq!(ipv6::is_multicast(address), first == 0xff, "{first}");
    }
}

#[test]
fn an_arp_packet() {
    let mut bytes: [u8; 28] = ramp();
    bytes[..6].copy_from_slice(&arp::PREFIX);
    let packet = arp::Packet::read(&bytes[..], 0).unwrap();
    assert_eq!(packet.operation, [6, 7]);
    assert_eq!(packet.sender_hardware, [8, 9, 10, 11, 12, 13]);
    assert_eq!(packet.sender_protocol, [14, 15, 16, 17]);
    assert_eq!(packet.target_hardware, [18, 19, 20, 21, 22, 23]);
    assert_eq!(packet.target_protocol, [24, 25, 26, 27]);
    assert_eq!(packet.to_bytes(), bytes);
    assert_eq!(arp::Packet::read(&bytes[..27], 0), None);
    for place in 0..6 {
        let mut other = bytes;
        other[place] ^= 1;
        assert_eq!(arp::Packet::read(&other[..], 0), None, "byte {place}");
    }
}

#[test]
fn a_slice_is_read_and_written_whole_or_not_at_all() {
    let mut frame = [0xa5_u8; 8];
    let frame = &mut frame[..];
    assert_eq!(frame.read::<4>(4), Some([0xa5; 4]));
    assert_eq!(frame.read::<4>(5), None);
    assert_eq!(frame.read::<4>(usize::MAX), None);
    assert_eq!(frame.write(5, &[1, 2, 3, 4]), None);
    assert_eq!(frame.write(usize::MAX, &[1]), None);
    assert_eq!(frame, [0xa5; 8]);
    assert_eq!(frame.write(4, &[1, 2, 3]), Some(()));
    assert_eq!(frame, [0xa5, 0xa5, 0xa5, 0xa5, 1, 2, 3, 0xa5]);
}
