//! FRR's vrrpd as a peer (Debian's 8.4): version 3 only, always with virtual MAC addresses.

use std::{
    fmt::Write as _,
    fs,
    net::{IpAddr, Ipv6Addr},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result};
use nix::unistd::{Gid, Uid, User, chown};
use serde_json::Value;

use crate::{Conf, Daemon, Node, command, craft::virtual_mac, lab::format_mac, wait_until};

const FOLDER: &str = "/etc/frr";

/// A zebra and a vrrpd on a node; both end when this is dropped.
#[derive(Debug)]
pub struct Frr {
    node: Node,
    zebra: Daemon,
    vrrpd: Daemon,
}

/// Starts both on a node with the priority, interval and addresses of a configuration of version 3,
/// and waits until they have found their interfaces.
///
/// FRR leaves the addresses to the operator: they are put on macvlan interfaces `vrrp4-VRID` and
/// `vrrp6-VRID` here, which it keeps down (`protodown`) while it is backup.
///
/// # Errors
/// When they cannot be started or do not begin.
pub fn start(node: &Node, conf: &Conf) -> Result<Frr> {
    // Without these the node answers ARP for an address on an interface that is held down, and asks
    // for its clients as the virtual address, but with the MAC address of eth0.
    for setting in ["arp_ignore=1", "arp_announce=2"] {
        node.output(&["sysctl", "-q", "-w", &format!("net.ipv4.conf.eth0.{setting}")])?;
    }
    let folder = private_folder(node)?;
    let six = conf.is_ipv6();
    let interface = format!("vrrp{}-{}", if six { 6 } else { 4 }, conf.vrid);
    add_macvlan(node, &interface, conf, six)?;
    fs::write(folder.join("zebra.conf"), "")?;
    fs::write(folder.join("vtysh.conf"), "")?;
    fs::write(folder.join("vrrpd.conf"), config(conf))?;
    let zebra = spawn(node, &folder, "zebra")?;
    wait_until(Duration::from_secs(5), "zebra to listen", || folder.join("zserv.api").exists())
        .with_context(|| zebra.log())?;
    let vrrpd = spawn(node, &folder, "vrrpd")?;
    let frr = Frr { node: node.clone(), zebra, vrrpd };
    let family = if six { "v6" } else { "v4" };
    wait_until(Duration::from_secs(10), "vrrpd to begin", || {
        let state = frr.state(family);
        state.is_ok_and(|state| matches!(state.as_str(), "Backup" | "Master"))
    })
    .with_context(|| frr.log())?;
    Ok(frr)
}

impl Frr {
    /// `Initialize`, `Backup` or `Master`, of the family `v4` or `v6`.
    ///
    /// # Errors
    /// When vrrpd does not answer.
    pub fn state(&self, family: &str) -> Result<String> {
        let folder = self.node.folder().join("frr");
        let show = format!("vtysh --vty_socket {FOLDER} -c 'show vrrp json'");
        let text = command::must(&mut inside(&self.node, &folder, &show))?;
        let routers: Value = serde_json::from_str(&text).context("show vrrp json")?;
        let state = routers.pointer(&format!("/0/{family}/status")).and_then(Value::as_str);
        state.map(str::to_owned).with_context(|| text.clone())
    }

    /// What vrrpd has printed so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.vrrpd.log()
    }

    /// Ends vrrpd in good order, which resigns.
    ///
    /// # Errors
    /// When it does not end in time.
    pub fn terminate(&mut self, timeout: Duration) -> Result<()> {
        self.vrrpd.terminate(timeout)?;
        self.zebra.terminate(timeout).map(drop)
    }
}

/// A folder for its sockets that it may write to though it gives up root. Others may not enter the
/// lab's: it is mounted over FRR's own, for these processes only.
fn private_folder(node: &Node) -> Result<PathBuf> {
    let folder = node.folder().join("frr");
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let user = User::from_name("frr")?.context("there is no user frr")?;
    chown(&folder, Some(Uid::from_raw(user.uid.as_raw())), Some(Gid::from_raw(user.gid.as_raw())))?;
    Ok(folder)
}

fn add_macvlan(node: &Node, interface: &str, conf: &Conf, six: bool) -> Result<()> {
    let inside = node.namespace();
    let mac = format_mac(virtual_mac(six, conf.vrid));
    inside.ip(&[
        "link", "add", interface, "link", "eth0", "address", &mac, "type", "macvlan", "mode",
        "bridge",
    ])?;
    if six {
        // Its adverts come from the link-local address of this interface.
        let [.., last] = node.link_local().octets();
        let own = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0x5e, last.into());
        inside.ip(&["addr", "add", &format!("{own}/64"), "dev", interface, "nodad"])?;
    }
    for vip in &conf.vips {
        let (length, nodad) = match vip {
            IpAddr::V4(_) => (24, None),
            IpAddr::V6(_) => (64, Some("nodad")),
        };
        let address = format!("{vip}/{length}");
        let arguments = ["addr", "add", &address, "dev", interface];
        let arguments: Vec<_> = arguments.into_iter().chain(nodad).collect();
        inside.ip(&arguments)?;
    }
    inside.ip(&["link", "set", interface, "up"]).map(drop)
}

fn config(conf: &Conf) -> String {
    let vrid = conf.vrid;
    let mut text = format!(
        "debug vrrp protocol\ninterface eth0\n vrrp {vrid} version 3\n vrrp {vrid} priority {}\n \
         vrrp {vrid} advertisement-interval {}\n",
        conf.priority,
        conf.interval.as_millis(),
    );
    for vip in &conf.vips {
        let family = if vip.is_ipv6() { "ipv6" } else { "ip" };
        let _ = writeln!(text, " vrrp {vrid} {family} {vip}");
    }
    text
}

fn spawn(node: &Node, folder: &Path, daemon: &str) -> Result<Daemon> {
    let program = format!(
        "/usr/lib/frr/{daemon} --vty_socket {FOLDER} -z {FOLDER}/zserv.api -i {FOLDER}/{daemon}.pid \
         -f {FOLDER}/{daemon}.conf -P 0 --log stdout"
    );
    node.spawn_command(daemon, inside(node, folder, &program))
}

/// A command that finds a folder in place of FRR's own. `ip netns exec` has made it a mount
/// namespace of its own.
fn inside(node: &Node, folder: &Path, program: &str) -> std::process::Command {
    let mut command = node.exec();
    let script = format!("mount --bind {} {FOLDER} && exec {program}", folder.display());
    command.args(["sh", "-c", &script]);
    command
}
