//! The sockets across a real veth pair.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the helpers of a test fail it by panicking"
)]

mod net_support;

use std::{
    collections::BTreeSet,
    io::ErrorKind,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use net_support::{in_namespace, in_namespace_async, ip};
use tokio::{io::Interest, time::timeout};
use vrrp_user::{
    net::{Membership, PacketSocket, UnicastFilter, VrrpSocket, monotonic_now, readable},
    protocol::{Family, Vrid},
};

const GROUP: IpAddr = IpAddr::V4(Ipv4Addr::new(224, 0, 0, 18));
const GROUP_IPV6: IpAddr = IpAddr::V6(Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12));

const VIRTUAL_MAC: [u8; 6] = [0, 0, 0x5e, 0, 1, 7];
const VIRTUAL: &str = "00:00:5e:00:01:07";

fn veth() -> (u32, u32) {
    ip("link add v0 type veth peer name v1");
    for (name, address) in [("v0", "10.0.0.60/24"), ("v1", "10.0.0.61/24")] {
        ip(&format!("addr add {address} dev {name}"));
        ip(&format!("link set {name} up"));
        // Both ends are in one namespace, where the sender's address is one of our own.
        for (key, value) in [("accept_local", "1"), ("rp_filter", "0")] {
            let file = format!("/proc/sys/net/ipv4/conf/{name}/{key}");
            std::fs::write(file, value).unwrap();
        }
    }
    std::fs::write("/proc/sys/net/ipv4/conf/all/rp_filter", "0").unwrap();
    (index("v0"), index("v1"))
}

fn index(name: &str) -> u32 {
    ip(&format!("-o link show dev {name}")).split(':').next().unwrap().parse().unwrap()
}

/// An advert of `payload` zeros from 10.0.0.9 to the group.
fn frame(payload: u8) -> Vec<u8> {
    let mut header = vec![0x45, 0xc0, 0, 20 + payload, 0, 1, 0, 0, 255, 112, 0, 0];
    header.extend([10, 0, 0, 9, 224, 0, 0, 18]);
    let sum =
        header.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1])).sum::<u32>();
    let sum = (sum & 0xffff) + (sum >> 16);
    let sum = !u16::try_from((sum & 0xffff) + (sum >> 16)).unwrap();
    header[10..12].copy_from_slice(&sum.to_be_bytes());
    let mut frame = vec![1, 0, 0x5e, 0, 0, 0x12, 2, 0, 0, 0, 0, 9, 8, 0];
    frame.extend(header);
    frame.resize(frame.len() + usize::from(payload), 0);
    frame
}

#[test]
fn a_frame_sent_arrives_as_a_datagram_with_interface_and_time() {
    in_namespace_async(|| async {
        let (v0, v1) = veth();
        let _membership = Membership::join(v1, GROUP).unwrap();
        let receiver = readable(VrrpSocket::open(Family::Ipv4).unwrap()).unwrap();
        let mut buffer = [0xa5; 128];
        let idle = receiver.get_ref().receive(&mut buffer).unwrap_err();
        assert_eq!(idle.kind(), ErrorKind::WouldBlock);

        let sender = PacketSocket::open(v0).unwrap();
        // The kernel starts to stamp what it receives a moment after the first socket asks for it.
        std::thread::sleep(Duration::from_millis(100));
        let before = monotonic_now();
        sender.send(&frame(20)).unwrap();
        let ready = timeout(Duration::from_secs(2), receiver.readable()).await.unwrap();
        drop(ready.unwrap());
        // Late readers still learn when it came in.
        std::thread::sleep(Duration::from_millis(30));
        let arrival = receiver.get_ref().receive(&mut buffer).unwrap();
        let after = monotonic_now();
        assert_eq!((arrival.interface, arrival.length), (v1, 40));
        assert_eq!(arrival.family, Family::Ipv4);
        assert!(!arrival.truncated);
        assert_eq!(buffer[..40], frame(20)[14..]);
        assert_eq!(buffer[40], 0xa5);
        let sent_to_stamp = arrival.at.since(before);
        println!("sent to stamped: {sent_to_stamp:?}");
        assert!(arrival.at + Duration::from_millis(1) >= before);
        assert!(after.since(arrival.at) >= Duration::from_millis(29));

        sender.send(&frame(200)).unwrap();
        let arrival = receiver.async_io(Interest::READABLE, |socket| socket.receive(&mut buffer));
        let arrival = timeout(Duration::from_secs(2), arrival).await.unwrap().unwrap();
        assert_eq!((arrival.length, arrival.truncated), (128, true));
    });
}

