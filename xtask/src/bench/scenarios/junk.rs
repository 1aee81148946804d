//! Bad adverts of every kind.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::Serialize;
use vrrp_tests::{FrameSender, Lab, Moment, Node, Wire, cube, reign::reigns, timing::longest_gap};

use super::{
    super::{
        Bench,
        chapter::{Chapter, Table, Target},
        contender::{BOTH, Contender, Running},
        pair::{FIRST_PRIORITY, SECOND_PRIORITY},
        settings::V2_1_S,
        stats::{CorePercent, Figure, Millis, PerSecond},
    },
    subject,
};
use crate::{
    flood::{Kind, Order, Pouring, Subject, pour},
    tell,
};

/// How fast it comes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Speed {
    /// Two of each kind a second.
    Slow,
    /// As many as the sender can.
    Full,
}

#[derive(Debug, Serialize)]
struct Outcome {
    speed: Speed,
    contender: Contender,
    offered: Figure<PerSecond>,
    /// Changes of mastership.
    transitions: usize,
    longest_advert_gap: Figure<Millis>,
    cpu_master: Figure<CorePercent>,
    cpu_backup: Figure<CorePercent>,
    /// Bytes logged by both.
    log: u64,
    /// What each kind costs alone at full rate.
    by_kind: Vec<OneKind>,
}

#[derive(Debug, Serialize)]
struct OneKind {
    kind: String,
    offered: Figure<PerSecond>,
    cpu_master: Figure<CorePercent>,
    cpu_backup: Figure<CorePercent>,
}

pub(super) fn measure(bench: &Bench) -> Result<Chapter> {
    let mut outcomes = Vec::new();
    for (speed, seconds) in [(Speed::Slow, 12), (Speed::Full, bench.pick(1, 6))] {
        if bench.quick && speed == Speed::Slow {
            continue;
        }
        for contender in BOTH {
            tell::note(&format!("{speed:?}, {contender}: {seconds} s"));
            outcomes.push(run(bench, contender, speed, Duration::from_secs(seconds))?);
        }
    }
    let mut chapter = Chapter::new(
        "Junk",
        "Fourteen kinds of bad adverts from a third node (TTL, checksum, password, kind of authentication, interval, \
         type, version, version 3, count of addresses, truncated, trailing bytes, a fragment, another VRID, CARP), to \
         the group, so that master and backup both hear them; v2 1 s with a password. Slow is two of each kind a \
         second.",
        &outcomes,
    )?;
    let mut table = Table::new(&[
        "daemon",
        "offered",
        "changes of mastership",
        "longest gap between adverts",
        "CPU of the master's daemon",
        "CPU of the backup's daemon",
        "log of both",
    ]);
    for it in &outcomes {
        table.row(vec![
            it.contender.to_string(),
            it.offered.to_string(),
            it.transitions.to_string(),
            it.longest_advert_gap.to_string(),
            it.cpu_master.to_string(),
            it.cpu_backup.to_string(),
            format!("{} bytes", it.log),
        ]);
    }
    chapter.tables.push(table);
    for it in outcomes.iter().filter(|it| !it.by_kind.is_empty()) {
        let mut table = Table::new(&[
            "kind alone, to vrrp",
            "offered",
            "CPU of the master's",
            "CPU of the backup's",
        ]);
        for one in &it.by_kind {
            table.row(vec![
                one.kind.clone(),
                one.offered.to_string(),
                one.cpu_master.to_string(),
                one.cpu_backup.to_string(),
            ]);
        }
        chapter.tables.push(table);
    }
    chapter.targets = targets(&outcomes);
    Ok(chapter)
}

impl Outcome {
    /// The kind that costs most, for a remark.
    fn dearest(&self) -> String {
        let price = |it: &OneKind| it.cpu_master.get().max(it.cpu_backup.get());
        let dearest = self.by_kind.iter().max_by(|a, b| price(a).total_cmp(&price(b)));
        dearest.map_or_else(String::new, |it| {
            let next = self.by_kind.iter().filter(|other| other.kind != it.kind).map(price);
            format!(
                "the kind {} alone costs {:.1} % of a core at {}, every other at most {:.2} %",
                it.kind,
                price(it),
                it.offered,
                next.fold(0.0, f64::max),
            )
        })
    }
}

/// Each kind alone.
fn by_kind(
    bench: &Bench,
    third: &Node,
    liar: &Subject,
    daemons: [&Running; 2],
) -> Result<Vec<OneKind>> {
    let span = Duration::from_millis(bench.pick(150, 1_000));
    let sender = FrameSender::open(third)?;
    let mut all = Vec::new();
    for kind in Kind::bad(liar.version) {
        let [master, backup] = daemons;
        let before = [master.usage()?, backup.usage()?];
        let order = Order { frames: kind.frames(liar)?, rate: None, duration: span, count: None };
        let poured = pour(&sender, &order, vrrp_tests::interrupt::raised)?;
        all.push(OneKind {
            kind: format!("{kind:?}"),
            offered: Figure::new(poured.rate()),
            cpu_master: (master.usage()? - before[0]).share(poured.elapsed),
            cpu_backup: (backup.usage()? - before[1]).share(poured.elapsed),
        });
    }
    Ok(all)
}

