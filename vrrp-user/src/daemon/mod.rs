//! The driver: one single-threaded loop that carries events in and actions out.
//!
//! ```text
//!  eBPF ring, raw socket ──► adverts ─┐             ┌──► adverts, gratuitous ARP (AF_PACKET)
//!  timerfd ────────────────► timers ──┼─ election ──┼──► rules, leases (BPF maps)
//!  netlink thread ─────────► links ───┘             └──► addresses (netlink thread)
//!  signals, control socket, watchdog ──► stop, reload, status
//! ```
//!
//! Whatever woke it, the loop first drains what was heard and only then looks at the timers: a
//! late wake-up must never be mistaken for a silent master.

mod cleanup;
mod conflicts;
mod deadlines;
mod driver;
mod drops;
mod dumps;
mod handover;
mod heard;
mod interface;
mod link_holds;
mod links;
mod pacer;
mod participation;
mod perform;
mod pid_files;
mod port;
mod programs;
mod promotion;
mod rate_limit;
mod reload;
mod rounds;
mod routing;
mod rule;
mod run;
mod runtime_dir;
mod scheduling;
mod slots;
mod snapshot;
mod statics;
mod strangers;
mod sync_groups;
mod systemd;
mod take_over;
mod telling;
mod timers;
mod tracking;
mod virtual_router;
mod wire_form;

use std::path::PathBuf;

pub use cleanup::{Cleaned, CleanupError, cleanup};
pub use handover::{HANDOVER, Handover, Identity};
pub use pid_files::PidFileError;
pub use run::{RunError, run};
pub use runtime_dir::{CONTROL_SOCKET, RuntimeDirError};

use crate::{config::ConfigId, dataplane::HookRequest};

/// How the daemon is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The configuration file.
    pub config: PathBuf,
    /// Which node this is for the configuration file, at a reload too.
    pub config_id: ConfigId,
    /// Where the lock and the control socket lie.
    pub runtime_dir: PathBuf,
    /// Where the eBPF program is pinned.
    pub bpffs: PathBuf,
    /// Which hook the operator wants.
    pub hook: HookRequest,
    /// Have the eBPF program trace what it does.
    pub trace: bool,
    /// Take the place of a running daemon.
    pub replace: bool,
    /// Hand over to the next one soon, or resign.
    pub stand_in: bool,
    /// Files to hold the number of the process while the daemon runs.
    pub pid_files: Vec<PathBuf>,
    /// The network namespace that the process has been moved to; only told.
    pub namespace: Option<String>,
}