#[test]
fn frames_that_leave_together_keep_their_order_and_their_errors_to_themselves() {
    in_namespace_async(|| async {
        let (v0, v1) = veth();
        let _membership = Membership::join(v1, GROUP).unwrap();
        let receiver = VrrpSocket::open(Family::Ipv4).unwrap();
        let sender = PacketSocket::open(v0).unwrap();
        let (one, two, three) = (frame(20), frame(24), frame(28));
        let too_long = [frame(20), vec![0; 4000]].concat();
        let outcomes =
            sender.send_all(&[&one, &too_long, &too_long, &two, &[0; 5], &three, &too_long]);
        let errors = outcomes.into_iter().map(Result::err);
        let errors: Vec<_> = errors.map(|error| error.map(|error| error.raw_os_error())).collect();
        let long = Some(Some(libc::EMSGSIZE));
        assert_eq!(errors, [None, long, long, None, Some(None), None, long]);
        let mut buffer = [0; 128];
        let mut lengths = Vec::new();
        while let Ok(received) = receiver.receive(&mut buffer) {
            lengths.push(received.length);
        }
        assert_eq!(lengths, [40, 44, 48]);

        ip("link set v0 down");
        let outcomes = sender.send_all(&[&one, &two]);
        assert!(outcomes.iter().all(Result::is_err) && outcomes.len() == 2, "{outcomes:?}");
        assert!(sender.send_all(&[]).is_empty());
    });
}

/// An IPv6 advert of `payload` bytes of 0xee, whose checksum is wrong, from `fe80::9` to the group.
fn ipv6_frame(payload: u8) -> Vec<u8> {
    let mut frame = vec![0x33, 0x33, 0, 0, 0, 0x12, 2, 0, 0, 0, 0, 9, 0x86, 0xdd];
    frame.extend([0x60, 0, 0, 0, 0, payload, 112, 254]);
    frame.extend(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 9).octets());
    frame.extend(Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12).octets());
    frame.resize(frame.len() + usize::from(payload), 0xee);
    frame
}

#[test]
fn an_ipv6_datagram_has_its_header_before_it() {
    in_namespace_async(|| async {
        let (v0, v1) = veth();
        let receiver = readable(VrrpSocket::open(Family::Ipv6).unwrap()).unwrap();
        let sender = PacketSocket::open(v0).unwrap();
        let mut buffer = [0xa5; 128];
        let mut receive = async || {
            let arrival =
                receiver.async_io(Interest::READABLE, |socket| socket.receive(&mut buffer));
            let arrival = timeout(Duration::from_millis(500), arrival).await.ok()?.unwrap();
            Some((arrival, buffer))
        };
        sender.send(&ipv6_frame(24)).unwrap();
        assert!(receive().await.is_none(), "without a membership");
        let _membership = Membership::join(v1, GROUP_IPV6).unwrap();
        let before = monotonic_now();
        sender.send(&ipv6_frame(24)).unwrap();
        // Late readers still learn when it came in.
        std::thread::sleep(Duration::from_millis(30));
        let (arrival, buffer) = receive().await.unwrap();
        assert_eq!((arrival.interface, arrival.family, arrival.length), (v1, Family::Ipv6, 64));
        assert!(!arrival.truncated);
        assert_eq!(buffer[..64], ipv6_frame(24)[14..]);
        assert_eq!(buffer[64], 0xa5);
        assert!(arrival.at + Duration::from_millis(1) >= before);
        assert!(monotonic_now().since(arrival.at) >= Duration::from_millis(29));

        sender.send(&ipv6_frame(200)).unwrap();
        let (arrival, buffer) = receive().await.unwrap();
        assert_eq!((arrival.length, arrival.truncated), (128, true));
        assert_eq!(buffer, ipv6_frame(200)[14..][..128]);

        let no_room = receiver.get_ref().receive(&mut [0; 39]).unwrap_err();
        assert_eq!(no_room.kind(), ErrorKind::InvalidInput);
        let idle = receiver.get_ref().receive(&mut [0; 40]).unwrap_err();
        assert_eq!(idle.kind(), ErrorKind::WouldBlock);
    });
}

