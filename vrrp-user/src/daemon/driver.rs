//! The loop.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    future::{pending, ready},
    io,
    net::IpAddr,
    os::fd::OwnedFd,
    path::Path,
    time::{Duration, SystemTime},
};

use nix::sys::{
    resource::{Resource, getrlimit, setrlimit},
    statfs::{BPF_FS_MAGIC, statfs},
};
use tokio::{
    io::unix::AsyncFd,
    signal::unix::{Signal, SignalKind, signal},
    sync::{mpsc, oneshot},
    task::yield_now,
    time::{Instant, interval_at, sleep_until, timeout},
};

use super::{
    CONTROL_SOCKET, Options, RuntimeDirError,
    deadlines::Deadlines,
    drops::DROPS_INTERVAL,
    dumps::DumpSignals,
    handover::{Handover, Identity},
    heard::BATCH,
    interface::Interface,
    link_holds::LinkHolds,
    pacer::Pacer,
    pid_files::{PidFileError, PidFiles},
    rate_limit::Burst,
    reload::Requests,
    rounds::Rounds,
    routing::RoutingTable,
    runtime_dir::RuntimeDir,
    slots::Slots,
    strangers::Strangers,
    sync_groups::SyncGroups,
    systemd,
    take_over::{STAND_IN, StandIn, lock_when_free, name_stand_in},
    telling::Told,
    timers::Waiting,
    tracking::Tracking,
    virtual_router::Router,
};
use crate::{
    config::model::Config,
    control::{self, Command, ControlError, HandoverSender},
    dataplane::{self, DataPlane, HookRequest, LoadError, Slot},
    net::{
        self, Event, Netlink, StartError, Timer, VrrpSocket, monotonic_now, readable, since_boot,
    },
    process::{Scheduling, Wish},
    programs::{self, Programs},
    protocol::{Family, Monotonic},
    watch::Watcher,
};

/// How long an answer may take to be written.
const WRITTEN: Duration = Duration::from_secs(2);

/// How long what is run to tell of the end may take, as in keepalived.
const FAREWELL: Duration = Duration::from_secs(1);

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

fn cannot_open(what: &'static str) -> impl FnOnce(io::Error) -> RunError {
    move |source| RunError::Open { what, source }
}

/// All that the loop works on.
pub(super) struct Driver {
    pub(super) options: Options,
    pub(super) config: Config,
    pub(super) plane: DataPlane,
    pub(super) netlink: Netlink,
    pub(super) scheduling: Scheduling,
    pub(super) programs: Programs,
    pub(super) told: Told,
    pub(super) interfaces: BTreeMap<String, Interface>,
    pub(super) routers: BTreeMap<Slot, Router>,
    pub(super) slots: Slots,
    pub(super) sync_groups: SyncGroups,
    pub(super) tracking: Tracking,
    pub(super) watcher: Watcher,
    pub(super) deadlines: Deadlines,
    /// How often people have lately heard of each virtual address.
    pub(super) addresses_told: HashMap<IpAddr, Burst>,
    pub(super) pacer: Pacer,
    pub(super) link_holds: LinkHolds,
    pub(super) strangers: Strangers,
    /// Until then nobody's silence counts, for the node has just started.
    pub(super) not_before: Monotonic,
    /// Empty but while timers are being fired.
    pub(super) waiting: Vec<Waiting>,
    pub(super) rounds: Rounds,
    pub(super) started: SystemTime,
    pub(super) reloads: u64,
    /// How many of the routers are master.
    pub(super) masters: usize,
    /// Whether a state has changed since systemd was told.
    pub(super) is_news: bool,
    /// Whether what a dead daemon left has been removed, now that each interface has been seen.
    pub(super) swept: bool,
    /// The routes and rules that are wanted.
    pub(super) routing: RoutingTable,
    /// The interfaces on which `promote_secondaries` was off, and is on for us.
    pub(super) promoting: BTreeSet<String>,
    /// By family; IPv6 is missing where the kernel has none.
    pub(super) raw: [Option<AsyncFd<VrrpSocket>>; 2],
    /// While links are looked at for the first time in another daemon's place.
    pub(super) is_stepping_in: bool,
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
    let mut reloads = Requests::new(driver.options.config.clone());
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

impl Driver {
    fn new(
        options: Options,
        config: Config,
        netlink: Netlink,
        programs: Programs,
        watcher: Watcher,
    ) -> Result<Self, RunError> {
        // Another daemon has them until it hands over.
        let pins = if options.replace { None } else { pins(&options) };
        let plane_options = dataplane::Options {
            hook: options.hook,
            pins: pins.map(Path::to_owned),
            trace: options.trace,
        };
        let plane = match DataPlane::load(&plane_options) {
            Ok(plane) => plane,
            Err(error) if options.hook == HookRequest::Auto => {
                tracing::warn!(%error, "no eBPF here: adverts are read from raw sockets, the kernel answers ARP");
                DataPlane::without_ebpf(&plane_options)
            }
            Err(error) => return Err(error.into()),
        };
        let raw = |family| VrrpSocket::open(family).and_then(readable);
        let ipv6 = match raw(Family::Ipv6) {
            Ok(socket) => Some(socket),
            Err(error) if error.raw_os_error() == Some(libc::EAFNOSUPPORT) => None,
            Err(error) => return Err(cannot_open("a raw socket")(error)),
        };
        let raw = [Some(raw(Family::Ipv4).map_err(cannot_open("a raw socket"))?), ipv6];
        let scheduling = Scheduling::new(netlink.thread());
        let mut driver = Self {
            options,
            config,
            plane,
            netlink,
            scheduling,
            programs,
            told: Told::default(),
            interfaces: BTreeMap::new(),
            routers: BTreeMap::new(),
            slots: Slots::default(),
            sync_groups: SyncGroups::default(),
            tracking: Tracking::default(),
            watcher,
            deadlines: Deadlines::default(),
            addresses_told: HashMap::new(),
            pacer: Pacer::default(),
            link_holds: LinkHolds::default(),
            strangers: Strangers::default(),
            not_before: Monotonic::ZERO,
            waiting: Vec::new(),
            rounds: Rounds::default(),
            started: SystemTime::now(),
            reloads: 0,
            masters: 0,
            is_news: false,
            swept: false,
            routing: RoutingTable::default(),
            promoting: BTreeSet::new(),
            raw,
            is_stepping_in: false,
        };
        driver.schedule();
        Ok(driver)
    }

