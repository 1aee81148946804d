//! How many ARP requests and Neighbor Solicitations are answered, and at what price.

use std::{fmt, fs, os::fd::OwnedFd, time::Duration};

use anyhow::{Context as _, Result};
use nix::net::if_::if_nametoindex;
use serde::Serialize;
use vrrp_tests::{Conf, FrameSender, Lab, Namespace, Node, Segment, craft, cube, lab::mac_of};

use super::{
    super::{
        Bench,
        bpf::{self, Hook},
        chapter::{Chapter, Table, Target},
        contender::{Contender, Running},
        pair::FIRST_PRIORITY,
        plot::{Axis, Line, Plot},
        settings::V3_100_MS,
        stats::{Figure, Micros, PerSecond, Summary, Unit},
        usage::{own_thread_and_softirqs, softirq_threads},
    },
    hooks,
};
use crate::{
    flood::{Order, pour},
    tell,
};

const PORT: &str = "cube01-eth1";
const OWN: &str = "10.1.0.60";
const VIP: std::net::Ipv4Addr = std::net::Ipv4Addr::new(10, 1, 0, 70);
const ASKER: std::net::Ipv4Addr = std::net::Ipv4Addr::new(10, 1, 0, 10);

/// Who answers.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Answerer {
    /// Our master with `--hook` so.
    Ours(&'static str),
    /// The kernel, with the address on the interface and no program.
    Kernel,
    /// A program that swaps the MAC addresses and transmits (generic XDP).
    Swap,
    /// Nobody: a program drops the frame (generic XDP).
    Nobody,
}

impl fmt::Display for Answerer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ours(hook) => write!(formatter, "vrrp, {hook}"),
            Self::Kernel => formatter.write_str("the kernel"),
            Self::Swap => formatter.write_str("MAC swap, generic XDP"),
            Self::Nobody => formatter.write_str("dropped, generic XDP"),
        }
    }
}

/// What is asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Question {
    Arp,
    Nd,
}

#[derive(Debug, Serialize)]
struct Outcome {
    question: Question,
    answerer: Answerer,
    /// At full rate; for nobody, what was offered.
    rate: Summary<PerSecond>,
    /// What a request costs all processors together, the sender's part included.
    each: Figure<Micros>,
    /// What an answer costs beyond a request that is dropped.
    beyond_drop: Figure<Micros>,
    /// Answered at an offered rate.
    #[serde(skip)]
    sweep: Sweep,
}

/// Offered and answered per second.
type Sweep = Vec<(f64, f64)>;

/// One measurement.
struct Round {
    offered: f64,
    answered: f64,
    micros_each: f64,
}

pub(super) fn measure(bench: &Bench) -> Result<Chapter> {
    let ours = hooks(bench)?.into_iter().filter(|hook| *hook != "native").map(Answerer::Ours);
    let answerers: Vec<Answerer> =
        ours.chain([Answerer::Swap, Answerer::Kernel, Answerer::Nobody]).collect();
    let mut outcomes = Vec::new();
    for question in [Question::Arp, Question::Nd] {
        // A MAC swap is no answer to a multicast solicitation, but costs the same.
        outcomes.extend(compare(bench, question, &answerers)?);
    }
    let mut chapter = Chapter::new(
        "ARP and Neighbor Discovery",
        "Requests to the node at the other end of a veth, as fast as one thread can send them, in turns. All work \
         (sending, answering, taking the answer) is done in the name of the sender's thread or of the kernel's threads \
         for softirqs, so their CPU time divided by the frames is the price of one; taking off that of a frame that is \
         dropped at the node leaves the answer and its way back.",
        &outcomes,
    )?;
    let mut table = Table::new(&[
        "question",
        "answered by",
        "at full rate",
        "CPU each, sender included",
        "beyond a drop",
    ]);
    for it in &outcomes {
        table.row(vec![
            format!("{:?}", it.question).to_uppercase(),
            it.answerer.to_string(),
            it.rate.median.to_string(),
            it.each.to_string(),
            it.beyond_drop.to_string(),
        ]);
    }
    chapter.tables.push(table);
    chapter.plots.push(plot(&outcomes));
    chapter.targets = targets(&outcomes);
    Ok(chapter)
}

