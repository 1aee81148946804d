//! How long after the theory a backup takes over.

use std::{fmt, time::Duration};

use anyhow::{Context as _, Result, bail, ensure};
use serde::Serialize;
use vrrp_tests::cube;

use super::super::{
    Bench,
    chapter::{Chapter, Table, Target},
    contender::{BOTH, Contender, Running},
    pair::Pair,
    plot::{Axis, Line, Plot, cumulative},
    settings::{Setting, V2_1_S, V3_10_MS, V3_50_MS, V3_100_MS, phase},
    stats::{Figure, Millis, Summary},
};
use crate::tell;

/// How the master is lost.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Loss {
    /// SIGKILL.
    Kill,
    /// Its cable is pulled.
    Cut,
    /// SIGTERM: it resigns.
    Stop,
}

impl fmt::Display for Loss {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Kill => "kill -9",
            Self::Cut => "link cut",
            Self::Stop => "SIGTERM",
        })
    }
}

/// One kind of loss at one speed, for one daemon.
#[derive(Debug, Serialize)]
pub(super) struct Outcome {
    pub(super) setting: &'static str,
    pub(super) loss: Loss,
    pub(super) contender: Contender,
    /// From the master's last advert to the backup's first, beyond the down-timer (SIGTERM: the skew).
    pub(super) excess: Summary<Millis>,
    /// From the backup's first advert to its first gratuitous ARP.
    pub(super) announced: Summary<Millis>,
    /// Times the backup took over while the master was there.
    pub(super) false_alarms: usize,
    #[serde(skip)]
    pub(super) sample: Vec<f64>,
}

#[derive(Default)]
struct Sample {
    excess: Vec<f64>,
    announced: Vec<f64>,
    false_alarms: usize,
}

const SPEEDS: [(Setting, usize); 4] = [(V3_10_MS, 15), (V3_50_MS, 4), (V3_100_MS, 5), (V2_1_S, 3)];

pub(super) fn measure(bench: &Bench) -> Result<Chapter> {
    let mut outcomes = Vec::new();
    for (setting, full) in SPEEDS {
        if bench.quick && setting.interval != V3_10_MS.interval {
            continue;
        }
        let trials = bench.trials(1, full);
        for contender in BOTH {
            tell::note(&format!("{}, {contender}: {trials} of each", setting.name));
            let pair = Pair::new("bench-failover")?;
            for loss in [Loss::Kill, Loss::Cut, Loss::Stop] {
                outcomes.push(trial_series(bench, &pair, contender, setting, loss, trials)?);
            }
        }
    }
    let mut chapter = Chapter::new(
        "Fail-over",
        "Two nodes with the same daemon; the master is lost, and the switch's kernel stamps its last advert and the \
         backup's first. What lies between them beyond Master_Down_Interval (after SIGTERM: beyond the skew) is shown, \
         and the time from the backup's first advert to its first gratuitous ARP.",
        &outcomes,
    )?;
    chapter.tables.push(table(&outcomes));
    chapter.plots.push(Plot {
        file: "failover",
        title: "Take-over beyond the theory: how many are at most so late".to_owned(),
        x: Axis::logarithmic("ms beyond Master_Down_Interval or skew"),
        y: Axis::linear("part of all take-overs"),
        lines: BOTH
            .into_iter()
            .enumerate()
            .map(|(colour, one)| line(&outcomes, one, colour))
            .collect(),
    });
    chapter.targets = targets(&outcomes);
    Ok(chapter)
}

/// Loses the master again and again.
pub(super) fn trial_series(
    bench: &Bench,
    pair: &Pair,
    contender: Contender,
    setting: Setting,
    loss: Loss,
    trials: usize,
) -> Result<Outcome> {
    let backup = pair.start_second(bench, contender, setting)?;
    let mut master = Some(pair.start_first(bench, contender, setting)?);
    let mut sample = Sample::default();
    for trial in 0..trials {
        let done =
            one_trial(bench, pair, contender, setting, loss, trial, &mut master, &mut sample);
        done.with_context(|| backup.last_words())
            .with_context(|| format!("{} {loss} with {contender}, trial {trial}", setting.name))?;
    }
    if let Some(master) = master {
        master.stop()?;
    }
    backup.stop()?;
    bench.pause(setting.interval)?;
    Ok(Outcome {
        setting: setting.name,
        loss,
        contender,
        excess: Summary::of(&sample.excess).context("no take-over")?,
        announced: Summary::of(&sample.announced).context("no announcement")?,
        false_alarms: sample.false_alarms,
        sample: sample.excess,
    })
}

