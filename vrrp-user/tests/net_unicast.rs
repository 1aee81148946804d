//! Datagrams for one peer, across a veth pair to another network namespace.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the helpers of a test fail it by panicking"
)]

#[expect(dead_code, reason = "nothing here is asynchronous")]
mod net_support;

use std::{
    fs::File,
    io::ErrorKind,
    net::{Ipv4Addr, Ipv6Addr},
    os::fd::{AsRawFd, OwnedFd},
    time::{Duration, Instant},
};

use net_support::{in_namespace, ip};
use nix::{
    errno::Errno,
    sched::{CloneFlags, setns, unshare},
    sys::socket::{
        AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, setsockopt, socket,
        sockopt,
    },
    sys::time::{TimeVal, TimeValLike},
};
use vrrp_user::{net::UnicastSocket, protocol::Family};

const HERE_MAC: &str = "02:00:00:00:00:01";
const THERE_MAC: &str = "02:00:00:00:00:02";
const HERE_IPV6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x60);

/// `v0` with 10.0.0.60, `2001:db8::60` and `fe80::60`, whose other end is in another namespace.
struct Lab {
    v0: u32,
    /// Hears every frame of that namespace.
    there: OwnedFd,
}

impl Lab {
    fn new() -> Self {
        let here = File::open("/proc/thread-self/ns/net").unwrap();
        unshare(CloneFlags::CLONE_NEWNET).unwrap();
        ip(&format!("link add v0 address {HERE_MAC} type veth peer name v1 address {THERE_MAC}"));
        let flags = SockFlag::SOCK_CLOEXEC;
        let there =
            socket(AddressFamily::Packet, SockType::Raw, flags, SockProtocol::EthAll).unwrap();
        setsockopt(&there, sockopt::ReceiveTimeout, &TimeVal::milliseconds(50)).unwrap();
        let path = format!("/proc/{}/fd/{}", std::process::id(), here.as_raw_fd());
        ip(&format!("link set v0 netns {path}"));
        address("v1", 61);
        setns(&here, CloneFlags::CLONE_NEWNET).unwrap();
        address("v0", 60);
        let v0 = ip("-o link show dev v0").split(':').next().unwrap().parse().unwrap();
        Self { v0, there }
    }

    /// The next frame that carries VRRP.
    fn arrival(&self) -> Option<Vec<u8>> {
        let deadline = Instant::now() + Duration::from_secs(3);
        let mut frame = [0; 2048];
        while Instant::now() < deadline {
            let length = match recv(self.there.as_raw_fd(), &mut frame, MsgFlags::empty()) {
                Ok(length) => length,
                Err(Errno::EAGAIN) => continue,
                Err(errno) => panic!("{errno}"),
            };
            let frame = &frame[..length];
            let protocol = match frame.get(12..14) {
                Some([0x08, 0x00]) => frame.get(23),
                Some([0x86, 0xdd]) => frame.get(20),
                _ => None,
            };
            if protocol == Some(&112) {
                return Some(frame.to_vec());
            }
        }
        None
    }
}

fn address(device: &str, last: u8) {
    ip(&format!("link set {device} addrgenmode none"));
    ip(&format!("link set {device} up"));
    ip(&format!("addr add 10.0.0.{last}/24 dev {device}"));
    ip(&format!("addr add 2001:db8::{last}/64 dev {device} nodad"));
    ip(&format!("addr add fe80::{last}/64 dev {device} nodad"));
}

fn ipv4_datagram(to: Ipv4Addr) -> Vec<u8> {
    let mut datagram = vec![0x45, 0xc0, 0, 40, 0x12, 0x34, 0, 0, 255, 112, 0, 0, 10, 0, 0, 60];
    datagram.extend(to.octets());
    let sum: u32 =
        datagram.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1])).sum();
    let sum = (sum & 0xffff) + (sum >> 16);
    let sum = !u16::try_from((sum & 0xffff) + (sum >> 16)).unwrap();
    datagram[10..12].copy_from_slice(&sum.to_be_bytes());
    datagram.resize(40, 0xee);
    datagram
}

fn ipv6_datagram(from: Ipv6Addr, to: Ipv6Addr) -> Vec<u8> {
    let mut datagram = vec![0x6c, 0, 0, 0, 0, 24, 112, 254];
    datagram.extend(from.octets());
    datagram.extend(to.octets());
    datagram.resize(64, 0xee);
    datagram
}

fn link_local(last: u16) -> Ipv6Addr {
    Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, last)
}

