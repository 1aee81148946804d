//! Planned restarts and reloads of the master, under ping.

use std::{fmt, time::Duration};

use anyhow::{Context as _, Result};
use serde::Serialize;
use vrrp_tests::{Wire, cube, reign::reigns, timing::longest_gap, wire::Frame};

use super::super::{
    Bench,
    chapter::{Chapter, Table, Target},
    contender::{BOTH, Contender, Running},
    pair::{FIRST_PRIORITY, Pair},
    settings::{Setting, V2_1_S, V3_10_MS, V3_100_MS},
    stats::{Figure, Millis, Summary},
};
use crate::tell;

const PING: Duration = Duration::from_millis(1);

/// What is done to the master.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Change {
    /// Ours: `vrrp run --replace`; keepalived: SIGTERM, and a start when it has ended.
    Restart,
    /// SIGHUP with the same file.
    Reload,
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Restart => "restart",
            Self::Reload => "reload",
        })
    }
}

#[derive(Debug, Serialize)]
struct Outcome {
    setting: &'static str,
    change: Change,
    contender: Contender,
    trials: usize,
    pings: usize,
    lost: usize,
    /// Between adverts of any master.
    longest_gap: Summary<Millis>,
    /// Trials in which the other node spoke, or the master resigned.
    changes_of_mastership: usize,
}

pub(super) fn measure(bench: &Bench) -> Result<Chapter> {
    let mut outcomes = Vec::new();
    for (setting, full) in [(V3_10_MS, 5), (V3_100_MS, 5), (V2_1_S, 1)] {
        if bench.quick && setting.interval != V3_100_MS.interval {
            continue;
        }
        let trials = bench.trials(1, full);
        for contender in BOTH {
            tell::note(&format!("{}, {contender}: {trials} restarts and reloads", setting.name));
            for change in [Change::Restart, Change::Reload] {
                outcomes.push(series(bench, setting, contender, change, trials)?);
            }
        }
    }
    let mut chapter = Chapter::new(
        "Restart and reload",
        "The master's daemon is replaced by another of the same build (`vrrp run --replace`; keepalived is stopped and \
         started, since it has no other way), or reads its file again (SIGHUP), while a backup listens and the client \
         pings the address each millisecond.",
        &outcomes,
    )?;
    let mut table = Table::new(&[
        "adverts",
        "what",
        "daemon",
        "trials",
        "pings lost",
        "longest gap between adverts",
        "trials with a change of mastership",
    ]);
    for it in &outcomes {
        table.row(vec![
            it.setting.to_owned(),
            it.change.to_string(),
            it.contender.to_string(),
            it.trials.to_string(),
            format!("{} of {}", it.lost, it.pings),
            it.longest_gap.to_string(),
            it.changes_of_mastership.to_string(),
        ]);
    }
    chapter.tables.push(table);
    chapter.targets = targets(&outcomes);
    Ok(chapter)
}

fn series(
    bench: &Bench,
    setting: Setting,
    contender: Contender,
    change: Change,
    trials: usize,
) -> Result<Outcome> {
    let pair = Pair::new("bench-restart")?;
    let backup = pair.start_second(bench, contender, setting)?;
    let mut master = pair.start_first(bench, contender, setting)?;
    let (mut pings, mut lost, mut changes, mut gaps) = (0, 0, 0, Vec::new());
    for _ in 0..trials {
        pair.settle(setting).with_context(|| master.last_words())?;
        bench.pause(Duration::from_millis(200))?;
        let mark = pair.wire.mark();
        let ping = pair.client.ping(cube::VIP, PING)?;
        bench.pause(setting.interval.min(Duration::from_millis(300)))?;
        master = match change {
            Change::Restart => restart(bench, &pair, contender, setting, master)?,
            Change::Reload => {
                master.reload()?;
                master
            }
        };
        bench.pause(Duration::from_millis(800).max(setting.interval * 3))?;
        let report = ping.finish()?;
        pings += report.sent();
        lost += report.lost();
        let adverts = adverts(&pair.wire, mark);
        gaps.push(Figure::<Millis>::span(longest_gap(&adverts)).get());
        let first = pair.first.address();
        let resigned = adverts.iter().any(|seen| {
            seen.is_advert_from(first) && seen.advert().is_some_and(|advert| advert.priority == 0)
        });
        let sources = reigns(&adverts, cube::VRID, setting.interval * 1_000);
        changes += usize::from(resigned || sources.len() > 1);
    }
    master.stop()?;
    backup.stop()?;
    Ok(Outcome {
        setting: setting.name,
        change,
        contender,
        trials,
        pings,
        lost,
        longest_gap: Summary::of(&gaps).context("nothing measured")?,
        changes_of_mastership: changes,
    })
}

fn adverts(wire: &Wire, mark: u64) -> Vec<Frame> {
    wire.frames(|seen| seen.number >= mark && seen.advert().is_some())
}

fn restart(
    bench: &Bench,
    pair: &Pair,
    contender: Contender,
    setting: Setting,
    mut old: Running,
) -> Result<Running> {
    match contender {
        Contender::Ours => {
            let config = setting.conf(FIRST_PRIORITY).text();
            let new = contender.start_with(bench, &pair.first, &config, &["--replace"])?;
            old.wait()?;
            Ok(new)
        }
        Contender::Keepalived => {
            old.ask_to_end()?;
            old.wait()?;
            let new = pair.start_first(bench, contender, setting)?;
            pair.settle(setting).with_context(|| new.last_words())?;
            Ok(new)
        }
    }
}

fn targets(outcomes: &[Outcome]) -> Vec<Target> {
    let of = |contender, change| {
        outcomes.iter().filter(move |it| (it.contender, it.change) == (contender, change))
    };
    let row = |change: Change| {
        let sum = |contender| {
            let lost: usize = of(contender, change).map(|it| it.lost).sum();
            let changes: usize = of(contender, change).map(|it| it.changes_of_mastership).sum();
            let trials: usize = of(contender, change).map(|it| it.trials).sum();
            (lost, changes, format!("{lost} lost, {changes} changes in {trials} trials"))
        };
        let (lost, changes, ours) = sum(Contender::Ours);
        let (.., theirs) = sum(Contender::Keepalived);
        Target::new(
            &format!("pings lost over a planned {change}, at 10 ms, 100 ms and 1 s"),
            "0, no change of mastership",
            ours,
            theirs,
            lost == 0 && changes == 0,
            "at 10 ms a process that is woken 20 ms late on two busy processors is beyond the backup's patience",
        )
    };
    let gap = of(Contender::Ours, Change::Restart).find(|it| it.setting == V3_100_MS.name);
    let gap = gap.map(|ours| {
        let theirs =
            of(Contender::Keepalived, Change::Restart).find(|it| it.setting == V3_100_MS.name);
        Target::new(
            "longest gap between adverts over a planned restart at 100 ms",
            "≤ 1.5 × advert_int",
            ours.longest_gap.worst,
            theirs.map_or_else(String::new, |it| it.longest_gap.worst.to_string()),
            ours.longest_gap.worst.get() <= 150.0,
            "",
        )
    });
    [row(Change::Restart), row(Change::Reload)].into_iter().chain(gap).collect()
}
