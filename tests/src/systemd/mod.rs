//! systemd on a node of the lab, to try the unit with what will run it.
//!
//! It is PID 1 of a pid namespace, with a root, `/run`, `/sys/fs/bpf`, journal and control group of
//! its own; the machine's `/usr` is there for reading. Nothing of it is mounted where the machine
//! sees it, and with its PID 1 everything in it ends.

mod units;

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::{Daemon, Node, command, lab::Cgroup, poll_for, vrrp_binary, wait_until};

const BOOT: &str = include_str!("boot.sh");
/// Where units are, and systemd looks for them.
const UNITS: &str = "/etc/systemd/system";
const READY: Duration = Duration::from_secs(15);
const COMMAND_LIMIT: Duration = Duration::from_secs(30);

/// A systemd that runs on a node.
#[derive(Debug)]
pub struct Systemd {
    // Ends before the control group can go.
    _init: Daemon,
    pid: String,
    _cgroup: Cgroup,
}

/// Boots systemd on a node and waits until it has done so. Our binary is `/usr/bin/vrrp` in it; of
/// units it has the targets and the journal.
///
/// # Errors
/// When it cannot be started or is not ready in time.
pub fn boot(node: &Node) -> Result<Systemd> {
    let files = node.folder().join("systemd");
    units::write(&files.join(UNITS.trim_start_matches('/')))?;
    let root = node.folder().join("root");
    fs::create_dir(&root).with_context(|| root.display().to_string())?;
    let cgroup = Cgroup::create(node.namespace().name())?;
    // `ip netns exec` covers /sys, and so the way into the group.
    let mut command = Command::new("sh");
    command.args(["-c", r#"echo $$ > "$0" && exec "$@""#]).arg(cgroup.entrance());
    command.args(["ip", "netns", "exec", node.namespace().name()]);
    command.args(["unshare", "--mount", "--propagation", "slave", "--cgroup", "--uts", "--ipc"]);
    command.args(["--pid", "--fork", "--kill-child", "sh", "-c", BOOT, "boot"]);
    command.arg(root).arg(files).arg(vrrp_binary()?);
    let init = node.spawn_command("systemd", command)?;
    let pid = wait_for_init(&init)
        .with_context(|| format!("it said:\n{}", init.log_tail(10)))?
        .to_string();
    let systemd = Systemd { _init: init, pid, _cgroup: cgroup };
    wait_until(READY, "systemd to have booted", || {
        systemd
            .run(&["systemctl", "is-system-running"])
            .is_ok_and(|output| output.stdout.starts_with(b"running"))
    })
    .with_context(|| systemd.journal())?;
    Ok(systemd)
}

/// The pid of systemd itself, once it is that: before, its root is the machine's.
fn wait_for_init(unshare: &Daemon) -> Result<u32> {
    let pid = unshare.pid();
    poll_for(READY, "systemd to start", || {
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
        let child = children.split_whitespace().next()?;
        let name = fs::read_to_string(format!("/proc/{child}/comm")).ok()?;
        (name.trim() == "systemd").then(|| child.parse().ok())?
    })
}

impl Systemd {
    /// Runs a program beside it to its end.
    ///
    /// # Errors
    /// When it cannot be started or does not end; a failure of the program itself is an answer.
    pub fn run<S: AsRef<OsStr>>(&self, program: &[S]) -> Result<Output> {
        command::run(self.exec().args(program), &[], COMMAND_LIMIT)
    }

    /// Runs a program beside it, which has to succeed, and returns what it printed.
    ///
    /// # Errors
    /// When it fails.
    pub fn output<S: AsRef<OsStr>>(&self, program: &[S]) -> Result<String> {
        command::must(self.exec().args(program))
    }

    fn exec(&self) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.pid, "--mount", "--uts", "--ipc", "--net", "--pid"]);
        command.args(["--cgroup", "--root", "--wd=/"]);
        command
    }

    /// Whether `systemctl` with these arguments succeeds.
    ///
    /// # Errors
    /// When it fails: the message has what it printed and the end of the journal.
    pub fn systemctl(&self, arguments: &[&str]) -> Result<()> {
        let output = self.run(&[&["systemctl"], arguments].concat())?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("systemctl {}: {said}\n{}", arguments.join(" "), self.journal());
        }
        Ok(())
    }

    /// A property of a unit, such as `ActiveState`.
    ///
    /// # Errors
    /// When systemd does not answer.
    pub fn property(&self, unit: &str, property: &str) -> Result<String> {
        let value = self.output(&["systemctl", "show", "--property", property, "--value", unit])?;
        Ok(value.trim().to_owned())
    }

    /// Waits until a property of a unit has a value.
    ///
    /// # Errors
    /// When that takes longer than `timeout`; the message has the end of the journal.
    pub fn wait_for(
        &self,
        unit: &str,
        (property, value): (&str, &str),
        timeout: Duration,
    ) -> Result<()> {
        wait_until(timeout, &format!("{property} of {unit} to be {value}"), || {
            self.property(unit, property).is_ok_and(|it| it == value)
        })
        .map(drop)
        .with_context(|| self.journal())
    }

    /// Installs the unit file that is in the repository, with settings for the test in a drop-in.
    ///
    /// # Errors
    /// When it cannot be read, written or loaded.
    pub fn install_unit(&self, settings: &[&str]) -> Result<()> {
        let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/vrrp.service");
        let unit = fs::read_to_string(&unit).with_context(|| unit.display().to_string())?;
        self.write_file(&format!("{UNITS}/vrrp.service"), &unit)?;
        if !settings.is_empty() {
            let drop_in = format!("[Service]\n{}\n", settings.join("\n"));
            self.write_file(&format!("{UNITS}/vrrp.service.d/test.conf"), &drop_in)?;
        }
        self.systemctl(&["daemon-reload"])
    }

    /// Has a unit of the machine, such as `keepalived.service`.
    ///
    /// # Errors
    /// When the machine has none.
    pub fn link_unit(&self, name: &str) -> Result<()> {
        let unit = Path::new(units::INSTALLED).join(name);
        ensure!(unit.exists(), "there is no {}", unit.display());
        self.output(&[Path::new("ln"), Path::new("-s"), &unit, Path::new(UNITS)])?;
        self.systemctl(&["daemon-reload"])
    }

    /// Writes a file, and the folders that it needs.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_file(&self, path: &str, contents: &str) -> Result<()> {
        let path = self.seen_from_outside(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        }
        fs::write(&path, contents).with_context(|| path.display().to_string())
    }

    /// Where the machine finds what is at a path in there.
    #[must_use]
    pub fn seen_from_outside(&self, path: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{path}", self.pid))
    }

    /// What `vrrp status --json` says in there.
    ///
    /// # Errors
    /// When no daemon answers.
    pub fn status(&self) -> Result<Value> {
        let text = self.output(&["vrrp", "status", "--json"])?;
        serde_json::from_str(&text).context(text)
    }

    /// What [`Systemd::status`] says of a virtual router.
    ///
    /// # Errors
    /// When no daemon answers or it has no such router.
    pub fn router(&self, name: &str) -> Result<Value> {
        crate::vrrp::router_of(&self.status()?, name)
    }

    /// The end of the journal.
    #[must_use]
    pub fn journal(&self) -> String {
        let journal = ["journalctl", "--no-pager", "--output=short-precise", "--lines=60"];
        self.output(&journal).unwrap_or_else(|error| format!("no journal: {error:#}"))
    }
}
