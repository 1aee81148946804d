//! Debian's keepalived as a peer.

use anyhow::Result;

use crate::{Daemon, Node};

/// Starts keepalived's VRRP half on a node with this configuration, in the foreground and with
/// pid files of its own, so that any number can run on one machine.
///
/// It forks a child that does the work: use [`Daemon::kill_group`] to kill it outright.
///
/// # Errors
/// When it cannot be started.
pub fn start(node: &Node, config: &str) -> Result<Daemon> {
    let file = node.write_file("keepalived.conf", config)?;
    let folder = node.folder();
    let mut command = node.exec();
    command
        .arg("keepalived")
        .args(["--dont-fork", "--log-console", "--log-detail", "--vrrp", "--use-file"])
        .arg(file)
        .arg("--pid")
        .arg(folder.join("keepalived.pid"))
        .arg("--vrrp_pid")
        .arg(folder.join("keepalived-vrrp.pid"));
    node.spawn_command("keepalived", command)
}
