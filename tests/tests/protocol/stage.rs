//! Many stories at once: one daemon with a virtual router for each, one scripted peer that speaks
//! in all of them, and an observer.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Barrier, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use vrrp_tests::{
    Chatter, Conf, Daemon, FrameSender, Moment, craft, keepalived,
    timing::longest_gap,
    vrrp,
    wire::{Frame, Report},
};

use super::support::{Bench, EARLY, LATE, SECOND, is_advert, peer_source, start, word};

/// The VRID of the first story.
const FIRST: u8 = 101;

/// A status this young is good enough: asking costs a process.
const FRESH: Duration = Duration::from_millis(100);

/// What all stories of one run have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Variant {
    pub(crate) name: &'static str,
    pub(crate) version: u8,
    pub(crate) ipv6: bool,
    pub(crate) mode: Mode,
}

/// How adverts travel.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mode {
    /// To the group, from the interface's MAC address.
    Plain,
    /// To a peer.
    Unicast,
    /// To the group, from the virtual MAC address.
    VirtualMac,
}

pub(crate) const V2: Variant = Variant { name: "v2", version: 2, ipv6: false, mode: Mode::Plain };
pub(crate) const V3: Variant = Variant { name: "v3", version: 3, ipv6: false, mode: Mode::Plain };
pub(crate) const V3_6: Variant =
    Variant { name: "v3-6", version: 3, ipv6: true, mode: Mode::Plain };

/// Who is under test.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Dut {
    /// Our daemon with this hook.
    Ours(&'static str),
    /// keepalived 2.2.7, to see that the stories are right.
    Keepalived,
}

/// A story about one virtual router.
#[derive(Clone, Copy)]
pub(crate) struct Story {
    pub(crate) name: &'static str,
    /// Whether it is the same with keepalived.
    pub(crate) keepalived: bool,
    /// Versions it is about.
    pub(crate) versions: &'static [u8],
    /// Makes its configuration from one with priority 100 and no preferences.
    pub(crate) conf: fn(Conf) -> Conf,
    /// Priority of a scripted master that speaks from before the start.
    pub(crate) master: Option<u8>,
    /// What happens.
    pub(crate) act: fn(&mut Stage<'_>),
}

/// Where a story happens.
pub(crate) struct Stage<'a> {
    pub(crate) bench: &'a Bench,
    pub(crate) conf: Conf,
    pub(crate) dut: Dut,
    mode: Mode,
    /// Just before the daemon was started.
    pub(crate) started: Moment,
    /// It answered.
    pub(crate) ready: Moment,
    master: Option<Chatter>,
    sender: FrameSender,
    statuses: &'a Statuses<'a>,
}

/// Statuses that the stories share.
struct Statuses<'a> {
    bench: &'a Bench,
    last: Mutex<Option<(Instant, Value)>>,
}

impl Statuses<'_> {
    fn router(&self, name: &str) -> Value {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref().is_none_or(|(at, _)| at.elapsed() > FRESH) {
            *last = Some((Instant::now(), vrrp::status(&self.bench.dut).unwrap()));
        }
        let routers = last.as_ref().and_then(|(_, status)| status["routers"].as_array());
        routers.unwrap().iter().find(|router| router["name"] == name).unwrap().clone()
    }
}

