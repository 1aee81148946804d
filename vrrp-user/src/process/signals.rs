//! The signals that the daemon heeds, which are keepalived's.

use tokio::signal::unix::SignalKind;

/// What somebody may want of the daemon by a signal, under the names of `keepalived --signum`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Wish {
    /// `STOP`
    Stop,
    /// `RELOAD`
    Reload,
    /// `DATA`: [`crate::dump::Kind::Data`].
    Data,
    /// `STATS`: [`crate::dump::Kind::Stats`].
    Stats,
    /// `STATS_CLEAR`: the same, and the counters start anew.
    StatsClear,
    /// `JSON`: [`crate::dump::Kind::Json`].
    Json,
    /// Not of keepalived: be ready to be replaced; see `RestartKillSignal=` in the unit.
    Restart,
}

impl Wish {
    /// Those that keepalived knows.
    pub const KEEPALIVED: [Self; 6] =
        [Self::Stop, Self::Reload, Self::Data, Self::Stats, Self::StatsClear, Self::Json];

    /// Its name on keepalived's command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stop => "STOP",
            Self::Reload => "RELOAD",
            Self::Data => "DATA",
            Self::Stats => "STATS",
            Self::StatsClear => "STATS_CLEAR",
            Self::Json => "JSON",
            Self::Restart => "RESTART",
        }
    }

    /// The number of its signal. Where those of real time begin and end is for the C library to say.
    #[must_use]
    pub fn number(self) -> i32 {
        match self {
            Self::Stop => libc::SIGTERM,
            Self::Reload => libc::SIGHUP,
            Self::Data => libc::SIGUSR1,
            Self::Stats => libc::SIGUSR2,
            Self::StatsClear => libc::SIGRTMAX() - 1,
            Self::Json => libc::SIGRTMIN() + 2,
            Self::Restart => libc::SIGRTMIN() + 5,
        }
    }

    /// Its signal.
    #[must_use]
    pub fn signal(self) -> SignalKind {
        SignalKind::from_raw(self.number())
    }
}
