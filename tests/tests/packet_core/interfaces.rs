//! Frames of another interface than the one `BPF_PROG_TEST_RUN` takes by itself, and a program
//! that traces.

use std::fs;

use vrrp_ebpf::{
    Verdict,
    abi::{NodeCounter, NodeCounters},
};

use super::{
    frames::{Advert, hex},
    hook::Hook,
    host::Host,
    kernel::{Kernel, monotonic},
    world::{IFINDEX, Lease, SLOT, World},
};

const HOUR: u64 = 3_600_000_000_000;

fn request() -> Vec<u8> {
    hex("ffffffffffffaabbcc00009908060001080006040001aabbcc000099c0a80132000000000000c0a80164")
}

/// A router and an address on this interface, under a lease.
fn world(ifindex: u32) -> World {
    let mut world = World { vips: World::arp(Lease::Held).vips, ..World::v2() };
    world.rules[0].0.ifindex = ifindex;
    world.vips[0].0.ifindex = ifindex;
    world.lease = Lease::Held;
    world
}

/// What must come of an advert and a request, on the interface of [`world`] and on another.
const HERE: [Verdict; 2] = [Verdict::Drop, Verdict::Transmit];
const ELSEWHERE: [Verdict; 2] = [Verdict::Pass, Verdict::Pass];

#[test]
fn the_host_knows_which_interface_a_frame_is_from() {
    let host = Host::new(&world(7), HOUR);
    let show = |ifindex| {
        [Advert::v2().frame(), request()].map(|mut frame| host.show_on(&mut frame, ifindex))
    };
    assert_eq!(show(7), HERE);
    assert_eq!(show(8), ELSEWHERE);
    assert_eq!(show(0x0100_0007), ELSEWHERE);
    let [event] = host.events.take()[..] else { panic!("one event") };
    assert_eq!(event.ifindex, 7);
}

#[test]
fn the_kernel_knows_which_interface_a_frame_is_from() {
    for hook in Hook::ALL {
        knows_the_interface(hook);
    }
}

fn knows_the_interface(hook: Hook) {
    let Some(mut kernel) = Kernel::load(hook) else { return };
    let Some(other) = other_interface() else {
        eprintln!("skipped: there is no interface but loopback");
        return;
    };
    kernel.set_lease(SLOT, monotonic() + HOUR);
    for (here, elsewhere) in [(other, IFINDEX), (IFINDEX, other)] {
        kernel.configure(&world(here));
        kernel.forget(SLOT);
        let show = |ifindex| {
            [Advert::v2().frame(), request()]
                .map(|mut frame| kernel.show_on(&mut frame, ifindex).unwrap())
        };
        assert_eq!(show(here), HERE);
        assert_eq!(show(elsewhere), ELSEWHERE);
        let [event] = kernel.events()[..] else { panic!("one event") };
        assert_eq!(event.ifindex, here);
        let mut node = NodeCounters::default();
        node.add(NodeCounter::UnknownRouter);
        assert_eq!(kernel.node_counters(), node);
    }
}

#[test]
fn tracing_changes_no_verdict() {
    const TRACE: u8 = 5;
    for hook in Hook::ALL {
        let Some(mut kernel) = Kernel::load_at(hook, TRACE) else { return };
        kernel.configure(&world(IFINDEX));
        kernel.set_lease(SLOT, monotonic() + HOUR);
        // Nobody reads the trace: it must not matter when it is full.
        for round in 0..3_000 {
            let verdicts =
                [Advert::v2().frame(), request()].map(|mut frame| kernel.show(&mut frame));
            assert_eq!(verdicts, HERE, "round {round}");
        }
    }
}

/// The index of some interface that is not loopback.
fn other_interface() -> Option<u32> {
    let indices = fs::read_dir("/sys/class/net").ok()?.flatten().filter_map(|entry| {
        let text = fs::read_to_string(entry.path().join("ifindex")).ok()?;
        text.trim().parse().ok()
    });
    indices.filter(|ifindex| *ifindex != IFINDEX).min()
}
