//! Other people's programs on an interface; one of them makes replies of a native program arrive.

use std::{
    io,
    os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd},
};

use anyhow::{Context, Result};
use nix::net::if_::if_nametoindex;

use super::{Namespace, Node};

const PROG_LOAD: libc::c_long = 5;
const LINK_CREATE: libc::c_long = 28;

/// A program that does the same with every frame.
struct Program {
    /// `enum bpf_prog_type`.
    kind: u32,
    /// `enum bpf_attach_type`.
    attach_type: u32,
    attach_flags: u32,
    /// What it returns.
    verdict: i32,
}

impl Program {
    /// XDP in the driver that passes everything: `BPF_PROG_TYPE_XDP`, `XDP_FLAGS_DRV_MODE`,
    /// `XDP_PASS`.
    const NATIVE_PASS: Self = Self { kind: 6, attach_type: 37, attach_flags: 1 << 2, verdict: 2 };
    /// The same in the kernel's generic receive path.
    const GENERIC_PASS: Self = Self { attach_flags: 1 << 1, ..Self::NATIVE_PASS };
    /// tcx ingress that drops everything: `BPF_PROG_TYPE_SCHED_CLS`, `BPF_TCX_INGRESS`, `TCX_DROP`.
    const TCX_DROP: Self = Self { kind: 3, attach_type: 46, attach_flags: 0, verdict: 2 };

    /// Puts it on an interface of a namespace, until the descriptor is closed.
    fn attach(&self, namespace: &Namespace, interface: &str) -> Result<OwnedFd> {
        let link = namespace.run(|| self.link(if_nametoindex(interface)?).map_err(Into::into));
        link.with_context(|| format!("a program at {interface}"))
    }

    fn link(&self, ifindex: u32) -> io::Result<OwnedFd> {
        #[repr(C)]
        struct Load {
            kind: u32,
            instruction_count: u32,
            instructions: u64,
            license: u64,
            rest: [u64; 10],
        }
        #[repr(C)]
        struct Create {
            program: RawFd,
            ifindex: u32,
            attach_type: u32,
            flags: u32,
            rest: [u64; 6],
        }
        let [v0, v1, v2, v3] = self.verdict.to_le_bytes();
        // `r0 = verdict; exit`, as the kernel reads them (`struct bpf_insn`).
        let instructions = [[0xb7, 0, 0, 0, v0, v1, v2, v3], [0x95, 0, 0, 0, 0, 0, 0, 0]];
        let license = c"GPL";
        let program = descriptor(
            PROG_LOAD,
            &mut Load {
                kind: self.kind,
                instruction_count: 2,
                instructions: instructions.as_ptr() as u64,
                license: license.as_ptr() as u64,
                rest: [0; 10],
            },
        )?;
        descriptor(
            LINK_CREATE,
            &mut Create {
                program: program.as_raw_fd(),
                ifindex,
                attach_type: self.attach_type,
                flags: self.attach_flags,
                rest: [0; 6],
            },
        )
    }
}

/// A program at a port of the switch that passes everything, in native mode, for as long as this
/// lives. What a native program at the other end of a veth sends back (`XDP_TX`) is lost unless
/// there is one at this end too.
#[derive(Debug)]
pub struct NativePort {
    _link: OwnedFd,
}

impl NativePort {
    /// Attaches it to a port.
    pub(super) fn open(switch: &Namespace, port: &str) -> Result<Self> {
        Ok(Self { _link: Program::NATIVE_PASS.attach(switch, port)? })
    }
}

/// A program that somebody else has put on `eth0` of a node, for as long as this lives.
#[derive(Debug)]
pub struct Foreign {
    _link: OwnedFd,
}

impl Foreign {
    /// XDP in generic mode that passes everything.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn xdp_pass(node: &Node) -> Result<Self> {
        Ok(Self { _link: Program::GENERIC_PASS.attach(node.namespace(), "eth0")? })
    }

    /// tcx at the ingress that drops everything.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn tcx_drop(node: &Node) -> Result<Self> {
        Ok(Self { _link: Program::TCX_DROP.attach(node.namespace(), "eth0")? })
    }
}

/// A call of bpf(2) that makes a descriptor.
fn descriptor<T>(command: libc::c_long, attributes: &mut T) -> io::Result<OwnedFd> {
    // SAFETY: the kernel reads at most as many bytes of `attributes` as it is told here, and what
    // they point to lives in the caller for the whole call.
    let answer = unsafe {
        libc::syscall(libc::SYS_bpf, command, std::ptr::from_mut(attributes), size_of::<T>())
    };
    if answer < 0 {
        return Err(io::Error::last_os_error());
    }
    let descriptor = RawFd::try_from(answer).map_err(io::Error::other)?;
    // SAFETY: the kernel has just made this descriptor for us, and nobody else knows of it.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}
