//! What a node knows of its neighbours' MAC addresses, now and over time.

use std::{net::IpAddr, time::Duration};

use anyhow::{Context, Result};
use serde_json::Value;

use super::{Daemon, Node};
use crate::wait_until;

/// An address that a watch adds and removes to see that it watches.
const CANARY: &str = "192.0.2.254";
/// Its MAC address.
const CANARY_MAC: &str = "02:00:c0:00:02:fe";

/// An entry of the neighbour table (ARP and Neighbor Discovery).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Neighbour {
    /// The MAC address, as `ip neigh` shows it, if it is known.
    pub mac: Option<String>,
    /// `REACHABLE`, `STALE`, `FAILED`, …
    pub state: String,
}

/// What the table of `eth0` says about an address.
pub(super) fn neighbour(node: &Node, target: IpAddr) -> Result<Option<Neighbour>> {
    let text = node.namespace().ip(&["-j", "neigh", "show", "dev", "eth0"])?;
    let entries: Value = serde_json::from_str(&text).context("ip -j neigh")?;
    let wanted = target.to_string();
    let found = entries
        .as_array()
        .into_iter()
        .flatten()
        .find(|entry| entry.get("dst").and_then(Value::as_str) == Some(&wanted));
    Ok(found.map(|entry| Neighbour {
        mac: entry.get("lladdr").and_then(Value::as_str).map(str::to_owned),
        state: entry.pointer("/state/0").and_then(Value::as_str).unwrap_or_default().to_owned(),
    }))
}

/// Writes down every change of the neighbour table of a node's `eth0` as the kernel tells of it,
/// so that no entry is missed however short its life.
#[derive(Debug)]
pub struct NeighbourWatch {
    node: Node,
    monitor: Daemon,
}

impl NeighbourWatch {
    pub(super) fn start(node: &Node) -> Result<Self> {
        let monitor = node.spawn("neighbours", &["ip", "monitor", "neigh", "dev", "eth0"])?;
        let watch = Self { node: node.clone(), monitor };
        watch.flush()?;
        Ok(watch)
    }

    /// The MAC addresses that were known for `target` one after the other, each change once. What
    /// was known before the watch began is not among them.
    ///
    /// # Errors
    /// When the watch has ended by itself.
    pub fn macs(&self, target: impl Into<IpAddr>) -> Result<Vec<String>> {
        self.flush()?;
        let target = target.into().to_string();
        let mut macs: Vec<String> = Vec::new();
        for line in self.monitor.log().lines().filter(|line| !line.starts_with("Deleted")) {
            let mut words = line.split_whitespace();
            if words.next() != Some(target.as_str()) {
                continue;
            }
            let Some(mac) = words.skip_while(|word| *word != "lladdr").nth(1) else { continue };
            if macs.last().is_none_or(|last| last != mac) {
                macs.push(mac.to_owned());
            }
        }
        Ok(macs)
    }

    /// Waits until everything up to now has been written down: entries are told of in order.
    fn flush(&self) -> Result<()> {
        let before = self.monitor.log().matches(CANARY).count();
        let change = ["to", CANARY, "lladdr", CANARY_MAC, "dev", "eth0", "nud", "reachable"];
        wait_until(Duration::from_secs(5), "the watch of the neighbours to begin", || {
            let inside = self.node.namespace();
            let told = inside.ip(&[&["neigh", "replace"][..], &change].concat()).is_ok()
                && inside.ip(&["neigh", "del", "to", CANARY, "dev", "eth0"]).is_ok();
            told && self.monitor.log().matches(CANARY).count() > before
        })
        .map(drop)
        .with_context(|| self.monitor.log_tail(5))
    }
}
