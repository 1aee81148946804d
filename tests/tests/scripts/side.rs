//! A daemon alone on its own wire, and what its programs write down.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    time::{Duration, Instant},
};

use vrrp_tests::{Daemon, Lab, Node, keepalived, vrrp, wait_until};

pub(super) const SECOND: Duration = Duration::from_secs(1);

/// Which daemon.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Vrrp,
    Keepalived,
}

/// A node with a daemon on it.
pub(super) struct Side {
    pub(super) kind: Kind,
    pub(super) node: Node,
    pub(super) daemon: Daemon,
    config: String,
    _lab: Lab,
}

/// Writes a line with its user and arguments to the file that its first argument names.
const SCRIBE: &str = "#!/bin/sh\nfile=$1\nshift\nline=$(id -un)\n\
                      for word; do line=\"$line|$word\"; done\necho \"$line\" >>\"$file\"\n";

/// Copies what comes out of the FIFO, its last argument, to the file that its first one names.
const READER: &str = "#!/bin/sh\nexec cat \"$2\" >>\"$1\"\n";

impl Side {
    /// Starts a daemon with a configuration in which `@DIR@` is the node's folder. There are programs
    /// `scribe` and `reader` in it, and files that anybody may write to, `log` and `lines`.
    pub(super) fn start(kind: Kind, tag: &str, config: &str) -> Self {
        Self::start_with(kind, tag, config, &[])
    }

    /// The same, with more programs.
    pub(super) fn start_with(
        kind: Kind,
        tag: &str,
        config: &str,
        programs: &[(&str, &str)],
    ) -> Self {
        let mut lab = Lab::new(tag).unwrap();
        let node = lab.add_node("node", "10.0.0.60/24").unwrap();
        let folder = node.folder();
        for part in folder.ancestors().take(3) {
            fs::set_permissions(part, Permissions::from_mode(0o755)).unwrap();
        }
        for (name, text) in [("scribe", SCRIBE), ("reader", READER)].iter().chain(programs) {
            let path = node.write_file(name, &text.replace("@DIR@", &path_of(&node))).unwrap();
            fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
        }
        for name in ["log", "lines"] {
            let path = node.write_file(name, "").unwrap();
            fs::set_permissions(path, Permissions::from_mode(0o666)).unwrap();
        }
        let config = config.replace("@DIR@", &path_of(&node));
        let daemon = match kind {
            Kind::Vrrp => vrrp::start(&node, &config, &[]).unwrap(),
            Kind::Keepalived => keepalived::start(&node, &config).unwrap(),
        };
        Self { kind, node, daemon, config, _lab: lab }
    }

    /// Has a new process of ours take the daemon's place.
    pub(super) fn replace(&mut self) {
        let next = vrrp::start(&self.node, &self.config, &["--replace"]).unwrap();
        let mut old = std::mem::replace(&mut self.daemon, next);
        old.wait_exit(5 * SECOND).unwrap();
        let pid = u64::from(self.daemon.pid());
        let answers = || vrrp::status(&self.node).is_ok_and(|status| status["pid"] == pid);
        wait_until(5 * SECOND, "the new process to answer", answers).unwrap();
    }

    /// Has the daemon read a changed configuration.
    pub(super) fn reload(&mut self, change: impl FnOnce(&str) -> String) {
        self.config = change(&self.config);
        let name = match self.kind {
            Kind::Vrrp => "vrrp.conf",
            Kind::Keepalived => "keepalived.conf",
        };
        self.node.write_file(name, &self.config).unwrap();
        self.daemon.kill(nix::sys::signal::Signal::SIGHUP).unwrap();
    }

    /// The lines of a file of the node's folder, with `@DIR@` for its path.
    pub(super) fn lines(&self, file: &str) -> Vec<String> {
        let text = fs::read_to_string(self.node.folder().join(file)).unwrap_or_default();
        text.lines().map(|line| line.replace(&path_of(&self.node), "@DIR@")).collect()
    }

    /// Waits until a file has a line like this, and until nothing more has come for a moment.
    #[track_caller]
    pub(super) fn settle(&self, file: &str, sign: &str, timeout: Duration) {
        let seen = || self.lines(file).iter().any(|line| line.contains(sign));
        wait_until(timeout, &format!("{sign:?} in {file}"), seen).unwrap_or_else(|error| {
            panic!("{error:#}\n{:?}: {:#?}\n{}", self.kind, self.lines(file), self.daemon.log())
        });
        let (mut count, mut since) = (self.lines(file).len(), Instant::now());
        while since.elapsed() < SECOND / 4 {
            std::thread::sleep(SECOND / 50);
            let now = self.lines(file).len();
            if now != count {
                (count, since) = (now, Instant::now());
            }
        }
    }

    /// Empties a file, and hands back what was in it.
    pub(super) fn take(&self, file: &str) -> Vec<String> {
        let lines = self.lines(file);
        fs::OpenOptions::new()
            .write(true)
            .truncate(true)
            .open(self.node.folder().join(file))
            .unwrap();
        lines
    }
}

fn path_of(node: &Node) -> String {
    node.folder().display().to_string()
}
