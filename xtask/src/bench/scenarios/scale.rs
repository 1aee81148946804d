//! CPU against the number of virtual routers.

use std::{
    fs,
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use serde::Serialize;
use vrrp_tests::{Conf, FrameSender, Lab, Node, Segment};

use super::super::{
    Bench, bpf,
    chapter::{Chapter, Table, Target},
    contender::{BOTH, Contender, Running},
    pair::{FIRST_PRIORITY, SECOND_PRIORITY},
    plot::{Axis, Line, Plot},
    settings::{Setting, V3_10_MS, V3_100_MS},
    stats::{CorePercent, Figure, Megabytes, Micros, PerSecond},
};
use crate::{
    flood::{Order, Pouring},
    tell,
};

/// VRIDs of an interface.
const PER_INTERFACE: usize = 255;
const INTERFACES: [&str; 17] = [
    "eth1", "eth2", "eth3", "eth4", "eth5", "eth6", "eth7", "eth8", "eth9", "eth10", "eth11",
    "eth12", "eth13", "eth14", "eth15", "eth16", "eth17",
];
/// How long all of them may take to settle.
const PATIENCE: Duration = Duration::from_secs(45);
/// Frames that the script for the backups sends at once.
const BURST: usize = 32;

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Role {
    Master,
    Backup,
}

#[derive(Debug, Serialize)]
struct Outcome {
    setting: &'static str,
    routers: usize,
    role: Role,
    contender: Contender,
    /// Of the daemon; a master's has the delivery over veth in it.
    process: Figure<CorePercent>,
    /// Of the eBPF programs.
    program: Figure<CorePercent>,
    /// Sent by a master, received by a backup.
    adverts: Figure<PerSecond>,
    /// Daemon and programs.
    each: Figure<Micros>,
    wakeups: Figure<PerSecond>,
    memory: Figure<Megabytes>,
    /// From the start until all were masters.
    settled_after: Option<f64>,
}

pub(super) fn measure(bench: &Bench) -> Result<Chapter> {
    let mut outcomes = Vec::new();
    let mut failures = Vec::new();
    let counts: &[usize] = bench.pick(&[100][..], &[1, 100, 255, 1_000, 4_096]);
    let mut cases: Vec<(Setting, usize)> = counts.iter().map(|count| (V3_100_MS, *count)).collect();
    if !bench.quick {
        cases.push((V3_10_MS, 255));
    }
    for (setting, count) in cases {
        for contender in BOTH {
            for role in [Role::Master, Role::Backup] {
                // One interface is what it was measured with, and more take it minutes to start.
                if contender == Contender::Keepalived && count > 255 {
                    continue;
                }
                tell::note(&format!("{}, {count} routers, {contender}, {role:?}", setting.name));
                match run(bench, contender, role, setting, count) {
                    Ok(outcome) => outcomes.push(outcome),
                    Err(error) if vrrp_tests::interrupt::raised() => return Err(error),
                    Err(error) => {
                        let text = format!(
                            "{contender}, {count} {role:?}s at {}: {error:#}",
                            setting.name
                        );
                        tell::note(&text);
                        failures.push(text.lines().next().unwrap_or_default().to_owned());
                    }
                }
            }
        }
    }
    let mut chapter = Chapter::new(
        "Many virtual routers",
        "Up to 255 on an interface; a master's adverts go to the other end of each veth, a backup's come from a \
         script there. The daemon's CPU is that of its processes (delivery over veth is in a master's), the programs' \
         that of BPF run time statistics, which fall on whoever sends. keepalived is tried with up to 255.",
        &outcomes,
    )?;
    chapter.tables.push(table(&outcomes));
    if !failures.is_empty() {
        let mut table = Table::new(&["not measured"]);
        for failure in failures {
            table.row(vec![failure]);
        }
        chapter.tables.push(table);
    }
    chapter.plots.push(plot(&outcomes));
    chapter.targets = targets(&outcomes);
    Ok(chapter)
}

fn confs(setting: Setting, priority: u8, count: usize) -> Vec<Conf> {
    let places = INTERFACES
        .iter()
        .zip(1_u8..)
        .flat_map(|(interface, net)| (1..=u8::MAX).map(move |vrid| (*interface, net, vrid)));
    let confs = places.take(count).map(|(interface, net, vrid)| {
        let name = format!("{interface}_{vrid}");
        Conf { interface, ..setting.conf(priority).named(&name, vrid) }
            .vips(&[Ipv4Addr::new(10, 100 + net, 1, vrid)])
            // One set of announcements is enough, and none is to fall into the window.
            .with("garp_master_delay 0")
    });
    confs.collect()
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn run(
    bench: &Bench,
    contender: Contender,
    role: Role,
    setting: Setting,
    count: usize,
) -> Result<Outcome> {
    let window = Duration::from_millis(bench.pick(700, 4_000));
    let mut lab = Lab::new("bench-scale")?;
    let node = lab.add_node("cube01", "10.0.0.60/24")?;
    let used = count.div_ceil(PER_INTERFACE);
    for (interface, net) in INTERFACES.iter().zip(1_u8..).take(used) {
        lab.add_interface(&node, interface, &format!("10.{}.0.60/24", 100 + net), Segment::Alone)?;
    }
    let confs = confs(setting, SECOND_PRIORITY, count);
    let expected = count as f64 / setting.interval.as_secs_f64();
    let script = match role {
        Role::Master => Vec::new(),
        Role::Backup => speak(&lab, &node, &confs, setting)?,
    };
    let text: String = confs.iter().map(Conf::text).collect();
    let started = Instant::now();
    let daemon = contender.start(bench, &node, &text)?;
    let settled_after = settle(bench, &lab, role, &daemon, expected, started)
        .with_context(|| daemon.last_words())?;
    let _counting = bpf::count_run_time()?;
    let programs = || -> Result<u64> {
        Ok(bpf::held_by(&daemon.pids())?.iter().map(|program| program.run_nanos).sum())
    };
    let (nanos, frames) = (programs()?, frames(&lab)?);
    let (usage, elapsed) = daemon.usage_over(bench, window)?;
    let (nanos, frames) = (programs()?.saturating_sub(nanos), self::frames(&lab)? - frames);
    let memory = daemon.memory()?;
    let adverts = match role {
        Role::Master => frames as f64,
        Role::Backup => {
            let mut rates = 0.0;
            for pouring in script {
                rates += pouring.stop()?.rate();
            }
            rates * elapsed.as_secs_f64()
        }
    };
    daemon.stop()?;
    let program = Duration::from_nanos(nanos);
    let seconds = elapsed.as_secs_f64();
    Ok(Outcome {
        setting: setting.name,
        routers: count,
        role,
        contender,
        process: usage.share(elapsed),
        program: Figure::new(program.as_secs_f64() * 100.0 / seconds),
        adverts: Figure::new(adverts / seconds),
        each: Figure::new((usage.cpu + program).as_secs_f64() * 1e6 / adverts.max(1.0)),
        wakeups: Figure::new(usage.wakeups as f64 / seconds),
        memory,
        settled_after,
    })
}

/// A better router for each, at the other ends of the cables.
fn speak(lab: &Lab, node: &Node, confs: &[Conf], setting: Setting) -> Result<Vec<Pouring>> {
    let mut script = Vec::new();
    for (interface, net) in INTERFACES.iter().zip(1_u8..) {
        let source = Ipv4Addr::new(10, 100 + net, 0, 61);
        let own = confs.iter().filter(|conf| conf.interface == *interface);
        let frames: Vec<Vec<u8>> = own.map(|conf| conf.advert(source, FIRST_PRIORITY)).collect();
        if frames.is_empty() {
            break;
        }
        let rate = u128::try_from(frames.len())? * 1_000 / setting.interval.as_millis();
        let order =
            Order { frames, rate: Some(u32::try_from(rate)?), duration: PATIENCE * 3, count: None };
        let port = format!("{}-{interface}", node.name());
        let sender = FrameSender::open_on(lab.switch(), &port)?;
        script.push(Pouring::start_in_bursts(sender, order, BURST)?);
    }
    Ok(script)
}

/// Waits until all are what they are to be; returns the seconds it took all to be masters.
fn settle(
    bench: &Bench,
    lab: &Lab,
    role: Role,
    daemon: &Running,
    expected: f64,
    started: Instant,
) -> Result<Option<f64>> {
    if role == Role::Backup {
        // Until its CPU has come to rest: reading the file and the first adverts are over.
        let mut before = f64::INFINITY;
        while started.elapsed() < PATIENCE {
            let (usage, elapsed) = daemon.usage_over(bench, Duration::from_secs(1))?;
            let now = usage.share(elapsed).get();
            if (now - before).abs() < before * 0.1 + 0.5 {
                break;
            }
            before = now;
        }
        return Ok(None);
    }
    loop {
        let before = frames(lab)?;
        let began = Instant::now();
        bench.pause(Duration::from_millis(500))?;
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let rate = (frames(lab)? - before) as f64 / began.elapsed().as_secs_f64();
        // Announcements are over, and everybody advertises.
        if rate >= expected * 0.95 && rate <= expected * 1.1 + 5.0 {
            return Ok(Some(started.elapsed().as_secs_f64()));
        }
        anyhow::ensure!(
            started.elapsed() < PATIENCE,
            "{rate:.0} frames a second instead of {expected:.0} adverts after {PATIENCE:?}"
        );
    }
}

/// Frames that the far ends of all cables have received.
fn frames(lab: &Lab) -> Result<u64> {
    let path = "/proc/thread-self/net/dev";
    let text = lab.switch().run(|| fs::read_to_string(path).context(path))?;
    let counts = text.lines().filter_map(|line| {
        let (name, counts) = line.trim().split_once(':')?;
        name.contains("-eth").then(|| counts.split_whitespace().nth(1)?.parse::<u64>().ok())?
    });
    Ok(counts.sum())
}

fn table(outcomes: &[Outcome]) -> Table {
    let mut table = Table::new(&[
        "adverts",
        "routers",
        "role",
        "daemon",
        "CPU of the daemon",
        "of its programs",
        "adverts",
        "CPU per advert",
        "wake-ups",
        "memory",
        "all masters after",
    ]);
    for it in outcomes {
        table.row(vec![
            it.setting.to_owned(),
            it.routers.to_string(),
            format!("{:?}", it.role).to_lowercase(),
            it.contender.to_string(),
            it.process.to_string(),
            it.program.to_string(),
            it.adverts.to_string(),
            it.each.to_string(),
            it.wakeups.to_string(),
            it.memory.to_string(),
            it.settled_after.map_or_else(|| "–".to_owned(), |it| format!("{it:.1} s")),
        ]);
    }
    table
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand routers")]
fn plot(outcomes: &[Outcome]) -> Plot {
    let mut lines = Vec::new();
    for (colour, contender) in BOTH.into_iter().enumerate() {
        for role in [Role::Master, Role::Backup] {
            let own = outcomes.iter().filter(|it| {
                (it.contender, it.role, it.setting) == (contender, role, V3_100_MS.name)
            });
            lines.push(Line {
                name: format!("{contender}, {}", format!("{role:?}").to_lowercase()),
                colour,
                dashed: role == Role::Backup,
                points: own
                    .map(|it| (it.routers as f64, it.process.get() + it.program.get()))
                    .collect(),
            });
        }
    }
    Plot {
        file: "scale",
        title: "CPU of daemon and programs at 100 ms".to_owned(),
        x: Axis::logarithmic("virtual routers"),
        y: Axis::logarithmic("% of a core"),
        lines,
    }
}

fn targets(outcomes: &[Outcome]) -> Vec<Target> {
    let find = |setting: Setting, routers, role, contender| {
        outcomes.iter().find(|it| {
            (it.setting, it.routers, it.role, it.contender)
                == (setting.name, routers, role, contender)
        })
    };
    let mut targets = Vec::new();
    let sent = |contender| find(V3_10_MS, 255, Role::Master, contender);
    if let (Some(ours), Some(theirs)) = (sent(Contender::Ours), sent(Contender::Keepalived)) {
        let times = theirs.each.get() / ours.each.get();
        targets.push(Target::new(
            "CPU per advert sent, 255 routers at 10 ms",
            "≤ 1/5 of keepalived's",
            format!("{}: 1/{times:.1}", ours.each),
            theirs.each,
            times >= 5.0,
            "most of it is the kernel's: the way of each frame through the socket, the veth and the other end's receive \
             path, which no batch shortens",
        ));
    }
    let total = |it: &Outcome| it.process.get() + it.program.get();
    let most = |role| find(V3_100_MS, 4_096, role, Contender::Ours);
    if let (Some(master), Some(backup)) = (most(Role::Master), most(Role::Backup)) {
        targets.push(Target::new(
            "4,096 routers at 100 ms on one core, master and backup",
            "both under 50 %",
            format!("{:.1} % and {:.1} %", total(master), total(backup)),
            "not tried",
            total(master) < 50.0 && total(backup) < 50.0,
            "a master's figure has the delivery of 40,960 frames a second over veth in it",
        ));
    }
    targets
}
