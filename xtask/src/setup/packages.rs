//! The Debian packages, and how to tell that what they bring is there.
//!
//! Asked is for a file and not for the package, so that a machine which has the thing by other
//! means is left alone.

use std::path::Path;

use super::Group;
use crate::root;

/// A Debian package.
pub(super) struct Package {
    pub(super) name: &'static str,
    /// A program on the path, or an absolute path.
    pub(super) probe: &'static str,
    pub(super) why: &'static str,
}

impl Package {
    pub(super) fn is_present(&self) -> bool {
        if self.probe.starts_with('/') {
            Path::new(self.probe).exists()
        } else {
            root::has_program(self.probe)
        }
    }
}

/// What a group consists of.
pub(super) const fn of(group: Group) -> &'static [Package] {
    match group {
        Group::Demo => DEMO,
        Group::Test => TEST,
        Group::Ebpf => EBPF,
    }
}

const DEMO: &[Package] = &[
    Package { name: "iproute2", probe: "ip", why: "network namespaces" },
    Package { name: "iputils-ping", probe: "ping", why: "the client pings" },
    Package { name: "iputils-arping", probe: "arping", why: "the client asks by ARP" },
];

const TEST: &[Package] = &[
    Package { name: "keepalived", probe: "keepalived", why: "the peer to get on with" },
    Package { name: "frr", probe: "/usr/lib/frr/vrrpd", why: "another peer" },
    Package {
        name: "systemd",
        probe: "/usr/lib/systemd/systemd",
        why: "runs the unit in the lab; the machine's init stays as it is",
    },
    Package { name: "procps", probe: "ps", why: "looking at processes" },
];

const EBPF: &[Package] = &[
    Package { name: "g++", probe: "c++", why: "bpf-linker links to LLVM" },
    Package { name: "rustc-web", probe: "/usr/bin/rustc", why: "a compiler with eBPF" },
    Package {
        name: "libstd-rust-web-dev-bpf",
        probe: "/usr/lib/rustlib/bpfel-unknown-none",
        why: "core for eBPF",
    },
    Package {
        name: "llvm-22-dev",
        probe: "/usr/lib/llvm-22/lib/libLLVMCore.a",
        why: "bpf-linker is made of it",
    },
    Package {
        name: "libpolly-22-dev",
        probe: "/usr/lib/llvm-22/lib/libPolly.a",
        why: "bpf-linker is made of it",
    },
    Package {
        name: "llvm-22",
        probe: "/usr/lib/llvm-22/bin/llvm-objcopy",
        why: "strips the object",
    },
];
