//! What the daemon keeps in memory.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::Serialize;

use super::super::{
    Bench,
    chapter::{Chapter, Table, Target},
    contender::{BOTH, Contender},
    pair::Pair,
    settings::V3_100_MS,
    stats::{Figure, Megabytes},
};

#[derive(Debug, Serialize)]
struct Outcome {
    contender: Contender,
    /// Resident, of all its processes.
    resident: Figure<Megabytes>,
}

pub(super) fn measure(bench: &Bench) -> Result<Chapter> {
    let mut outcomes = Vec::new();
    for contender in BOTH {
        let pair = Pair::new("bench-memory")?;
        let daemon = pair.start_first(bench, contender, V3_100_MS)?;
        let from = pair.first.address();
        pair.wire
            .expect(Duration::from_secs(10), "an advert", |seen| seen.is_advert_from(from))
            .with_context(|| daemon.last_words())?;
        bench.pause(Duration::from_millis(500))?;
        outcomes.push(Outcome { contender, resident: daemon.memory()? });
        daemon.stop()?;
    }
    let mut chapter = Chapter::new(
        "Memory",
        "VmRSS of a master with one virtual router; keepalived is two processes.",
        &outcomes,
    )?;
    let mut table = Table::new(&["daemon", "resident"]);
    for it in &outcomes {
        table.row(vec![it.contender.to_string(), it.resident.to_string()]);
    }
    chapter.tables.push(table);
    if let [ours, theirs] = outcomes.as_slice() {
        chapter.targets.push(Target::new(
            "memory of the daemon",
            "≤ 13 MB",
            ours.resident,
            theirs.resident,
            ours.resident.get() <= 13.0,
            "",
        ));
    }
    Ok(chapter)
}