fn compare(bench: &Bench, question: Question, answerers: &[Answerer]) -> Result<Vec<Outcome>> {
    let span = Duration::from_millis(bench.pick(300, 1_500));
    let rounds = bench.trials(1, 5);
    let offers: &[u32] = if question == Question::Nd {
        &[]
    } else {
        bench.pick(&[100_000][..], &[50_000, 100_000, 200_000, 300_000, 400_000, 500_000])
    };
    let mut lab = Lab::new("bench-answers")?;
    let node = lab.add_dual_node("cube01", "10.0.0.60/24")?;
    lab.add_interface(&node, "eth1", &format!("{OWN}/24"), Segment::Alone)?;
    let sender = FrameSender::open_on(lab.switch(), PORT)?;
    let mut samples: Vec<(Vec<Round>, Sweep)> =
        answerers.iter().map(|_| Default::default()).collect();
    for round in 1..=rounds {
        tell::note(&format!("{question:?}, round {round} of {rounds}"));
        for (answerer, (sample, sweep)) in answerers.iter().zip(&mut samples) {
            let at_work = begin(bench, &node, *answerer)?;
            let ask = |rate, span| ask(lab.switch(), &sender, question, rate, span);
            sample.push(ask(None, span)?);
            if round == 1 {
                for rate in offers {
                    let one = ask(Some(*rate), span / 2)?;
                    sweep.push((one.offered, one.answered));
                }
            }
            end(&node, at_work)?;
        }
    }
    let mut outcomes = Vec::new();
    for (answerer, (sample, sweep)) in answerers.iter().zip(samples) {
        let each: Summary<Micros> = summary(&sample, |it| it.micros_each)?;
        let rate = if *answerer == Answerer::Nobody {
            summary(&sample, |it| it.offered)?
        } else {
            summary(&sample, |it| it.answered)?
        };
        let each = each.median;
        outcomes.push(Outcome {
            question,
            answerer: *answerer,
            rate,
            each,
            beyond_drop: each,
            sweep,
        });
    }
    let dropped = outcomes.last().map_or(0.0, |it| it.each.get());
    for it in &mut outcomes {
        it.beyond_drop = Figure::new(it.each.get() - dropped);
    }
    Ok(outcomes)
}

fn summary<U: Unit>(rounds: &[Round], of: impl Fn(&Round) -> f64) -> Result<Summary<U>> {
    Summary::of(&rounds.iter().map(of).collect::<Vec<_>>()).context("nothing measured")
}

