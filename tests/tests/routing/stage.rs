//! A node with a second interface, and what `ip` shows there.

use std::time::Duration;

use serde_json::Value;
use vrrp_tests::{Lab, Node};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// The lab, and the node under test with IPv6 and the interfaces `eth0` and `d0`.
pub(crate) struct Stage {
    pub(crate) lab: Lab,
    pub(crate) node: Node,
}

impl Stage {
    pub(crate) fn new(tag: &str) -> Self {
        let mut lab = Lab::new(tag).unwrap();
        let node = lab.add_dual_node("dut", "10.0.0.60/24").unwrap();
        let stage = Self { lab, node };
        stage.ip("link add d0 type veth peer name d1");
        stage.ip("link set d0 up");
        stage.ip("link set d1 up");
        // Those of the kernel come after a while, and do not matter here.
        stage.ip("link set d0 addrgenmode none");
        stage.ip("link set d1 addrgenmode none");
        stage
    }

    /// What `ip` prints.
    pub(crate) fn ip(&self, arguments: &str) -> String {
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        self.node.namespace().ip(&arguments).unwrap()
    }

    /// All routes and rules that carry keepalived's protocol number.
    pub(crate) fn routing(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for family in ["-4", "-6"] {
            let routes = self.ip(&format!("{family} route show table all proto keepalived"));
            lines.extend(routes.lines().map(|line| line.trim_end().to_owned()));
            let rules = self.ip(&format!("{family} rule show"));
            let rules = rules.lines().filter(|line| line.contains("proto keepalived"));
            lines.extend(rules.map(str::to_owned));
        }
        lines
    }

    /// All addresses but link-local ones of IPv6, as `ip -j addr` has them, sorted.
    pub(crate) fn addresses(&self) -> Vec<String> {
        let links: Value = serde_json::from_str(&self.ip("-j addr")).unwrap();
        let mut found = Vec::new();
        for link in links.as_array().unwrap() {
            for address in link["addr_info"].as_array().unwrap() {
                let local = address["local"].as_str().unwrap_or_default();
                if !local.starts_with("fe80:") {
                    found.push(format!("{} {address}", link["ifname"]));
                }
            }
        }
        found.sort();
        found
    }

    /// All that counts.
    pub(crate) fn all(&self) -> (Vec<String>, Vec<String>) {
        (self.addresses(), self.routing())
    }
}
