//! What the dumps tell of.

use std::{
    net::IpAddr,
    time::{Duration, SystemTime},
};

use super::Stats;
use crate::{
    config::model::{
        GarpSchedule, Instance, RivalSchedule, SyncGroup, dumps::Dumps, script::Check,
    },
    election::State,
    protocol::{AdvertInterval, Priority},
};

/// Everything that the dumps tell.
#[derive(Clone, Debug)]
pub struct Report {
    /// Where they go, and in what form.
    pub settings: Dumps,
    /// The network namespace that the daemon was told to run in.
    pub namespace: Option<String>,
    /// `router_id`.
    pub router_id: Option<String>,
    /// The virtual routers.
    pub routers: Vec<RouterReport>,
    /// The sync groups.
    pub groups: Vec<SyncGroup>,
    /// The scripts.
    pub checks: Vec<CheckReport>,
}

/// A `vrrp_script`.
#[derive(Clone, Debug)]
pub struct CheckReport {
    /// Its configuration.
    pub check: Check,
    /// What it says, or will until it has said something.
    pub is_good: bool,
}

/// A virtual router.
#[derive(Clone, Debug)]
pub struct RouterReport {
    /// Its configuration.
    pub instance: Instance,
    /// Its state.
    pub state: State,
    /// The priority that it takes part with now.
    pub priority: Priority,
    /// When it came to its state.
    pub last_transition: SystemTime,
    /// The master that is followed.
    pub master: Option<MasterReport>,
    /// How long it waits for a silent master.
    pub master_down: Duration,
    /// The source of its adverts.
    pub source: Option<IpAddr>,
    /// The name of its sync group.
    pub sync_group: Option<String>,
    /// What has been counted.
    pub stats: Stats,
}

/// Another router that is master.
#[derive(Clone, Copy, Debug)]
pub struct MasterReport {
    /// Its address.
    pub address: IpAddr,
    /// Its priority.
    pub priority: Priority,
    /// Its interval.
    pub interval: AdvertInterval,
}

/// keepalived's number and word for a state.
pub(super) const fn state(state: State) -> (u8, &'static str) {
    match state {
        State::Initialize => (0, "INIT"),
        State::Backup => (1, "BACKUP"),
        State::Master => (2, "MASTER"),
        State::Fault => (3, "FAULT"),
    }
}

impl RouterReport {
    /// The state that it is after: a backup that is content to be one is after nothing else.
    pub(super) fn wanted(&self) -> State {
        if self.state == State::Master || self.instance.priority.is_owner() {
            State::Master
        } else {
            State::Backup
        }
    }

    /// `garp_lower_prio_delay` and `garp_lower_prio_repeat`, of which there is no say here unless
    /// the file has one.
    pub(super) fn after_lesser(&self) -> (Duration, u32) {
        match self.instance.garp.rivals {
            RivalSchedule::AsTold { delay, repeat } => (delay, repeat),
            RivalSchedule::UntilQuiet => {
                let usual = GarpSchedule::default();
                (usual.delay, usual.repeat)
            }
        }
    }

    /// Whether the addresses are on their interfaces, as far as that is for us to say.
    pub(super) fn holds_addresses(&self) -> bool {
        self.state == State::Master
    }
}