fn run(bench: &Bench, contender: Contender, speed: Speed, window: Duration) -> Result<Outcome> {
    let mut lab = Lab::new("bench-junk")?;
    let first = lab.add_node("cube01", "10.0.0.60/24")?;
    let second = lab.add_node("cube02", "10.0.0.61/24")?;
    let third = lab.add_node("mallory", "10.0.0.66/24")?;
    let wires = [Wire::open_at(&lab, &first)?, Wire::open_at(&lab, &second)?];
    let conf = V2_1_S.conf(FIRST_PRIORITY);
    let master = contender.start(bench, &first, &conf.text())?;
    let backup = contender.start(bench, &second, &V2_1_S.conf(SECOND_PRIORITY).text())?;
    let [wire, _] = &wires;
    wire.expect(Duration::from_secs(10), "a master", |seen| seen.is_advert_from(first.address()))
        .with_context(|| master.last_words())?;
    // Also for its second set of announcements.
    bench.pause(Duration::from_millis(bench.pick(200, 6_500)))?;

    // Junk says what a better router would, so that believing it would show.
    let mut liar = subject(&third, &conf);
    liar.priority = 250;
    let frames = Kind::Junk.frames(&liar)?;
    let rate = u32::try_from(frames.len())? * 2;
    let logged = || Ok::<_, anyhow::Error>(master.logged()? + backup.logged()?);
    let (log_before, master_before, backup_before) = (logged()?, master.usage()?, backup.usage()?);
    let marks = wires.each_ref().map(Wire::mark);
    let order = Order {
        frames,
        rate: (speed == Speed::Slow).then_some(rate),
        duration: window,
        count: None,
    };
    let pouring = Pouring::start(FrameSender::open(&third)?, order)?;
    bench.pause(window)?;
    let (poured, over) = (pouring.stop()?, Moment::now());
    let (master_used, backup_used) =
        (master.usage()? - master_before, backup.usage()? - backup_before);
    let log = logged()? - log_before;

    let mut adverts = Vec::new();
    for ((wire, mark), node) in wires.iter().zip(marks).zip([&first, &second]) {
        // One before it began: a change at once is a change.
        let own = wire.adverts_from(node.address());
        let before = own.iter().rev().find(|seen| seen.number < mark).cloned();
        adverts
            .extend(before.into_iter().chain(own.into_iter().filter(|seen| seen.number >= mark)));
    }
    adverts.sort_by_key(|seen| seen.at);
    let by_kind = match (contender, speed) {
        (Contender::Ours, Speed::Full) => by_kind(bench, &third, &liar, [&master, &backup])?,
        _ => Vec::new(),
    };
    // Who has fallen silent leaves no gap behind it.
    let silence = adverts.last().map_or(poured.elapsed, |last| over.since(last.at));
    master.stop()?;
    backup.stop()?;
    Ok(Outcome {
        speed,
        contender,
        offered: Figure::new(poured.rate()),
        transitions: reigns(&adverts, cube::VRID, V2_1_S.interval).len().saturating_sub(1),
        longest_advert_gap: Figure::span(longest_gap(&adverts).max(silence)),
        cpu_master: master_used.share(poured.elapsed),
        cpu_backup: backup_used.share(poured.elapsed),
        log,
        by_kind,
    })
}

fn targets(outcomes: &[Outcome]) -> Vec<Target> {
    let say = |it: &Outcome| {
        format!(
            "{} changes, gap {}, {:.2} and {:.2} % of a core, {} bytes at {}",
            it.transitions,
            it.longest_advert_gap,
            it.cpu_master.get(),
            it.cpu_backup.get(),
            it.log,
            it.offered
        )
    };
    let row = |speed, what: &str| {
        let of = |who| outcomes.iter().find(|it| it.speed == speed && it.contender == who);
        let (ours, theirs) = (of(Contender::Ours)?, of(Contender::Keepalived)?);
        let reached = ours.transitions == 0
            && ours.longest_advert_gap.get() <= 1_050.0
            && ours.cpu_master.get() <= 1.0
            && ours.cpu_backup.get() <= 1.0
            && ours.log <= 10_000;
        Some(Target::new(
            what,
            "0 transitions, adverts on time, ≤ 1 % of a core each, ≤ 10 kB of log",
            say(ours),
            say(theirs),
            reached,
            &ours.dearest(),
        ))
    };
    let all = [
        row(Speed::Slow, "junk, two of every kind a second, on master and backup"),
        row(
            Speed::Full,
            "junk of every kind at the highest rate the lab offers, on master and backup",
        ),
    ];
    all.into_iter().flatten().collect()
}
