//! Elections of two, whoever they are: who is master, when the other takes over, and whether the
//! client reaches it.

use std::{net::IpAddr, thread, time::Duration};

use vrrp_tests::{
    Client, Conf, Daemon, Lab, Moment, Node, Wire,
    craft::virtual_mac,
    frr::{self, Frr},
    keepalived,
    lab::format_mac,
    vrrp, wait_until,
    wire::Frame,
};

use super::masters::longest_contest;

const SECOND: Duration = Duration::from_secs(1);

/// The protocol's own figures are met within a millisecond on an idle machine.
const LATE: Duration = Duration::from_millis(300);

/// What FRR 8.4 says when its zebra, on a busy machine, has not noticed in time that the interface it
/// held down has an address. It does not get over it.
const MISHAP: &str = "Failed to find address to bind";

/// How often that may happen.
const ATTEMPTS: u32 = 3;

/// What runs on a node.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Program {
    Ours,
    Keepalived,
    Keepalived23,
    Frr,
}

/// How adverts travel.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Mode {
    Plain,
    Unicast,
    VirtualMac,
}

enum Running {
    Daemon(Daemon),
    Frr(Frr),
}

impl Program {
    fn start(self, node: &Node, conf: &Conf) -> Running {
        Running::Daemon(match self {
            Self::Ours => vrrp::start(node, &conf.text(), &[]).unwrap(),
            Self::Keepalived => keepalived::start(node, &conf.text()).unwrap(),
            Self::Keepalived23 => keepalived::start_2_3(node, &conf.text()).unwrap(),
            Self::Frr => return Running::Frr(frr::start(node, conf).unwrap()),
        })
    }
}

impl Running {
    fn terminate(&mut self) {
        match self {
            Self::Daemon(daemon) => drop(daemon.terminate(10 * SECOND).unwrap()),
            Self::Frr(frr) => frr.terminate(10 * SECOND).unwrap(),
        }
    }

    fn log(&self) -> String {
        match self {
            Self::Daemon(daemon) => daemon.log(),
            Self::Frr(frr) => frr.log(),
        }
    }
}

/// One of the two.
struct Side {
    node: Node,
    program: Program,
    conf: Conf,
    /// The MAC addresses that clients know it by.
    macs: Vec<[u8; 6]>,
}

struct Pair {
    wire: Wire,
    client: Client,
    vip: IpAddr,
    /// FRR announces once, while its interface is still held down: clients that know another MAC
    /// address go on with it.
    forgets: bool,
    reconnected: Vec<Moment>,
    _lab: Lab,
}

/// Two programs with the better priority first: the first one is master, loses its link, comes back,
/// and is ended; the second one fills in.
pub(super) fn elect(base: &Conf, first: (Program, Mode), second: (Program, Mode)) {
    for _ in 0..ATTEMPTS {
        match attempt(base, first, second) {
            Ok(()) => return,
            Err(story) if story.contains(MISHAP) => eprintln!("once more: FRR has lost an address"),
            Err(story) => panic!("{story}"),
        }
    }
    panic!("FRR has lost its address {ATTEMPTS} times");
}

fn attempt(base: &Conf, first: (Program, Mode), second: (Program, Mode)) -> Result<(), String> {
    let mut lab = Lab::new(&format!("{:?}-{:?}", first.0, second.0)).unwrap();
    let nodes = [
        lab.add_dual_node("first", "10.0.0.60/24").unwrap(),
        lab.add_dual_node("second", "10.0.0.61/24").unwrap(),
    ];
    let client = lab.add_dual_client("client", "10.0.0.10/24").unwrap();
    let wire = Wire::open(&lab).unwrap();
    let side = |index: usize, (program, mode): (Program, Mode), priority: u8| {
        let (node, other) = (&nodes[index], &nodes[1 - index]);
        Side::new(node, other, program, mode, &Conf { priority, ..base.clone() })
    };
    let (first, second) = (side(0, first, 200), side(1, second, 100));
    let frr = [&first, &second].iter().any(|side| side.program == Program::Frr);
    let forgets = frr && first.macs != second.macs;
    let reconnected = Vec::new();
    let pair = Pair { wire, client, vip: base.vips[0], forgets, reconnected, _lab: lab };
    pair.story(&first, &second)
}

impl Side {
    fn new(node: &Node, other: &Node, program: Program, mode: Mode, conf: &Conf) -> Self {
        let six = conf.is_ipv6();
        let conf = match mode {
            Mode::Plain => conf.clone(),
            Mode::Unicast => conf.clone().unicast(node.source(six), &[other.source(six)]),
            Mode::VirtualMac => conf.clone().use_vmac(),
        };
        let shared = virtual_mac(six, conf.vrid);
        let macs = match (program, mode) {
            (_, Mode::Plain | Mode::Unicast) => vec![node.mac()],
            // Its kernel tells of another when it asks for the client.
            (Program::Keepalived | Program::Keepalived23, _) => vec![shared, node.mac()],
            (Program::Ours | Program::Frr, _) => vec![shared],
        };
        Self { node: node.clone(), program, conf, macs }
    }