#[test]
fn what_arrives_is_what_was_sent() {
    in_namespace(|| {
        let lab = Lab::new();
        let ipv4 = UnicastSocket::open(Family::Ipv4, lab.v0).unwrap();
        let ipv6 = UnicastSocket::open(Family::Ipv6, lab.v0).unwrap();
        let frame = |datagram: &[u8], ethertype: [u8; 2]| {
            let macs = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
            [&macs[..], &ethertype, datagram].concat()
        };

        let peer = Ipv4Addr::new(10, 0, 0, 61);
        let datagram = ipv4_datagram(peer);
        // The first has to wait for the answer to an ARP request, but nobody else does.
        let start = Instant::now();
        ipv4.send(&datagram, peer.into()).unwrap();
        assert!(start.elapsed() < Duration::from_millis(500));
        assert_eq!(lab.arrival().unwrap(), frame(&datagram, [0x08, 0x00]));

        for (from, to) in [
            (HERE_IPV6, Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x61)),
            (link_local(0x60), link_local(0x61)),
        ] {
            let datagram = ipv6_datagram(from, to);
            ipv6.send(&datagram, to.into()).unwrap();
            assert_eq!(lab.arrival().unwrap(), frame(&datagram, [0x86, 0xdd]), "{to}");
        }
    });
}

#[test]
fn the_way_there_is_by_a_gateway_but_never_by_another_interface() {
    in_namespace(|| {
        let lab = Lab::new();
        ip("link add w0 type veth peer name w1");
        ip("link set w0 up");
        ip("route add 10.0.0.61/32 dev w0");
        ip("-6 route add 2001:db8::61/128 dev w0");
        ip("route add 10.9.0.0/24 via 10.0.0.62");
        ip("-6 route add 2001:db8:9::/64 via fe80::61 dev v0");
        // Somebody who will not answer.
        ip("neigh add 10.0.0.62 lladdr 02:00:00:00:00:77 dev v0");
        let ipv4 = UnicastSocket::open(Family::Ipv4, lab.v0).unwrap();
        let ipv6 = UnicastSocket::open(Family::Ipv6, lab.v0).unwrap();
        for (peer, mac) in [(Ipv4Addr::new(10, 0, 0, 61), 2), (Ipv4Addr::new(10, 9, 0, 1), 0x77)] {
            ipv4.send(&ipv4_datagram(peer), peer.into()).unwrap();
            let frame = lab.arrival().unwrap();
            assert_eq!((frame[5], &frame[14..]), (mac, &ipv4_datagram(peer)[..]), "{peer}");
        }
        for subnet in [0, 9] {
            let peer = Ipv6Addr::new(0x2001, 0xdb8, subnet, 0, 0, 0, 0, 0x61);
            let datagram = ipv6_datagram(HERE_IPV6, peer);
            ipv6.send(&datagram, peer.into()).unwrap();
            let frame = lab.arrival().unwrap();
            assert_eq!((frame[5], &frame[14..]), (2, &datagram[..]), "{peer}");
        }
    });
}

#[test]
fn what_cannot_be_sent_is_told() {
    in_namespace(|| {
        let lab = Lab::new();
        for family in [Family::Ipv4, Family::Ipv6] {
            for nowhere in [0, u32::MAX] {
                let error = UnicastSocket::open(family, nowhere).unwrap_err();
                assert_eq!(error.raw_os_error(), Some(libc::ENODEV), "{family} {nowhere}");
            }
        }
        let ipv4 = UnicastSocket::open(Family::Ipv4, lab.v0).unwrap();
        let ipv6 = UnicastSocket::open(Family::Ipv6, lab.v0).unwrap();
        let peer = Ipv4Addr::new(10, 0, 0, 61);
        let other = ipv4.send(&ipv4_datagram(peer), HERE_IPV6.into()).unwrap_err();
        assert_eq!(other.kind(), ErrorKind::InvalidInput);
        let other = ipv6.send(&ipv4_datagram(peer), peer.into()).unwrap_err();
        assert_eq!(other.kind(), ErrorKind::InvalidInput);
        let long = ipv4.send(&[0x45; 1600], peer.into()).unwrap_err();
        assert_eq!(long.raw_os_error(), Some(libc::EMSGSIZE));
        let nowhere = Ipv6Addr::new(0x2001, 0xdb8, 0x99, 0, 0, 0, 0, 1);
        let nowhere = ipv6.send(&ipv6_datagram(HERE_IPV6, nowhere), nowhere.into()).unwrap_err();
        assert_eq!(nowhere.raw_os_error(), Some(libc::ENETUNREACH));
        ip("link del v0");
        let peer_ipv6 = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x61);
        let datagram = ipv6_datagram(HERE_IPV6, peer_ipv6);
        for interface in [lab.v0, 9999] {
            let ipv4 = UnicastSocket::open(Family::Ipv4, interface).unwrap();
            let ipv6 = UnicastSocket::open(Family::Ipv6, interface).unwrap();
            println!("{}", ipv4.send(&ipv4_datagram(peer), peer.into()).unwrap_err());
            println!("{}", ipv6.send(&datagram, peer_ipv6.into()).unwrap_err());
        }
        println!("{}", ipv4.send(&ipv4_datagram(peer), peer.into()).unwrap_err());
    });
}
