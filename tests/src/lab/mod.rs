//! The lab: one switch, any number of nodes.

mod cgroup;
mod client;
mod daemon;
mod kernel;
mod link;
mod names;
mod namespace;
mod neighbours;
mod node;
mod programs;

use std::{
    fs::{self, DirBuilder},
    net::{Ipv4Addr, Ipv6Addr},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use anyhow::{Context, Result};

pub(crate) use self::cgroup::{Cgroup, root as cgroup_root};
use self::kernel::{disable_ipv6, disable_netfilter, quieten_ipv6};
pub use self::{
    client::{ArpReply, Client, NdReply},
    daemon::Daemon,
    link::Segment,
    namespace::Namespace,
    neighbours::{Neighbour, NeighbourWatch},
    node::Node,
    programs::{Foreign, NativePort},
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
    ports: Vec<String>,
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
        let lab = Self {
            prefix,
            tag: tag.to_owned(),
            folder,
            switch,
            nodes: Vec::new(),
            ports: Vec::new(),
            keep: false,
        };
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
        self.add(name, address, false)
    }

    /// As [`Lab::add_node`], with IPv6 on: `eth0` has [`global_address`] (/64) and
    /// [`link_local_address`] besides, at once and without duplicate address detection, and takes
    /// no address from routers.
    ///
    /// # Errors
    /// As [`Lab::add_node`].
    pub fn add_dual_node(&mut self, name: &str, address: &str) -> Result<Node> {
        self.add(name, address, true)
    }

    fn add(&mut self, name: &str, address: &str, dual: bool) -> Result<Node> {
        let (ip, _) = address.split_once('/').context("a node's address needs a mask length")?;
        let ip: Ipv4Addr = ip.parse().with_context(|| address.to_owned())?;
        let namespace = Namespace::create(&format!("{}-{name}", self.prefix))
            .with_context(|| format!("adding {name} to the lab {}", self.tag))?;
        let folder = self.folder.join(name);
        fs::create_dir(&folder).with_context(|| folder.display().to_string())?;
        let node = Node::new(name, ip, dual, namespace, self.switch.clone(), folder)?;
        self.nodes.push(node.clone());
        if dual {
            quieten_ipv6(node.namespace())?;
        } else {
            disable_ipv6(node.namespace())?;
        }
        self.connect(&node, "eth0", name, address, Segment::Main)?;
        Ok(node)
    }

    /// Adds a node that only asks: see [`Client`].
    ///
    /// # Errors
    /// As [`Lab::add_node`].
    pub fn add_client(&mut self, name: &str, address: &str) -> Result<Client> {
        self.add_node(name, address).map(Client::new)
    }

    /// As [`Lab::add_client`], with IPv6 as in [`Lab::add_dual_node`].
    ///
    /// # Errors
    /// As [`Lab::add_node`].
    pub fn add_dual_client(&mut self, name: &str, address: &str) -> Result<Client> {
        self.add_dual_node(name, address).map(Client::new)
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

    /// The ports of the switch, in the order they were added.
    #[must_use]
    pub fn ports(&self) -> &[String] {
        &self.ports
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

/// The MAC address of the node of 10.0.0.0/24 with this IPv6 address.
#[must_use]
pub const fn mac_behind(address: Ipv6Addr) -> [u8; 6] {
    let [.., last] = address.octets();
    mac_of(Ipv4Addr::new(10, 0, 0, last))
}

/// The global IPv6 address that a node with this address gets: `2001:db8:b:c::d`, where the
/// numbers are those behind its first.
#[must_use]
pub fn global_address(address: Ipv4Addr) -> Ipv6Addr {
    let [_, b, c, d] = address.octets().map(u16::from);
    Ipv6Addr::new(0x2001, 0xdb8, b, c, 0, 0, 0, d)
}

/// The link-local address that a node with this address gets: `fe80::d`. Of two nodes, the same
/// one has the higher address in both families.
#[must_use]
pub fn link_local_address(address: Ipv4Addr) -> Ipv6Addr {
    let [.., d] = address.octets();
    Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, d.into())
}

/// A MAC address in the usual notation.
#[must_use]
pub fn format_mac(mac: [u8; 6]) -> String {
    mac.map(|byte| format!("{byte:02x}")).join(":")
}