    /// Takes the place of a daemon that runs, if one does: its lock, what its routers have come to,
    /// and what the kernel tells of the links.
    async fn step_in(
        &mut self,
        link_events: &mut mpsc::UnboundedReceiver<Event>,
    ) -> Result<(RuntimeDir, Option<Handover>, Vec<Event>), RunError> {
        if self.options.stand_in {
            name_stand_in();
        }
        let links = self.look_at_links(link_events).await;
        let control = self.options.runtime_dir.join(CONTROL_SOCKET);
        let inheritance = self.take_over(&control).await;
        let runtime_dir = lock_when_free(&self.options.runtime_dir).await?;
        if let Some(directory) = pins(&self.options) {
            self.plane.open_pins(directory);
        }
        Ok((runtime_dir, inheritance, links))
    }

    /// Takes in what has been heard and does what is due; true if there is more to do at once.
    fn work(&mut self) -> bool {
        self.keep_vigil();
        let now = monotonic_now();
        let more = self.hear();
        self.expire(now, more);
        self.release_links(now);
        self.send_paced();
        if std::mem::take(&mut self.is_news) {
            systemd::status(&self.summary());
        }
        self.go_round() || more
    }

    /// When there is something to do next, unless something happens before.
    fn next_deadline(&self) -> Option<Monotonic> {
        let all =
            [self.deadlines.next(), self.pacer.next_deadline(), self.link_holds.next_deadline()];
        all.into_iter().flatten().min()
    }

    /// Takes in what the netlink thread has told: some of it, or one link, with which the routers on
    /// it are told too.
    fn on_news(
        &mut self,
        first: Option<Event>,
        more: &mut mpsc::UnboundedReceiver<Event>,
    ) -> Result<(), RunError> {
        let mut event = first.ok_or(RunError::NetlinkGone)?;
        for left in (0..BATCH).rev() {
            let is_link = matches!(event, Event::Link { .. });
            match event {
                Event::Stopped { error } => return Err(RunError::NetlinkStopped(error)),
                event => self.on_netlink(event),
            }
            if is_link || left == 0 {
                self.rounds.news = true;
                break;
            }
            // That nobody tells any more is found the next time.
            event = match more.try_recv() {
                Ok(event) => event,
                Err(_) => break,
            };
        }
        Ok(())
    }

    fn start(&mut self, mut inheritance: Option<Handover>, links: Vec<Event>) {
        let before = inheritance.as_ref().map(|handover| handover.pid);
        let checks = inheritance.as_mut().map(|handover| std::mem::take(&mut handover.checks));
        self.link_holds.configure(&self.config.link_delays, monotonic_now());
        self.pace();
        if before.is_none() {
            self.hold_start_back();
        }
        let promoting =
            inheritance.as_mut().map(|handover| std::mem::take(&mut handover.promoting));
        self.promote_secondaries(promoting.unwrap_or_default());
        let statics = inheritance.as_mut().map(|handover| std::mem::take(&mut handover.statics));
        let routing = inheritance.as_ref().map(Handover::routing).unwrap_or_default();
        let mut legacies = BTreeMap::new();
        if let Some(mut handover) = inheritance {
            self.tracking.inherit(std::mem::take(&mut handover.tracked));
            legacies = handover.into_routers();
        }
        for instance in self.config.instances.clone() {
            let legacy = legacies.remove(&Identity::of(&instance));
            self.add_router(instance, legacy);
        }
        if let Some(statics) = statics {
            self.inherit_statics(statics);
        } else {
            self.settle_statics(Vec::new());
            self.netlink.sweep_routing();
        }
        self.drop_inherited_routing(routing);
        self.ignore_strangers();
        self.form_sync_groups_anew(before.is_some());
        self.order_programs(checks);
        self.is_stepping_in = before.is_some();
        for event in links {
            self.on_netlink(event);
        }
        self.is_stepping_in = false;
        if let Some(pid) = before {
            tracing::info!(pid, "took over from process {pid}: {}", self.summary());
        }
        self.watch_interfaces();
        self.watch_trackers(before.is_none());
        self.limit();
    }

