//! Keeping every processor busy.

use std::{
    hint,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};

/// Rounds between two looks at the clock.
const ROUNDS: u32 = 100_000;

/// Threads that compute without pause until they are dropped, or their time is over.
#[derive(Debug)]
pub(crate) struct Hogs {
    over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Hogs {
    /// Starts so many, for at most so long.
    pub(crate) fn start(number: usize, longest: Duration) -> Result<Self> {
        let mut hogs = Self { over: Arc::default(), threads: Vec::new() };
        for _ in 0..number {
            let over = Arc::clone(&hogs.over);
            let thread = thread::Builder::new().name("hog".to_owned()).spawn(move || {
                let end = Instant::now() + longest;
                while !over.load(Ordering::Relaxed) && Instant::now() < end {
                    for round in 0..ROUNDS {
                        hint::black_box(round);
                    }
                }
            });
            hogs.threads.push(thread.context("starting a hog")?);
        }
        Ok(hogs)
    }
}

impl Drop for Hogs {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // It cannot panic.
            let _ = thread.join();
        }
    }
}
