//! Valid adverts of a lower priority, which a master answers.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::Serialize;
use vrrp_tests::{FrameSender, Lab, Wire};

use super::{
    super::{
        Bench,
        chapter::{Chapter, Table, Target},
        contender::{BOTH, Contender},
        pair::FIRST_PRIORITY,
        settings::V2_1_S,
        stats::{CorePercent, Figure, PerSecond},
    },
    subject,
};
use crate::{
    flood::{Kind, Order, Pouring},
    tell,
};

const RATE: u32 = 10_000;

#[derive(Debug, Serialize)]
struct Outcome {
    contender: Contender,
    offered: Figure<PerSecond>,
    /// Adverts beyond those that come anyway.
    answers: Figure<PerSecond>,
    /// Gratuitous ARP and the like.
    other_frames: Figure<PerSecond>,
    cpu: Figure<CorePercent>,
    /// Bytes logged.
    log: u64,
}

pub(super) fn measure(bench: &Bench) -> Result<Chapter> {
    let window = Duration::from_secs(bench.pick(1, 5));
    let mut outcomes = Vec::new();
    for contender in BOTH {
        tell::note(&format!("{contender}: {window:?}"));
        outcomes.push(run(bench, contender, window)?);
    }
    let mut chapter = Chapter::new(
        "Valid adverts of lower priority",
        "A master at v2 1 s hears 10,000 right adverts with priority 50 a second from another node.",
        &outcomes,
    )?;
    let mut table = Table::new(&["daemon", "offered", "answers", "other frames", "CPU", "log"]);
    for it in &outcomes {
        table.row(vec![
            it.contender.to_string(),
            it.offered.to_string(),
            it.answers.to_string(),
            it.other_frames.to_string(),
            it.cpu.to_string(),
            format!("{} bytes", it.log),
        ]);
    }
    chapter.tables.push(table);
    if let [ours, theirs] = outcomes.as_slice() {
        let say = |it: &Outcome| format!("{}, {}", it.answers, it.cpu);
        chapter.targets.push(Target::new(
            "valid lower-priority adverts at 10,000/s",
            "≤ 10 answers/s, ≤ 1 % of a core",
            say(ours),
            say(theirs),
            ours.answers.get() <= 10.0 && ours.cpu.get() <= 1.0,
            "some of them reach the daemon before the program knows that they repeat",
        ));
    }
    Ok(chapter)
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn run(bench: &Bench, contender: Contender, window: Duration) -> Result<Outcome> {
    let mut lab = Lab::new("bench-lesser")?;
    let master = lab.add_node("cube01", "10.0.0.60/24")?;
    let other = lab.add_node("cube02", "10.0.0.61/24")?;
    let wire = Wire::open_at(&lab, &master)?;
    let daemon = contender.start(bench, &master, &V2_1_S.conf(FIRST_PRIORITY).text())?;
    wire.expect(Duration::from_secs(10), "a master", |seen| seen.is_advert_from(master.address()))
        .with_context(|| daemon.last_words())?;
    bench.pause(Duration::from_millis(bench.pick(50, 6_500)))?;
    let order = Order {
        frames: Kind::Advert.frames(&subject(&other, &V2_1_S.conf(50)))?,
        rate: Some(RATE),
        duration: window,
        count: None,
    };
    let (before, log, mark) = (daemon.usage()?, daemon.logged()?, wire.mark());
    let pouring = Pouring::start(FrameSender::open(&other)?, order)?;
    bench.pause(window)?;
    let poured = pouring.stop()?;
    let used = daemon.usage()? - before;
    let log = daemon.logged()? - log;
    let seen = wire.mark() - mark;
    let adverts = wire.frames(|seen| seen.number >= mark && seen.advert().is_some()).len()
        + usize::try_from(wire.forgotten())?;
    daemon.stop()?;
    let seconds = poured.elapsed.as_secs_f64();
    let anyway = seconds / V2_1_S.interval.as_secs_f64();
    Ok(Outcome {
        contender,
        offered: Figure::new(poured.rate()),
        answers: Figure::new(((adverts as f64 - anyway) / seconds).max(0.0)),
        other_frames: Figure::new((seen as f64 - adverts as f64).max(0.0) / seconds),
        cpu: used.share(poured.elapsed),
        log,
    })
}