    fn report_ready(&self) {
        systemd::ready(&self.summary());
        tracing::info!(
            config = %self.options.config.display(),
            routers = self.routers.len(),
            "vrrp {} is running",
            env!("CARGO_PKG_VERSION"),
        );
    }

    /// Has nobody take over yet, as the file may ask for after the start of daemon or machine. A
    /// daemon that goes on in another's place has no reason to wait.
    fn hold_start_back(&mut self) {
        let delay = self.config.start.at(since_boot());
        if !delay.is_zero() {
            self.not_before = monotonic_now() + delay;
            tracing::info!(
                "starting: nobody takes over for {:.3} s, and a down timer more",
                delay.as_secs_f64()
            );
        }
    }

    /// One line on who is what.
    pub(super) fn summary(&self) -> String {
        const SHOWN: usize = 4;
        let mut parts: Vec<String> = self
            .routers
            .values()
            .take(SHOWN)
            .map(|router| format!("{} {}", router.instance.name, router.machine.state()))
            .collect();
        if self.routers.len() > SHOWN {
            parts.push(format!("… master of {} of {}", self.masters, self.routers.len()));
        }
        parts.join(", ")
    }

    /// Gives up everything that the new process needs, tells it how things are, and leaves
    /// addresses and programs in place.
    async fn leave(mut self, runtime_dir: RuntimeDir, handover: Handover, answer: HandoverSender) {
        let claims = handover.claims();
        for claim in claims {
            self.netlink.forget(claim);
        }
        self.netlink.forget_routing();
        self.netlink.forget_promotion();
        if !self.plane.is_pinned() {
            // The links would end with this process, and are in the way of others until then.
            self.plane.shut_down();
        }
        drop(self.plane);
        drop(runtime_dir);
        let pid = handover.pid;
        let (written, mut has_been_written) = oneshot::channel::<()>();
        if answer.send((Box::new(handover), written)).is_ok() {
            let _ = timeout(WRITTEN, &mut has_been_written).await;
        }
        self.netlink.shutdown().await;
        self.programs.finish(FAREWELL, true).await;
        tracing::info!(pid, "another process has taken over");
    }

    async fn shut_down(mut self, runtime_dir: &RuntimeDir, addresses_go: bool) {
        systemd::stopping();
        for some in self.routers.keys().copied().collect::<Vec<_>>().chunks(BATCH) {
            self.scheduling.pause();
            for &slot in some {
                self.drive(slot, |machine, _, actions| machine.stop(actions));
            }
        }
        self.tell_that_groups_stop();
        self.netlink.shutdown().await;
        if addresses_go || !self.plane.is_pinned() {
            self.plane.shut_down();
        } else {
            // Nobody is left to take the addresses off. The program stays and keeps the kernel
            // from answering for them, until the next daemon adopts it.
            tracing::warn!("the eBPF program stays in place, to answer for no address");
        }
        self.programs.finish(FAREWELL, false).await;
        if let Some(script) = &self.config.scripts.shutdown {
            self.programs.run(&self.config.scripts, script).await;
        }
        runtime_dir.clear();
        let uptime = self.started.elapsed().unwrap_or(Duration::ZERO);
        tracing::info!(uptime_seconds = uptime.as_secs(), "vrrp has stopped");
    }
}

/// Where links can be pinned: the directory, if it lies in a bpffs.
fn pins(options: &Options) -> Option<&Path> {
    let directory = options.bpffs.as_path();
    let exists = directory.ancestors().find(|ancestor| ancestor.exists())?;
    match statfs(exists) {
        Ok(stat) if stat.filesystem_type() == BPF_FS_MAGIC => Some(directory),
        _ if options.hook == HookRequest::Off => None,
        _ => {
            tracing::warn!(
                bpffs = %directory.display(),
                "no bpffs there: if this daemon dies, the eBPF program goes with it and the kernel \
                 answers for the addresses that are left; `mount -t bpf bpf /sys/fs/bpf`, or name \
                 another with --bpffs"
            );
            None
        }
    }
}
