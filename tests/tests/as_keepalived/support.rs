//! Both programs under the same name, with the same arguments.

use std::{fs, os::unix::fs::symlink, path::PathBuf, process::Command, time::Duration};

use nix::{sys::signal::kill, unistd::Pid};
use vrrp_tests::{Daemon, Lab, Node, poll_for, vrrp_binary};

pub(super) const SECOND: Duration = Duration::from_secs(1);

/// Whose program is called `keepalived`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Whose {
    Ours,
    Keepalived,
}

/// One of the two on a node of its own.
pub(super) struct Place {
    pub(super) whose: Whose,
    pub(super) node: Node,
    _lab: Lab,
}

impl Place {
    pub(super) fn new(whose: Whose) -> Self {
        let mut lab = Lab::new(if whose == Whose::Ours { "ours" } else { "theirs" }).unwrap();
        let node = lab.add_node("dut", "10.0.0.60/24").unwrap();
        if whose == Whose::Ours {
            symlink(vrrp_binary().unwrap(), node.folder().join("keepalived")).unwrap();
        }
        Self { whose, node, _lab: lab }
    }

    /// A command that begins with `keepalived` and has its dumps go to the node's folder.
    pub(super) fn keepalived(&self) -> Command {
        let mut command = self.node.exec();
        command.arg("env").arg(format!("TMPDIR={}", self.node.folder().display()));
        match self.whose {
            Whose::Ours => command.arg(self.node.folder().join("keepalived")),
            Whose::Keepalived => command.arg("keepalived"),
        };
        command
    }

    /// What every run has, so that any number can run on one machine.
    pub(super) fn add_places(&self, command: &mut Command) {
        for (flag, file) in [("-p", "main.pid"), ("-r", "vrrp.pid")] {
            command.arg(flag).arg(self.path(file));
        }
        if self.whose == Whose::Ours {
            command.arg("--runtime-dir").arg(self.node.runtime_dir());
            command.arg("--bpffs").arg(self.node.bpffs().unwrap());
        }
    }

    /// Starts it as containers do.
    pub(super) fn start(&self, text: &str) -> Daemon {
        let file = self.node.write_file("keepalived.conf", text).unwrap();
        let mut command = self.keepalived();
        command.args(["-n", "-l", "-D", "-P", "-f"]).arg(file);
        self.add_places(&mut command);
        self.node.spawn_command("keepalived", command).unwrap()
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.node.folder().join(name)
    }

    /// The number in a pid file, once it is there.
    #[track_caller]
    pub(super) fn pid(&self, file: &str) -> Pid {
        let read = || fs::read_to_string(self.path(file)).ok()?.trim().parse().ok();
        Pid::from_raw(poll_for(5 * SECOND, &format!("{:?}: {file}", self.whose), read).unwrap())
    }

    /// Sends a signal by its number to the process of the pid file, and waits for a file that is
    /// made at it and satisfies `wanted`.
    #[track_caller]
    pub(super) fn dump(&self, signal: i32, name: &str, wanted: impl Fn(&str) -> bool) -> String {
        let (pid, path) = (self.pid("main.pid"), self.path(name));
        let what = format!("{:?}: {name}", self.whose);
        poll_for(10 * SECOND, &what, || {
            let _ = fs::remove_file(&path);
            send(pid, signal);
            let text = poll_for(SECOND, &what, || {
                // keepalived is seen while it writes.
                fs::read_to_string(&path).ok().filter(|text| wanted(text))
            });
            text.ok()
        })
        .unwrap()
    }
}

/// nix knows no signals of real time.
pub(super) fn send(pid: Pid, signal: i32) {
    let output =
        Command::new("kill").args(["-s", &signal.to_string(), &pid.to_string()]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// Whether a process is there.
pub(super) fn is_there(pid: Pid) -> bool {
    kill(pid, None).is_ok()
}
