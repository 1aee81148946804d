//! The units that systemd needs to boot, beside the one under test.

use std::{fs, os::unix::fs::symlink, path::Path};

use anyhow::{Context, Result};

/// The targets that services wait for, order themselves after or are wanted by.
const TARGETS: &[(&str, &str)] = &[
    ("sysinit", "Wants=systemd-journald.service\nAfter=systemd-journald.service\n"),
    ("basic", "Requires=sysinit.target\nAfter=sysinit.target\n"),
    ("multi-user", "Requires=basic.target\nAfter=basic.target\n"),
    ("default", "Requires=multi-user.target\nAfter=multi-user.target\n"),
    ("network-online", ""),
    ("shutdown", ""),
];

/// Taken from the machine as they are.
const JOURNAL: &[&str] =
    &["systemd-journald.service", "systemd-journald.socket", "systemd-journald-dev-log.socket"];

/// Where the machine has its units.
pub(super) const INSTALLED: &str = "/usr/lib/systemd/system";

/// Writes them into a folder.
pub(super) fn write(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    for (name, lines) in TARGETS {
        let text = format!("[Unit]\nDescription=The lab's {name}\nDefaultDependencies=no\n{lines}");
        fs::write(folder.join(format!("{name}.target")), text)?;
    }
    for name in JOURNAL {
        symlink(Path::new(INSTALLED).join(name), folder.join(name))?;
    }
    Ok(())
}