    fn start(&self) -> Running {
        self.program.start(&self.node, &self.conf)
    }
}

impl Pair {
    fn story(mut self, first: &Side, second: &Side) -> Result<(), String> {
        let mut running = first.start();
        let other = second.start();
        let with_logs = |what: &str, running: &Running| {
            format!("{what}\n--- first:\n{}\n--- second:\n{}", running.log(), other.log())
        };
        let mark = self.wire.mark();
        self.speaks(first, mark, first.conf.down() + 4 * SECOND)
            .map_err(|error| with_logs(&error, &running))?;
        self.settles(first, second).map_err(|error| with_logs(&error, &running))?;

        // Its cable is cut.
        self.speaks(first, self.wire.mark(), 3 * SECOND).unwrap();
        let mark = self.wire.mark();
        first.node.unplug().unwrap();
        self.takes_over(first, second, mark, second.conf.down())
            .map_err(|error| with_logs(&error, &running))?;
        self.serves(second).map_err(|error| with_logs(&error, &running))?;
        first.node.wait_for_carrier(false).unwrap();
        thread::sleep(SECOND / 2);

        // And mended: it begins anew, and takes back what it has lost.
        let mark = self.wire.mark();
        first.node.plug().unwrap();
        self.reconnected.push(Moment::now());
        self.speaks(first, mark, first.conf.down() + 4 * SECOND)
            .map_err(|error| with_logs(&error, &running))?;
        self.settles(first, second).map_err(|error| with_logs(&error, &running))?;

        // Ended in good order.
        let mark = self.wire.mark();
        running.terminate();
        self.takes_over(first, second, mark, second.conf.skew())
            .map_err(|error| with_logs(&error, &running))?;
        self.serves(second).map_err(|error| with_logs(&error, &running))?;

        let adverts = self.wire.frames(|frame| frame.advert().is_some());
        let interval = first.conf.interval;
        let contest = longest_contest(&adverts, &self.reconnected, interval);
        assert!(contest <= interval + LATE / 3, "two masters for {contest:?}");
        assert_eq!(self.wire.forgotten(), 0);
        for side in [first, second] {
            let text = if side.node.name() == "first" { running.log() } else { other.log() };
            assert!(!text.contains("panicked"), "{text}");
        }
        Ok(())
    }

    /// Waits for its next advert as master.
    fn speaks(&self, side: &Side, mark: u64, timeout: Duration) -> Result<Frame, String> {
        let what = format!("{:?} ({}) to speak", side.program, side.node.name());
        self.wire
            .expect_from(mark, timeout, &what, |frame| {
                frame.port == side.node.name()
                    && frame.advert().is_some_and(|advert| advert.priority != 0)
            })
            .map_err(|error| format!("{error:#}"))
    }

    /// It speaks once the other has been silent for as long as that takes.
    fn takes_over(&self, from: &Side, to: &Side, mark: u64, after: Duration) -> Result<(), String> {
        let advert = self.speaks(to, mark, after + 2 * SECOND)?;
        let last = self
            .wire
            .last(|frame| frame.port == from.node.name() && frame.advert().is_some())
            .ok_or("it has never spoken")?;
        let silence = advert.at.since(last.at);
        if silence + SECOND / 100 < after || silence > after + LATE {
            return Err(format!("{:?} took over after {silence:?}, not {after:?}", to.program));
        }
        Ok(())
    }

    /// Nobody else speaks, and the client is served.
    fn settles(&self, on: &Side, other: &Side) -> Result<(), String> {
        // The one that yields may send an advert more.
        thread::sleep(on.conf.interval);
        let mark = self.wire.mark();
        self.serves(on)?;
        thread::sleep(on.conf.interval * 2);
        let others = self.wire.frames(|frame| {
            frame.number >= mark && frame.port == other.node.name() && frame.advert().is_some()
        });
        if others.is_empty() { Ok(()) } else { Err(format!("two masters: {others:?}")) }
    }

    /// The client reaches the address, at the right MAC address.
    fn serves(&self, side: &Side) -> Result<(), String> {
        let mut known = None;
        if self.forgets && side.program == Program::Frr {
            thread::sleep(SECOND / 2);
            self.client.forget_neighbours().unwrap();
        }
        let what = format!("the client to reach {:?} on {}", side.program, side.node.name());
        wait_until(3 * SECOND, &what, || {
            let reached = self.client.reaches(self.vip, SECOND / 3);
            known = self.client.neighbour(self.vip).unwrap().and_then(|it| it.mac);
            reached && side.macs.iter().any(|mac| known.as_ref() == Some(&format_mac(*mac)))
        })
        .map(drop)
        .map_err(|error| format!("{error:#}: it knows {known:?}"))
    }
}
