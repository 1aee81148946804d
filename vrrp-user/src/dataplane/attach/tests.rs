use std::{fs::File, os::fd::AsRawFd as _};

use aya::programs::{LinkOrder, TcAttachType, tc::TcAttachOptions};

use super::*;
use crate::dataplane::{
    kernel::OBJECT,
    testing::{Bpffs, eventually, in_namespace, interface, plane, run, tcx, v0},
};

/// The name of our program at the ingress, and nothing else there.
const OURS: [&str; 1] = ["vrrp_ingress"];

/// The names of the programs at an interface's ingress by tcx, in their order.
fn ingress(name: &str) -> Vec<String> {
    tcx(name, TcAttachType::Ingress).into_iter().map(|(name, _)| name).collect()
}

/// Waits until an interface has the programs of a mode and no other.
fn settles_to(name: &str, mode: Mode) {
    let programs = || (ingress(name).len(), usize::from(xdp_id(name).is_some()));
    let wanted = match mode {
        Mode::Native | Mode::Generic => (0, 1),
        Mode::Tc => (1, 0),
        Mode::Off => (0, 0),
    };
    assert!(eventually(|| programs() == wanted), "{name}, {mode}: {:?}", programs());
}

/// The id of the XDP program on an interface.
fn xdp_id(name: &str) -> Option<u64> {
    let shown = run(&format!("ip -j link show dev {name}"));
    let links: serde_json::Value = serde_json::from_str(&shown).unwrap();
    links[0]["xdp"]["prog"]["id"].as_u64()
}

/// Another's XDP program, for as long as this lives.
fn foreign_xdp(interface: &Interface, flag: XdpMode) -> (Ebpf, FdLink) {
    let mut ebpf = Ebpf::load(OBJECT).unwrap();
    let link = attach_xdp(programs::xdp(&mut ebpf).unwrap(), interface.ifindex, flag).unwrap();
    (ebpf, link)
}