impl Stage<'_> {
    /// Adverts of the router under test from a mark on.
    pub(crate) fn adverts(&self, mark: u64) -> Vec<Frame> {
        self.bench.adverts(&self.conf, mark)
    }

    /// Waits for its next advert.
    #[track_caller]
    pub(crate) fn next_advert(&self, mark: u64, timeout: Duration) -> Frame {
        self.bench.next_advert(&self.conf, mark, timeout)
    }

    /// Waits until it has become master by itself: every story begins with silence or `master`.
    #[track_caller]
    pub(crate) fn first_advert(&self) -> Frame {
        let past = Moment::now().since(self.ready);
        self.next_advert(0, (self.conf.down() + 2 * SECOND).saturating_sub(past).max(SECOND / 2))
    }

    /// Fails if it speaks in this time.
    #[track_caller]
    pub(crate) fn silent_for(&self, span: Duration) {
        let mark = self.bench.wire.mark();
        thread::sleep(span);
        let spoken = self.adverts(mark);
        assert!(spoken.is_empty(), "it spoke: {:?}", spoken[0].kind);
    }

    /// Sends a frame of the peer's; returns it as it was seen on the wire.
    #[track_caller]
    pub(crate) fn send(&self, frame: &[u8]) -> Frame {
        let mark = self.bench.wire.mark();
        self.sender.send(frame).unwrap();
        self.bench
            .wire
            .expect_from(mark, SECOND, "the peer's own frame", |seen| {
                seen.port == "peer" && seen.bytes == frame
            })
            .unwrap_or_else(|error| panic!("{error:#}"))
    }

    /// The peer's advert with a priority.
    pub(crate) fn advert(&self, priority: u8) -> Vec<u8> {
        self.conf.advert(peer_source(&self.conf), priority)
    }

    /// The scripted master falls silent; returns its last advert.
    #[track_caller]
    pub(crate) fn silence(&mut self) -> Frame {
        drop(self.master.take());
        let last = self.bench.wire.last(|frame| is_advert(frame, "peer", &self.conf));
        last.expect("the scripted master has never spoken")
    }

    /// The scripted master falls silent, if there is one.
    pub(crate) fn silence_if_any(&mut self) {
        drop(self.master.take());
    }

    /// Announcements of its first address from a mark on.
    pub(crate) fn announcements(&self, mark: u64) -> Vec<Frame> {
        let vip = self.conf.vips[0];
        self.bench
            .wire
            .frames(|frame| frame.number >= mark && frame.port == "dut" && frame.announces(vip))
    }

    /// The router's status; keepalived has none.
    pub(crate) fn router(&self) -> Option<Value> {
        (self.dut != Dut::Keepalived).then(|| self.statuses.router(&self.conf.name))
    }

    /// Waits until our daemon says so of itself.
    #[track_caller]
    pub(crate) fn is(&self, state: &str, reason: &str) {
        let deadline = Instant::now() + SECOND;
        loop {
            let Some(router) = self.router() else { return };
            if word(&router, "/state") == state && word(&router, "/reason") == reason {
                return;
            }
            assert!(Instant::now() < deadline, "it is not {state} ({reason}) but {router}");
            thread::sleep(FRESH);
        }
    }

    /// Fails unless the first advert came as one of a router that waited for its full time since
    /// the start.
    #[track_caller]
    pub(crate) fn waited_since_start(&self, first: &Frame, wait: Duration) {
        let (early, late) = (self.started + wait - EARLY, self.ready + wait + LATE);
        assert!(
            first.at >= early && first.at <= late,
            "it spoke {:?} after the start, not {wait:?}",
            first.at.since(self.started)
        );
    }

    /// Fails unless an advert is what the configuration says, in every field.
    #[track_caller]
    pub(crate) fn is_right(&self, frame: &Frame, priority: u8) {
        let (advert, conf) = (frame.advert().unwrap(), &self.conf);
        let six = conf.is_ipv6();
        assert_eq!((advert.version, advert.priority), (conf.version, priority));
        // keepalived leaves the kernel's default to IPv6 without a group.
        let default = self.dut == Dut::Keepalived && six && self.mode == Mode::Unicast;
        assert_eq!((advert.ttl, advert.service), (if default { 64 } else { 255 }, 0xc0));
        assert_eq!(advert.source, self.bench.dut.source(six));
        let mac = match self.mode {
            Mode::VirtualMac => craft::virtual_mac(six, conf.vrid),
            Mode::Plain | Mode::Unicast => self.bench.dut.mac(),
        };
        assert_eq!(frame.source_mac, mac);
        let peer = (self.bench.peer.source(six), self.bench.peer.mac());
        let destination = (self.mode == Mode::Unicast).then_some(peer);
        let mut crafted = Conf { destination, ..conf.clone() }.advert(advert.source, priority);
        crafted[6..12].copy_from_slice(&mac);
        let mut seen = frame.bytes.clone();
        if six {
            // The flow label is the sender's.
            crafted[15..18].copy_from_slice(&seen[15..18]);
            crafted[21] = advert.ttl;
        } else {
            // IP identification and the checksum over it.
            for bytes in [&mut crafted, &mut seen] {
                bytes[18..20].fill(0);
                bytes[24..26].fill(0);
            }
            assert_eq!(craft::checksum(&[&frame.bytes[14..34]]), 0);
        }
        assert_eq!(seen, crafted, "{advert:?}");
    }

    /// Fails unless it keeps speaking at its pace for some intervals from now on.
    #[track_caller]
    pub(crate) fn keeps_speaking(&self, intervals: u32) {
        let mark = self.bench.wire.mark();
        thread::sleep(self.conf.interval * intervals + LATE);
        let adverts = self.adverts(mark);
        let gap = longest_gap(&adverts);
        let count = usize::try_from(intervals).unwrap();
        assert!(adverts.len() >= count, "{} adverts in {intervals} intervals", adverts.len());
        assert!(gap < self.conf.interval * 11 / 10 + LATE / 3, "a pause of {gap:?}");
    }
}

