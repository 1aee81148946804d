//! The scenarios, one file each.

mod absorbed;
mod announce;
mod answers;
mod failover;
mod fence;
mod jitter;
mod junk;
mod lesser;
mod memory;
mod partition;
mod pass;
mod restart;
mod saturated;
mod scale;
mod throughput;
mod trio;

use std::process::Command;

use anyhow::{Context as _, Result};
use vrrp_tests::{Client, Conf, Node, cube};

use super::{Bench, chapter::Chapter, settings::V2_1_S};
use crate::flood::Subject;

/// Something that is measured.
pub(crate) struct Scenario {
    /// For `--only`.
    pub(crate) name: &'static str,
    /// What it is about.
    pub(crate) about: &'static str,
    /// Does it.
    pub(crate) measure: fn(&Bench) -> Result<Chapter>,
}

const fn scenario(
    name: &'static str,
    about: &'static str,
    measure: fn(&Bench) -> Result<Chapter>,
) -> Scenario {
    Scenario { name, about, measure }
}

/// All of them, in the order in which they are run.
pub(crate) const SCENARIOS: &[Scenario] = &[
    scenario("failover", "take-over after kill -9, link cut and SIGTERM", failover::measure),
    scenario("saturated", "the same with every processor busy", saturated::measure),
    scenario("announce", "from the first advert to the first answer", announce::measure),
    scenario("trio", "who wins among three nodes at 10 ms", trio::measure),
    scenario("partition", "service after a healed partition", partition::measure),
    scenario("jitter", "the adverts' pace at 10 ms, idle and with 12 hogs", jitter::measure),
    scenario("junk", "bad adverts of every kind, at 2/s and at full rate", junk::measure),
    scenario("lesser", "valid adverts of lower priority, 10,000 a second", lesser::measure),
    scenario("absorbed", "what an advert costs a backup", absorbed::measure),
    scenario("answers", "ARP and ND answered per second, and CPU per answer", answers::measure),
    scenario("pass", "what a frame costs that is none of our business", pass::measure),
    scenario("throughput", "TCP through a node, by hook", throughput::measure),
    scenario("scale", "CPU against the number of virtual routers", scale::measure),
    scenario("fence", "SIGKILL of the master: until nobody answers ARP", fence::measure),
    scenario("restart", "restart and reload under ping", restart::measure),
    scenario("memory", "resident memory", memory::measure),
];

/// The client, who asks for the virtual addresses.
fn client_subject(client: &Client, to_mac: Option<[u8; 6]>) -> Subject {
    Subject { to_mac, ..subject(client, &V2_1_S.conf(50)) }
}

/// A node that sends adverts with this configuration.
fn subject(node: &Node, conf: &Conf) -> Subject {
    Subject {
        source_mac: node.mac(),
        source: Some(node.address()),
        source6: Some(node.link_local()),
        to_mac: None,
        version: conf.version,
        vrid: conf.vrid,
        priority: conf.priority,
        interval: conf.interval,
        password: conf.password.map(str::to_owned),
        vips: conf.vips.iter().copied().chain([cube::VIP6.into()]).collect(),
    }
}

/// The hooks that this build knows, by the word for `--hook`.
fn hooks(bench: &Bench) -> Result<Vec<&'static str>> {
    let help =
        Command::new(&bench.binary).args(["run", "--help"]).output().context("vrrp run --help")?;
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    let known = |hook: &&str| help.contains(&format!("- {hook}:"));
    Ok(["generic", "native", "tc"].into_iter().filter(known).collect())
}
