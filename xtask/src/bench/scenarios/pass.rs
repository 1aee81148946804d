//! What a frame costs that is none of our business.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::Serialize;
use vrrp_tests::Lab;

use super::{
    super::{
        Bench, bpf,
        chapter::{Chapter, Table, Target},
        contender::Contender,
        pair::FIRST_PRIORITY,
        settings::V2_1_S,
        stats::{Figure, Nanos, Summary},
    },
    hooks,
};
use crate::tell;

const REPEAT: u32 = 1_000_000;

#[derive(Debug, Serialize)]
struct Outcome {
    /// Name of the program.
    program: String,
    hook: &'static str,
    /// Per frame.
    ours: Summary<Nanos>,
    /// Per frame, of a program that only passes.
    empty: Summary<Nanos>,
    /// Between the medians.
    over_empty: Figure<Nanos>,
}

pub(super) fn measure(bench: &Bench) -> Result<Chapter> {
    let rounds = bench.trials(5, 25);
    let mut outcomes: Vec<Outcome> = Vec::new();
    for hook in hooks(bench)?.into_iter().filter(|hook| *hook != "native") {
        tell::note(&format!("{hook}: {rounds} rounds of {REPEAT} frames"));
        for outcome in run(bench, hook, rounds)? {
            if outcomes.iter().all(|it| it.program != outcome.program) {
                outcomes.push(outcome);
            }
        }
    }
    let mut chapter = Chapter::new(
        "A frame that is none of our business",
        "A full-sized TCP segment through each program of a running daemon, and through one that only passes, with \
         BPF_PROG_TEST_RUN, a million times a round, in turns; the kernel counts whole nanoseconds. Generic and native XDP \
         run the same program.",
        &outcomes,
    )?;
    let mut table = Table::new(&["program", "hook", "per frame", "an empty program", "beyond it"]);
    for it in &outcomes {
        table.row(vec![
            it.program.clone(),
            it.hook.to_owned(),
            it.ours.to_string(),
            it.empty.to_string(),
            it.over_empty.to_string(),
        ]);
        chapter.targets.push(Target::new(
            &format!("a frame that is none of our business, program {} ({})", it.program, it.hook),
            "≤ 5 ns over an empty program",
            format!("{} over", it.over_empty),
            it.empty.median,
            it.over_empty.get() <= 5.0,
            "it has to look behind VLAN tags and at the protocol before it can tell",
        ));
    }
    chapter.tables.push(table);
    Ok(chapter)
}

fn run(bench: &Bench, hook: &str, rounds: usize) -> Result<Vec<Outcome>> {
    let mut lab = Lab::new("bench-pass")?;
    let node = lab.add_node("cube01", "10.0.0.60/24")?;
    let config = V2_1_S.conf(FIRST_PRIORITY).text();
    let daemon = Contender::Ours.start_with(bench, &node, &config, &["--hook", hook])?;
    bench.pause(Duration::from_secs(1))?;
    let frame = tcp_frame(node.mac());
    let mut outcomes = Vec::new();
    for program in bpf::held_by(&daemon.pids())? {
        let Some(kind) = program.hook else { continue };
        let nothing = bpf::load(kind, &kind.pass())?;
        let (mut ours, mut empty) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            ours.push(f64::from(bpf::test_run(&program.descriptor, &frame, REPEAT)?));
            empty.push(f64::from(bpf::test_run(&nothing, &frame, REPEAT)?));
        }
        let ours = Summary::<Nanos>::of(&ours).context("nothing measured")?;
        let empty = Summary::<Nanos>::of(&empty).context("nothing measured")?;
        outcomes.push(Outcome {
            program: program.name,
            hook: kind.name(),
            over_empty: Figure::new(ours.median.get() - empty.median.get()),
            ours,
            empty,
        });
    }
    daemon.stop()?;
    Ok(outcomes)
}

/// A full-sized TCP segment.
fn tcp_frame(destination: [u8; 6]) -> Vec<u8> {
    let start = [
        &destination[..],
        &[2, 0, 0, 0, 0, 9, 0x08, 0x00],
        &[0x45, 0, 0x05, 0xdc, 0, 1, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 10, 10, 0, 0, 60],
    ];
    let mut frame = start.concat();
    frame.resize(1_514, 0);
    frame
}
