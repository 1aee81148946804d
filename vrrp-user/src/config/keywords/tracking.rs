//! What can be tracked, and the words about it.

use super::{Keyword, ignored, supported};

const NO_SESSION: &str = "no BFD session is run: its state is read from `state_file`";

pub(super) const TRACK: &[Keyword] =
    &[supported("weight"), supported("reverse"), supported("noreverse"), supported("no_reverse")];

pub(super) const FILE: &[Keyword] =
    &[supported("file"), supported("weight"), supported("init_file")];

pub(super) const PROCESS: &[Keyword] = &[
    supported("process"),
    supported("param_match"),
    supported("full_command"),
    supported("weight"),
    supported("quorum"),
    supported("quorum_max"),
    supported("delay"),
    supported("fork_delay"),
    supported("terminate_delay"),
];

pub(super) const BFD: &[Keyword] = &[
    supported("state_file"),
    supported("weight"),
    ignored("neighbor_ip", NO_SESSION),
    ignored("neighbour_ip", NO_SESSION),
    ignored("source_ip", NO_SESSION),
    ignored("min_rx", NO_SESSION),
    ignored("min_tx", NO_SESSION),
    ignored("idle_tx", NO_SESSION),
    ignored("multiplier", NO_SESSION),
    ignored("passive", NO_SESSION),
    ignored("ttl", NO_SESSION),
    ignored("hoplimit", NO_SESSION),
    ignored("max_hops", NO_SESSION),
    ignored("vrrp", NO_SESSION),
    ignored("checker", NO_SESSION),
];
