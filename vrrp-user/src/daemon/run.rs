//! The loop: from the start of the daemon to its end.

use std::{
    future::{pending, ready},
    io,
    os::fd::OwnedFd,
};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::{
    io::unix::AsyncFd,
    signal::unix::{Signal, SignalKind, signal},
    task::yield_now,
    time::{Instant, interval_at, sleep_until},
};

use super::{
    CONTROL_SOCKET, Options, RuntimeDirError,
    driver::Driver,
    drops::DROPS_INTERVAL,
    dumps::DumpSignals,
    pid_files::{PidFileError, PidFiles},
    reload::Requests,
    runtime_dir::RuntimeDir,
    systemd,
    take_over::{STAND_IN, StandIn},
};
use crate::{
    config::model::Config,
    control::{self, Command, ControlError},
    dataplane::{DataPlane, LoadError},
    net::{self, Netlink, StartError, Timer, monotonic_now, readable},
    process::Wish,
    programs::{self, Programs},
    watch::Watcher,
};

/// Why the daemon could not start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The runtime directory is not to be had.
    #[error(transparent)]
    RuntimeDir(#[from] RuntimeDirError),
    /// The eBPF program that was asked for cannot be loaded.
    #[error(
        "{0}; loading it takes CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON and Linux 5.18, \
         `--hook off` does without"
    )]
    DataPlane(#[from] LoadError),
    /// No netlink.
    #[error("cannot talk to the kernel's network side: {0}")]
    Netlink(#[from] StartError),
    /// Netlink ended while the daemon ran.
    #[error("the kernel's network side is silent: {0}")]
    NetlinkStopped(net::StopError),
    /// The netlink thread ended without a word.
    #[error("the netlink thread has ended")]
    NetlinkGone,
    /// The thread beside the loop.
    #[error(transparent)]
    Programs(#[from] programs::StartError),
    /// A socket or timer.
    #[error("cannot open {what}: {source}")]
    Open {
        /// What was to be opened.
        what: &'static str,
        /// The reason.
        source: io::Error,
    },
    /// A pid file.
    #[error(transparent)]
    PidFile(#[from] PidFileError),
    /// The control socket.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// The loop's timer failed, which leaves nothing to run on.
    #[error("the timer failed: {0}")]
    Timer(io::Error),
}

pub(super) fn cannot_open(what: &'static str) -> impl FnOnce(io::Error) -> RunError {
    move |source| RunError::Open { what, source }
}

/// Runs the daemon until it is told to stop.
///
/// # Errors
/// When it cannot start, or cannot go on.
pub async fn run(options: Options, config: Config) -> Result<(), RunError> {
    // Before the limits and the scheduling change that programs inherit.
    let (programs, mut program_news) = Programs::start()?;
    raise_descriptor_limit();
    let early_lock =
        if options.replace { None } else { Some(RuntimeDir::lock(&options.runtime_dir)?) };
    // Before anything is changed, so that a signal in between is not lost.
    let mut terminate = signal(SignalKind::terminate()).map_err(cannot_open("signals"))?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(cannot_open("signals"))?;
    let mut hangup = signal(SignalKind::hangup()).map_err(cannot_open("signals"))?;
    let dump_signals = DumpSignals::catch().map_err(cannot_open("signals"))?;

    if run_startup_script(&options, &config, &programs, [&mut terminate, &mut interrupt]).await {
        early_lock.iter().for_each(RuntimeDir::clear);
        return Ok(());
    }
    let (netlink, mut link_events) = Netlink::start()?;
    let (watcher, mut reports) = Watcher::new();
    let mut driver = Driver::new(options, config, netlink, programs, watcher)?;
    let (runtime_dir, inheritance, links) = match early_lock {
        Some(runtime_dir) => (runtime_dir, None, Vec::new()),
        None => driver.step_in(&mut link_events).await?,
    };
    let pid_files = PidFiles::write(&driver.options.pid_files)?;
    let mut commands = control::serve(&runtime_dir.control_socket())?;
    let mut timer = Timer::new().map_err(cannot_open("a timer"))?;
    let [ring, conflicts, trace] = watch_all(&driver.plane)?;
    let mut reloads = Requests::new(&driver.options);
    let mut watchdog =
        systemd::watchdog_interval().map(|period| interval_at(Instant::now(), period));
    let mut restart = signal(Wish::Restart.signal()).map_err(cannot_open("signals"))?;
    let mut stand_in = StandIn::default();
    let stand_in_until = driver.options.stand_in.then(|| Instant::now() + STAND_IN);
    let mut drops = interval_at(Instant::now() + DROPS_INTERVAL, DROPS_INTERVAL);

    let mut dumps = dump_signals.serve();

    driver.start(inheritance, links);
    driver.report_ready();

    let outcome = loop {
        let more = driver.work();
        timer.arm(driver.wake_at()).map_err(RunError::Timer)?;
        if more || driver.next_deadline().is_some_and(|at| at <= monotonic_now()) {
            // With always something at hand the runtime would never look for signals and clients.
            yield_now().await;
        }
        let [ipv4, ipv6] = driver.raw.each_ref().map(Option::as_ref);
        tokio::select! {
            () = async { if more { ready(()).await } else { pending().await } } => {}
            expired = timer.expired() => expired.map_err(RunError::Timer)?,
            () = became_readable(ring.as_ref()) => {}
            () = became_readable(ipv4) => {}
            () = became_readable(ipv6) => {}
            () = became_readable(conflicts.as_ref()) => {}
            () = became_readable(trace.as_ref()) => driver.plane.flush_trace(),
            event = link_events.recv() => {
                if let Err(error) = driver.on_news(event, &mut link_events) {
                    break Err(error);
                }
            }
            Some(news) = program_news.recv() => driver.on_program_news(news),
            Some(command) = commands.recv() => match command {
                Command::Status(answer) => driver.begin_survey(answer),
                Command::Reload(answer) => reloads.want(Some(answer)),
                Command::Plan(answer) => reloads.show(answer),
                Command::TakeOver { heirs, answer } => {
                    let handover = driver.hand_over(&heirs);
                    pid_files.leave();
                    driver.leave(runtime_dir, handover, answer).await;
                    return Ok(());
                }
            },
            Some(report) = reports.recv() => driver.on_report(&report),
            Some(wanted) = dumps.recv() => driver.begin_report(wanted),
            _ = hangup.recv() => reloads.want(None),
            Some(reading) = reloads.next() => {
                driver.on_reading(reading);
                systemd::ready(&driver.summary());
            }
            _ = restart.recv() => stand_in.start(),
            () = stand_in.failed() => break Ok(()),
            () = nobody_came(stand_in_until) => break Ok(()),
            _ = terminate.recv() => break Ok(()),
            _ = interrupt.recv() => break Ok(()),
            () = tick(watchdog.as_mut()) => systemd::pet_watchdog(),
            _ = drops.tick() => driver.begin_drops(),
        }
        if reloads.begin(driver.config.reload_file.as_deref()) {
            systemd::reloading();
        }
    };
    driver.shut_down(&runtime_dir, outcome.is_ok()).await;
    outcome
}

/// Runs `startup_script`, unless another daemon's place is taken. True when told to end meanwhile.
async fn run_startup_script(
    options: &Options,
    config: &Config,
    programs: &Programs,
    [terminate, interrupt]: [&mut Signal; 2],
) -> bool {
    let Some(script) = &config.scripts.startup else { return false };
    let control = options.runtime_dir.join(CONTROL_SOCKET);
    if options.replace && control::peer(&control).is_some() {
        return false;
    }
    tokio::select! {
        () = programs.run(&config.scripts, script) => false,
        _ = terminate.recv() => true,
        _ = interrupt.recv() => true,
    }
}

/// Each virtual MAC address and multicast group takes a descriptor, and shells allow 1,024.
fn raise_descriptor_limit() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(_, hard)| setrlimit(Resource::RLIMIT_NOFILE, hard, hard));
    if let Err(error) = raised {
        tracing::debug!(%error, "the limit of descriptors stays as it is");
    }
}

/// Waits until a stand-in has waited for long enough; never ends for others.
async fn nobody_came(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => pending().await,
    }
    tracing::warn!("nobody came to take over");
}

async fn tick(interval: Option<&mut tokio::time::Interval>) {
    match interval {
        Some(interval) => {
            interval.tick().await;
        }
        None => pending().await,
    }
}

/// Registers a descriptor of the data plane.
fn watch(descriptor: Option<io::Result<OwnedFd>>) -> Result<Option<AsyncFd<OwnedFd>>, RunError> {
    descriptor
        .map(|descriptor| descriptor.and_then(readable))
        .transpose()
        .map_err(cannot_open("the event ring"))
}

/// Those that tell of adverts, of others' claims, and of what is traced.
fn watch_all(plane: &DataPlane) -> Result<[Option<AsyncFd<OwnedFd>>; 3], RunError> {
    Ok([watch(plane.events_fd())?, watch(plane.conflicts_fd())?, watch(plane.trace_fd())?])
}

/// Waits until there is something to read, and forgets so: the loop reads until nothing is left.
async fn became_readable<T: std::os::fd::AsRawFd>(descriptor: Option<&AsyncFd<T>>) {
    match descriptor {
        Some(descriptor) => {
            if let Ok(mut guard) = descriptor.readable().await {
                guard.clear_ready();
            }
        }
        None => pending().await,
    }
}
