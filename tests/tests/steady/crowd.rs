//! Threads that want every processor all the time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// Twice as many threads as there are processors, which compute until this is dropped, or until
/// the time is over.
pub(super) struct Crowd {
    over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Crowd {
    pub(super) fn gather(at_most: Duration) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let processors = thread::available_parallelism().unwrap().get();
        let compute = || {
            let over = Arc::clone(&over);
            let deadline = Instant::now() + at_most;
            move || {
                while !over.load(Ordering::Relaxed) && Instant::now() < deadline {
                    std::hint::black_box((0..10_000_u32).map(std::hint::black_box).sum::<u32>());
                }
            }
        };
        let threads = (0..2 * processors).map(|_| thread::spawn(compute())).collect();
        Self { over, threads }
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
