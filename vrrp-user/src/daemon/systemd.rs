//! Telling systemd how things are. Without systemd nothing happens.

use std::time::Duration;

use sd_notify::NotifyState;

/// The daemon takes part in the election.
pub(super) fn ready(status: &str) {
    notify(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// The configuration is being read again.
pub(super) fn reloading() {
    if let Ok(now) = NotifyState::monotonic_usec_now() {
        notify(&[NotifyState::Reloading, now]);
    }
}

/// One line for `systemctl status`.
pub(super) fn status(status: &str) {
    notify(&[NotifyState::Status(status)]);
}

/// The daemon is resigning.
pub(super) fn stopping() {
    notify(&[NotifyState::Stopping]);
}

/// The loop is alive.
pub(super) fn pet_watchdog() {
    notify(&[NotifyState::Watchdog]);
}

/// How often the watchdog wants to hear from the loop: half of what it allows.
pub(super) fn watchdog_interval() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|allowed| allowed / 2).filter(|period| !period.is_zero())
}

fn notify(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::debug!(%error, "cannot notify systemd");
    }
}
