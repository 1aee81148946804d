//! What the tests share.

use std::{net::Ipv4Addr, time::Duration};

use serde_json::Value;
use vrrp_tests::{
    Client, Conf, Daemon, Lab, Node, Wire, cube,
    lab::{NativePort, link_local_address},
    poll_for, vrrp, wait_until,
    wire::Frame,
};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// How much later than the theory something may come on a machine with two processors and other
/// work: the theory itself is within a millisecond.
pub(crate) const LATE: Duration = Duration::from_millis(300);

/// How much earlier the observer may see something: its stamps are not the daemon's.
pub(crate) const EARLY: Duration = Duration::from_millis(5);

/// Long enough for an answer that will not come.
pub(crate) const SILENCE: Duration = Duration::from_millis(200);

/// Where the scripted peer speaks from, in both families.
pub(crate) const PEER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 80);

/// A node under test, a peer that a test speaks for, a client, and an observer. All have IPv6.
pub(crate) struct Bench {
    pub(crate) wire: Wire,
    pub(crate) dut: Node,
    pub(crate) peer: Node,
    pub(crate) client: Client,
    pub(crate) lab: Lab,
    /// So that what a native program answers arrives.
    _native: Option<NativePort>,
}

impl Bench {
    pub(crate) fn new(tag: &str) -> Self {
        let mut lab = Lab::new(tag).unwrap();
        let dut = lab.add_dual_node("dut", "10.0.0.60/24").unwrap();
        let peer = lab.add_dual_node("peer", &format!("{PEER}/24")).unwrap();
        let client = lab.add_dual_client("client", &format!("{}/24", cube::CLIENT)).unwrap();
        let wire = Wire::open(&lab).unwrap();
        Self { wire, dut, peer, client, lab, _native: None }
    }

    /// As [`Bench::new`], made ready for a daemon with this hook.
    pub(crate) fn for_hook(tag: &str, hook: &str) -> Self {
        let bench = Self::new(&format!("{tag}-{hook}"));
        let native = (hook == "native").then(|| bench.dut.native_port().unwrap());
        Self { _native: native, ..bench }
    }

    /// Starts the daemon on the node under test and waits until it answers.
    pub(crate) fn start(&self, config: &str, arguments: &[&str]) -> Daemon {
        start(&self.dut, config, arguments)
    }

    /// Adverts of the node under test for a virtual router of a family, from a mark on.
    pub(crate) fn adverts(&self, conf: &Conf, mark: u64) -> Vec<Frame> {
        self.wire.frames(|frame| frame.number >= mark && is_advert(frame, "dut", conf))
    }

    /// Waits for the next advert of the node under test for a virtual router.
    #[track_caller]
    pub(crate) fn next_advert(&self, conf: &Conf, mark: u64, timeout: Duration) -> Frame {
        let what = format!("an advert of {}", conf.name);
        self.wire
            .expect_from(mark, timeout, &what, |frame| is_advert(frame, "dut", conf))
            .unwrap_or_else(|error| panic!("{error:#}"))
    }

    /// Waits until all of these are masters.
    #[track_caller]
    pub(crate) fn wait_for_masters(&self, confs: &[&Conf]) {
        for conf in confs {
            wait_for(&self.dut, &conf.name, "master", conf.down() + 3 * SECOND);
        }
        for vip in confs.iter().flat_map(|conf| conf.vips.iter().chain(&conf.excluded)) {
            wait_until(SECOND, &format!("the address {vip}"), || self.dut.has_address(*vip))
                .unwrap();
        }
    }
}

/// Starts the daemon and waits until it has looked at its interfaces.
#[track_caller]
pub(crate) fn start(node: &Node, config: &str, arguments: &[&str]) -> Daemon {
    let mut daemon = vrrp::start(node, config, arguments).unwrap();
    let answers = poll_for(5 * SECOND, "the daemon to answer", || {
        if !daemon.is_running() {
            return Some(false);
        }
        let status = vrrp::status(node).ok()?;
        let mut routers = status["routers"].as_array()?.iter();
        routers.all(|router| router["state"] != "initialize").then_some(true)
    });
    match answers {
        Ok(true) => daemon,
        Ok(false) => panic!("the daemon has ended:\n{}", daemon.log()),
        Err(error) => panic!("{error:#}\n{}", daemon.log()),
    }
}

/// Whether a frame is an advert for the virtual router of `conf` that came in at a port.
pub(crate) fn is_advert(frame: &Frame, port: &str, conf: &Conf) -> bool {
    frame.port == port
        && frame.advert().is_some_and(|advert| {
            advert.vrid == conf.vrid && advert.source.is_ipv6() == conf.is_ipv6()
        })
}

/// Where the scripted peer's adverts of a configuration come from.
pub(crate) fn peer_source(conf: &Conf) -> std::net::IpAddr {
    if conf.is_ipv6() { link_local_address(PEER).into() } else { PEER.into() }
}

/// Waits until a router on a node is in a state.
#[track_caller]
pub(crate) fn wait_for(node: &Node, router: &str, state: &str, timeout: Duration) {
    vrrp::wait_for_state(node, router, state, timeout).unwrap_or_else(|error| panic!("{error:#}"));
}

/// A number in a status, by its JSON pointer.
#[track_caller]
pub(crate) fn number(status: &Value, pointer: &str) -> u64 {
    status.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("{pointer}: {status}"))
}

/// A word in a status, by its JSON pointer.
#[track_caller]
pub(crate) fn word<'a>(status: &'a Value, pointer: &str) -> &'a str {
    status.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer}: {status}"))
}

/// The reasons for which a router has dropped adverts, without those that did not occur.
#[track_caller]
pub(crate) fn dropped(router: &Value) -> Vec<(String, u64)> {
    let all = router.pointer("/adverts/dropped").and_then(Value::as_object);
    let all = all.unwrap_or_else(|| panic!("/adverts/dropped: {router}"));
    let counts = all.iter().map(|(name, count)| (name.clone(), count.as_u64().unwrap()));
    counts.filter(|(_, count)| *count != 0).collect()
}

/// How often the daemon has spoken since its start; what it says of its file takes several lines.
pub(crate) fn log_lines(daemon: &Daemon) -> usize {
    let dated = |line: &&str| line.starts_with(|first: char| first.is_ascii_digit());
    daemon.log().lines().filter(dated).count()
}

/// Fails unless a span is what the theory says, or a little more.
#[track_caller]
pub(crate) fn on_time(what: &str, actual: Duration, theory: Duration) {
    assert!(
        actual + EARLY >= theory && actual <= theory + LATE,
        "{what}: {actual:?} instead of {theory:?}"
    );
}
