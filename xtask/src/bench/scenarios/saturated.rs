//! Take-over while every processor is busy.

use std::{thread, time::Duration};

use anyhow::Result;

use super::{
    super::{
        Bench,
        chapter::{Chapter, Target},
        contender::{BOTH, Contender},
        hogs::Hogs,
        pair::Pair,
        settings::{V3_10_MS, V3_100_MS},
    },
    failover::{Loss, Outcome, table, trial_series},
};
use crate::tell;

/// Computing threads for each processor.
const HOGS: usize = 2;
const LONGEST: Duration = Duration::from_secs(180);

pub(super) fn measure(bench: &Bench) -> Result<Chapter> {
    let mut outcomes = Vec::new();
    let number = HOGS * thread::available_parallelism().map_or(1, usize::from);
    for (setting, full) in [(V3_10_MS, 8), (V3_100_MS, 3)] {
        if bench.quick && setting.interval != V3_10_MS.interval {
            continue;
        }
        let trials = bench.trials(1, full);
        for contender in BOTH {
            tell::note(&format!("{}, {contender}, {number} hogs: {trials} of each", setting.name));
            let pair = Pair::new("bench-saturated")?;
            let _hogs = Hogs::start(number, LONGEST)?;
            for loss in [Loss::Kill, Loss::Stop] {
                outcomes.push(trial_series(bench, &pair, contender, setting, loss, trials)?);
            }
        }
    }
    let mut chapter = Chapter::new(
        "Fail-over with every processor busy",
        "As above, with two computing threads for each processor, in a session of their own and at normal priority. A false \
         alarm is a backup that took over although the master was there.",
        &outcomes,
    )?;
    chapter.tables.push(table(&outcomes));
    let false_alarms = |contender| {
        let own = outcomes.iter().filter(|it: &&Outcome| it.contender == contender);
        own.map(|it| it.false_alarms).sum::<usize>()
    };
    let (ours, theirs) = (false_alarms(Contender::Ours), false_alarms(Contender::Keepalived));
    chapter.targets.push(Target::new(
        "false transitions at v3 10 and 100 ms with every processor busy",
        "0",
        ours,
        theirs,
        ours == 0,
        "the master was not scheduled for longer than the backup waits",
    ));
    Ok(chapter)
}
