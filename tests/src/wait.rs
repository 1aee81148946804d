//! Waiting for something to become true, never for longer than said.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

use crate::interrupt;

const PAUSE: Duration = Duration::from_millis(5);

/// Asks `question` every few milliseconds until it answers `true`; returns how long that took.
///
/// # Errors
/// After `timeout`, naming `what` was waited for; at once after an interrupt.
pub fn wait_until(
    timeout: Duration,
    what: &str,
    mut question: impl FnMut() -> bool,
) -> Result<Duration> {
    let started = Instant::now();
    poll_for(timeout, what, || question().then_some(()))?;
    Ok(started.elapsed())
}

/// Asks `question` every few milliseconds until it has an answer.
///
/// # Errors
/// After `timeout`, naming `what` was waited for; at once after an interrupt.
pub fn poll_for<T>(
    timeout: Duration,
    what: &str,
    mut question: impl FnMut() -> Option<T>,
) -> Result<T> {
    let deadline = Instant::now() + timeout;
    loop {
        // The deadline is read before the question: a slow last answer still counts.
        let over = Instant::now() >= deadline;
        if let Some(answer) = question() {
            return Ok(answer);
        }
        if over {
            bail!("waited {timeout:?} in vain for {what}");
        }
        if interrupt::raised() {
            bail!("interrupted while waiting for {what}");
        }
        thread::sleep(PAUSE);
    }
}
