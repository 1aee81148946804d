//! The cluster on stage: the lab, and a daemon on each of its nodes.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use vrrp_tests::{Client, Daemon, Lab, Node, Wire, cube, keepalived, vrrp};

use super::{Kind, story::Story};

/// The name of the virtual router in every file.
pub(super) const ROUTER: &str = "VI_1";

/// Everything that is running. The daemons are declared before the lab: they end first.
pub(super) struct Cluster {
    daemons: BTreeMap<String, Daemon>,
    pub(super) wire: Wire,
    pub(super) client: Client,
    pub(super) nodes: Vec<Node>,
    pub(super) lab: Lab,
    kind: Kind,
    binary: Option<PathBuf>,
    hook: String,
}

impl Cluster {
    /// Sets up machines and switch; no daemon runs yet.
    pub(super) fn new(kind: Kind, binary: Option<&Path>, hook: &str) -> Result<Self> {
        let mut lab = Lab::new("demo")?;
        let (nodes, client) = lab.add_cube()?;
        let wire = Wire::open(&lab)?;
        Ok(Self {
            daemons: BTreeMap::new(),
            wire,
            client,
            nodes,
            lab,
            kind,
            binary: binary.map(Path::to_path_buf),
            hook: hook.to_owned(),
        })
    }

    /// The node that the cube's table lists at this place.
    pub(super) fn node(&self, index: usize) -> Result<Node> {
        self.nodes.get(index).cloned().with_context(|| format!("there is no node {index}"))
    }

    /// The keepalived.conf of a node.
    pub(super) fn config(node: &Node) -> Result<String> {
        let (_, _, state, priority) = cube::NODES
            .iter()
            .find(|(name, ..)| *name == node.name())
            .with_context(|| format!("{} is none of the cube", node.name()))?;
        Ok(cube::config(ROUTER, state, *priority))
    }

    /// Starts the daemon of a node.
    pub(super) fn start(&mut self, node: &Node) -> Result<()> {
        let config = Self::config(node)?;
        let daemon = match self.kind {
            Kind::Keepalived => keepalived::start(node, &config)?,
            Kind::Vrrp => {
                let binary = self.binary.as_deref().context("no vrrp binary")?;
                vrrp::start_binary(binary, node, &config, &["--hook", &self.hook])?
            }
        };
        self.daemons.insert(node.name().to_owned(), daemon);
        Ok(())
    }

    /// The daemon of a node.
    pub(super) fn daemon(&mut self, node: &Node) -> Result<&mut Daemon> {
        let found = self.daemons.get_mut(node.name());
        found.with_context(|| format!("no daemon was started on {}", node.name()))
    }

    /// Fails if a daemon that should run does not.
    pub(super) fn all_alive(&mut self) -> Result<()> {
        for (name, daemon) in &mut self.daemons {
            if !daemon.is_running() {
                bail!("the daemon of {name} has ended:\n{}", daemon.log_tail(10));
            }
        }
        Ok(())
    }

    /// The nodes that have the virtual address on their interface.
    pub(super) fn holders(&self) -> Vec<String> {
        let holders = self.nodes.iter().filter(|node| node.has_address(cube::VIP));
        holders.map(|node| node.name().to_owned()).collect()
    }

    /// `vrrp status` of a node, when it is ours that runs there.
    pub(super) fn status(&self, node: &Node) -> Option<String> {
        let binary = self.binary.as_deref().filter(|_| self.kind == Kind::Vrrp)?;
        let folder = node.runtime_dir();
        let arguments = ["status".as_ref(), "--runtime-dir".as_ref(), folder.as_os_str()];
        let command: Vec<_> = [binary.as_os_str()].into_iter().chain(arguments).collect();
        node.output(&command).ok()
    }

    /// Shows what the daemons said last, for a reader who wants to know what went wrong.
    pub(super) fn explain(&self, story: &Story) {
        for (name, daemon) in &self.daemons {
            story.tell(&format!("the last words of {name}'s daemon:"));
            story.lines(&daemon.log_tail(12));
        }
    }

    /// Takes the daemons out, for their end.
    pub(super) fn take_daemons(&mut self) -> BTreeMap<String, Daemon> {
        std::mem::take(&mut self.daemons)
    }

    /// Leaves everything running and says how to look around.
    pub(super) fn keep(mut self, story: &Story) {
        story.tell("the cluster stays up (--keep). To look around:");
        let prefix = self.lab.prefix();
        let folder = self.lab.folder().display();
        let on = |machine: &str| format!("ip netns exec {prefix}-{machine}");
        let mut advice = vec![
            ("a shell on cube01", format!("{} bash", on("cube01"))),
            ("the address, as the client sees it", format!("{} ping {}", on("client"), cube::VIP)),
            ("the wire", format!("{} tcpdump -ni br0", on("switch"))),
            ("what cube01's daemon says", format!("tail -f {folder}/cube01/*.log")),
        ];
        if let Some(binary) = self.binary.as_deref().filter(|_| self.kind == Kind::Vrrp) {
            let status = format!("{} status --runtime-dir {folder}/cube01/run", binary.display());
            advice.push(("what cube01's daemon knows", status));
        }
        advice.push((
            "the end of it (the next demo or test is, too)",
            "cargo xtask demo --clean".to_owned(),
        ));
        for (what, command) in advice {
            story.tell(&format!("  {what}:"));
            story.lines(&format!("  {command}"));
        }
        for (_, daemon) in self.take_daemons() {
            daemon.keep();
        }
        self.lab.keep();
        // The bpffs of the nodes would be unmounted with them; the next sweep does it.
        for node in self.nodes.drain(..) {
            std::mem::forget(node);
        }
    }
}
