//! Cables between nodes and the switch.

use anyhow::{Context, Result};
use serde_json::Value;

use super::{
    BRIDGE, Lab, Node, OTHER_BRIDGE, format_mac, global_address, link_local_address, mac_of,
};
use crate::command;

/// Where a cable ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Segment {
    /// The switch that all nodes are on.
    Main,
    /// A second switch; also that of [`Lab::partition`].
    Second,
    /// Nowhere: there is a carrier, and nobody to hear or to answer. An observer hears it.
    Alone,
}

impl Lab {
    /// Gives a node one more interface with an address such as `10.1.0.60/24`, and with IPv6
    /// addresses made from that if the node has IPv6. Its port is called `<node>-<interface>`.
    ///
    /// An observer has to be opened after that to see it.
    ///
    /// # Errors
    /// When `address` is none, or the kernel refuses.
    pub fn add_interface(
        &mut self,
        node: &Node,
        interface: &str,
        address: &str,
        segment: Segment,
    ) -> Result<()> {
        let port = format!("{}-{interface}", node.name());
        self.connect(node, interface, &port, address, segment)
    }

    /// The port of the switch behind which it knows a MAC address, if it does.
    ///
    /// # Errors
    /// When the switch's table cannot be read.
    pub fn port_of(&self, mac: [u8; 6]) -> Result<Option<String>> {
        let mut bridge = self.switch.program("bridge");
        let text = command::must(bridge.args(["-j", "fdb", "show"]))?;
        let entries: Value = serde_json::from_str(&text).context("bridge -j fdb")?;
        let wanted = format_mac(mac);
        Ok(entries.as_array().into_iter().flatten().find_map(|entry| {
            let learnt = entry.get("mac")?.as_str()? == wanted && entry.get("master").is_some();
            let port = entry.get("ifname")?.as_str()?;
            learnt.then(|| port.to_owned())
        }))
    }

    pub(super) fn connect(
        &mut self,
        node: &Node,
        interface: &str,
        port: &str,
        address: &str,
        segment: Segment,
    ) -> Result<()> {
        let (ip, _) = address.split_once('/').unwrap_or((address, ""));
        let ip = ip.parse()?;
        let (inside, mac) = (node.namespace(), format_mac(mac_of(ip)));
        let end = ["peer", "name", interface, "address", &mac, "netns", inside.name()];
        self.switch.ip(&[&["link", "add", port, "type", "veth"][..], &end].concat())?;
        match segment {
            Segment::Main => self.switch.ip(&["link", "set", port, "master", BRIDGE, "up"])?,
            Segment::Second => {
                self.switch.ip(&["link", "set", port, "master", OTHER_BRIDGE, "up"])?
            }
            Segment::Alone => self.switch.ip(&["link", "set", port, "up"])?,
        };
        self.ports.push(port.to_owned());
        inside.ip(&["addr", "add", address, "dev", interface])?;
        if node.is_dual() {
            for own in
                [format!("{}/64", global_address(ip)), format!("{}/64", link_local_address(ip))]
            {
                inside.ip(&["-6", "addr", "add", &own, "dev", interface, "nodad"])?;
            }
        }
        inside.ip(&["link", "set", interface, "up"])?;
        node.wait_for_carrier_on(interface, true)
    }
}
