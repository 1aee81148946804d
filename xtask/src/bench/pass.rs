//! What a frame costs that is none of our business.

use std::{path::Path, time::Duration};

use anyhow::{Context as _, Result};
use serde::Serialize;
use vrrp_tests::{Lab, cube, vrrp};

use super::{bpf, stats::Summary};
use crate::tell;

const ROUNDS: usize = 15;
const REPEAT: u32 = 1_000_000;

/// Nanoseconds per frame.
#[derive(Debug, Serialize)]
pub(crate) struct Pass {
    /// The daemon's program.
    pub(crate) ours: Summary,
    /// A program that only passes.
    pub(crate) empty: Summary,
    /// Median over median.
    pub(crate) over_empty: f64,
}

pub(crate) fn measure(binary: &Path) -> Result<Pass> {
    let mut lab = Lab::new("bench-pass")?;
    let node = lab.add_node("cube01", "10.0.0.60/24")?;
    let _daemon = vrrp::start_binary(
        binary,
        &node,
        &cube::config("VI_1", "MASTER", 255),
        &["--hook", "generic"],
    )?;
    let program = bpf::by_id(program_id(&node)?)?;
    let empty = bpf::load(bpf::PASS)?;
    let frame = tcp_frame(node.mac());
    let (mut ours, mut nothing) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(f64::from(bpf::test_run(&program, &frame, REPEAT)?));
        nothing.push(f64::from(bpf::test_run(&empty, &frame, REPEAT)?));
    }
    let ours = Summary::of(ours).context("nothing measured")?;
    let empty = Summary::of(nothing).context("nothing measured")?;
    let over_empty = ours.median - empty.median;
    tell::note(&format!("{} ns, an empty program {} ns", ours.median, empty.median));
    Ok(Pass { ours, empty, over_empty })
}

/// The id of the program on a node's `eth0`.
pub(super) fn program_id(node: &vrrp_tests::Node) -> Result<u32> {
    vrrp_tests::poll_for(Duration::from_secs(5), "an XDP program on eth0", || {
        let links = node.output(&["ip", "-j", "link", "show", "dev", "eth0"]).ok()?;
        let links: serde_json::Value = serde_json::from_str(&links).ok()?;
        links.get(0)?.get("xdp")?.get("prog")?.get("id")?.as_u64()?.try_into().ok()
    })
}

/// A full-sized TCP segment.
fn tcp_frame(destination: [u8; 6]) -> Vec<u8> {
    let mut frame = vec![0; 1514];
    let start = [
        &destination[..],
        &[2, 0, 0, 0, 0, 9, 0x08, 0x00],
        &[0x45, 0, 0x05, 0xdc, 0, 1, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 10, 10, 0, 0, 60],
    ]
    .concat();
    for (place, byte) in frame.iter_mut().zip(start) {
        *place = byte;
    }
    frame
}
