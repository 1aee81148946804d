//! Making replies of a native XDP program arrive.

use std::{
    io,
    os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd},
};

use anyhow::{Context, Result};
use nix::net::if_::if_nametoindex;

use super::Namespace;

const PROG_LOAD: libc::c_long = 5;
const LINK_CREATE: libc::c_long = 28;
const PROG_TYPE_XDP: u32 = 6;
const ATTACH_TYPE_XDP: u32 = 37;
/// `XDP_FLAGS_DRV_MODE`.
const NATIVE: u32 = 1 << 2;

/// `r0 = XDP_PASS; exit`, as the kernel reads them (`struct bpf_insn`).
const PASS: [[u8; 8]; 2] = [[0xb7, 0, 0, 0, 2, 0, 0, 0], [0x95, 0, 0, 0, 0, 0, 0, 0]];

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
        let link = switch.run(|| attach(if_nametoindex(port)?).map_err(Into::into));
        Ok(Self { _link: link.with_context(|| format!("a native program at the port {port}"))? })
    }
}

fn attach(ifindex: u32) -> io::Result<OwnedFd> {
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
    let license = c"GPL";
    let program = descriptor(
        PROG_LOAD,
        &mut Load {
            kind: PROG_TYPE_XDP,
            instruction_count: 2,
            instructions: PASS.as_ptr() as u64,
            license: license.as_ptr() as u64,
            rest: [0; 10],
        },
    )?;
    let program = program.as_raw_fd();
    descriptor(
        LINK_CREATE,
        &mut Create { program, ifindex, attach_type: ATTACH_TYPE_XDP, flags: NATIVE, rest: [0; 6] },
    )
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
