//! Taking the place of a running daemon: the new process's side of [`super::handover`].

use std::{
    collections::BTreeSet,
    env,
    future::pending,
    io,
    path::Path,
    time::{Duration, Instant},
};

use nix::{
    sys::{
        prctl,
        signal::{Signal, kill},
    },
    unistd::Pid,
};
use tokio::{
    process::{Child, Command},
    sync::mpsc,
    task::spawn_blocking,
    time::{sleep, timeout},
};

use super::{
    RuntimeDirError,
    driver::Driver,
    handover::{HANDOVER, Handover, Identity},
    runtime_dir::RuntimeDir,
    virtual_router::claims,
};
use crate::{
    config::model::{Config, Instance, tracking::Tracked},
    control::{Ask, ClientError, Response, ask, peer},
    net::Event,
};

/// How long the kernel may take to tell of the interfaces.
const LINKS: Duration = Duration::from_secs(2);
/// How long a daemon that does not understand us may take to stop.
const STOP: Duration = Duration::from_secs(15);
/// How often the lock is tried meanwhile; a handover waits for it too.
const LOCK_STEP: Duration = Duration::from_micros(200);

/// The interfaces that a configuration names.
fn interface_names(config: &Config) -> BTreeSet<String> {
    let devices = |instance| claims(instance).into_iter().map(|claim| claim.device);
    config
        .instances
        .iter()
        .flat_map(|instance| devices(instance).chain([instance.interface.clone()]))
        .chain(config.instances.iter().flat_map(tracked_interfaces))
        .collect()
}

fn tracked_interfaces(instance: &Instance) -> impl Iterator<Item = String> {
    instance.track.iter().filter_map(|track| match &track.what {
        Tracked::Interface(name) => Some(name.clone()),
        _ => None,
    })
}

impl Driver {
    /// Waits until the kernel has told of every interface that the configuration names, so that
    /// nothing of that is left to do while nobody advertises.
    pub(super) async fn look_at_links(
        &self,
        events: &mut mpsc::UnboundedReceiver<Event>,
    ) -> Vec<Event> {
        let names = interface_names(&self.config);
        let (mut missing, mut told) = (names.clone(), Vec::new());
        self.netlink.watch(names);
        let all = async {
            while !missing.is_empty() {
                let Some(event) = events.recv().await else { return };
                if let Event::Link { name, .. } = &event {
                    missing.remove(name);
                }
                told.push(event);
            }
        };
        if timeout(LINKS, all).await.is_err() {
            tracing::warn!("the kernel is slow to tell of the interfaces");
        }
        told
    }

    /// Takes over from the daemon that has this control socket. `None` if there is none, or it had
    /// to be stopped.
    pub(super) async fn take_over(&self, control: &Path) -> Option<Handover> {
        let heirs: Vec<Identity> = self.config.instances.iter().map(Identity::of).collect();
        let path = control.to_owned();
        let command = Ask::TakeOver { version: HANDOVER, heirs };
        let answer = spawn_blocking(move || ask(&path, command)).await;
        let error = match answer {
            Ok(Ok(Response::Handover(handover))) if handover.version == HANDOVER => {
                return Some(*handover);
            }
            Ok(Err(ClientError::NotRunning { .. })) => return None,
            Ok(Ok(_)) => "its answer is of another version".to_owned(),
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        tracing::warn!("the running daemon hands nothing over, and is stopped: {error}");
        let stopped = peer(control).map(|pid| kill(Pid::from_raw(pid), Signal::SIGTERM));
        if !matches!(stopped, Some(Ok(()))) {
            tracing::warn!("it cannot be stopped either");
        }
        None
    }
}

/// Locks the runtime directory as soon as its daemon has gone.
pub(super) async fn lock_when_free(path: &Path) -> Result<RuntimeDir, RuntimeDirError> {
    let deadline = Instant::now() + STOP;
    loop {
        match RuntimeDir::lock(path) {
            Err(RuntimeDirError::InUse { .. }) if Instant::now() < deadline => {
                sleep(LOCK_STEP).await;
            }
            other => return other,
        }
    }
}

/// How long a stand-in waits for the one it stands in for.
pub(super) const STAND_IN: Duration = Duration::from_secs(20);

/// A process that takes over from this one and hands over to the next, for service managers that stop
/// the old process before they start the new one.
#[derive(Debug, Default)]
pub(super) struct StandIn(Option<io::Result<Child>>);

impl StandIn {
    /// Starts it, unless that has been done.
    pub(super) fn start(&mut self) {
        self.0.get_or_insert_with(spawn_stand_in);
    }

    /// Comes to an end when it has failed, and is not to be expected to take over any more: it may
    /// find no usable configuration. With one that does take over, this process ends before.
    pub(super) async fn failed(&mut self) {
        match &mut self.0 {
            None => pending().await,
            Some(Ok(child)) => {
                let outcome = child.wait().await;
                tracing::error!(?outcome, "the stand-in has taken nothing over: stopping instead");
            }
            Some(Err(error)) => {
                tracing::error!(%error, "no stand-in can be started: stopping instead");
            }
        }
    }
}

fn spawn_stand_in() -> io::Result<Child> {
    let mut own = env::args_os();
    let name = own.next().unwrap_or_else(|| "vrrp".into());
    let mut arguments: Vec<_> = own.collect();
    for wanted in ["--replace", "--stand-in"] {
        if !arguments.iter().any(|argument| argument == wanted) {
            arguments.push(wanted.into());
        }
    }
    // The binary may have been replaced: this is still the one that runs.
    let child = Command::new("/proc/self/exe")
        .arg0(name)
        .args(arguments)
        .env_remove("NOTIFY_SOCKET")
        .env_remove("WATCHDOG_USEC")
        .env_remove("WATCHDOG_PID")
        .spawn()?;
    tracing::info!(pid = child.id(), "to be restarted: a stand-in takes over");
    Ok(child)
}

/// Has process lists, and systemd's log, call a stand-in as any other daemon: the kernel names it after
/// the `exe` that it was started as.
pub(super) fn name_stand_in() {
    if let Err(error) = prctl::set_name(c"vrrp") {
        tracing::debug!(%error, "the stand-in keeps its name");
    }
}
