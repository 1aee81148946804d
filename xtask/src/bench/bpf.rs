//! The few bpf(2) calls that a measurement needs: tiny programs to compare with, and test runs.

use std::{
    io,
    os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd, RawFd},
};

use anyhow::{Context as _, Result};
use nix::libc;

const PROG_LOAD: libc::c_long = 5;
const PROG_TEST_RUN: libc::c_long = 10;
const PROG_GET_FD_BY_ID: libc::c_long = 13;
const LINK_CREATE: libc::c_long = 28;
const PROG_TYPE_XDP: u32 = 6;
const ATTACH_TYPE_XDP: u32 = 37;
/// `XDP_FLAGS_SKB_MODE`.
const GENERIC: u32 = 1 << 1;

/// An XDP program that passes everything.
pub(crate) const PASS: &[u64] = &[instruction(0xb7, 0, 0, 0, 2), EXIT];

/// An XDP program that swaps the MAC addresses and sends the frame back: the least that an answer
/// can cost.
pub(crate) const SWAP_AND_TRANSMIT: &[u64] = &[
    instruction(0x61, 2, 1, 0, 0),  // r2 = data
    instruction(0x61, 3, 1, 4, 0),  // r3 = data_end
    instruction(0xbf, 4, 2, 0, 0),  // r4 = r2
    instruction(0x07, 4, 0, 0, 14), // r4 += 14
    instruction(0x2d, 4, 3, 14, 0), // if r4 > r3 goto pass
    instruction(0x69, 5, 2, 0, 0),  // r5, r6, r7 = destination
    instruction(0x69, 6, 2, 2, 0),
    instruction(0x69, 7, 2, 4, 0),
    instruction(0x69, 8, 2, 6, 0), // r8, r9, r4 = source
    instruction(0x69, 9, 2, 8, 0),
    instruction(0x69, 4, 2, 10, 0),
    instruction(0x6b, 2, 8, 0, 0), // and the other way round
    instruction(0x6b, 2, 9, 2, 0),
    instruction(0x6b, 2, 4, 4, 0),
    instruction(0x6b, 2, 5, 6, 0),
    instruction(0x6b, 2, 6, 8, 0),
    instruction(0x6b, 2, 7, 10, 0),
    instruction(0xb7, 0, 0, 0, 3), // XDP_TX
    EXIT,
    instruction(0xb7, 0, 0, 0, 2), // pass: XDP_PASS
    EXIT,
];

const EXIT: u64 = instruction(0x95, 0, 0, 0, 0);

/// Encodes one instruction (`struct bpf_insn`, little-endian).
const fn instruction(code: u8, dst: u8, src: u8, offset: i16, immediate: i32) -> u64 {
    let [o0, o1] = offset.to_le_bytes();
    let [i0, i1, i2, i3] = immediate.to_le_bytes();
    u64::from_ne_bytes([code, (src << 4) | dst, o0, o1, i0, i1, i2, i3])
}

/// Loads a program.
pub(crate) fn load(instructions: &[u64]) -> Result<OwnedFd> {
    #[repr(C)]
    struct Load {
        kind: u32,
        instruction_count: u32,
        instructions: u64,
        license: u64,
        log: [u32; 4],
        rest: [u64; 8],
    }
    let license = c"GPL";
    let mut attributes = Load {
        kind: PROG_TYPE_XDP,
        instruction_count: u32::try_from(instructions.len())?,
        instructions: instructions.as_ptr() as u64,
        license: license.as_ptr() as u64,
        log: [0; 4],
        rest: [0; 8],
    };
    descriptor(PROG_LOAD, &mut attributes).context("loading a program to compare with")
}

/// Attaches a program in generic mode; closing the link detaches it.
pub(crate) fn attach(program: &OwnedFd, ifindex: u32) -> Result<OwnedFd> {
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
        attach_type: ATTACH_TYPE_XDP,
        flags: GENERIC,
        rest: [0; 6],
    };
    descriptor(LINK_CREATE, &mut attributes).context("attaching a program to compare with")
}

/// The program with this id.
pub(crate) fn by_id(id: u32) -> Result<OwnedFd> {
    let mut attributes = [id, 0, 0, 0];
    descriptor(PROG_GET_FD_BY_ID, &mut attributes).context("looking up the attached program")
}

/// Runs a program `repeat` times on a frame, and returns the mean nanoseconds of a run.
pub(crate) fn test_run(program: &OwnedFd, frame: &[u8], repeat: u32) -> Result<u32> {
    #[repr(C)]
    struct TestRun {
        program: RawFd,
        verdict: u32,
        data_size_in: u32,
        data_size_out: u32,
        data_in: u64,
        data_out: u64,
        repeat: u32,
        duration: u32,
        rest: [u64; 6],
    }
    let mut attributes = TestRun {
        program: program.as_raw_fd(),
        verdict: 0,
        data_size_in: u32::try_from(frame.len())?,
        data_size_out: 0,
        data_in: frame.as_ptr() as u64,
        data_out: 0,
        repeat,
        duration: 0,
        rest: [0; 6],
    };
    call(PROG_TEST_RUN, &mut attributes).context("running a program on a frame")?;
    Ok(attributes.duration)
}

fn descriptor<T>(command: libc::c_long, attributes: &mut T) -> io::Result<OwnedFd> {
    let descriptor = call(command, attributes)?;
    let descriptor = RawFd::try_from(descriptor).map_err(io::Error::other)?;
    // SAFETY: the kernel has just made this descriptor for us, and nobody else knows of it.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

fn call<T>(command: libc::c_long, attributes: &mut T) -> io::Result<libc::c_long> {
    // SAFETY: the kernel reads and writes at most as many bytes of `attributes` as it is told here,
    // and what they point to lives in the caller for the whole call.
    let answer = unsafe {
        libc::syscall(libc::SYS_bpf, command, std::ptr::from_mut(attributes), size_of::<T>())
    };
    if answer < 0 { Err(io::Error::last_os_error()) } else { Ok(answer) }
}