/// A tap interface, whose driver has native XDP, for as long as this lives.
struct Tap(#[expect(dead_code, reason = "closing it removes the interface")] File);

impl Tap {
    fn new(name: &str) -> Self {
        let file = File::options().read(true).write(true).open("/dev/net/tun").unwrap();
        let mut request = libc::ifreq {
            ifr_name: [0; libc::IFNAMSIZ],
            ifr_ifru: libc::__c_anonymous_ifr_ifru {
                ifru_flags: i16::try_from(libc::IFF_TAP | libc::IFF_NO_PI).unwrap(),
            },
        };
        for (field, byte) in request.ifr_name.iter_mut().zip(name.bytes()) {
            *field = libc::c_char::from_ne_bytes([byte]);
        }
        // SAFETY: TUNSETIFF reads a `struct ifreq`, and writes the name into it.
        let answer = unsafe { libc::ioctl(file.as_raw_fd(), libc::TUNSETIFF, &raw mut request) };
        assert_eq!(answer, 0, "{}", io::Error::last_os_error());
        Self(file)
    }
}

#[test]
fn a_veth_gets_tc_and_keeps_it_until_it_is_detached() {
    in_namespace(|| {
        let mut plane = plane(HookRequest::Auto, None);
        let hook = plane.attach(&v0(), HookRequest::Auto).unwrap();
        assert_eq!(hook.mode, Mode::Tc);
        assert!(hook.reason.contains("veth"), "{}", hook.reason);
        assert_eq!((ingress("v0"), xdp_id("v0")), (OURS.map(str::to_owned).to_vec(), None));
        // Asking again changes nothing.
        let ids = tcx("v0", TcAttachType::Ingress);
        assert_eq!(plane.attach(&v0(), HookRequest::Auto).unwrap(), hook);
        assert_eq!(tcx("v0", TcAttachType::Ingress), ids);
        plane.detach(v0().ifindex);
        settles_to("v0", Mode::Off);
        // By a clean stop, and by the end of the process.
        plane.attach(&v0(), HookRequest::Auto).unwrap();
        plane.shut_down();
        settles_to("v0", Mode::Off);
        plane.attach(&v0(), HookRequest::Auto).unwrap();
        assert_eq!(ingress("v0"), OURS);
        drop(plane);
        settles_to("v0", Mode::Off);
    });
}

#[test]
fn the_driver_is_asked_whether_it_has_native_xdp() {
    in_namespace(|| {
        let _tap = Tap::new("t0");
        run("ip link add b0 type bridge");
        let mut plane = plane(HookRequest::Auto, None);
        let native = plane.attach(&interface("t0", "tun"), HookRequest::Auto).unwrap();
        assert_eq!((native.mode, &*native.reason), (Mode::Native, "the driver supports it"));
        assert!(xdp_id("t0").is_some() && ingress("t0").is_empty());
        let bridge = plane.attach(&interface("b0", "bridge"), HookRequest::Auto).unwrap();
        assert_eq!((bridge.mode, &*bridge.reason), (Mode::Tc, "the driver has no native XDP"));
        assert_eq!((xdp_id("b0"), ingress("b0")), (None, OURS.map(str::to_owned).to_vec()));
    });
}

#[test]
fn another_xdp_program_on_the_interface_leads_to_tc() {
    in_namespace(|| {
        let _tap = Tap::new("t0");
        let t0 = interface("t0", "tun");
        for flag in [XdpMode::Driver, XdpMode::Skb] {
            let foreign = foreign_xdp(&t0, flag);
            let id = xdp_id("t0").unwrap();
            let mut plane = plane(HookRequest::Auto, None);
            let hook = plane.attach(&t0, HookRequest::Auto).unwrap();
            assert_eq!((hook.mode, &*hook.reason), (Mode::Tc, "another XDP program is attached"));
            assert_eq!((xdp_id("t0"), ingress("t0")), (Some(id), OURS.map(str::to_owned).to_vec()));
            plane.shut_down();
            assert_eq!(xdp_id("t0"), Some(id));
            // Who asks for XDP gets that or nothing.
            for request in [HookRequest::Native, HookRequest::Generic] {
                let error = plane.attach(&t0, request).unwrap_err();
                assert!(matches!(error, AttachError::Busy { .. }), "{error}");
            }
            assert_eq!(xdp_id("t0"), Some(id));
            assert!(eventually(|| ingress("t0").is_empty()));
            drop(foreign);
            settles_to("t0", Mode::Off);
        }
    });
}

#[test]
fn a_restart_puts_its_program_in_the_place_of_the_one_left_pinned() {
    in_namespace(|| {
        let bpffs = Bpffs::new();
        let mut first = plane(HookRequest::Auto, Some(&bpffs.pins()));
        first.attach(&v0(), HookRequest::Auto).unwrap();
        let before = tcx("v0", TcAttachType::Ingress);
        drop(first);
        assert_eq!(tcx("v0", TcAttachType::Ingress), before);

        let mut second = plane(HookRequest::Auto, Some(&bpffs.pins()));
        second.attach(&v0(), HookRequest::Auto).unwrap();
        assert_ne!(tcx("v0", TcAttachType::Ingress), before);
        assert_eq!(
            (ingress("v0"), bpffs.names()),
            (OURS.map(str::to_owned).to_vec(), vec!["tc-ingress".to_owned()])
        );
        second.remove_unused_pins();
        assert_eq!(bpffs.names(), ["tc-ingress"]);
        drop(second);

        // One that does not use the interface any more.
        let mut third = plane(HookRequest::Auto, Some(&bpffs.pins()));
        third.remove_unused_pins();
        assert_eq!(bpffs.names(), [""; 0]);
        settles_to("v0", Mode::Off);
        third.attach(&v0(), HookRequest::Auto).unwrap();
        third.shut_down();
        assert!(!bpffs.pins().exists());
        settles_to("v0", Mode::Off);
    });
}

#[test]
fn a_restart_over_the_pin_of_another_kind_leaves_one_program() {
    const MODES: [(HookRequest, Mode, &str); 3] = [
        (HookRequest::Tc, Mode::Tc, "tc-ingress"),
        (HookRequest::Generic, Mode::Generic, "xdp-generic"),
        (HookRequest::Native, Mode::Native, "xdp-native"),
    ];
    in_namespace(|| {
        let bpffs = Bpffs::new();
        for (before, _, _) in MODES {
            for (after, mode, pin) in MODES {
                let mut dead = plane(before, Some(&bpffs.pins()));
                dead.attach(&v0(), before).unwrap();
                drop(dead);
                let mut plane = plane(after, Some(&bpffs.pins()));
                let hook = plane.attach(&v0(), after).unwrap();
                let what = format!("{before:?}, then {after:?}");
                assert_eq!((hook.mode, bpffs.names()), (mode, vec![pin.to_owned()]), "{what}");
                settles_to("v0", mode);
                plane.shut_down();
                settles_to("v0", Mode::Off);
            }
        }
        // XDP that the driver refuses after it had to make room: what held its place stays.
        run("ip link add b0 type bridge");
        let b0 = interface("b0", "bridge");
        let mut dead = plane(HookRequest::Generic, Some(&bpffs.pins()));
        dead.attach(&b0, HookRequest::Generic).unwrap();
        drop(dead);
        let mut plane = plane(HookRequest::Auto, Some(&bpffs.pins()));
        let hook = plane.attach(&b0, HookRequest::Auto).unwrap();
        assert_eq!((hook.mode, &*hook.reason), (Mode::Tc, "the driver has no native XDP"));
        settles_to("b0", Mode::Tc);
        plane.shut_down();
    });
}

#[test]
fn tc_stands_in_while_xdp_changes_its_mode() {
    in_namespace(|| {
        let bpffs = Bpffs::new();
        let mut dead = plane(HookRequest::Generic, Some(&bpffs.pins()));
        dead.attach(&v0(), HookRequest::Generic).unwrap();
        drop(dead);
        let (interface, pins) = (v0(), Pins::open(&bpffs.pins()).unwrap());
        let mut ebpf = Ebpf::load(OBJECT).unwrap();
        let mut attempt =
            Attempt { ebpf: &mut ebpf, interface: &interface, pins: Some(&pins), stopgap: None };
        assert!(attempt.make_room());
        // Before anything else is attached.
        assert_eq!(
            (ingress("v0"), bpffs.names()),
            (OURS.map(str::to_owned).to_vec(), vec!["tc-ingress".to_owned()])
        );
        attempt.finish(Mode::Native);
        settles_to("v0", Mode::Off);
        pins.close();
    });
}

/// Both live on: ours before the other's, whoever came first.
#[test]
fn other_people_s_programs_stay_where_they_are() {
    in_namespace(|| {
        let mut other = Ebpf::load(OBJECT).unwrap();
        let program = programs::tc(&mut other, Direction::Ingress).unwrap();
        let order = TcAttachOptions::TcxOrder(LinkOrder::default());
        program.attach_with_options("v0", TcAttachType::Ingress, order).unwrap();
        run("tc qdisc add dev v0 clsact");
        let filter = "tc filter add dev v0 ingress prio 1 protocol all u32 match u32 0 0";
        let has_filter = std::panic::catch_unwind(|| run(filter)).is_ok();
        let foreign = tcx("v0", TcAttachType::Ingress);
        let filters = run("tc filter show dev v0 ingress");
        assert_eq!(filters.is_empty(), !has_filter);

        let mut plane = plane(HookRequest::Tc, None);
        plane.attach(&v0(), HookRequest::Tc).unwrap();
        let both = tcx("v0", TcAttachType::Ingress);
        assert_eq!((both.len(), both.last()), (2, foreign.last()));
        plane.shut_down();
        assert_eq!(tcx("v0", TcAttachType::Ingress), foreign);
        assert_eq!(run("tc filter show dev v0 ingress"), filters);
    });
}

#[test]
fn before_tcx_a_filter_is_attached_replaced_and_removed() {
    in_namespace(|| {
        const NAME: &str = Direction::Ingress.program();
        let filters = || {
            run("tc filter show dev v0 ingress").matches(&format!("{NAME} direct-action")).count()
        };
        let attach = || {
            let mut ebpf = Ebpf::load(OBJECT).unwrap();
            let program = programs::tc(&mut ebpf, Direction::Ingress).unwrap();
            tc::filter(program, Direction::Ingress, &v0()).unwrap()
        };
        // As after a crash, twice.
        drop(attach());
        assert_eq!(filters(), 1);
        let hold = attach();
        assert_eq!((filters(), hold.is_filter(), hold.pin()), (1, true, None));
        hold.detach();
        assert_eq!(filters(), 0);
        drop(attach());
        let index = v0().ifindex;
        tc::remove_filters_anyway(Direction::Ingress, |ifindex| ifindex == index);
        tc::remove_filters_anyway(Direction::Egress, |_| false);
        assert_eq!(filters(), 1);
        tc::remove_filters_anyway(Direction::Ingress, |_| false);
        assert_eq!(filters(), 0);
    });
}
