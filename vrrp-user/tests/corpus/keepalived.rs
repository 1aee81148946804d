//! What keepalived's own check thinks of the files, where it is installed.

use std::{collections::HashMap, path::Path, process::Command};

/// The version that the recorded verdicts are from.
const VERSION: &str = "2.2.7";

/// The interfaces that the files name, and keepalived looks for.
const INTERFACES: &[&str] =
    &["bond0", "enp1s0", "ens18", "ens192", "eth0", "eth0.100", "eth0.101", "eth1", "wlan0"];

/// The first line of each recorded verdict, and the rest.
pub(crate) fn split(text: &str) -> (&str, &str) {
    let end = text.find('\n').map_or(0, |end| end + 1);
    if text.starts_with("keepalived ") { text.split_at(end) } else { ("", text) }
}

/// What it says of each file; empty if there is none of that version, or no right to make a network
/// namespace with interfaces of these names.
pub(crate) fn verdicts(folder: &Path, files: &[String]) -> HashMap<String, String> {
    let version = Command::new("keepalived").arg("--version").output();
    let known = version.is_ok_and(|output| {
        String::from_utf8_lossy(&output.stderr).starts_with(&format!("Keepalived v{VERSION} "))
    });
    if !known {
        return HashMap::new();
    }
    let mut script = String::new();
    for (at, name) in INTERFACES.iter().enumerate() {
        let link = format!("ip link add {name} type veth peer name peer{at} || exit\n");
        script.push_str(&link);
    }
    for file in files {
        let check = format!(
            "timeout 5 keepalived --vrrp --config-id cube01 --config-test --use-file {file} \
             >/dev/null 2>&1\necho {file} $?\n"
        );
        script.push_str(&check);
    }
    let output =
        Command::new("unshare").current_dir(folder).args(["--net", "sh", "-c", &script]).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    text.unwrap_or_default()
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(file, code)| {
            let verdict = if code == "0" { "accepts it" } else { "objects" };
            (file.to_owned(), format!("keepalived {VERSION} {verdict}\n"))
        })
        .collect()
}
