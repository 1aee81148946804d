//! Installing Debian packages without starting what they contain.

use anyhow::Result;

use crate::{cargo, root, tell};

/// While policy-rc.d says 101, packages start no services: keepalived would, and a second VRRP
/// daemon on a machine that only wanted to run tests is the last thing anybody needs.
const SCRIPT: &str = r#"
set -e
guard=/usr/sbin/policy-rc.d
if [ ! -e "$guard" ]; then
    trap 'rm -f "$guard"' EXIT
    trap 'exit 130' INT TERM
    printf '#!/bin/sh\nexit 101\n' > "$guard"
    chmod 755 "$guard"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -q -o DPkg::Lock::Timeout=300 update
apt-get -q -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends "$@"
"#;

/// Whether this is a machine with apt.
pub(super) fn available() -> bool {
    root::has_program("apt-get")
}

/// What to type to get the same.
pub(super) fn by_hand(names: &[&str]) -> String {
    format!(
        "apt-get update && RUNLEVEL=1 apt-get install --no-install-recommends {}",
        names.join(" "),
    )
}

/// Installs packages, showing apt's own progress.
pub(super) fn install(names: &[&str]) -> Result<()> {
    tell::step(&format!("apt-get install {}", names.join(" ")));
    let mut command = root::command("sh")?;
    command.args(["-c", SCRIPT, "setup"]).args(names);
    cargo::must_command(&mut command, "apt-get install")
}
