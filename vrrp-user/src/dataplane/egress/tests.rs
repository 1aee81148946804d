use aya::programs::TcAttachType;
use nix::net::if_::if_nametoindex;

use super::*;
use crate::dataplane::{
    HookRequest,
    kernel::OBJECT,
    testing::{Bpffs, eventually, in_namespace, plane, run, tcx, v0},
};

const PROGRAM: &str = Direction::Egress.program();

/// The ids of the programs at the egress of `v0`, by tcx.
fn programs() -> Vec<u32> {
    let programs = tcx("v0", TcAttachType::Egress);
    assert!(programs.iter().all(|(name, _)| name == PROGRAM));
    programs.iter().map(|(_, id)| *id).collect()
}

/// The program as an older kernel has it.
fn filters() -> usize {
    run("tc filter show dev v0 egress").matches(&format!("{PROGRAM} direct-action")).count()
}

#[test]
fn the_program_is_there_until_it_is_released() {
    in_namespace(|| {
        let mut plane = plane(HookRequest::Generic, None);
        assert!(eventually(|| programs().is_empty()));
        assert_eq!(plane.guard_egress(&v0()).unwrap(), EgressHook::Tcx);
        let ids = programs();
        assert_eq!(ids.len(), 1);
        assert_eq!(plane.guard_egress(&v0()).unwrap(), EgressHook::Tcx);
        assert_eq!(programs(), ids);
        plane.release_egress(v0().ifindex);
        assert!(eventually(|| programs().is_empty()));
        // By what ends the whole port, and by a clean stop.
        plane.guard_egress(&v0()).unwrap();
        plane.detach(v0().ifindex);
        assert!(eventually(|| programs().is_empty()));
        plane.guard_egress(&v0()).unwrap();
        plane.shut_down();
        assert!(eventually(|| programs().is_empty()));
    });
}

#[test]
fn without_pins_it_goes_with_the_process() {
    in_namespace(|| {
        let mut plane = plane(HookRequest::Generic, None);
        plane.guard_egress(&v0()).unwrap();
        assert_eq!(programs().len(), 1);
        drop(plane);
        assert!(eventually(|| programs().is_empty()));
    });
}

#[test]
fn a_pinned_program_is_adopted_or_removed_by_the_next_daemon() {
    in_namespace(|| {
        let bpffs = Bpffs::new();
        let mut first = plane(HookRequest::Generic, Some(&bpffs.pins()));
        first.guard_egress(&v0()).unwrap();
        let ids = programs();
        drop(first);
        assert_eq!((programs(), bpffs.names().len()), (ids.clone(), 1));

        let mut second = plane(HookRequest::Generic, Some(&bpffs.pins()));
        assert_eq!(second.guard_egress(&v0()).unwrap(), EgressHook::Tcx);
        assert_ne!(programs(), ids);
        assert_eq!((programs().len(), bpffs.names().len()), (1, 1));
        second.remove_unused_pins();
        assert_eq!((programs().len(), bpffs.names().len()), (1, 1));
        drop(second);

        // One that does not need it any more.
        let mut third = plane(HookRequest::Generic, Some(&bpffs.pins()));
        third.remove_unused_pins();
        assert_eq!(bpffs.names().len(), 0);
        assert!(eventually(|| programs().is_empty()));
        third.guard_egress(&v0()).unwrap();
        third.shut_down();
        assert_eq!(bpffs.names().len(), 0);
        assert!(eventually(|| programs().is_empty()));
        assert!(!bpffs.pins().exists());
    });
}

#[test]
fn an_interface_that_is_gone_or_another_is_refused() {
    in_namespace(|| {
        let mut plane = plane(HookRequest::Generic, None);
        let v1 = Interface { ifindex: if_nametoindex("v1").unwrap(), ..v0() };
        let gone = Interface { name: "nothing".to_owned(), ..v0() };
        for interface in [v1, gone] {
            let error = plane.guard_egress(&interface).unwrap_err();
            let EgressError::Refused { source, .. } = error else { panic!("{error}") };
            assert_eq!(source.raw_os_error(), Some(libc::ENODEV));
        }
        plane.guard_egress(&v0()).unwrap();
        run("ip link del v0");
        plane.release_egress(1);
        plane.shut_down();
    });
}

#[test]
fn a_filter_outlives_the_process_and_is_replaced_or_removed_by_the_next() {
    in_namespace(|| {
        let mut ebpf = Ebpf::load(OBJECT).unwrap();
        let guard = |ebpf: &mut Ebpf| -> Guard {
            let program = programs::tc(ebpf, Direction::Egress).unwrap();
            Guard { hold: tc::filter(program, Direction::Egress, &v0()).unwrap() }
        };
        let first = guard(&mut ebpf);
        assert_eq!((first.hook(), filters()), (EgressHook::Clsact, 1));
        drop(first);
        assert_eq!(filters(), 1);
        let id = |text: &str| text.split(" id ").nth(1).map(|rest| rest[..8].to_owned());
        let before = id(&run("tc filter show dev v0 egress"));
        let mut ebpf = Ebpf::load(OBJECT).unwrap();
        let second = guard(&mut ebpf);
        assert_eq!(filters(), 1);
        assert_ne!(id(&run("tc filter show dev v0 egress")), before);
        second.detach();
        assert_eq!(filters(), 0);

        drop(guard(&mut ebpf));
        let index = v0().ifindex;
        tc::remove_filters_anyway(Direction::Egress, |ifindex| ifindex == index);
        assert_eq!(filters(), 1);
        tc::remove_filters_anyway(Direction::Egress, |_| false);
        assert_eq!(filters(), 0);
    });
}