/// What answers, for as long as it lives.
enum AtWork {
    Daemon(Running),
    Kernel,
    Program(#[expect(dead_code, reason = "held to keep the program attached")] OwnedFd),
}

fn begin(bench: &Bench, node: &Node, answerer: Answerer) -> Result<AtWork> {
    let addresses = [format!("{VIP}/32"), format!("{}/128", cube::VIP6)];
    match answerer {
        Answerer::Ours(hook) => {
            let four = Conf { interface: "eth1", ..V3_100_MS.conf(FIRST_PRIORITY) }.vips(&[VIP]);
            let six = four.clone().named("VI_6", 52).vips(&[cube::VIP6]);
            let config = format!("{}{}", four.text(), six.text());
            let daemon = Contender::Ours.start_with(bench, node, &config, &["--hook", hook])?;
            vrrp_tests::wait_until(Duration::from_secs(5), "the addresses", || {
                node.has_address_on("eth1", VIP) && node.has_address_on("eth1", cube::VIP6)
            })
            .with_context(|| daemon.last_words())?;
            bench.pause(Duration::from_millis(300))?;
            Ok(AtWork::Daemon(daemon))
        }
        Answerer::Kernel => {
            for address in &addresses {
                node.namespace()
                    .ip(&["addr", "add", address, "dev", "eth1", "nodad"])
                    .or_else(|_| node.namespace().ip(&["addr", "add", address, "dev", "eth1"]))?;
            }
            Ok(AtWork::Kernel)
        }
        Answerer::Swap | Answerer::Nobody => {
            let hook = Hook::Xdp;
            let program = if answerer == Answerer::Swap {
                bpf::load(hook, bpf::SWAP_AND_TRANSMIT)?
            } else {
                bpf::load(hook, &hook.drop())?
            };
            let link = node
                .namespace()
                .run(|| bpf::attach(hook, &program, if_nametoindex("eth1").context("eth1")?))?;
            Ok(AtWork::Program(link))
        }
    }
}

fn end(node: &Node, at_work: AtWork) -> Result<()> {
    match at_work {
        AtWork::Daemon(daemon) => daemon.stop(),
        AtWork::Program(_) => Ok(()),
        AtWork::Kernel => {
            for address in [format!("{VIP}/32"), format!("{}/128", cube::VIP6)] {
                node.namespace().ip(&["addr", "del", &address, "dev", "eth1"])?;
            }
            Ok(())
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn ask(
    switch: &Namespace,
    sender: &FrameSender,
    question: Question,
    rate: Option<u32>,
    span: Duration,
) -> Result<Round> {
    let to = mac_of(OWN.parse()?);
    let asker = mac_of(ASKER);
    let mut frame = match question {
        Question::Arp => craft::arp_request(asker, ASKER, VIP),
        Question::Nd => {
            craft::solicitation(asker, vrrp_tests::lab::link_local_address(ASKER), cube::VIP6)
        }
    };
    if question == Question::Arp {
        for (place, byte) in frame.iter_mut().zip(to) {
            *place = byte;
        }
    }
    let order = Order { frames: vec![craft::padded(frame)], rate, duration: span, count: None };
    let softirqs = softirq_threads();
    let (before, used) = (received(switch)?, own_thread_and_softirqs(&softirqs)?);
    let poured = pour(sender, &order, vrrp_tests::interrupt::raised)?;
    let used = own_thread_and_softirqs(&softirqs)?.saturating_sub(used);
    std::thread::sleep(Duration::from_millis(30));
    let answers = received(switch)?.saturating_sub(before);
    let seconds = poured.elapsed.as_secs_f64();
    Ok(Round {
        offered: poured.rate(),
        answered: answers as f64 / seconds,
        micros_each: used.as_secs_f64() * 1e6 / (poured.sent as f64).max(1.0),
    })
}

/// Frames that the switch's end of the cable has received.
fn received(switch: &Namespace) -> Result<u64> {
    let path = "/proc/thread-self/net/dev";
    let text = switch.run(|| fs::read_to_string(path).context(path))?;
    let line = text.lines().find_map(|line| line.trim().strip_prefix(PORT)?.strip_prefix(':'));
    let packets = line.and_then(|counts| counts.split_whitespace().nth(1));
    packets.and_then(|count| count.parse().ok()).context("no such port in /proc/net/dev")
}

fn plot(outcomes: &[Outcome]) -> Plot {
    let asked = outcomes
        .iter()
        .filter(|it| it.question == Question::Arp && it.answerer != Answerer::Nobody);
    let lines = asked.enumerate().map(|(index, it)| Line {
        name: it.answerer.to_string(),
        colour: index,
        dashed: false,
        points: it.sweep.iter().map(|(a, b)| (a / 1e3, b / 1e3)).collect(),
    });
    Plot {
        file: "arp",
        title: "ARP requests answered against those offered".to_owned(),
        x: Axis::linear("offered, thousands a second"),
        y: Axis::linear("answered, thousands a second"),
        lines: lines.collect(),
    }
}

fn targets(outcomes: &[Outcome]) -> Vec<Target> {
    let find = |answerer| {
        outcomes.iter().find(move |it| it.question == Question::Arp && it.answerer == answerer)
    };
    let (Some(generic), Some(swap), Some(kernel)) =
        (find(Answerer::Ours("generic")), find(Answerer::Swap), find(Answerer::Kernel))
    else {
        return Vec::new();
    };
    // By CPU time and not by the clock, which other work on the machine would spoil.
    let part = swap.each.get() / generic.each.get();
    let ours = outcomes
        .iter()
        .filter(|it| it.question == Question::Arp && matches!(it.answerer, Answerer::Ours(_)))
        .map(|it| it.beyond_drop.get())
        .fold(f64::INFINITY, f64::min);
    let times = kernel.beyond_drop.get() / ours;
    vec![
        Target::new(
            "ARP answered per second of CPU, generic XDP",
            "≥ 95 % of a bare MAC-swap program",
            format!("{:.1} % by CPU, sender included; {}", part * 100.0, generic.rate.median),
            swap.rate.median,
            part >= 0.95,
            "the request is checked, the address and the lease are looked up, and the answer is written and counted",
        ),
        Target::new(
            "CPU per ARP answer beyond a dropped request, best hook, against the kernel's own answering",
            "≥ 3 times less",
            format!("{times:.2} times less: {ours:.2} µs"),
            kernel.beyond_drop,
            times >= 3.0,
            "most of the price on a veth is not the answering: generic XDP copies the frame for head room, and both \
             answers are sent and taken by the same code",
        ),
    ]
}
