//! The lab: one switch, any number of nodes.

mod client;
mod daemon;
mod names;
mod namespace;
mod node;

use std::{
    fs::{self, DirBuilder},
    net::Ipv4Addr,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use anyhow::{Context, Result};

pub use self::{
    client::{ArpReply, Client, Neighbour},
    daemon::Daemon,
    namespace::Namespace,
    node::Node,
};

const BRIDGE: &str = "br0";
const OTHER_BRIDGE: &str = "br1";

/// A switch with nodes on it, each in a network namespace of its own.
///
/// Dropping it kills what still runs in the namespaces and removes everything, also while a
/// panic unwinds. What a killed process leaves behind, the next [`Lab::new`] sweeps away.
#[derive(Debug)]
pub struct Lab {
    prefix: String,
    tag: String,
    folder: PathBuf,
    switch: Namespace,
    nodes: Vec<Node>,
    keep: bool,
}

impl Lab {
    /// Makes an empty lab; `tag` says in messages what it is for.
    ///
    /// # Errors
    /// Without root, or when the kernel refuses a namespace or bridge.
    pub fn new(tag: &str) -> Result<Self> {
        // `ip netns add` prepares /run/netns on its first run and does not like company there.
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        names::sweep()?;
        let prefix = names::fresh_prefix();
        let folder = names::folder(&prefix);
        DirBuilder::new()
            .mode(0o700)
            .recursive(true)
            .create(&folder)
            .with_context(|| folder.display().to_string())?;
        let switch = Namespace::create(&format!("{prefix}-switch"))
            .with_context(|| format!("making the lab {tag}"))?;
        let lab =
            Self { prefix, tag: tag.to_owned(), folder, switch, nodes: Vec::new(), keep: false };
        // From here on, dropping `lab` cleans up after a failure.
        disable_ipv6(&lab.switch)?;
        disable_netfilter(&lab.switch)?;
        for bridge in [BRIDGE, OTHER_BRIDGE] {
            // A plain switch: no spanning tree, nothing learnt about groups.
            lab.switch.ip(&[
                "link",
                "add",
                bridge,
                "type",
                "bridge",
                "stp_state",
                "0",
                "forward_delay",
                "0",
                "mcast_snooping",
                "0",
            ])?;
            lab.switch.ip(&["link", "set", bridge, "up"])?;
        }
        Ok(lab)
    }

    /// Removes the labs of processes that are gone; returns the number of namespaces removed.
    ///
    /// # Errors
    /// When the namespaces cannot be listed.
    pub fn sweep() -> Result<usize> {
        names::sweep()
    }

    /// Adds a node whose `eth0` has `address` (such as `10.0.0.60/24`) and hangs on a port of the
    /// switch that is called like the node. IPv6 is off in it.
    ///
    /// Its MAC address is made from the IPv4 address: 02:00, then the four bytes.
    ///
    /// # Errors
    /// When `address` is none, or the kernel refuses.
    pub fn add_node(&mut self, name: &str, address: &str) -> Result<Node> {
        let (ip, _) = address.split_once('/').context("a node's address needs a mask length")?;
        let ip: Ipv4Addr = ip.parse().with_context(|| address.to_owned())?;
        let mac = mac_of(ip);
        let namespace = Namespace::create(&format!("{}-{name}", self.prefix))
            .with_context(|| format!("adding {name} to the lab {}", self.tag))?;
        let folder = self.folder.join(name);
        fs::create_dir(&folder).with_context(|| folder.display().to_string())?;
        let node = Node::new(name, ip, mac, namespace, self.switch.clone(), folder)?;
        self.nodes.push(node.clone());

        disable_ipv6(node.namespace())?;
        let shown = format_mac(mac);
        self.switch.ip(&[
            "link",
            "add",
            name,
            "type",
            "veth",
            "peer",
            "name",
            "eth0",
            "address",
            &shown,
            "netns",
            node.namespace().name(),
        ])?;
        self.switch.ip(&["link", "set", name, "master", BRIDGE, "up"])?;
        node.namespace().ip(&["addr", "add", address, "dev", "eth0"])?;
        node.namespace().ip(&["link", "set", "eth0", "up"])?;
        node.wait_for_carrier(true)?;
        Ok(node)
    }

    /// Adds a node that only asks: see [`Client`].
    ///
    /// # Errors
    /// As [`Lab::add_node`].
    pub fn add_client(&mut self, name: &str, address: &str) -> Result<Client> {
        self.add_node(name, address).map(Client::new)
    }

    /// Adds the four nodes of [`crate::cube`] and the client.
    ///
    /// # Errors
    /// As [`Lab::add_node`].
    pub fn add_cube(&mut self) -> Result<(Vec<Node>, Client)> {
        let nodes = crate::cube::NODES
            .iter()
            .map(|(name, address, ..)| self.add_node(name, &format!("{address}/24")))
            .collect::<Result<_>>()?;
        let client = self.add_client("client", &format!("{}/24", crate::cube::CLIENT))?;
        Ok((nodes, client))
    }

    /// The nodes and clients, in the order they were added.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The namespace of the switch; its ports are called like the nodes.
    #[must_use]
    pub fn switch(&self) -> &Namespace {
        &self.switch
    }

    /// What the names of all its namespaces begin with.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The lab's own folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Moves these nodes to a second switch: they hear each other and nobody else. No link goes
    /// down.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn partition(&self, away: &[&Node]) -> Result<()> {
        for node in away {
            self.switch.ip(&["link", "set", node.name(), "master", OTHER_BRIDGE])?;
        }
        Ok(())
    }

    /// Brings all nodes back to one switch.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn heal(&self) -> Result<()> {
        for node in &self.nodes {
            self.switch.ip(&["link", "set", node.name(), "master", BRIDGE])?;
        }
        Ok(())
    }

    /// Leaves the lab standing when it is dropped. The first lab made after this process has
    /// ended sweeps it away.
    pub fn keep(&mut self) {
        self.keep = true;
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if self.keep {
            return;
        }
        // By name and not by our list: also what a failed `add_node` had begun.
        for name in names::namespaces(&format!("{}-", self.prefix)).unwrap_or_default() {
            names::remove_namespace(&name);
        }
        names::remove_folder(&self.folder);
    }
}

/// The MAC address that a node with this address gets.
#[must_use]
pub const fn mac_of(address: Ipv4Addr) -> [u8; 6] {
    let [a, b, c, d] = address.octets();
    [2, 0, a, b, c, d]
}

/// A MAC address in the usual notation.
#[must_use]
pub fn format_mac(mac: [u8; 6]) -> String {
    mac.map(|byte| format!("{byte:02x}")).join(":")
}

/// Router solicitations and MLD reports are noise on a wire that tests look at. Kernels without
/// IPv6 have nothing to switch off.
fn disable_ipv6(namespace: &Namespace) -> Result<()> {
    namespace.run(|| {
        let switch = Path::new("/proc/sys/net/ipv6/conf/all/disable_ipv6");
        if switch.exists() {
            fs::write(switch, "1").context("switching IPv6 off")?;
        }
        Ok(())
    })
}

/// A switch forwards frames as they are. With netfilter in it, it would cut off their padding and
/// throw away what it cannot read.
fn disable_netfilter(namespace: &Namespace) -> Result<()> {
    namespace.run(|| {
        for table in ["arp", "ip", "ip6"] {
            let switch = format!("/proc/sys/net/bridge/bridge-nf-call-{table}tables");
            if Path::new(&switch).exists() {
                fs::write(&switch, "0").with_context(|| switch.clone())?;
            }
        }
        Ok(())
    })
}