#[test]
fn only_the_adverts_of_its_routers_come_through_to_a_socket() {
    in_namespace(|| {
        let (v0, v1) = veth();
        let _memberships = [GROUP, GROUP_IPV6].map(|group| Membership::join(v1, group).unwrap());
        let sender = PacketSocket::open(v0).unwrap();
        let every = || (1..=255).filter_map(Vrid::new);
        for (family, header, advert) in
            [(Family::Ipv4, 20, frame(20)), (Family::Ipv6, 40, ipv6_frame(24))]
        {
            let socket = VrrpSocket::open(family).unwrap();
            let heard = || {
                let (mut heard, mut buffer) = (BTreeSet::new(), [0; 128]);
                for vrid in 0..=255 {
                    let mut advert = advert.clone();
                    advert[14 + header + 1] = vrid;
                    sender.send(&advert).unwrap();
                    while socket.receive(&mut buffer).is_ok() {
                        heard.insert(buffer[header + 1]);
                    }
                }
                heard
            };
            assert_eq!(heard().len(), 256, "without a filter");
            for vrids in [
                BTreeSet::new(),
                every().filter(|vrid| vrid.get() == 1).collect(),
                every().filter(|vrid| vrid.get() == 255).collect(),
                every().filter(|vrid| vrid.get() % 3 == 0).collect(),
                every().collect(),
            ] {
                socket.keep_only(&vrids).unwrap();
                assert_eq!(heard(), vrids.iter().map(|vrid| vrid.get()).collect(), "{family:?}");
            }
        }
    });
}

#[test]
fn options_before_an_advert_do_not_hide_its_vrid() {
    in_namespace(|| {
        let (v0, v1) = veth();
        let _membership = Membership::join(v1, GROUP).unwrap();
        let sender = PacketSocket::open(v0).unwrap();
        let socket = VrrpSocket::open(Family::Ipv4).unwrap();
        socket.keep_only(&BTreeSet::from([Vrid::new(7).unwrap()])).unwrap();
        // Four times "no operation", which add 0x0101 twice, and another word of header.
        let mut with_options = frame(24);
        with_options[14] = 0x46;
        let sum = u16::from_be_bytes([with_options[24], with_options[25]]);
        let sum = sum.checked_sub(0x0100 + 2 * 0x0101).unwrap();
        with_options[24..26].copy_from_slice(&sum.to_be_bytes());
        with_options[34..38].fill(1);
        for (vrid, is_heard) in [(7, true), (8, false)] {
            with_options[39] = vrid;
            sender.send(&with_options).unwrap();
            assert_eq!(socket.receive(&mut [0; 128]).is_ok(), is_heard, "{vrid}");
        }
        sender.send(&frame(1)).unwrap();
        assert!(socket.receive(&mut [0; 128]).is_err(), "there is no VRID in it");
    });
}

#[test]
fn an_ipv6_membership_ends_with_its_value() {
    in_namespace(|| {
        let (v0, _) = veth();
        let joined = || ip("maddr show dev v0").contains("ff02::12");
        let filtered = || ip("maddr show dev v0").contains("33:33:00:00:00:12");
        assert!(!joined());
        let membership = Membership::join(v0, GROUP_IPV6).unwrap();
        assert!(joined() && filtered());
        drop(membership);
        // A process that another test is just forking holds a copy of the socket until it execs.
        for _ in 0..100 {
            if !joined() {
                break;
            }
        }
        assert!(!joined() && !filtered());
        assert!(Membership::join(v0, Ipv6Addr::LOCALHOST.into()).is_err());
        for nowhere in [0, 9999] {
            let error = Membership::join(nowhere, GROUP_IPV6).unwrap_err();
            assert_eq!(error.raw_os_error(), Some(libc::ENODEV), "{nowhere}");
        }
    });
}