#[expect(clippy::too_many_arguments, reason = "what a trial needs, used once")]
fn one_trial(
    bench: &Bench,
    pair: &Pair,
    contender: Contender,
    setting: Setting,
    loss: Loss,
    trial: usize,
    master: &mut Option<Running>,
    sample: &mut Sample,
) -> Result<()> {
    let conf = setting.conf(super::super::pair::SECOND_PRIORITY);
    let down = conf.down();
    pair.settle(setting)?;
    // Somewhere between two adverts, elsewhere each time.
    bench.pause(setting.interval.mul_f64(phase(trial)))?;
    let mark = pair.wire.mark();
    let running = master.take().context("no master")?;
    match loss {
        Loss::Kill => running.kill()?,
        Loss::Cut => {
            pair.first.unplug()?;
            *master = Some(running);
        }
        Loss::Stop => {
            let mut running = running;
            running.ask_to_end()?;
            *master = Some(running);
        }
    }
    let (last, taken) = pair.take_over(mark, down * 3 + Duration::from_secs(5))?;
    let resigned = last.advert().is_some_and(|advert| advert.priority == 0);
    ensure!(loss != Loss::Stop || resigned, "the master ended without a word");
    let theory = if loss == Loss::Stop { conf.skew() } else { down };
    let beyond = Figure::<Millis>::nanos(taken.at.signed_nanos_since(last.at + theory));
    if beyond.get() < -1.0 {
        // The backup took over before the master was lost.
        sample.false_alarms += 1;
    } else {
        sample.excess.push(beyond.get());
        let announced = pair.wire.expect_from(
            taken.number,
            Duration::from_secs(2),
            "an announcement",
            |seen| seen.port == pair.second.name() && seen.announces(cube::VIP),
        )?;
        let after = announced.at.signed_nanos_since(taken.at);
        sample.announced.push(Figure::<Millis>::nanos(after).get());
    }
    match loss {
        Loss::Cut => pair.first.plug()?,
        Loss::Kill | Loss::Stop => {
            if let Some(ending) = master.take() {
                ending.wait()?;
            }
            *master = Some(pair.start_first(bench, contender, setting)?);
        }
    }
    if master.is_none() {
        bail!("the master was not started again");
    }
    Ok(())
}

pub(super) fn table(outcomes: &[Outcome]) -> Table {
    let mut table = Table::new(&[
        "adverts",
        "the master is lost by",
        "daemon",
        "beyond the theory",
        "first gratuitous ARP after the first advert",
        "false alarms",
    ]);
    for it in outcomes {
        table.row(vec![
            it.setting.to_owned(),
            it.loss.to_string(),
            it.contender.to_string(),
            it.excess.to_string(),
            it.announced.to_string(),
            it.false_alarms.to_string(),
        ]);
    }
    table
}

fn sample(outcomes: &[Outcome], contender: Contender) -> Vec<f64> {
    let own = outcomes.iter().filter(|it| it.contender == contender);
    own.flat_map(|it| it.sample.iter().copied()).collect()
}

fn line(outcomes: &[Outcome], contender: Contender, colour: usize) -> Line {
    // A logarithmic axis has no zero, and stamps of the switch lie a little before the daemon's.
    let late = sample(outcomes, contender).into_iter().map(|it| it.max(0.01)).collect::<Vec<_>>();
    Line { name: contender.to_string(), colour, dashed: false, points: cumulative(&late) }
}

fn targets(outcomes: &[Outcome]) -> Vec<Target> {
    let summary = |contender| Summary::<Millis>::of(&sample(outcomes, contender));
    let (Some(ours), Some(theirs)) = (summary(Contender::Ours), summary(Contender::Keepalived))
    else {
        return Vec::new();
    };
    let fast = |contender| {
        let own = outcomes.iter().filter(move |it| it.contender == contender);
        own.map(|it| it.announced.median.get()).fold(0.0_f64, f64::max)
    };
    let (garp, their_garp) = (fast(Contender::Ours), fast(Contender::Keepalived));
    vec![
        Target::new(
            "take-over beyond the theory, v3 10 ms to v2 1 s, idle",
            "median ≤ 0.10 ms, p99 ≤ 0.30 ms",
            &ours,
            &theirs,
            ours.median.get() <= 0.10 && ours.p99.get() <= 0.30,
            "the median is that of the daemon; the tail is that of a machine on which other processes hold both processors when \
             the timer ends",
        ),
        Target::new(
            "first gratuitous ARP after the first advert (greatest of the medians)",
            "≤ 0.05 ms",
            Figure::<Millis>::new(garp),
            Figure::<Millis>::new(their_garp),
            garp <= 0.05,
            "both are sent by the same process one after the other, each with a system call that delivers over veth",
        ),
    ]
}
