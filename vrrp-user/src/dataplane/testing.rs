//! What the tests of attaching share.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::Duration,
};

use aya::programs::{ProgramInfo, SchedClassifier, TcAttachType};
use nix::{
    mount::{MntFlags, MsFlags, mount, umount2},
    net::if_::if_nametoindex,
    sched::{CloneFlags, unshare},
};

use super::{DataPlane, HookRequest, Interface, Options};

/// Runs `test` in network and mount namespaces of its own, with a veth pair `v0`, `v1`.
pub(super) fn in_namespace(test: impl FnOnce() + Send + 'static) {
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

/// Runs a command to its end, and returns what it printed.
pub(super) fn run(command: &str) -> String {
    let mut words = command.split_whitespace();
    let output = Command::new(words.next().unwrap()).args(words).output().unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// An interface of the namespace.
pub(super) fn interface(name: &str, kind: &str) -> Interface {
    Interface {
        ifindex: if_nametoindex(name).unwrap(),
        name: name.to_owned(),
        kind: Some(kind.to_owned()),
    }
}

pub(super) fn v0() -> Interface {
    interface("v0", "veth")
}

pub(super) fn plane(hook: HookRequest, pins: Option<&Path>) -> DataPlane {
    let pins = pins.map(Path::to_owned);
    DataPlane::load(&Options { hook, pins, trace: false }).unwrap()
}

/// The programs on an interface by tcx, in their order: name and id.
pub(super) fn tcx(interface: &str, direction: TcAttachType) -> Vec<(String, u32)> {
    let (_, programs) = SchedClassifier::query_tcx(interface, direction).unwrap();
    let named = |program: &ProgramInfo| {
        (program.name_as_str().unwrap_or_default().to_owned(), program.id())
    };
    programs.iter().map(named).collect()
}

/// Waits until something is so: without its pin the kernel detaches a program on the side.
pub(super) fn eventually(what: impl Fn() -> bool) -> bool {
    for _ in 0..200 {
        if what() {
            return true;
        }
        thread::sleep(Duration::from_millis(5));
    }
    false
}

/// A bpffs in the mount namespace of the test.
pub(super) struct Bpffs(PathBuf);

impl Bpffs {
    pub(super) fn new() -> Self {
        let id = format!("vrrp-pins-{}-{:?}", std::process::id(), thread::current().id());
        let path = std::env::temp_dir().join(id);
        fs::create_dir(&path).unwrap();
        let none = None::<&str>;
        mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none).unwrap();
        mount(Some("bpf"), &path, Some("bpf"), MsFlags::empty(), none).unwrap();
        Self(path)
    }

    pub(super) fn pins(&self) -> PathBuf {
        self.0.join("pins")
    }

    /// The names of the pins, without namespace and index, in their order.
    pub(super) fn names(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.pins()) else { return Vec::new() };
        let names = entries.flatten().map(|entry| entry.file_name().into_string().unwrap());
        let mut names: Vec<String> = names
            .filter(|name| !name.ends_with("-lock"))
            .map(|name| {
                let is_word = |part: &&str| part.parse::<u64>().is_err();
                name.split('-').filter(is_word).collect::<Vec<_>>().join("-")
            })
            .collect();
        names.sort();
        names
    }
}

impl Drop for Bpffs {
    fn drop(&mut self) {
        let _ = umount2(&self.0, MntFlags::MNT_DETACH);
        let _ = fs::remove_dir(&self.0);
    }
}
