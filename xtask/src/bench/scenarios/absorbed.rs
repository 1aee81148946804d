//! What it costs a backup to hear that its master lives.

use std::{os::fd::OwnedFd, time::Duration};

use anyhow::{Context as _, Result};
use nix::net::if_::if_nametoindex;
use serde::Serialize;
use vrrp_tests::{FrameSender, Lab, Node};

use super::{
    super::{
        Bench,
        bpf::{self, Hook},
        chapter::{Chapter, Table, Target},
        contender::{BOTH, Contender},
        pair::{FIRST_PRIORITY, SECOND_PRIORITY},
        settings::V3_100_MS,
        stats::{Count, Figure, Micros, Nanos},
    },
    subject,
};
use crate::{
    flood::{Kind, Order, pour},
    tell,
};

const RATE: u32 = 4_000;

#[derive(Debug, Serialize)]
struct Outcome {
    contender: Contender,
    /// Of the daemon, per advert.
    process: Figure<Micros>,
    /// Of the eBPF program, per advert; the clock that measures it is in it.
    program: Option<Figure<Nanos>>,
    /// The same, of a program that drops the frame unread.
    empty: Option<Figure<Nanos>>,
    /// Voluntary context switches per 10,000 adverts.
    wakeups: Figure<Count>,
}

pub(super) fn measure(bench: &Bench) -> Result<Chapter> {
    let number = bench.pick(2_000, 20_000);
    let mut outcomes = Vec::new();
    for contender in BOTH {
        tell::note(&format!("{contender}: {number} adverts"));
        outcomes.push(run(bench, contender, number)?);
    }
    let mut chapter = Chapter::new(
        "An advert absorbed",
        "A backup at v3 100 ms in steady state hears its master's adverts at 4,000 a second. The daemon's CPU and \
         its wake-ups come from /proc, the program's time from the kernel's statistics of BPF run time; the empty \
         program drops the same frames at the same hook.",
        &outcomes,
    )?;
    let mut table = Table::new(&[
        "daemon",
        "CPU of the daemon per advert",
        "eBPF program per advert",
        "an empty program",
        "wake-ups per 10,000 adverts",
    ]);
    for it in &outcomes {
        let nanos =
            |it: Option<Figure<Nanos>>| it.map_or_else(|| "–".to_owned(), |it| it.to_string());
        table.row(vec![
            it.contender.to_string(),
            it.process.to_string(),
            nanos(it.program),
            nanos(it.empty),
            it.wakeups.to_string(),
        ]);
    }
    chapter.tables.push(table);
    if let [ours, theirs] = outcomes.as_slice() {
        let beyond = ours.program.map_or(0.0, Figure::get) - ours.empty.map_or(0.0, Figure::get);
        let sum = ours.process.get() + beyond / 1e3;
        let woken = ours.wakeups.get() / 10_000.0;
        chapter.targets.push(Target::new(
            "CPU per advert received on a backup: daemon, and program beyond an empty one",
            "≤ 0.3 µs, no wake-up",
            format!("{sum:.2} µs, {woken:.3} wake-ups"),
            format!("{}, {:.2} wake-ups", theirs.process, theirs.wakeups.get() / 10_000.0),
            sum <= 0.3 && woken < 0.01,
            "the program reads and checks the whole advert; the daemon's own timer looks at the map now and then",
        ));
    }
    Ok(chapter)
}

fn run(bench: &Bench, contender: Contender, number: u64) -> Result<Outcome> {
    let mut lab = Lab::new("bench-absorbed")?;
    let master = lab.add_node("cube01", "10.0.0.60/24")?;
    let backup = lab.add_node("cube02", "10.0.0.61/24")?;
    let sender = FrameSender::open(&master)?;
    let mut order = Order {
        frames: Kind::Advert.frames(&subject(&master, &V3_100_MS.conf(FIRST_PRIORITY)))?,
        rate: Some(RATE),
        duration: Duration::from_secs(1),
        count: None,
    };
    let daemon = contender.start(bench, &backup, &V3_100_MS.conf(SECOND_PRIORITY).text())?;
    // Until it listens and has nothing left to learn.
    pour(&sender, &order, vrrp_tests::interrupt::raised)?;
    let _counting = bpf::count_run_time()?;
    let programs = || {
        let held = bpf::held_by(&daemon.pids())?;
        Ok::<_, anyhow::Error>(
            held.into_iter().find(|it| it.hook.is_some() && !it.name.contains("egress")),
        )
    };
    order.count = Some(number);
    order.duration = Duration::from_secs(30);
    let (before, program_before) = (daemon.usage()?, programs()?);
    let poured = pour(&sender, &order, vrrp_tests::interrupt::raised)?;
    let (used, program) = (daemon.usage()? - before, programs()?);
    daemon.stop()?;
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let sent = poured.sent as f64;
    let mut outcome = Outcome {
        contender,
        process: Figure::new(used.cpu.as_secs_f64() * 1e6 / sent),
        program: None,
        empty: None,
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        wakeups: Figure::new(used.wakeups as f64 * 10_000.0 / sent),
    };
    if let (Some(before), Some(after)) = (program_before, program) {
        outcome.program = per_run(&before, &after);
        let hook = after.hook.context("a program of another kind")?;
        outcome.empty = empty(hook, &backup, || {
            pour(&sender, &order, vrrp_tests::interrupt::raised).map(drop)
        })?;
    }
    Ok(outcome)
}

/// Nanoseconds of a run of a program that drops everything, while `traffic` comes.
fn empty(
    hook: Hook,
    node: &Node,
    traffic: impl FnOnce() -> Result<()>,
) -> Result<Option<Figure<Nanos>>> {
    let program = bpf::load(hook, &hook.drop())?;
    let _link: OwnedFd = node.namespace().run(|| {
        let ifindex = if_nametoindex("eth0").context("eth0")?;
        bpf::attach(hook, &program, ifindex)
    })?;
    let before = bpf::look(program.try_clone()?)?;
    traffic()?;
    Ok(per_run(&before, &bpf::look(program)?))
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn per_run(before: &bpf::Program, after: &bpf::Program) -> Option<Figure<Nanos>> {
    let runs = after.runs.checked_sub(before.runs).filter(|runs| *runs > 0)?;
    let nanos = after.run_nanos.checked_sub(before.run_nanos)?;
    Some(Figure::new(nanos as f64 / runs as f64))
}
