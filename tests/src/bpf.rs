//! The bpf(2) calls for a program of a few instructions, without a loader.

use std::{
    io,
    os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd, RawFd},
};

const PROG_LOAD: libc::c_long = 5;
const LINK_CREATE: libc::c_long = 28;

/// Where a program is put; the numbers are the kernel's.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// `enum bpf_prog_type`.
    pub kind: u32,
    /// `enum bpf_attach_type`.
    pub attach_type: u32,
    /// `XDP_FLAGS_…`; none for tcx.
    pub flags: u32,
}

impl Place {
    /// XDP in the driver: `XDP_FLAGS_DRV_MODE`.
    pub const NATIVE_XDP: Self = Self { kind: 6, attach_type: 37, flags: 1 << 2 };
    /// XDP in the kernel's generic receive path: `XDP_FLAGS_SKB_MODE`.
    pub const GENERIC_XDP: Self = Self { flags: 1 << 1, ..Self::NATIVE_XDP };
    /// tcx at the ingress: `BPF_PROG_TYPE_SCHED_CLS`, `BPF_TCX_INGRESS`.
    pub const TCX_INGRESS: Self = Self { kind: 3, attach_type: 46, flags: 0 };
}

/// `exit`.
pub const EXIT: u64 = instruction(0x95, 0, 0, 0, 0);

/// Encodes one instruction (`struct bpf_insn`, little-endian).
#[must_use]
pub const fn instruction(code: u8, dst: u8, src: u8, offset: i16, immediate: i32) -> u64 {
    let [o0, o1] = offset.to_le_bytes();
    let [i0, i1, i2, i3] = immediate.to_le_bytes();
    u64::from_ne_bytes([code, (src << 4) | dst, o0, o1, i0, i1, i2, i3])
}

/// A program that does the same with every frame: `r0 = verdict; exit`.
#[must_use]
pub const fn always(verdict: i32) -> [u64; 2] {
    [instruction(0xb7, 0, 0, 0, verdict), EXIT]
}

/// Loads a program.
///
/// # Errors
/// Those of `bpf(2)`; `EACCES` or `EINVAL` when the verifier refuses.
pub fn load(place: Place, instructions: &[u64]) -> io::Result<OwnedFd> {
    #[repr(C)]
    struct Load {
        kind: u32,
        instruction_count: u32,
        instructions: u64,
        license: u64,
        rest: [u64; 10],
    }
    let license = c"GPL";
    let mut attributes = Load {
        kind: place.kind,
        instruction_count: u32::try_from(instructions.len()).map_err(io::Error::other)?,
        instructions: instructions.as_ptr() as u64,
        license: license.as_ptr() as u64,
        rest: [0; 10],
    };
    descriptor(PROG_LOAD, &mut attributes)
}

/// Attaches a program to an interface of the calling thread's namespace; closing the link detaches it.
///
/// # Errors
/// Those of `bpf(2)`.
pub fn attach(place: Place, program: &OwnedFd, ifindex: u32) -> io::Result<OwnedFd> {
    #[repr(C)]
    struct Create {
        program: RawFd,
        ifindex: u32,
        attach_type: u32,
        flags: u32,
        rest: [u64; 6],
    }
    let mut attributes = Create {
        program: program.as_raw_fd(),
        ifindex,
        attach_type: place.attach_type,
        flags: place.flags,
        rest: [0; 6],
    };
    descriptor(LINK_CREATE, &mut attributes)
}

/// A call that makes a descriptor. `attributes` is a `union bpf_attr` or the beginning of one.
///
/// # Errors
/// Those of `bpf(2)`.
pub fn descriptor<T>(command: libc::c_long, attributes: &mut T) -> io::Result<OwnedFd> {
    let descriptor = call(command, attributes)?;
    let descriptor = RawFd::try_from(descriptor).map_err(io::Error::other)?;
    // SAFETY: the kernel has just made this descriptor for us, and nobody else knows of it.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

/// Any other call.
///
/// # Errors
/// Those of `bpf(2)`.
pub fn call<T>(command: libc::c_long, attributes: &mut T) -> io::Result<libc::c_long> {
    // SAFETY: the kernel reads and writes at most as many bytes of `attributes` as it is told here,
    // and what they point to lives in the caller for the whole call.
    let answer = unsafe {
        libc::syscall(libc::SYS_bpf, command, std::ptr::from_mut(attributes), size_of::<T>())
    };
    if answer < 0 { Err(io::Error::last_os_error()) } else { Ok(answer) }
}