#[test]
fn nothing_is_received_without_a_membership() {
    in_namespace(|| {
        let (v0, v1) = veth();
        let receiver = VrrpSocket::open(Family::Ipv4).unwrap();
        let sender = PacketSocket::open(v0).unwrap();
        let mut buffer = [0; 128];
        sender.send(&frame(20)).unwrap();
        std::thread::sleep(Duration::from_millis(50));
        assert!(receiver.receive(&mut buffer).is_err());
        let memberships = [v0, v1].map(|index| Membership::join(index, GROUP).unwrap());
        sender.send(&frame(20)).unwrap();
        std::thread::sleep(Duration::from_millis(50));
        assert_eq!(receiver.receive(&mut buffer).unwrap().interface, v1);
        drop(memberships);
    });
}

#[test]
fn a_membership_ends_with_its_value() {
    in_namespace(|| {
        let (v0, _) = veth();
        let joined = || ip("maddr show dev v0").contains("224.0.0.18");
        assert!(!joined());
        let first = Membership::join(v0, GROUP).unwrap();
        let second = Membership::join(v0, GROUP).unwrap();
        assert!(joined());
        drop(first);
        assert!(joined());
        drop(second);
        // A process that another test is just forking holds a copy of the socket until it execs.
        for _ in 0..100 {
            if !joined() {
                break;
            }
        }
        assert!(!joined());
        assert!(Membership::join(v0, [10, 0, 0, 1].into()).is_err());
        assert!(Membership::join(9999, GROUP).is_err());
        let many: Vec<_> = (0..100u8)
            .map(|last| Membership::join(v0, [239, 0, 0, last].into()).unwrap())
            .collect();
        assert_eq!(many.len(), 100);
    });
}

#[test]
fn sending_fails_without_a_usable_interface() {
    in_namespace(|| {
        let (v0, _) = veth();
        assert!(PacketSocket::open(9999).is_err());
        let sender = PacketSocket::open(v0).unwrap();
        assert_eq!(sender.send(&[0; 13]).unwrap_err().kind(), ErrorKind::InvalidInput);
        assert!(sender.send(&[0; 4000]).is_err());
        ip("link set v0 down");
        assert_eq!(sender.send(&frame(20)).unwrap_err().kind(), ErrorKind::NetworkDown);
        ip("link set v0 up");
        sender.send(&frame(20)).unwrap();
        ip("link del v0");
        let gone = sender.send(&frame(20)).unwrap_err();
        println!("{gone}");
    });
}

#[test]
fn a_hardware_address_is_let_through_as_long_as_someone_wants_it() {
    in_namespace(|| {
        let (v0, _) = veth();
        let listed = || {
            std::process::Command::new("bridge")
                .args(["fdb", "show", "dev", "v0"])
                .output()
                .map(|output| String::from_utf8_lossy(&output.stdout).contains(VIRTUAL))
                .unwrap()
        };
        assert!(!listed());
        let first = UnicastFilter::add(v0, VIRTUAL_MAC).unwrap();
        let second = UnicastFilter::add(v0, VIRTUAL_MAC).unwrap();
        assert!(listed());
        drop(first);
        assert!(listed());
        drop(second);
        // A process that another test is just forking holds a copy of the socket until it execs.
        for _ in 0..100 {
            if !listed() {
                break;
            }
        }
        assert!(!listed());
        for nowhere in [0, 9999, u32::MAX] {
            let error = UnicastFilter::add(nowhere, VIRTUAL_MAC).unwrap_err();
            assert_eq!(error.raw_os_error(), Some(libc::ENODEV), "{nowhere}");
        }
    });
}
