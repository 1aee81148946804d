use std::process::{Child, Command};

use tokio::{runtime, time::timeout};

use super::*;
use crate::config::model::tracking::{Matching, Weight};

/// Killed when the test ends.
struct Sleeper(Child);

impl Sleeper {
    fn start(seconds: &str) -> Self {
        Self(Command::new("sleep").arg(seconds).spawn().unwrap())
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_end_of_a_process_is_told_at_once() {
    // Nobody else sleeps for so long.
    let seconds = format!("{}", 100_000 + std::process::id());
    let tracked = TrackProcess {
        name: "p".to_owned(),
        command: "sleep".to_owned(),
        parameters: vec![seconds.clone()],
        matching: Matching::Exact,
        weight: Weight::default(),
        quorum: 1,
        most: None,
        fork_delay: Duration::ZERO,
        terminate_delay: Duration::ZERO,
    };
    let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (reports, mut told) = mpsc::channel(9);
        let task = tokio::spawn(watch(vec![tracked], reports));
        let mut next = async |within| timeout(within, told.recv()).await.ok().flatten();
        let first = next(OFTEN).await.unwrap();
        assert_eq!(
            (first.what, first.condition),
            (Tracked::Process("p".to_owned()), Condition::Ill)
        );
        let sleeper = Sleeper::start(&seconds);
        assert_eq!(next(3 * OFTEN).await.unwrap().condition, Condition::Well);
        assert!(next(2 * GAP).await.is_none());
        drop(sleeper);
        // Long before the next look.
        assert_eq!(next(OFTEN).await.unwrap().condition, Condition::Ill);
        task.abort();
    });
}
