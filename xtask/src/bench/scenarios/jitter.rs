//! How evenly adverts follow each other.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::Serialize;
use vrrp_tests::{Moment, wire::Frame};

use super::super::{
    Bench,
    chapter::{Chapter, Table, Target},
    contender::{BOTH, Contender},
    hogs::Hogs,
    pair::{FIRST_PRIORITY, Pair},
    plot::{Axis, Line, Plot, cumulative},
    settings::V3_10_MS,
    stats::{Figure, Millis, Summary},
};
use crate::tell;

const HOGS: usize = 12;

/// What else the machine does, and what the daemon is given against it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Load {
    /// Nothing.
    Idle,
    /// Twelve computing threads.
    Hogs,
    /// The same, with `vrrp_rt_priority 50` in the daemon's configuration.
    HogsRealTime,
}

impl Load {
    const ALL: [Self; 3] = [Self::Idle, Self::Hogs, Self::HogsRealTime];

    const fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Hogs => "12 hogs",
            Self::HogsRealTime => "12 hogs, vrrp_rt_priority 50",
        }
    }
}

#[derive(Debug, Serialize)]
struct Outcome {
    load: Load,
    contender: Contender,
    /// From advert to advert.
    interval: Summary<Millis>,
    #[serde(skip)]
    sample: Vec<f64>,
}

pub(super) fn measure(bench: &Bench) -> Result<Chapter> {
    let window = Duration::from_secs(bench.pick(1, 60));
    let mut outcomes = Vec::new();
    for load in Load::ALL {
        if bench.quick && load != Load::Hogs {
            continue;
        }
        for contender in BOTH {
            tell::note(&format!("{}, {contender}: {window:?}", load.name()));
            outcomes.push(run(bench, contender, load, window)?);
        }
    }
    let mut chapter = Chapter::new(
        "The adverts' pace",
        "One master at v3 10 ms; the time from each advert to the next, as the switch's kernel stamps them. The hogs are twelve \
         computing threads at normal priority in a session of their own, as another service would be.",
        &outcomes,
    )?;
    let mut table = Table::new(&["load", "daemon", "mean", "interval", "least"]);
    for it in &outcomes {
        table.row(vec![
            it.load.name().to_owned(),
            it.contender.to_string(),
            it.interval.mean.to_string(),
            it.interval.to_string(),
            it.interval.least.to_string(),
        ]);
    }
    chapter.tables.push(table);
    chapter.plots.push(plot(&outcomes));
    chapter.targets = targets(&outcomes);
    Ok(chapter)
}

fn run(bench: &Bench, contender: Contender, load: Load, window: Duration) -> Result<Outcome> {
    let pair = Pair::new("bench-jitter")?;
    let mut config = V3_10_MS.conf(FIRST_PRIORITY).text();
    if load == Load::HogsRealTime {
        config.insert_str(0, "global_defs {\n    vrrp_rt_priority 50\n}\n");
    }
    let daemon = contender.start(bench, &pair.first, &config)?;
    pair.settle(V3_10_MS).with_context(|| daemon.last_words())?;
    let hogs = match load {
        Load::Idle => None,
        Load::Hogs | Load::HogsRealTime => Some(Hogs::start(HOGS, window * 2)?),
    };
    bench.pause(Duration::from_millis(300))?;
    let began = Moment::now();
    bench.pause(window)?;
    let from = pair.first.address();
    let frames = pair.wire.frames(|seen| seen.at >= began && seen.is_advert_from(from));
    drop(hogs);
    daemon.stop()?;
    let sample = gaps(&frames);
    let interval = Summary::of(&sample).context("no adverts")?;
    Ok(Outcome { load, contender, interval, sample })
}

fn gaps(frames: &[Frame]) -> Vec<f64> {
    let pairs = frames.iter().zip(frames.iter().skip(1));
    pairs.map(|(one, next)| Figure::span(next.at.since(one.at)).get()).collect()
}

fn plot(outcomes: &[Outcome]) -> Plot {
    let hogged = outcomes.iter().filter(|it| it.load != Load::HogsRealTime);
    let lines = hogged.map(|it| Line {
        name: format!("{}, {}", it.contender, it.load.name()),
        colour: usize::from(it.contender == Contender::Keepalived),
        dashed: it.load == Load::Idle,
        points: cumulative(
            &it.sample.iter().map(|gap| (gap - 10.0).abs().max(0.001)).collect::<Vec<_>>(),
        ),
    });
    Plot {
        file: "jitter",
        title: "Adverts at 10 ms: how many intervals are at most so wrong".to_owned(),
        x: Axis::logarithmic("ms from 10 ms"),
        y: Axis::linear("part of all intervals"),
        lines: lines.collect(),
    }
}

fn targets(outcomes: &[Outcome]) -> Vec<Target> {
    let find = |load, contender| {
        outcomes
            .iter()
            .find(|it| (it.load, it.contender) == (load, contender))
            .map(|it| &it.interval)
    };
    let say = |it: Option<&Summary<Millis>>| {
        it.map_or_else(String::new, |it| format!("{}, {}, {}", it.mean, it.p99, it.worst))
    };
    let row = |load: Load, what: &str, remark: &str| {
        let ours = find(load, Contender::Ours)?;
        let reached = (ours.mean.get() - 10.0).abs() < 0.005
            && ours.p99.get() <= 10.1
            && ours.worst.get() <= 11.0;
        let theirs = say(find(load, Contender::Keepalived));
        Some(Target::new(what, "10.00, 10.1, 11 ms", say(Some(ours)), theirs, reached, remark))
    };
    let with = "advert interval at 10 ms with 12 CPU hogs: mean, p99, worst";
    [
        row(
            Load::Hogs,
            with,
            "at normal priority the scheduler lets a hog finish its slice (2.8 ms and more) before the daemon runs",
        ),
        row(
            Load::HogsRealTime,
            &format!("{with}; vrrp_rt_priority 50 on both"),
            "what holds a processor although the daemon ranks before everything: the hypervisor, and the kernel's own threads",
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}
