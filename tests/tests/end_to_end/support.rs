//! What the tests share.

use std::{net::Ipv4Addr, time::Duration};

use aya::programs::{SchedClassifier, TcAttachType};
use serde_json::Value;
use vrrp_tests::{Client, Conf, Daemon, Lab, Moment, Node, Wire, cube, vrrp, wire::Frame};

pub(super) const SECOND: Duration = Duration::from_secs(1);

/// How much later than the theory something may come on a machine with two processors and other
/// work: the theory itself is within a millisecond.
pub(super) const LATE: Duration = Duration::from_millis(250);

/// How much earlier the observer may see something: its stamps are not the daemon's.
const EARLY: Duration = Duration::from_millis(5);

/// The scripted peer's address; between those of the nodes under test.
pub(super) const PEER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 80);

/// A node under test, a peer that a test speaks for, a client, and an observer.
pub(super) struct Bench {
    pub(super) wire: Wire,
    pub(super) dut: Node,
    pub(super) peer: Node,
    pub(super) client: Client,
    pub(super) lab: Lab,
}

impl Bench {
    pub(super) fn new(tag: &str) -> Self {
        let mut lab = Lab::new(tag).unwrap();
        let dut = lab.add_node("dut", "10.0.0.60/24").unwrap();
        let peer = lab.add_node("peer", &format!("{PEER}/24")).unwrap();
        let client = lab.add_client("client", &format!("{}/24", cube::CLIENT)).unwrap();
        let wire = Wire::open(&lab).unwrap();
        Self { wire, dut, peer, client, lab }
    }

    /// Starts the daemon on the node under test and waits until it answers.
    pub(super) fn start(&self, conf: &Conf, arguments: &[&str]) -> Daemon {
        start(&self.dut, conf, arguments)
    }

    /// Starts the daemon on the node under test and waits until it is master.
    pub(super) fn start_master(&self, conf: &Conf, arguments: &[&str]) -> Daemon {
        let daemon = self.start(conf, arguments);
        wait_for(&self.dut, "master", conf.down() + 3 * SECOND);
        daemon
    }

    /// The adverts of the node under test from a mark on.
    pub(super) fn adverts_since(&self, mark: u64) -> Vec<Frame> {
        adverts(&self.wire, &self.dut, mark)
    }

    /// Waits for the next advert of the node under test.
    pub(super) fn next_advert(&self, mark: u64, timeout: Duration) -> Frame {
        let from = self.dut.address();
        self.wire
            .expect_from(mark, timeout, "an advert of the node under test", |frame| {
                frame.is_advert_from(from)
            })
            .unwrap()
    }
}

/// Waits until our program is, or is not, at tc ingress of a node, and none at XDP.
#[track_caller]
pub(super) fn wait_for_program(node: &Node, present: bool) {
    let is_there = || {
        node.namespace().run(|| {
            let (_, programs) = SchedClassifier::query_tcx("eth0", TcAttachType::Ingress)?;
            Ok(programs.iter().any(|program| program.name_as_str() == Some("vrrp_ingress")))
        })
    };
    vrrp_tests::wait_until(SECOND, "the program", || is_there().unwrap() == present).unwrap();
    let link = node.namespace().ip(&["-d", "link", "show", "eth0"]).unwrap();
    assert!(!link.contains("xdp"), "{link}");
}

/// Starts the daemon and waits until it answers.
pub(super) fn start(node: &Node, conf: &Conf, arguments: &[&str]) -> Daemon {
    let daemon = vrrp::start(node, &conf.text(), arguments).unwrap();
    vrrp_tests::wait_until(5 * SECOND, "the daemon to have looked at its interfaces", || {
        vrrp::router(node, "VI_1").is_ok_and(|router| word(&router, "/state") != "initialize")
    })
    .unwrap_or_else(|error| panic!("{error:#}\n{}", daemon.log()));
    daemon
}

/// Waits until `VI_1` on a node is in a state.
pub(super) fn wait_for(node: &Node, state: &str, timeout: Duration) {
    vrrp::wait_for_state(node, "VI_1", state, timeout).unwrap();
}

/// What `VI_1` on a node says of itself.
pub(super) fn router(node: &Node) -> Value {
    vrrp::router(node, "VI_1").unwrap()
}

/// A number in a status, by its JSON pointer.
pub(super) fn number(status: &Value, pointer: &str) -> u64 {
    status.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("{pointer}: {status}"))
}

/// A word in a status, by its JSON pointer.
pub(super) fn word<'a>(status: &'a Value, pointer: &str) -> &'a str {
    status.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer}: {status}"))
}

/// Adverts that came in at a node's port, from a mark on.
pub(super) fn adverts(wire: &Wire, node: &Node, mark: u64) -> Vec<Frame> {
    wire.frames(|frame| frame.number >= mark && frame.is_advert_from(node.address()))
}

/// Gratuitous ARP requests for the VIP from a node, from a mark on.
pub(super) fn announcements(wire: &Wire, node: &Node, mark: u64) -> Vec<Frame> {
    wire.frames(|frame| {
        frame.number >= mark
            && frame.port == node.name()
            && frame.arp().is_some_and(|arp| {
                arp.operation == vrrp_tests::wire::frame::ARP_REQUEST
                    && arp.is_gratuitous()
                    && arp.sender == cube::VIP
            })
    })
}

/// Fails unless a span is what the theory says, or a little more.
#[track_caller]
pub(super) fn on_time(what: &str, actual: Duration, theory: Duration) {
    assert!(
        actual + EARLY >= theory && actual <= theory + LATE,
        "{what}: {actual:?} instead of {theory:?}"
    );
}

/// Waits for a moment.
pub(super) fn sleep_until(moment: Moment) {
    std::thread::sleep(moment.since(Moment::now()));
}
