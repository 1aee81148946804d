//! What a socket buffer has beside the bytes of a frame: parts that a driver put elsewhere, and a VLAN
//! tag that the kernel took off. `BPF_PROG_TEST_RUN` knows neither; a tap interface that behaves like
//! such a driver does (`IFF_NAPI_FRAGS`).

use std::{
    fs::File,
    io::{self, IoSlice, Read as _, Write as _},
    net::{Ipv4Addr, UdpSocket},
    os::fd::AsRawFd as _,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use nix::{
    net::if_::if_nametoindex,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sched::{CloneFlags, unshare},
};
use vrrp_ebpf::abi::{Counter, VipKey};

use super::{
    frames::{Advert, hex},
    hook::Hook,
    kernel::{Kernel, monotonic},
    world::{Lease, SLOT, World},
};

const HOUR: u64 = 3_600_000_000_000;
/// Every write has been worked through by the kernel when it returns.
const SILENCE: Duration = Duration::from_millis(50);

const REQUEST: &str =
    "ffffffffffffaabbcc00009908060001080006040001aabbcc000099c0a80132000000000000c0a80164";
const REPLY: &str =
    "aabbcc000099dca63200001108060001080006040002dca632000011c0a80164aabbcc000099c0a80132";

/// The wire of a tap interface called `t0`.
struct Tap(File);

impl Tap {
    fn new() -> io::Result<Self> {
        const FLAGS: i32 = libc::IFF_TAP | libc::IFF_NO_PI | libc::IFF_NAPI | libc::IFF_NAPI_FRAGS;
        let file = File::options().read(true).write(true).open("/dev/net/tun")?;
        let mut request = libc::ifreq {
            ifr_name: [0; libc::IFNAMSIZ],
            ifr_ifru: libc::__c_anonymous_ifr_ifru {
                ifru_flags: FLAGS.try_into().map_err(io::Error::other)?,
            },
        };
        for (field, byte) in request.ifr_name.iter_mut().zip(*b"t0") {
            *field = libc::c_char::from_ne_bytes([byte]);
        }
        // SAFETY: TUNSETIFF reads a `struct ifreq`, and writes the name into it.
        let answer = unsafe { libc::ioctl(file.as_raw_fd(), libc::TUNSETIFF, &raw mut request) };
        if answer == 0 { Ok(Self(file)) } else { Err(io::Error::last_os_error()) }
    }

    /// Puts a frame on the wire, of which the driver leaves so many bytes in the linear part.
    fn send(&self, frame: &[u8], linear: usize) {
        let (first, rest) = frame.split_at(linear);
        let parts = [IoSlice::new(first), IoSlice::new(rest)];
        let parts = if rest.is_empty() { &parts[..1] } else { &parts };
        assert_eq!((&self.0).write_vectored(parts).unwrap(), frame.len());
    }

    /// The next frame of ARP that comes out.
    fn answer(&self) -> Option<Vec<u8>> {
        let end = Instant::now() + SILENCE;
        loop {
            let left = PollTimeout::try_from(end.saturating_duration_since(Instant::now()));
            let mut wire = [PollFd::new(std::os::fd::AsFd::as_fd(&self.0), PollFlags::POLLIN)];
            if poll(&mut wire, left.unwrap()).unwrap() == 0 {
                return None;
            }
            let mut frame = vec![0; 2048];
            let length = (&self.0).read(&mut frame).unwrap();
            frame.truncate(length);
            // The kernel talks about its own IPv6.
            if frame[12..14] == [0x08, 0x06] || frame[12..14] == [0x81, 0x00] {
                return Some(frame);
            }
        }
    }
}

/// Runs `test` with the program at tc ingress of a tap interface, under a lease for the address.
fn with_tap(test: impl FnOnce(&Tap, &mut Kernel) + Send + 'static) {
    let Some(mut kernel) = Kernel::load(Hook::Tc) else { return };
    let body = move || {
        if let Err(errno) = unshare(CloneFlags::CLONE_NEWNET) {
            eprintln!("skipped: no namespace for the test: {errno}");
            return;
        }
        let tap = match Tap::new() {
            Ok(tap) => tap,
            Err(error) => {
                eprintln!("skipped: no tap interface that puts frames into parts: {error}");
                return;
            }
        };
        let up = Command::new("ip").args(["link", "set", "t0", "up"]).status().unwrap();
        assert!(up.success());
        kernel.attach("t0");
        let ifindex = if_nametoindex("t0").unwrap();
        let mut world = World { vips: World::arp(Lease::Held).vips, ..World::v2() };
        world.rules[0].0.ifindex = ifindex;
        world.vips[0].0 = VipKey { ifindex, ..world.vips[0].0 };
        kernel.configure(&world);
        kernel.set_lease(SLOT, monotonic() + HOUR);
        test(&tap, &mut kernel);
    };
    if let Err(panic) = thread::spawn(body).join() {
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn what_a_driver_put_elsewhere_is_fetched() {
    with_tap(|tap, kernel| {
        let advert = Advert::v2().with_addresses(20).frame();
        let request = hex(REQUEST);
        // Not less than an Ethernet header, which every driver puts there.
        for linear in [14, 15, 23, 24, 33, 34, 41, 42] {
            kernel.forget(SLOT);
            tap.send(&advert, linear);
            let counters = kernel.counters(SLOT);
            assert_eq!(counters.get(Counter::Published), 1, "an advert, {linear} bytes");
            tap.send(&request, linear);
            assert_eq!(tap.answer(), Some(hex(REPLY)), "a request, {linear} bytes");
        }
        let shortest = tap.answer();
        assert_eq!(shortest, None);
    });
}

/// A frame with a tag of this number.
fn tagged(frame: &[u8], vlan: u16) -> Vec<u8> {
    let mut tagged = frame.to_vec();
    let [high, low] = (0x6000 | vlan).to_be_bytes();
    tagged.splice(12..12, [0x81, 0x00, high, low]);
    tagged
}

#[test]
fn what_is_for_another_vlan_is_not_judged() {
    with_tap(|tap, kernel| {
        let (advert, request) = (Advert::v2().frame(), hex(REQUEST));
        for frame in [&advert, &request] {
            tap.send(&tagged(frame, 10), 18);
        }
        assert_eq!(tap.answer(), None);
        assert_eq!(kernel.counters(SLOT), vrrp_ebpf::abi::Counters::default());
        // A tag that only gives a priority names no VLAN.
        for frame in [&advert, &request] {
            tap.send(&tagged(frame, 0), 18);
        }
        assert_eq!(tap.answer(), Some(hex(REPLY)));
        let counters = kernel.counters(SLOT);
        assert_eq!(counters.get(Counter::Published), 1);
        assert_eq!(counters.get(Counter::ArpAnswered), 1);
    });
}

/// What this node sends to a group comes back without an Ethernet header. Its own bytes where the
/// type would be, and those of a port where the protocol would be, say nothing about adverts.
#[test]
fn what_the_node_sends_to_itself_is_not_looked_at() {
    const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
    // 0x0800, and 0x45 for the first byte of a header.
    const OWN: Ipv4Addr = Ipv4Addr::new(8, 0, 0x45, 1);
    with_tap(|_, kernel| {
        let address = format!("{OWN}/24");
        let added = Command::new("ip").args(["addr", "add", &address, "dev", "t0"]).status();
        assert!(added.unwrap().success());
        let port = u16::from(vrrp_ebpf::wire::vrrp::PROTOCOL);
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port)).unwrap();
        socket.join_multicast_v4(&GROUP, &OWN).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
        let sender = UdpSocket::bind((OWN, 0)).unwrap();
        sender.send_to(b"to all of us", (GROUP, port)).unwrap();
        let mut heard = [0; 64];
        let (length, from) = socket.recv_from(&mut heard).unwrap();
        assert_eq!((&heard[..length], from.ip()), (&b"to all of us"[..], OWN.into()));
        assert_eq!(kernel.node_counters(), vrrp_ebpf::abi::NodeCounters::default());
    });
}
