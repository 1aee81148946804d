//! Who wins when two backups wait for the same master.

use std::{thread, time::Duration};

use anyhow::Result;
use serde::Serialize;
use vrrp_tests::{FrameSender, Lab, Node, Wire};

use super::super::{
    Bench,
    chapter::{Chapter, Table, Target},
    contender::{BOTH, Contender},
    pair::FIRST_PRIORITY,
    settings::V3_10_MS,
};
use crate::tell;

/// Neighbours in the reference user's cluster: at 10 ms their timers lie 0.39 ms apart.
const PRIORITIES: [u8; 2] = [90, 80];

#[derive(Debug, Serialize)]
struct Outcome {
    contender: Contender,
    trials: usize,
    /// The better of the two advertised first.
    right_first: usize,
    /// And the other never did.
    right_alone: usize,
    /// Half a second later the better one was the only master.
    right_last: usize,
}

pub(super) fn measure(bench: &Bench) -> Result<Chapter> {
    let trials = bench.trials(3, 100);
    let mut outcomes = Vec::new();
    for contender in BOTH {
        tell::note(&format!("{contender}: {trials} cuts"));
        outcomes.push(series(bench, contender, trials)?);
    }
    let mut chapter = Chapter::new(
        "Three nodes at 10 ms",
        "A script with priority 200 is cut off in the middle of its adverts, and two backups with priorities 90 and \
         80, whose timers end 0.39 ms apart, wait for it. Right is that 90 advertises first, and alone.",
        &outcomes,
    )?;
    let mut table = Table::new(&[
        "daemon",
        "cuts",
        "90 first",
        "90 first, and 80 never",
        "90 master in the end",
    ]);
    for it in &outcomes {
        let cells = [it.trials, it.right_first, it.right_alone, it.right_last];
        let cells = cells.iter().map(ToString::to_string);
        table.row([it.contender.to_string()].into_iter().chain(cells).collect());
    }
    chapter.tables.push(table);
    if let [ours, theirs] = outcomes.as_slice() {
        chapter.targets.push(Target::new(
            "three nodes, link cut at 10 ms: the right node wins",
            &format!("{trials} of {trials}"),
            format!("{} of {trials}", ours.right_first),
            format!("{} of {trials}", theirs.right_first),
            ours.right_first == trials,
            "the better backup was woken more than 0.39 ms late: two daemons, the switch and the observer share two \
             processors",
        ));
    }
    Ok(chapter)
}

fn series(bench: &Bench, contender: Contender, trials: usize) -> Result<Outcome> {
    let mut lab = Lab::new("bench-trio")?;
    let master = lab.add_node("cube01", "10.0.0.60/24")?;
    let right = lab.add_node("cube02", "10.0.0.61/24")?;
    let wrong = lab.add_node("cube03", "10.0.0.62/24")?;
    let wire = Wire::open(&lab)?;
    let [high, low] = PRIORITIES.map(|priority| V3_10_MS.conf(priority));
    let daemons = [
        contender.start(bench, &right, &high.text())?,
        contender.start(bench, &wrong, &low.text())?,
    ];
    let script = FrameSender::open(&master)?;
    let advert = high.advert(master.address(), FIRST_PRIORITY);
    let mut outcome = Outcome { contender, trials, right_first: 0, right_alone: 0, right_last: 0 };
    bench.pause(Duration::from_millis(1_500))?;
    for trial in 0..trials {
        for _ in 0..8 + trial % 3 {
            script.send(&advert)?;
            thread::sleep(V3_10_MS.interval);
        }
        // What they sent before they heard the script again is over by now.
        let mark = wire.mark();
        let speaks =
            |node: &Node, seen: &vrrp_tests::wire::Frame| seen.is_advert_from(node.address());
        let first = wire.expect_from(mark, Duration::from_secs(5), "a new master", |seen| {
            speaks(&right, seen) || speaks(&wrong, seen)
        })?;
        bench.pause(Duration::from_millis(200))?;
        let of =
            |node: &Node| wire.frames(|seen| seen.number >= first.number && speaks(node, seen));
        let (good, bad) = (of(&right), of(&wrong));
        let last = |frames: &[vrrp_tests::wire::Frame]| frames.last().map(|frame| frame.number);
        outcome.right_first += usize::from(speaks(&right, &first));
        outcome.right_alone += usize::from(speaks(&right, &first) && bad.is_empty());
        outcome.right_last += usize::from(last(&good) > last(&bad));
    }
    for daemon in daemons {
        daemon.stop()?;
    }
    Ok(outcome)
}
