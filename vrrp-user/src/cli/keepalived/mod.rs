//! `vrrp keepalived`, which is also what a program called `keepalived` does: keepalived's command
//! line, for containers, units and scripts that know keepalived by it.

mod background;
mod facility;
mod flags;
mod parse;
mod test;
mod version;

use std::{
    ffi::OsString,
    fs::File,
    io,
    path::{Path, PathBuf},
};

use nix::{
    sched::{CloneFlags, setns},
    sys::stat::umask,
    unistd::getpid,
};

pub(super) use self::facility::Facility;
use self::parse::{Asked, Invocation, parse};
use super::{
    Exit, LogFormat,
    check::no_file,
    config_id,
    log::{self, Destination},
    output::{complain, print},
    run::{self, tell_of_problems},
    syslog::{self, Syslog},
};
use crate::{config, daemon, dataplane::HookRequest};

const CONFIG: &str = "/etc/keepalived/keepalived.conf";
const PID_FILES: [&str; 2] = ["/run/keepalived.pid", "/run/keepalived_vrrp.pid"];
const RUNTIME_DIR: &str = "/run/vrrp";
const BPFFS: &str = "/sys/fs/bpf/vrrp";
/// Where `ip netns` keeps network namespaces.
const NAMESPACES: &str = "/run/netns";

/// The arguments, if the program was called as `keepalived`.
pub(super) fn arguments(mut words: impl Iterator<Item = OsString>) -> Option<Vec<OsString>> {
    let program = PathBuf::from(words.next()?);
    (program.file_name()? == "keepalived").then(|| words.collect())
}

/// Does what keepalived's command line says.
pub(super) fn keepalived(arguments: Vec<OsString>) -> Exit {
    match parse(arguments) {
        Ok(Asked::Help) => version::help(),
        Ok(Asked::Version) => version::version(),
        Ok(Asked::SignalNumber(wish)) => print(format_args!("{}\n", wish.number())),
        Ok(Asked::Test(test)) => test::test(&test, Path::new(CONFIG)),
        Ok(Asked::Run(invocation)) => run(*invocation),
        Err(error) => {
            complain(format_args!("error: {error}"));
            complain("help: `vrrp keepalived -h` lists all options");
            Exit::Failure
        }
    }
}

/// Why it cannot be run as the command line says.
#[derive(Debug, thiserror::Error)]
enum SetupError {
    /// A relative path, and no working directory.
    #[error("there is no working directory for relative paths: {0}")]
    NoDirectory(io::Error),
    /// Not a name that `ip netns` would give.
    #[error("no network namespace can be called {0:?}")]
    NoNamespace(String),
    /// The network namespace cannot be entered.
    #[error("cannot enter the network namespace {name}: {source}")]
    Namespace { name: String, source: io::Error },
    /// It cannot go on in the background.
    #[error("cannot go on in the background: {0}; -n stays in the foreground")]
    Background(#[from] background::DetachError),
    /// The log.
    #[error("there is no log: {0}")]
    Log(#[from] Box<dyn std::error::Error>),
}

fn run(invocation: Invocation) -> Exit {
    for warning in &invocation.warnings {
        complain(format_args!("warning: {warning}"));
    }
    let path = invocation.file.clone().unwrap_or_else(|| PathBuf::from(CONFIG));
    let loaded = match config::load(&path, &config_id(invocation.config_id.as_deref())) {
        Ok(loaded) => loaded,
        Err(error) => return no_file(&error),
    };
    tell_of_problems(&loaded, LogFormat::Text);
    let Some(config) = loaded.config else {
        complain(format_args!("error: {} cannot be run as it is", path.display()));
        return Exit::Config;
    };
    match set_up(invocation, &path) {
        Ok(options) => run::serve(options, config),
        Err(error) => {
            complain(format_args!("error: {error}"));
            Exit::Failure
        }
    }
}

/// Everything that comes before the first thread, and what the daemon is run with.
fn set_up(invocation: Invocation, path: &Path) -> Result<daemon::Options, SetupError> {
    let absolute = |path: &Path| std::path::absolute(path).map_err(SetupError::NoDirectory);
    let default = |given: Option<PathBuf>, usual: &str| {
        absolute(&given.unwrap_or_else(|| PathBuf::from(usual)))
    };
    let [main, vrrp] = PID_FILES;
    // One for each namespace, each of which may have a daemon.
    let suffix = invocation.namespace.as_ref().map_or(String::new(), |name| format!("-{name}"));
    let options = daemon::Options {
        config: absolute(path)?,
        config_id: config_id(invocation.config_id.as_deref()),
        runtime_dir: default(invocation.runtime_dir, &format!("{RUNTIME_DIR}{suffix}"))?,
        bpffs: default(invocation.bpffs, &format!("{BPFFS}{suffix}"))?,
        hook: invocation.hook.map_or(HookRequest::Auto, HookRequest::from),
        trace: false,
        replace: invocation.replace,
        stand_in: invocation.stand_in,
        pid_files: vec![default(invocation.pid, main)?, default(invocation.vrrp_pid, vrrp)?],
        namespace: invocation.namespace,
    };
    if let Some(mask) = invocation.umask {
        umask(mask);
    }
    if let Some(name) = &options.namespace {
        enter(name)?;
    }
    let foreground = invocation.foreground || invocation.stand_in || is_init();
    let destination = if foreground {
        Destination::Stderr(LogFormat::Text)
    } else if invocation.no_syslog {
        Destination::Nowhere
    } else {
        if !Path::new(syslog::SOCKET).exists() {
            complain(format_args!("warning: nobody takes the log at {}", syslog::SOCKET));
        }
        let opened = Syslog::open(invocation.facility);
        Destination::Syslog(opened.map_err(|error| SetupError::Log(error.into()))?)
    };
    if !foreground {
        background::detach()?;
    }
    log::start(destination, if invocation.debug { "debug" } else { "info" })?;
    Ok(options)
}

/// Whether this is the first process of a container, with which all others would end.
fn is_init() -> bool {
    let is_init = getpid().as_raw() == 1;
    if is_init {
        complain("warning: the container would end with its first process, which stays: add -n");
    }
    is_init
}

fn enter(name: &str) -> Result<(), SetupError> {
    if name.contains('/') || matches!(name, "" | "." | "..") {
        return Err(SetupError::NoNamespace(name.to_owned()));
    }
    let entered = File::open(Path::new(NAMESPACES).join(name))
        .and_then(|namespace| Ok(setns(namespace, CloneFlags::CLONE_NEWNET)?));
    entered.map_err(|source| SetupError::Namespace { name: name.to_owned(), source })
}
