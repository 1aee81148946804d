use std::{fs, process::Command, thread};

use nix::{
    mount::{MntFlags, MsFlags, mount, umount2},
    sched::{CloneFlags, unshare},
};

use super::*;
use crate::dataplane::{DataPlane, HookRequest, Options};

/// Runs `test` in network and mount namespaces of its own, with a veth pair `v0`, `v1`.
fn in_namespace(test: impl FnOnce() + Send + 'static) {
    let body = move || match unshare(CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWNS) {
        Ok(()) => {
            run("ip link add v0 type veth peer name v1");
            test();
        }
        Err(errno) => eprintln!("skipped: no namespaces for the test: {errno}"),
    };
    if let Err(panic) = thread::spawn(body).join() {
        std::panic::resume_unwind(panic);
    }
}

fn run(command: &str) -> String {
    let mut words = command.split_whitespace();
    let output = Command::new(words.next().unwrap()).args(words).output().unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn v0() -> Interface {
    Interface {
        ifindex: if_nametoindex("v0").unwrap(),
        name: "v0".to_owned(),
        kind: Some("veth".to_owned()),
    }
}

fn plane(pins: Option<&Path>) -> DataPlane {
    let pins = pins.map(Path::to_owned);
    DataPlane::load(&Options { hook: HookRequest::Generic, pins, trace: false }).unwrap()
}

/// The ids of the programs at the egress of `v0`, by tcx.
fn programs() -> Vec<u32> {
    let (_, programs) = SchedClassifier::query_tcx("v0", TcAttachType::Egress).unwrap();
    assert!(programs.iter().all(|program| program.name_as_str() == Some(PROGRAM)));
    programs.iter().map(aya::programs::ProgramInfo::id).collect()
}

/// The program as an older kernel has it.
fn filters() -> usize {
    run("tc filter show dev v0 egress").matches(&format!("{PROGRAM} direct-action")).count()
}

/// A bpffs in the mount namespace of the test.
struct Bpffs(PathBuf);

impl Bpffs {
    fn new() -> Self {
        let id = format!("vrrp-egress-{}-{:?}", std::process::id(), thread::current().id());
        let path = std::env::temp_dir().join(id);
        fs::create_dir(&path).unwrap();
        let none = None::<&str>;
        mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none).unwrap();
        mount(Some("bpf"), &path, Some("bpf"), MsFlags::empty(), none).unwrap();
        Self(path)
    }

    fn pins(&self) -> PathBuf {
        self.0.join("pins")
    }

    fn egress_pins(&self) -> usize {
        let Ok(entries) = fs::read_dir(self.pins()) else { return 0 };
        let names = entries.flatten().map(|entry| entry.file_name());
        names.filter(|name| name.to_string_lossy().starts_with("tc-egress-")).count()
    }
}

impl Drop for Bpffs {
    fn drop(&mut self) {
        let _ = umount2(&self.0, MntFlags::MNT_DETACH);
        let _ = fs::remove_dir(&self.0);
    }
}

#[test]
fn the_program_is_there_until_it_is_released() {
    in_namespace(|| {
        let mut plane = plane(None);
        assert_eq!(programs().len(), 0);
        assert_eq!(plane.guard_egress(&v0()).unwrap(), EgressHook::Tcx);
        let ids = programs();
        assert_eq!(ids.len(), 1);
        assert_eq!(plane.guard_egress(&v0()).unwrap(), EgressHook::Tcx);
        assert_eq!(programs(), ids);
        plane.release_egress(v0().ifindex);
        assert_eq!(programs().len(), 0);
        // By what ends the whole port, and by a clean stop.
        plane.guard_egress(&v0()).unwrap();
        plane.detach(v0().ifindex);
        assert_eq!(programs().len(), 0);
        plane.guard_egress(&v0()).unwrap();
        plane.shut_down();
        assert_eq!(programs().len(), 0);
    });
}

#[test]
fn without_pins_it_goes_with_the_process() {
    in_namespace(|| {
        let mut plane = plane(None);
        plane.guard_egress(&v0()).unwrap();
        assert_eq!(programs().len(), 1);
        drop(plane);
        assert_eq!(programs().len(), 0);
    });
}

#[test]
fn a_pinned_program_is_adopted_or_removed_by_the_next_daemon() {
    in_namespace(|| {
        let bpffs = Bpffs::new();
        let mut first = plane(Some(&bpffs.pins()));
        first.guard_egress(&v0()).unwrap();
        let ids = programs();
        drop(first);
        assert_eq!((programs(), bpffs.egress_pins()), (ids.clone(), 1));

        let mut second = plane(Some(&bpffs.pins()));
        assert_eq!(second.guard_egress(&v0()).unwrap(), EgressHook::Tcx);
        assert_ne!(programs(), ids);
        assert_eq!((programs().len(), bpffs.egress_pins()), (1, 1));
        second.remove_unused_pins();
        assert_eq!((programs().len(), bpffs.egress_pins()), (1, 1));
        drop(second);

        // One that does not need it any more.
        let mut third = plane(Some(&bpffs.pins()));
        third.remove_unused_pins();
        assert_eq!((programs().len(), bpffs.egress_pins()), (0, 0));
        third.guard_egress(&v0()).unwrap();
        third.shut_down();
        assert_eq!((programs().len(), bpffs.egress_pins()), (0, 0));
        assert!(!bpffs.pins().exists());
    });
}

#[test]
fn an_interface_that_is_gone_or_another_is_refused() {
    in_namespace(|| {
        let mut plane = plane(None);
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
        let mut ebpf = aya::Ebpf::load(crate::dataplane::kernel::OBJECT).unwrap();
        let guard = |ebpf: &mut aya::Ebpf| -> Guard {
            let program: &mut SchedClassifier =
                ebpf.program_mut(PROGRAM).unwrap().try_into().unwrap();
            if program.fd().is_err() {
                program.load().unwrap();
            }
            Guard { hold: filter(program, &v0()).unwrap() }
        };
        let first = guard(&mut ebpf);
        assert_eq!((first.hook(), filters()), (EgressHook::Clsact, 1));
        drop(first);
        assert_eq!(filters(), 1);
        let id = |text: &str| text.split(" id ").nth(1).map(|rest| rest[..8].to_owned());
        let before = id(&run("tc filter show dev v0 egress"));
        let mut ebpf = aya::Ebpf::load(crate::dataplane::kernel::OBJECT).unwrap();
        let second = guard(&mut ebpf);
        assert_eq!(filters(), 1);
        assert_ne!(id(&run("tc filter show dev v0 egress")), before);
        second.detach();
        assert_eq!(filters(), 0);

        drop(guard(&mut ebpf));
        let index = v0().ifindex;
        remove_filters_anyway(|ifindex| ifindex == index);
        assert_eq!(filters(), 1);
        remove_filters_anyway(|_| false);
        assert_eq!(filters(), 0);
    });
}
