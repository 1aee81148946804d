//! What a file can tune, and changing it while the daemon runs.

#![cfg(test)]

mod links;
mod outcomes;
mod paces;
mod reloads;
mod rivals;
mod starts;
mod strangers;

use std::time::Duration;

use serde_json::Value;
use vrrp_tests::{Conf, Daemon, Lab, Node, Wire, vrrp, wire::Frame};

const SECOND: Duration = Duration::from_secs(1);

/// How much later than the theory something may come on a machine with other work.
const LATE: Duration = Duration::from_millis(400);

/// A node under test, a peer that a test may speak for, and an observer.
struct Bench {
    wire: Wire,
    dut: Node,
    peer: Node,
    _lab: Lab,
}

impl Bench {
    fn new(tag: &str) -> Self {
        let mut lab = Lab::new(tag).unwrap();
        let dut = lab.add_node("dut", "10.0.0.60/24").unwrap();
        let peer = lab.add_node("peer", "10.0.0.80/24").unwrap();
        let wire = Wire::open(&lab).unwrap();
        Self { wire, dut, peer, _lab: lab }
    }

    /// Starts the daemon with a file and waits until `VI_1` is master.
    fn start_master(&self, text: &str) -> Daemon {
        let daemon = vrrp::start(&self.dut, text, &[]).unwrap();
        self.wait_for("master", &daemon);
        daemon
    }

    fn wait_for(&self, state: &str, daemon: &Daemon) {
        vrrp::wait_for_state(&self.dut, "VI_1", state, 8 * SECOND)
            .unwrap_or_else(|error| panic!("{error:#}\n{}", daemon.log()));
    }

    /// What the node under test announces about an address, request form only.
    fn announcements(&self, mark: u64, address: std::net::Ipv4Addr) -> Vec<Frame> {
        self.wire.frames(|frame| frame.number >= mark && announces(frame, &self.dut, address))
    }

    fn adverts(&self, mark: u64, vrid: u8) -> Vec<Frame> {
        let from = self.dut.address();
        self.wire.frames(|frame| {
            frame.number >= mark
                && frame.is_advert_from(from)
                && frame.advert().is_some_and(|advert| advert.vrid == vrid)
        })
    }
}

/// Whether a frame is a gratuitous ARP request from a node about an address.
fn announces(frame: &Frame, node: &Node, address: std::net::Ipv4Addr) -> bool {
    frame.port == node.name()
        && frame.arp().is_some_and(|arp| {
            arp.operation == vrrp_tests::wire::frame::ARP_REQUEST
                && arp.is_gratuitous()
                && arp.sender == address
        })
}

/// A file of five adverts a second, with lines in `global_defs` and in the instance.
fn file(globals: &str, conf: &Conf) -> String {
    format!("global_defs {{\n{globals}\n}}\n{}", conf.text())
}

/// A number in a status or report, by its JSON pointer.
fn number(value: &Value, pointer: &str) -> u64 {
    value.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("{pointer}: {value}"))
}

/// A word in a status or report, by its JSON pointer.
fn word<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer}: {value}"))
}
