//! Two halves of a network, each with a master, become one again.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde::Serialize;
use vrrp_tests::{Moment, cube, ping::PingReport};

use super::super::{
    Bench,
    chapter::{Chapter, Table, Target},
    contender::{BOTH, Contender},
    pair::Pair,
    settings::{V3_100_MS, phase},
    stats::{Figure, Millis, Summary},
};
use crate::tell;

const PING: Duration = Duration::from_millis(2);
/// keepalived's second set of announcements comes after five seconds.
const WINDOW: Duration = Duration::from_secs(7);
/// Service for so long, and the trial is over.
const ENOUGH: Duration = Duration::from_millis(700);

#[derive(Debug, Serialize)]
struct Outcome {
    contender: Contender,
    /// Longest time without an answer after the heal.
    outage: Summary<Millis>,
    /// Trials in which a ping was lost after the heal.
    with_losses: usize,
}

pub(super) fn measure(bench: &Bench) -> Result<Chapter> {
    let trials = bench.trials(1, 50);
    let mut outcomes = Vec::new();
    for contender in BOTH {
        tell::note(&format!("{contender}: {trials} partitions"));
        outcomes.push(series(bench, contender, trials)?);
    }
    let mut chapter = Chapter::new(
        "A healed partition",
        "The better node is moved to another switch, the client stays with the worse one, which becomes master; then \
         they are joined again. The client pings each 2 ms; shown is its longest time without an answer from the \
         heal on. v3 100 ms.",
        &outcomes,
    )?;
    let mut table = Table::new(&["daemon", "longest outage", "trials with a loss"]);
    for it in &outcomes {
        table.row(vec![
            it.contender.to_string(),
            it.outage.to_string(),
            it.with_losses.to_string(),
        ]);
    }
    chapter.tables.push(table);
    if let [ours, theirs] = outcomes.as_slice() {
        chapter.targets.push(Target::new(
            "healed partition: client without service after the heal",
            &format!("0 in {trials} trials"),
            format!("{} ({} trials)", ours.outage.worst, ours.with_losses),
            format!("{} ({} trials)", theirs.outage.worst, theirs.with_losses),
            ours.with_losses == 0,
            "the winner announces itself at once only if it has heard no rival for ten seconds, else 250 ms later: \
             partitions that follow each other as closely as these trials do cost the client that long",
        ));
    }
    Ok(chapter)
}

fn series(bench: &Bench, contender: Contender, trials: usize) -> Result<Outcome> {
    let pair = Pair::new("bench-partition")?;
    let daemons = [
        pair.start_first(bench, contender, V3_100_MS)?,
        pair.start_second(bench, contender, V3_100_MS)?,
    ];
    let (mut sample, mut with_losses) = (Vec::new(), 0);
    for trial in 0..trials {
        pair.settle(V3_100_MS).with_context(|| daemons[0].last_words())?;
        let mark = pair.wire.mark();
        pair.lab.partition(&[&pair.first])?;
        pair.wire.expect_from(mark, Duration::from_secs(5), "the other to take over", |seen| {
            seen.is_advert_from(pair.second.address())
        })?;
        // The heal falls elsewhere between the adverts of both each time.
        bench.pause(Duration::from_millis(400) + V3_100_MS.interval.mul_f64(phase(trial)))?;
        let ping = pair.client.ping(cube::VIP, PING)?;
        bench.pause(Duration::from_millis(100))?;
        let healed = Moment::now();
        pair.lab.heal()?;
        let end = Instant::now() + WINDOW;
        bench.pause(ENOUGH)?;
        while Instant::now() < end && !pair.client.reaches(cube::VIP, Duration::from_millis(200)) {
            bench.pause(Duration::from_millis(20))?;
        }
        bench.pause(Duration::from_millis(300))?;
        let report = ping.finish()?;
        let after = PingReport {
            echoes: report.echoes.into_iter().filter(|echo| echo.sent > healed).collect(),
        };
        with_losses += usize::from(after.lost() > 0);
        sample.push(Figure::<Millis>::span(after.longest_outage()).get());
    }
    for daemon in daemons {
        daemon.stop()?;
    }
    let outage = Summary::of(&sample).context("nothing measured")?;
    Ok(Outcome { contender, outage, with_losses })
}
