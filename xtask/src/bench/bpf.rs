//! The few bpf(2) calls that a measurement needs: tiny programs to compare with, and test runs.

use std::{
    collections::BTreeSet,
    fs,
    os::fd::{AsRawFd as _, OwnedFd, RawFd},
};

use anyhow::{Context as _, Result};
use nix::libc;
use vrrp_tests::bpf::{self, EXIT, Place, always, call, descriptor, instruction};

const PROG_TEST_RUN: libc::c_long = 10;
const PROG_GET_FD_BY_ID: libc::c_long = 13;
const OBJ_GET_INFO_BY_FD: libc::c_long = 15;
const ENABLE_STATS: libc::c_long = 32;
/// `BPF_STATS_RUN_TIME`.
const RUN_TIME: u32 = 0;

/// Where a program runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Hook {
    /// XDP; attached in generic mode.
    Xdp,
    /// tcx, in front of the kernel's protocols.
    Tc,
}

impl Hook {
    /// For people.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Xdp => "XDP",
            Self::Tc => "tc",
        }
    }

    const fn place(self) -> Place {
        match self {
            Self::Xdp => Place::GENERIC_XDP,
            Self::Tc => Place::TCX_INGRESS,
        }
    }

    /// A program that passes everything.
    pub(crate) const fn pass(self) -> [u64; 2] {
        match self {
            Self::Xdp => always(2),
            // TCX_NEXT.
            Self::Tc => always(-1),
        }
    }

    /// A program that drops everything.
    pub(crate) const fn drop(self) -> [u64; 2] {
        match self {
            Self::Xdp => always(1),
            Self::Tc => always(2),
        }
    }
}

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

/// Loads a program.
pub(crate) fn load(hook: Hook, instructions: &[u64]) -> Result<OwnedFd> {
    bpf::load(hook.place(), instructions).context("loading a program to compare with")
}

/// Attaches a program; closing the link detaches it.
pub(crate) fn attach(hook: Hook, program: &OwnedFd, ifindex: u32) -> Result<OwnedFd> {
    bpf::attach(hook.place(), program, ifindex).context("attaching a program to compare with")
}

/// A loaded program and what it has done.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) descriptor: OwnedFd,
    /// `None` for a kind that is not measured here.
    pub(crate) hook: Option<Hook>,
    pub(crate) name: String,
    /// Nanoseconds, counted while [`count_run_time`] says so.
    pub(crate) run_nanos: u64,
    /// Counted likewise.
    pub(crate) runs: u64,
}

/// The programs that processes hold, themselves or by their links.
pub(crate) fn held_by(pids: &[u32]) -> Result<Vec<Program>> {
    let mut ids = BTreeSet::new();
    for pid in pids {
        for entry in fs::read_dir(format!("/proc/{pid}/fdinfo"))?.flatten() {
            // A descriptor may be closed meanwhile.
            let text = fs::read_to_string(entry.path()).unwrap_or_default();
            let id = text.lines().find_map(|line| line.strip_prefix("prog_id:"));
            ids.extend(id.and_then(|id| id.trim().parse::<u32>().ok()));
        }
    }
    ids.into_iter().map(program).collect()
}

/// The program with this id.
fn program(id: u32) -> Result<Program> {
    let mut attributes = [id, 0, 0, 0];
    let found = descriptor(PROG_GET_FD_BY_ID, &mut attributes).context("looking up a program")?;
    look(found)
}

/// What is known about a program, among it its count of runs so far.
pub(crate) fn look(descriptor: OwnedFd) -> Result<Program> {
    #[repr(C)]
    struct Ask {
        program: RawFd,
        length: u32,
        info: u64,
    }
    // `struct bpf_prog_info`: its first 208 bytes.
    let mut info = [0_u64; 26];
    let mut attributes = Ask {
        program: descriptor.as_raw_fd(),
        length: u32::try_from(size_of_val(&info))?,
        info: info.as_mut_ptr() as u64,
    };
    call(OBJ_GET_INFO_BY_FD, &mut attributes).context("asking about a program")?;
    let [first, .., run_nanos, runs] = info;
    let kind = first & u64::from(u32::MAX);
    let hook = [Hook::Xdp, Hook::Tc].into_iter().find(|it| u64::from(it.place().kind) == kind);
    let name = info.get(8..10).unwrap_or_default().iter().flat_map(|word| word.to_ne_bytes());
    let name: Vec<u8> = name.take_while(|byte| *byte != 0).collect();
    let name = String::from_utf8_lossy(&name).into_owned();
    Ok(Program { descriptor, hook, name, run_nanos, runs })
}

/// Has the kernel count runs and their time for as long as the descriptor is open.
pub(crate) fn count_run_time() -> Result<OwnedFd> {
    let mut attributes = [RUN_TIME, 0];
    descriptor(ENABLE_STATS, &mut attributes).context("counting the run time of programs")
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
