//! The daemon of the master is killed, and its node's kernel still has the address.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde::Serialize;
use vrrp_tests::{FrameSender, Moment, cube, wire::frame::ARP_REPLY};

use super::{
    super::{
        Bench,
        chapter::{Chapter, Table, Target},
        contender::{BOTH, Contender},
        pair::Pair,
        settings::{Setting, V2_1_S, V3_10_MS, V3_100_MS},
        stats::{Figure, Millis, Summary},
    },
    client_subject,
};
use crate::{
    flood::{Kind, Order, Pouring},
    tell,
};

/// Requests a second.
const RATE: u32 = 1_000;
/// Who still answers after so many intervals is taken to answer for ever.
const FOR_EVER: u32 = 10;

#[derive(Debug, Serialize)]
struct Outcome {
    setting: &'static str,
    contender: Contender,
    /// From the kill to the last answer.
    answering: Summary<Millis>,
    /// The same, in intervals.
    intervals: f64,
    /// It answered until nobody asked any longer.
    for_ever: bool,
}

pub(super) fn measure(bench: &Bench) -> Result<Chapter> {
    let mut outcomes = Vec::new();
    for (setting, full) in [(V3_10_MS, 5), (V3_100_MS, 5), (V2_1_S, 1)] {
        if bench.quick && setting.interval != V3_100_MS.interval {
            continue;
        }
        for contender in BOTH {
            let trials = match contender {
                Contender::Ours => bench.trials(1, full),
                Contender::Keepalived => 1,
            };
            tell::note(&format!("{}, {contender}: {trials} kills", setting.name));
            outcomes.push(series(bench, setting, contender, trials)?);
        }
    }
    let mut chapter = Chapter::new(
        "The daemon is killed, the node lives",
        "SIGKILL of a master's daemon with nobody to take over, while the client asks for the address 1,000 times a \
         second: until the dead node's last answer. Who still answers after ten intervals is taken to do so for ever.",
        &outcomes,
    )?;
    let mut table = Table::new(&["adverts", "daemon", "answers for", "in intervals (worst)"]);
    for it in &outcomes {
        let (answering, intervals) = if it.for_ever {
            ("ever".to_owned(), "∞".to_owned())
        } else {
            (it.answering.to_string(), format!("{:.2}", it.intervals))
        };
        table.row(vec![it.setting.to_owned(), it.contender.to_string(), answering, intervals]);
    }
    chapter.tables.push(table);
    let of = |who| outcomes.iter().filter(move |it: &&Outcome| it.contender == who);
    let worst = of(Contender::Ours).map(|it| it.intervals).fold(0.0, f64::max);
    let theirs = if of(Contender::Keepalived).all(|it| it.for_ever) { "never" } else { "at times" };
    chapter.targets.push(Target::new(
        "SIGKILL of the master: time until the dead node answers no ARP for the address",
        "≤ 3 × advert_int",
        format!("{worst:.2} × advert_int at worst"),
        theirs,
        worst <= 3.0 && of(Contender::Ours).all(|it| !it.for_ever),
        "",
    ));
    Ok(chapter)
}

fn series(bench: &Bench, setting: Setting, contender: Contender, trials: usize) -> Result<Outcome> {
    let pair = Pair::new("bench-fence")?;
    let requests = Kind::Arp.frames(&client_subject(&pair.client, None))?;
    let watch = setting.interval * (FOR_EVER + 2);
    let (mut sample, mut for_ever) = (Vec::new(), false);
    for _ in 0..trials {
        let daemon = pair.start_first(bench, contender, setting)?;
        pair.settle(setting).with_context(|| daemon.last_words())?;
        bench.pause(Duration::from_millis(100))?;
        let order = Order {
            frames: requests.clone(),
            rate: Some(RATE),
            duration: watch + Duration::from_secs(5),
            count: None,
        };
        let mark = pair.wire.mark();
        let asking = Pouring::start(FrameSender::open(&pair.client)?, order)?;
        bench.pause(setting.interval.min(Duration::from_millis(200)))?;
        let killed = Moment::now();
        daemon.kill()?;
        let end = Instant::now() + watch;
        bench.pause(end.saturating_duration_since(Instant::now()))?;
        asking.stop()?;
        let answers = pair.wire.frames(|seen| {
            let answer =
                seen.arp().is_some_and(|arp| arp.operation == ARP_REPLY && arp.sender == cube::VIP);
            seen.number >= mark && answer && seen.port == pair.first.name()
        });
        let last = answers.last().context("it never answered")?.at;
        let span = last.since(killed);
        for_ever |= span >= setting.interval * FOR_EVER;
        sample.push(Figure::<Millis>::span(span).get());
        // A fresh start cleans up; this ends in good order.
        pair.start_first(bench, contender, setting).and_then(|daemon| {
            bench.pause(Duration::from_millis(500))?;
            daemon.stop()
        })?;
    }
    let answering = Summary::<Millis>::of(&sample).context("nothing measured")?;
    let intervals = answering.worst.get() / Figure::<Millis>::span(setting.interval).get();
    Ok(Outcome { setting: setting.name, contender, answering, intervals, for_ever })
}
