//! keepalived as a peer: Debian's own, and a newer one if it has been unpacked.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::{Daemon, Node};

/// Starts keepalived's VRRP half on a node with this configuration, in the foreground and with
/// pid files of its own, so that any number can run on one machine.
///
/// It forks a child that does the work: use [`Daemon::kill_group`] to kill it outright.
///
/// # Errors
/// When it cannot be started.
pub fn start(node: &Node, config: &str) -> Result<Daemon> {
    let mut command = node.exec();
    command.arg("keepalived");
    run(node, config, command)
}

/// As [`start`], with keepalived 2.3, which `cargo xtask setup --test` unpacks with its libraries.
///
/// # Errors
/// When there is none or it cannot be started.
pub fn start_2_3(node: &Node, config: &str) -> Result<Daemon> {
    let root = root_2_3().context("there is no keepalived 2.3")?;
    let root = root.display();
    let mut command = node.exec();
    // It looks for a file about how it was built where it was built for. `ip netns exec` has made
    // this process a mount namespace of its own.
    let script = format!(
        "mount --bind {root}/etc/keepalived /etc/keepalived && \
         exec {root}/usr/lib64/ld-linux-x86-64.so.2 --library-path \
         {root}/usr/lib/x86_64-linux-gnu {root}/usr/sbin/keepalived \"$@\""
    );
    command.args(["sh", "-c", &script, "keepalived"]);
    run(node, config, command)
}

/// Where keepalived 2.3 is unpacked, if it is: `$VRRP_KEEPALIVED_2_3`, else below the target
/// directory of this executable.
pub(crate) fn root_2_3() -> Option<PathBuf> {
    let complete = |root: &Path| root.join("usr/sbin/keepalived").is_file();
    if let Some(chosen) = env::var_os("VRRP_KEEPALIVED_2_3") {
        return Some(PathBuf::from(chosen)).filter(|root| complete(root));
    }
    let own = env::current_exe().ok()?;
    // …/target/debug/deps/interop-0123.
    let found = own.ancestors().skip(2).take(3).map(|folder| folder.join("keepalived-2.3/root"));
    found.into_iter().find(|root| complete(root))
}

fn run(node: &Node, config: &str, mut command: Command) -> Result<Daemon> {
    let file = node.write_file("keepalived.conf", config)?;
    let folder = node.folder();
    command
        .args(["--dont-fork", "--log-console", "--log-detail", "--vrrp", "--use-file"])
        .arg(file)
        .arg("--pid")
        .arg(folder.join("keepalived.pid"))
        .arg("--vrrp_pid")
        .arg(folder.join("keepalived-vrrp.pid"));
    node.spawn_command("keepalived", command)
}
