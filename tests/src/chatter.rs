//! A peer that keeps saying the same.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow};

use crate::{FrameSender, Node};

/// No test talks for longer than so many rounds.
const MOST_ROUNDS: u64 = 1_000_000;

/// Sends the same frames again and again until it is stopped or dropped.
#[derive(Debug)]
pub struct Chatter {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<u64>>,
}

impl Chatter {
    /// Sends all `frames` at once, from the node's `eth0`, and again after each `interval`.
    ///
    /// # Errors
    /// When there is no socket to be had.
    pub fn start(node: &Node, frames: Vec<Vec<u8>>, interval: Duration) -> Result<Self> {
        let sender = FrameSender::open(node)?;
        let over = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&over);
        let thread = thread::Builder::new()
            .name("chatter".to_owned())
            .spawn(move || talk(&sender, &frames, interval, &theirs))
            .context("starting a chatter")?;
        Ok(Self { over, thread: Some(thread) })
    }

    /// Ends it; returns how many rounds it has sent.
    ///
    /// # Errors
    /// When its thread panicked.
    pub fn stop(mut self) -> Result<u64> {
        self.over.store(true, Ordering::Relaxed);
        let thread = self.thread.take().context("stopped twice")?;
        thread.join().map_err(|_| anyhow!("the chatter panicked"))
    }
}

impl Drop for Chatter {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // Its panic has been reported on stderr already.
            let _ = thread.join();
        }
    }
}

fn talk(sender: &FrameSender, frames: &[Vec<u8>], interval: Duration, over: &AtomicBool) -> u64 {
    let mut next = Instant::now();
    for round in 0..MOST_ROUNDS {
        if over.load(Ordering::Relaxed) {
            return round;
        }
        for frame in frames {
            // A link that is down is part of some stories.
            let _ = sender.send(frame);
        }
        // On a grid, without a burst after a pause.
        next = (next + interval).max(Instant::now());
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    MOST_ROUNDS
}
