//! How many ARP requests a node answers: our program, the kernel, and a program that only swaps the
//! MAC addresses. The sender shares the machine's processors with them, so only the ratios count.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use nix::net::if_::if_nametoindex;
use serde::Serialize;
use vrrp_tests::{Client, FrameSender, Lab, Node, craft, cube, vrrp};

use super::{bpf, stats::Summary};
use crate::tell;

const ROUNDS: usize = 5;

/// Answers per second.
#[derive(Debug, Serialize)]
pub(crate) struct Arp {
    /// The daemon's program on a master.
    pub(crate) ours: Summary,
    /// The kernel, with the address on the interface and no program.
    pub(crate) kernel: Summary,
    /// A program that swaps the MAC addresses and transmits.
    pub(crate) swap: Summary,
    /// Median over median.
    pub(crate) to_kernel: f64,
    /// Median over median.
    pub(crate) to_swap: f64,
}

pub(crate) fn measure(binary: &Path, seconds: u64) -> Result<Arp> {
    let mut lab = Lab::new("bench-arp")?;
    let node = lab.add_node("cube01", "10.0.0.60/24")?;
    let client = lab.add_client("client", "10.0.0.10/24")?;
    let span = Duration::from_secs(seconds);
    let (mut ours, mut kernel, mut swap) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        tell::note(&format!("round {round} of {ROUNDS}"));
        ours.push(with_daemon(binary, &node, &client, span)?);
        kernel.push(with_kernel(&node, &client, span)?);
        swap.push(with_swap(&node, &client, span)?);
    }
    let ours = Summary::of(ours).context("nothing measured")?;
    let kernel = Summary::of(kernel).context("nothing measured")?;
    let swap = Summary::of(swap).context("nothing measured")?;
    let (to_kernel, to_swap) = (ours.median / kernel.median, ours.median / swap.median);
    Ok(Arp { ours, kernel, swap, to_kernel, to_swap })
}

fn with_daemon(binary: &Path, node: &Node, client: &Client, span: Duration) -> Result<f64> {
    let config = cube::config("VI_1", "MASTER", 255);
    let mut daemon = vrrp::start_binary(binary, node, &config, &["--hook", "generic"])?;
    vrrp_tests::wait_until(Duration::from_secs(5), "the address", || node.has_address(cube::VIP))?;
    let rate = flood(node, client, span)?;
    daemon.terminate(Duration::from_secs(5))?;
    Ok(rate)
}

fn with_kernel(node: &Node, client: &Client, span: Duration) -> Result<f64> {
    let vip = format!("{}/32", cube::VIP);
    node.namespace().ip(&["addr", "add", &vip, "dev", "eth0"])?;
    let rate = flood(node, client, span);
    node.namespace().ip(&["addr", "del", &vip, "dev", "eth0"])?;
    rate
}

fn with_swap(node: &Node, client: &Client, span: Duration) -> Result<f64> {
    let program = bpf::load(bpf::SWAP_AND_TRANSMIT)?;
    let _link = node.namespace().run(|| {
        let ifindex = if_nametoindex("eth0").context("eth0")?;
        bpf::attach(&program, ifindex)
    })?;
    flood(node, client, span)
}

/// Asks as fast as it goes, and counts what comes back.
fn flood(node: &Node, client: &Client, span: Duration) -> Result<f64> {
    let sender = FrameSender::open(client)?;
    let mut request = craft::arp_request(client.mac(), client.address(), cube::VIP);
    // To the node alone: a broadcast would also cost the switch.
    for (place, byte) in request.iter_mut().zip(node.mac()) {
        *place = byte;
    }
    let before = received(client)?;
    let start = Instant::now();
    while start.elapsed() < span {
        for _ in 0..64 {
            // A full queue is the limit that is being measured.
            let _ = sender.send(&request);
        }
    }
    let elapsed = start.elapsed();
    std::thread::sleep(Duration::from_millis(50));
    let answers = received(client)?.saturating_sub(before);
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let rate = answers as f64 / elapsed.as_secs_f64();
    Ok(rate)
}

/// Frames that the client's `eth0` has received.
fn received(client: &Client) -> Result<u64> {
    let text = client.namespace().run(|| {
        // The thread's own view: that of the process is another namespace's.
        fs::read_to_string("/proc/thread-self/net/dev").context("/proc/thread-self/net/dev")
    })?;
    let line = text.lines().find_map(|line| line.trim().strip_prefix("eth0:"));
    let packets = line.and_then(|counts| counts.split_whitespace().nth(1));
    packets.and_then(|count| count.parse().ok()).context("no eth0 in /proc/net/dev")
}
