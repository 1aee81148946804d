//! The task of one check.

use std::time::{Duration, Instant, SystemTime};

use tokio::{
    sync::oneshot,
    time::{MissedTickBehavior, interval, timeout},
};

use super::{LastRun, Shared, Verdict};
use crate::{
    config::model::{probe::Native, script::Check},
    probe,
    programs::{Ended, Launcher, Outcome, Program, run},
};

/// What is asked, ready to be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::programs) enum Asked {
    /// A program.
    Program(Program),
    /// By the daemon itself.
    Native(Native),
}

/// Asks at every interval until `stop` is dropped, and hands on the verdict whenever it changes.
///
/// The next run begins at a multiple of the interval after the first; one that would overlap the
/// one before is left out.
pub(in crate::programs) async fn watch(
    check: Check,
    asked: Asked,
    launcher: Launcher,
    facts: Shared,
    mut stop: oneshot::Receiver<()>,
    changed: impl Fn(Verdict),
) {
    let mut ticks = interval(check.interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            biased;
            _ = &mut stop => return,
            _ = ticks.tick() => {}
        }
        let (halt, halted) = oneshot::channel();
        let told = |ended: Ended| {
            if ended.outcome != Outcome::Stopped
                && let Some(verdict) = take_in(&check, &facts, &ended)
            {
                changed(verdict);
            }
        };
        let running = async {
            match &asked {
                Asked::Program(program) => {
                    run(&launcher, program, &[], Some(check.timeout), halted, told).await;
                }
                Asked::Native(native) => {
                    told(ask(native, check.timeout, halted).await);
                }
            }
        };
        let mut running = std::pin::pin!(running);
        tokio::select! {
            () = &mut running => {}
            _ = &mut stop => {
                drop(halt);
                running.await;
                return;
            }
        }
    }
}

/// Asks once, until `halted` hears of it.
async fn ask(native: &Native, limit: Duration, halted: oneshot::Receiver<()>) -> Ended {
    let (began, start) = (SystemTime::now(), Instant::now());
    let outcome = tokio::select! {
        answer = timeout(limit, probe::ask(native)) => match answer {
            Ok(Ok(())) => Outcome::Well,
            Ok(Err(ill)) => Outcome::Ill(ill.to_string()),
            Err(_) => Outcome::TimedOut,
        },
        _ = halted => Outcome::Stopped,
    };
    Ended { outcome, began, took: start.elapsed() }
}

/// Notes a run; returns the verdict if it is another than before.
fn take_in(check: &Check, facts: &Shared, ended: &Ended) -> Option<Verdict> {
    let is_good = ended.outcome.is_success();
    let (before, after) = facts.change(|facts| {
        let before = facts.tally.verdict();
        facts.tally = facts.tally.after(is_good, check);
        facts.runs += 1;
        facts.failures += u64::from(!is_good);
        facts.timeouts += u64::from(ended.outcome == Outcome::TimedOut);
        facts.last = Some(LastRun {
            outcome: ended.outcome.to_string(),
            exit: match ended.outcome {
                Outcome::Exited(status) => Some(status),
                _ => None,
            },
            began: ended.began,
            took: ended.took,
        });
        (before, facts.tally.verdict())
    });
    let verdict = after.filter(|_| before != after)?;
    let name = &check.name;
    match verdict {
        Verdict::Well => tracing::info!(check = %name, "script {name} succeeds"),
        Verdict::Ill => tracing::warn!(check = %name, "script {name} fails: it {}", ended.outcome),
    }
    Some(verdict)
}
