//! Sending frames at a rate, never for longer than said.

use std::{
    hint,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, anyhow, ensure};
use vrrp_tests::FrameSender;

/// Frames handed to the kernel with one system call.
const BATCH: usize = 64;
/// A shorter sleep lasts longer than it was meant to.
const SHORTEST: Duration = Duration::from_micros(100);
/// A longer one would keep an interrupt waiting.
const LONGEST: Duration = Duration::from_millis(20);

/// What to send.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// They take turns.
    pub(crate) frames: Vec<Vec<u8>>,
    /// Frames per second; as many as go without.
    pub(crate) rate: Option<u32>,
    /// For how long at most.
    pub(crate) duration: Duration,
    /// How many at most.
    pub(crate) count: Option<u64>,
}

/// What was sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Poured {
    /// Frames that the kernel took.
    pub(crate) sent: u64,
    /// In this time.
    pub(crate) elapsed: Duration,
}

impl Poured {
    /// Frames per second.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    pub(crate) fn rate(&self) -> f64 {
        self.sent as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }
}

/// Sends until time or number are reached, or `over` says so.
///
/// # Errors
/// When there is nothing to send, or the kernel refuses.
pub(crate) fn pour(
    sender: &FrameSender,
    order: &Order,
    over: impl FnMut() -> bool,
) -> Result<Poured> {
    pour_in_bursts(sender, order, 1, over)
}

/// As [`pour`], waiting each time until so many are due, which costs less than an even pace.
fn pour_in_bursts(
    sender: &FrameSender,
    order: &Order,
    burst: usize,
    mut over: impl FnMut() -> bool,
) -> Result<Poured> {
    ensure!(!order.frames.is_empty(), "there is nothing to send");
    // Any batch is a slice of this, wherever it begins.
    let turns = order.frames.len();
    let ring: Vec<Vec<u8>> = order.frames.iter().cycle().take(turns + BATCH).cloned().collect();
    let most = order.count.unwrap_or(u64::MAX);
    let started = Instant::now();
    let (mut sent, mut next) = (0_u64, 0_usize);
    while sent < most && started.elapsed() < order.duration && !over() {
        let due = due(order.rate, started.elapsed()).min(most).saturating_sub(sent);
        let batch = usize::try_from(due).unwrap_or(BATCH).min(BATCH);
        if batch == 0 {
            wait(order.rate, burst);
            continue;
        }
        let taken = sender.send_batch(ring.get(next..next + batch).unwrap_or_default())?;
        sent += u64::try_from(taken)?;
        next = (next + taken) % turns;
    }
    Ok(Poured { sent, elapsed: started.elapsed() })
}

/// How many frames should have been sent by now.
fn due(rate: Option<u32>, elapsed: Duration) -> u64 {
    let Some(rate) = rate else { return u64::MAX };
    let nanos = elapsed.as_nanos().saturating_mul(rate.into());
    u64::try_from(nanos / 1_000_000_000).unwrap_or(u64::MAX).saturating_add(1)
}

/// Sleeps for as long as it takes until so many are due; spins if that is too short to sleep.
fn wait(rate: Option<u32>, burst: usize) {
    let apart = Duration::from_secs(1) / rate.unwrap_or(u32::MAX).max(1);
    let pause = apart.saturating_mul(u32::try_from(burst).unwrap_or(u32::MAX));
    if pause < SHORTEST {
        hint::spin_loop();
    } else {
        thread::sleep(pause.min(LONGEST));
    }
}

/// Sends in the background until it is stopped, its time is over, or it is dropped.
#[derive(Debug)]
pub(crate) struct Pouring {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<Poured>>>,
}

impl Pouring {
    /// Starts it.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub(crate) fn start(sender: FrameSender, order: Order) -> Result<Self> {
        Self::start_in_bursts(sender, order, 1)
    }

    /// As [`Pouring::start`], with frames that come in bursts of about so many.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub(crate) fn start_in_bursts(sender: FrameSender, order: Order, burst: usize) -> Result<Self> {
        let over = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&over);
        let thread = thread::Builder::new()
            .name("flood".to_owned())
            .spawn(move || {
                pour_in_bursts(&sender, &order, burst, || theirs.load(Ordering::Relaxed))
            })
            .context("starting a flood")?;
        Ok(Self { over, thread: Some(thread) })
    }

    /// Ends it and tells what was sent.
    ///
    /// # Errors
    /// When the kernel refused, or the thread panicked.
    pub(crate) fn stop(mut self) -> Result<Poured> {
        self.over.store(true, Ordering::Relaxed);
        let thread = self.thread.take().context("stopped twice")?;
        thread.join().map_err(|_| anyhow!("the flood panicked"))?
    }
}

impl Drop for Pouring {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic of it has been reported on stderr already.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_kept_from_the_first_frame_on() {
        assert_eq!(due(Some(10), Duration::ZERO), 1);
        assert_eq!(due(Some(10), Duration::from_millis(99)), 1);
        assert_eq!(due(Some(10), Duration::from_secs(2)), 21);
        assert_eq!(due(None, Duration::ZERO), u64::MAX);
    }
}
