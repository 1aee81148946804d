//! What the loop works on, and its steps.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::IpAddr,
    path::Path,
    time::{Duration, SystemTime},
};

use nix::sys::statfs::{BPF_FS_MAGIC, statfs};
use tokio::{
    io::unix::AsyncFd,
    sync::{mpsc, oneshot},
    time::timeout,
};

use super::{
    CONTROL_SOCKET, Options,
    deadlines::Deadlines,
    handover::{Handover, Identity},
    heard::BATCH,
    interface::Interface,
    link_holds::LinkHolds,
    pacer::Pacer,
    rate_limit::Burst,
    rounds::Rounds,
    routing::RoutingTable,
    run::{RunError, cannot_open},
    runtime_dir::RuntimeDir,
    slots::Slots,
    strangers::Strangers,
    sync_groups::SyncGroups,
    systemd,
    take_over::{lock_when_free, name_stand_in},
    telling::Told,
    timers::Waiting,
    tracking::Tracking,
    virtual_router::Router,
};
use crate::{
    config::model::Config,
    control::HandoverSender,
    dataplane::{self, DataPlane, HookRequest, Slot},
    net::{Event, Netlink, VrrpSocket, monotonic_now, readable, since_boot},
    process::Scheduling,
    programs::Programs,
    protocol::{Family, Monotonic},
    watch::Watcher,
};

/// How long an answer may take to be written.
const WRITTEN: Duration = Duration::from_secs(2);

/// How long what is run to tell of the end may take, as in keepalived.
const FAREWELL: Duration = Duration::from_secs(1);

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

impl Driver {
    pub(super) fn new(
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
    pub(super) async fn step_in(
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
    pub(super) fn work(&mut self) -> bool {
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
    pub(super) fn next_deadline(&self) -> Option<Monotonic> {
        let all =
            [self.deadlines.next(), self.pacer.next_deadline(), self.link_holds.next_deadline()];
        all.into_iter().flatten().min()
    }

    /// Takes in what the netlink thread has told: some of it, or one link, with which the routers on
    /// it are told too.
    pub(super) fn on_news(
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

    pub(super) fn start(&mut self, mut inheritance: Option<Handover>, links: Vec<Event>) {
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

    pub(super) fn report_ready(&self) {
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
    pub(super) async fn leave(
        mut self,
        runtime_dir: RuntimeDir,
        handover: Handover,
        answer: HandoverSender,
    ) {
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

    pub(super) async fn shut_down(mut self, runtime_dir: &RuntimeDir, addresses_go: bool) {
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