/// Tells all stories of a variant to a daemon, and then ends it.
pub(crate) fn tell(stories: &[Story], variant: Variant, dut: Dut) {
    let hook = match dut {
        Dut::Ours(hook) => hook,
        Dut::Keepalived => "keepalived",
    };
    let bench = Bench::for_hook(variant.name, hook);
    let stories: Vec<_> = stories
        .iter()
        .filter(|story| story.versions.contains(&variant.version))
        .filter(|story| story.keepalived || dut != Dut::Keepalived)
        .zip(FIRST..)
        .map(|(story, vrid)| (*story, (story.conf)(base(&bench, variant, story.name, vrid))))
        .collect();
    let text: String = stories.iter().map(|(_, conf)| conf.text()).collect();
    let masters: Vec<_> =
        stories.iter().map(|(story, conf)| scripted(&bench, *story, conf)).collect();

    let started = Moment::now();
    let daemon = match dut {
        Dut::Ours(hook) => {
            let daemon = start(&bench.dut, &text, &["--hook", hook]);
            let status = vrrp::status(&bench.dut).unwrap();
            assert_eq!(word(&status, "/interfaces/0/hook/mode"), hook, "{status}");
            daemon
        }
        Dut::Keepalived => {
            let daemon = keepalived::start(&bench.dut, &text).unwrap();
            vrrp_tests::wait_until(5 * SECOND, "keepalived", || {
                daemon.log().contains("Startup complete")
            })
            .unwrap_or_else(|error| panic!("{error:#}\n{}", daemon.log()));
            daemon
        }
    };
    let ready = Moment::now();
    let statuses = Statuses { bench: &bench, last: Mutex::new(None) };
    let failures = Mutex::new(Vec::new());
    let ends = Arc::new(Barrier::new(stories.len()));
    thread::scope(|scope| {
        for ((story, conf), master) in stories.iter().zip(masters) {
            let (bench, statuses, failures) = (&bench, &statuses, &failures);
            let (ends, mode) = (Arc::clone(&ends), variant.mode);
            let thread = thread::Builder::new().name(format!("{} {}", variant.name, story.name));
            let act = move || {
                let sender = FrameSender::open(&bench.peer).unwrap();
                let conf = conf.clone();
                let mut stage =
                    Stage { bench, conf, dut, mode, started, ready, master, sender, statuses };
                let told = catch_unwind(AssertUnwindSafe(|| (story.act)(&mut stage)));
                if told.is_err() {
                    failures.lock().unwrap_or_else(PoisonError::into_inner).push(story.name);
                }
                // A scripted master stays until everybody has finished.
                ends.wait();
            };
            thread.spawn_scoped(scope, act).unwrap();
        }
    });
    let failures = failures.into_inner().unwrap_or_default();
    assert!(
        failures.is_empty(),
        "{failures:?} of {} with {hook} (see the panics above)\n{}",
        variant.name,
        daemon.log()
    );
    everybody_resigns(&bench, &stories, daemon, dut);
}

fn base(bench: &Bench, variant: Variant, name: &str, vrid: u8) -> Conf {
    let conf = if variant.version == 2 {
        Conf { password: Some("mypasswo"), ..Conf::cube(100) }
    } else {
        Conf::fast(100)
    };
    let conf = conf.named(name, vrid);
    let (own, peer) = (bench.dut.source(variant.ipv6), bench.peer.source(variant.ipv6));
    let conf = match variant.mode {
        Mode::Plain => conf,
        Mode::Unicast => {
            Conf { destination: Some((own, bench.dut.mac())), ..conf.unicast(own, &[peer]) }
        }
        Mode::VirtualMac => conf.use_vmac(),
    };
    if variant.ipv6 {
        conf.vips(&[std::net::Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 1, vrid.into())])
    } else {
        conf.vips(&[std::net::Ipv4Addr::new(10, 0, 0, vrid)])
    }
}

fn scripted(bench: &Bench, story: Story, conf: &Conf) -> Option<Chatter> {
    let advert = conf.advert(peer_source(conf), story.master?);
    Some(Chatter::start(&bench.peer, vec![advert], conf.interval).unwrap())
}

/// SIGTERM: who was master resigns, who was not says nothing, and no address stays.
fn everybody_resigns(bench: &Bench, stories: &[(Story, Conf)], mut daemon: Daemon, dut: Dut) {
    let mark = bench.wire.mark();
    let before =
        Moment::now() - stories.iter().map(|(_, conf)| conf.interval).max().unwrap() * 6 / 5;
    let told = Moment::now();
    assert!(daemon.terminate(10 * SECOND).unwrap().success(), "{}", daemon.log());
    for (story, conf) in stories {
        let after = bench.adverts(conf, mark);
        let resigned: Vec<_> =
            after.iter().filter(|frame| frame.advert().unwrap().priority == 0).collect();
        let was_master = bench.adverts(conf, 0).iter().any(|frame| {
            frame.at > before && frame.at < told && frame.advert().unwrap().priority != 0
        });
        assert_eq!(resigned.len(), usize::from(was_master), "{}: {after:?}", story.name);
        if dut != Dut::Keepalived {
            assert!(resigned.iter().all(|frame| frame.at.since(told) < LATE), "{}", story.name);
        }
    }
    let left = bench.dut.addresses_on("eth0").unwrap();
    assert_eq!(left.len(), 3, "{left:?}");
    // Nobody hears a group who has no use for it, and nobody else hears what is for a peer.
    let unicast = stories.iter().any(|(_, conf)| conf.destination.is_some());
    let joined = bench.wire.last(|frame| {
        let joins = |report: &Report| report.joins(craft::GROUP) || report.joins(craft::GROUP6);
        frame.port == "dut" && frame.report().is_some_and(joins)
    });
    assert_eq!(joined.is_none(), unicast, "{joined:?}");
    let to_all = bench.wire.last(|frame| {
        frame.port == "dut" && frame.advert().is_some_and(|it| it.destination.is_multicast())
    });
    assert_eq!(to_all.is_none(), unicast, "{to_all:?}");
}
