//! Ctrl-C without leaving namespaces behind.
//!
//! Once [`catch`] has run, SIGINT, SIGTERM and SIGHUP only set a flag; every wait of this crate
//! ends with an error when it is set, so that the caller unwinds through the lab's `Drop`.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

static RAISED: AtomicBool = AtomicBool::new(false);

/// From now on SIGINT, SIGTERM and SIGHUP ask for an orderly end.
///
/// # Errors
/// When the kernel refuses the handler.
pub fn catch() -> Result<()> {
    let action = SigAction::new(SigHandler::Handler(note), SaFlags::SA_RESTART, SigSet::empty());
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        // SAFETY: the handler only stores to an atomic, which is async-signal-safe.
        unsafe { sigaction(signal, &action) }.with_context(|| format!("catching {signal}"))?;
    }
    Ok(())
}

/// Whether an orderly end was asked for.
#[must_use]
pub fn raised() -> bool {
    RAISED.load(Ordering::Relaxed)
}

extern "C" fn note(_signal: libc::c_int) {
    RAISED.store(true, Ordering::Relaxed);
}
