//! Our own daemon on a node.

use std::{ffi::OsString, path::Path, process::Output, time::Duration};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{Daemon, Node, poll_for, vrrp_binary};

/// Starts `vrrp run` on a node with this configuration and more arguments, such as
/// `["--hook", "generic"]`.
///
/// # Errors
/// When there is no binary or it cannot be started.
pub fn start(node: &Node, config: &str, arguments: &[&str]) -> Result<Daemon> {
    start_binary(&vrrp_binary()?, node, config, arguments)
}

/// As [`start`], with a binary of the caller's choice.
///
/// # Errors
/// When it cannot be started.
pub fn start_binary(
    binary: &Path,
    node: &Node,
    config: &str,
    arguments: &[&str],
) -> Result<Daemon> {
    let file = node.write_file("vrrp.conf", config)?;
    let mut command = node.exec();
    command
        .arg(binary)
        .args(["run", "-f"])
        .arg(file)
        .arg("--runtime-dir")
        .arg(node.runtime_dir())
        .arg("--bpffs")
        .arg(node.bpffs()?)
        .args(arguments);
    node.spawn_command("vrrp", command)
}

/// What `vrrp status --json` says on a node.
///
/// # Errors
/// When no daemon answers.
pub fn status(node: &Node) -> Result<Value> {
    let mut command = node.exec();
    command.arg(vrrp_binary()?).args(["status", "--json", "--runtime-dir"]).arg(node.runtime_dir());
    let text = crate::command::must(&mut command)?;
    serde_json::from_str(&text).with_context(|| format!("vrrp status --json said {text:?}"))
}

/// What `vrrp status --json` says about a virtual router on a node.
///
/// # Errors
/// When no daemon answers or it has no such router.
pub fn router(node: &Node, router: &str) -> Result<Value> {
    router_of(&status(node)?, router).with_context(|| node.name().to_owned())
}

/// What is said in a status about a virtual router.
pub(crate) fn router_of(status: &Value, name: &str) -> Result<Value> {
    let routers = status.get("routers").and_then(Value::as_array).into_iter().flatten();
    for one in routers {
        if one.get("name").and_then(Value::as_str) == Some(name) {
            return Ok(one.clone());
        }
    }
    bail!("there is no router {name}")
}

/// The state of a virtual router on a node: `master`, `backup`, `fault` or `initialize`.
///
/// # Errors
/// When no daemon answers or it has no such router.
pub fn state(node: &Node, name: &str) -> Result<String> {
    let router = router(node, name)?;
    let state = router.get("state").and_then(Value::as_str);
    state.map(str::to_owned).context("a router without a state")
}

/// Runs `vrrp` with these arguments on a node to its end, such as `["check", "-f", FILE]`.
///
/// # Errors
/// When there is no binary or it does not end.
pub fn run(node: &Node, arguments: &[&str]) -> Result<Output> {
    let mut program = vec![vrrp_binary()?.into_os_string()];
    program.extend(arguments.iter().map(OsString::from));
    node.run(&program)
}

/// Waits until a virtual router is in a state.
///
/// # Errors
/// When that takes longer than `timeout`, naming the state it is in instead.
pub fn wait_for_state(node: &Node, router: &str, wanted: &str, timeout: Duration) -> Result<()> {
    let mut last = "nothing".to_owned();
    let what = format!("{router} on {} to be {wanted}", node.name());
    let outcome = poll_for(timeout, &what, || {
        last = state(node, router).unwrap_or_else(|error| format!("{error:#}"));
        (last == wanted).then_some(())
    });
    outcome.with_context(|| format!("it said: {last}"))
}
