//! Who is told when a state changes.

use std::path::PathBuf;

use super::script::{Account, Command};

/// What is run when an instance or a sync group changes state. Each command runs as it stands, save
/// [`Notify::any`].
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Notify {
    /// `notify_master`
    pub master: Option<Command>,
    /// `notify_backup`
    pub backup: Option<Command>,
    /// `notify_fault`
    pub fault: Option<Command>,
    /// `notify_stop`
    pub stop: Option<Command>,
    /// `notify_deleted` with a command; instances only.
    pub deleted: Option<Command>,
    /// `notify`: run after the others with `INSTANCE` or `GROUP`, name, state and priority behind its
    /// own arguments.
    pub any: Option<Command>,
    /// `notify_master_rx_lower_pri`: a master has heard a lesser one; instances only.
    pub lesser_master: Option<Command>,
    /// `notify_deleted`: an instance that a reload takes away is `DELETED`, else `FAULT`.
    pub says_deleted: bool,
    /// `notify_priority_changes`, its group's, or `vrrp_notify_priority_changes`: changes of priority
    /// are written to the FIFOs.
    pub priority_changes: bool,
}

impl Notify {
    /// Every command there is.
    pub fn commands(&self) -> impl Iterator<Item = &Command> {
        let Self { master, backup, fault, stop, deleted, any, lesser_master, .. } = self;
        [master, backup, fault, stop, deleted, any, lesser_master].into_iter().flatten()
    }
}

/// The FIFOs that changes of state are written to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Fifos {
    /// `notify_fifo`
    pub general: Option<Fifo>,
    /// `vrrp_notify_fifo`
    pub vrrp: Option<Fifo>,
    /// `fifo_write_vrrp_states_on_reload`: after a reload every state is written again.
    pub states_on_reload: bool,
}

/// A FIFO, made if it is not there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fifo {
    /// Where.
    pub path: PathBuf,
    /// Whose it is when it is made; `None` for the account that programs run as.
    pub owner: Option<Account>,
    /// `notify_fifo_script`: started with the path behind its own arguments, to read it.
    pub script: Option<Command>,
}
