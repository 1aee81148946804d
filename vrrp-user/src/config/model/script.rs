//! What is run or asked to learn how a service is.

use std::time::Duration;

use super::{probe::Native, tracking::Weight};

/// A program with its arguments. It is run without a shell.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Command {
    /// The program's path, then its arguments: at least one word.
    pub words: Vec<String>,
    /// Whom it runs as; `None` for the default, which is `script_user` of `global_defs`, else the
    /// user `keepalived_script` where there is one, else the daemon's own.
    pub account: Option<Account>,
}

/// A user to run a program as.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Account {
    /// The user's name or number.
    pub user: String,
    /// A group in place of the user's own.
    pub group: Option<String>,
}

/// What goes for every program that is run.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Scripts {
    /// `script_user`
    pub account: Option<Account>,
    /// `enable_script_security`: nothing runs as root that others than root can change.
    pub security: bool,
    /// `startup_script`: before the daemon takes part.
    pub startup: Option<TimedCommand>,
    /// `shutdown_script`: after it has stopped taking part.
    pub shutdown: Option<TimedCommand>,
}

/// A program that is waited for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TimedCommand {
    /// The program.
    pub command: Command,
    /// It is ended when it takes longer.
    pub timeout: Duration,
}

/// One `vrrp_script`: something that is asked again and again whether all is well.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Check {
    /// The name after `vrrp_script`; unique among them.
    pub name: String,
    /// What is asked.
    pub probe: Probe,
    /// `interval`: from the start of one run to the start of the next; at least 1 ms.
    pub interval: Duration,
    /// `timeout`: a run that takes longer has failed and is ended; the interval unless given.
    pub timeout: Duration,
    /// `weight`: what it counts where a `track_script` gives no other.
    pub weight: Weight,
    /// `rise`: so many good runs after a bad one make it good; at least 1.
    pub rise: u32,
    /// `fall`: so many bad runs after a good one make it bad; at least 1.
    pub fall: u32,
    /// `init_fail`: it is bad until it has been good.
    pub init_fail: bool,
}

/// What a `vrrp_script` asks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Probe {
    /// `script`: good when it exits with 0.
    Command(Command),
    /// A question that needs no program.
    Native(Native),
}
