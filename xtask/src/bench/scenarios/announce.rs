//! From the first advert of a new master to the first answer to ARP.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use serde::Serialize;
use vrrp_tests::{FrameSender, Moment, cube, wire::frame::ARP_REPLY};

use super::super::{
    Bench,
    chapter::{Chapter, Table, Target},
    contender::{BOTH, Contender},
    pair::{FIRST_PRIORITY, Pair, SECOND_PRIORITY},
    settings::V3_10_MS,
    stats::{Figure, Millis, Summary},
};
use crate::{
    flood::{Kind, Order, Pouring},
    tell,
};

/// Requests a second: one each 40 µs bounds what can be told apart.
const RATE: u32 = 25_000;

#[derive(Debug, Serialize)]
struct Outcome {
    contender: Contender,
    /// From the first advert to the first ARP reply, while requests come all the time.
    answered: Summary<Millis>,
}

pub(super) fn measure(bench: &Bench) -> Result<Chapter> {
    let mut outcomes = Vec::new();
    let trials = bench.trials(2, 30);
    for contender in BOTH {
        tell::note(&format!("{contender}: {trials} take-overs"));
        outcomes.push(Outcome { contender, answered: series(bench, contender, trials)? });
    }
    let mut chapter = Chapter::new(
        "The first answer",
        "A script is master at v3 10 ms and falls silent; the client asks for the address 25,000 times a second all \
         the while. Shown is the time from the backup's first advert to its first ARP reply; the requests lie 40 µs \
         apart.",
        &outcomes,
    )?;
    let mut table = Table::new(&["daemon", "first ARP reply after the first advert"]);
    for it in &outcomes {
        table.row(vec![it.contender.to_string(), it.answered.to_string()]);
    }
    chapter.tables.push(table);
    if let [ours, theirs] = outcomes.as_slice() {
        chapter.targets.push(Target::new(
            "first ARP request answered after the first advert",
            "≤ 0.05 ms",
            &ours.answered,
            &theirs.answered,
            ours.answered.median.get() <= 0.05,
            "requests lie 0.04 ms apart and share the two processors with the daemon",
        ));
    }
    Ok(chapter)
}

fn series(bench: &Bench, contender: Contender, trials: usize) -> Result<Summary<Millis>> {
    let pair = Pair::new("bench-announce")?;
    let conf = V3_10_MS.conf(SECOND_PRIORITY);
    let daemon = contender.start(bench, &pair.second, &conf.text())?;
    let script = FrameSender::open(&pair.first)?;
    let advert = conf.advert(pair.first.address(), FIRST_PRIORITY);
    let request = Kind::Arp.frames(&super::client_subject(&pair.client, None))?;
    let mut sample = Vec::new();
    bench.pause(Duration::from_millis(1_500))?;
    for _ in 0..trials {
        for _ in 0..5 {
            script.send(&advert)?;
            thread::sleep(V3_10_MS.interval);
        }
        let silent = Moment::now();
        let order = Order {
            frames: request.clone(),
            rate: Some(RATE),
            duration: Duration::from_secs(1),
            count: None,
        };
        let mark = pair.wire.mark();
        let asking = Pouring::start(FrameSender::open(&pair.client)?, order)?;
        let answer = pair.wire.expect_from(mark, Duration::from_secs(2), "an ARP reply", |seen| {
            let reply =
                seen.arp().is_some_and(|arp| arp.operation == ARP_REPLY && arp.sender == cube::VIP);
            reply && seen.port == pair.second.name() && seen.at > silent
        });
        let answer = answer.with_context(|| daemon.last_words())?;
        asking.stop()?;
        let first = pair
            .wire
            .frames(|seen| seen.number >= mark && seen.is_advert_from(pair.second.address()))
            .into_iter()
            .next()
            .context("it answered without an advert")?;
        sample.push(Figure::<Millis>::nanos(answer.at.signed_nanos_since(first.at)).get());
        // Lets it hear its better again.
        let until = Instant::now() + Duration::from_millis(60);
        while Instant::now() < until {
            script.send(&advert)?;
            thread::sleep(V3_10_MS.interval);
        }
    }
    daemon.stop()?;
    Summary::of(&sample).context("nothing measured")
}
