//! What the tests share.

use std::{fs, path::PathBuf, time::Duration};

use serde_json::Value;
use vrrp_tests::{Conf, Daemon, Node, Wire, keepalived, vrrp, wire::Frame};

pub(super) const SECOND: Duration = Duration::from_secs(1);

/// How much later than the theory something may come on a machine with two processors and other
/// work.
pub(super) const LATE: Duration = Duration::from_millis(400);

/// Who is under test.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Subject {
    Vrrp,
    Keepalived,
}

impl Subject {
    pub(super) fn start(self, node: &Node, text: &str) -> Daemon {
        match self {
            Self::Vrrp => vrrp::start(node, text, &[]),
            Self::Keepalived => keepalived::start(node, text),
        }
        .unwrap()
    }
}

/// Where a node's tracked file lies.
pub(super) fn tracked_file(node: &Node) -> PathBuf {
    node.folder().join("tracked")
}

/// Writes a number for a node to track.
pub(super) fn write(node: &Node, text: &str) {
    fs::write(tracked_file(node), text).unwrap();
}

/// A `track_file` called `tracked`, which [`write`] writes.
pub(super) fn track_file(node: &Node) -> String {
    format!("track_file tracked {{\n    file {}\n}}\n", tracked_file(node).display())
}

/// The adverts of a virtual router of a node from a mark on.
pub(super) fn adverts(wire: &Wire, node: &Node, vrid: u8, mark: u64) -> Vec<Frame> {
    wire.frames(|frame| {
        frame.number >= mark
            && frame.is_advert_from(node.address())
            && frame.advert().is_some_and(|advert| advert.vrid == vrid)
    })
}

/// Waits until a node's router has this priority in an advert.
#[track_caller]
pub(super) fn expect_priority(
    wire: &Wire,
    node: &Node,
    conf: &Conf,
    mark: u64,
    priority: u8,
) -> Frame {
    let (from, vrid) = (node.address(), conf.vrid);
    let what = format!("priority {priority} of {} with VRID {vrid}", node.name());
    // What is to be on time is measured by the frame's own stamp.
    wire.expect_from(mark, conf.down() + 6 * SECOND, &what, |frame| {
        frame.is_advert_from(from)
            && frame.advert().is_some_and(|it| (it.vrid, it.priority) == (vrid, priority))
    })
    .unwrap()
}

/// What `VI_1` on a node says of the one thing that it tracks.
pub(super) fn tracked(node: &Node) -> Value {
    vrrp::router(node, "VI_1").unwrap()["tracked"][0].clone()
}
