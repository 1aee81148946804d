//! What the election wants done, and why.

use std::{fmt, net::IpAddr};

use serde::{Deserialize, Serialize};

use crate::protocol::Priority;

/// The states of a virtual router (RFC 9568 §6.3), and keepalived's FAULT.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum State {
    /// Not started, or stopped.
    Initialize,
    /// Another router is master, or we wait to see whether one is.
    Backup,
    /// We hold the addresses.
    Master,
    /// We cannot take part.
    Fault,
}

impl State {
    /// The word for logs and `vrrp status`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Initialize => "initialize",
            Self::Backup => "backup",
            Self::Master => "master",
            Self::Fault => "fault",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Why a router cannot take part.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum FaultReason {
    /// The interface does not exist.
    InterfaceMissing,
    /// The interface is down, or has no carrier.
    InterfaceDown,
    /// Another interface, on which a virtual address lies, is down or does not exist.
    DeviceDown,
    /// The interface has no address to send adverts from.
    NoAddress,
    /// The interface's sockets cannot be opened.
    NoSocket,
    /// Another member of its sync group cannot take part.
    SyncGroup,
    /// The address that its adverts are to leave from (`track_src_ip`) is not on the interface.
    SourceMissing,
    /// Something that it tracks is not well.
    Tracked,
}

/// Why a state changed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Reason {
    /// The daemon or the interface has come up.
    Started,
    /// Priority 255.
    Owner,
    /// No master was heard for a whole `Master_Down_Interval`.
    MasterSilent,
    /// The master sent priority 0.
    MasterResigned,
    /// Only this lesser master was heard.
    Preempting {
        /// Its address.
        source: IpAddr,
        /// Its priority.
        priority: Priority,
    },
    /// A better master spoke.
    BetterMaster {
        /// Its address.
        source: IpAddr,
        /// Its priority.
        priority: Priority,
    },
    /// Our lease had run out when this router spoke: we were paused, and it has taken over.
    LeaseLost {
        /// Its address.
        source: IpAddr,
        /// Its priority.
        priority: Priority,
    },
    /// Its sync group became master, or backup, and it with it.
    SyncGroup,
    /// We were not scheduled for so long that somebody else is master by now.
    Late,
    /// We cannot take part.
    Fault(FaultReason),
    /// The daemon is stopping, or the router was taken out of the configuration.
    Stopped,
}

impl Reason {
    /// The stable word for `vrrp status --json` and structured logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Owner => "owner",
            Self::MasterSilent => "master_silent",
            Self::MasterResigned => "master_resigned",
            Self::Preempting { .. } => "preempting",
            Self::BetterMaster { .. } => "better_master",
            Self::LeaseLost { .. } => "lease_lost",
            Self::Fault(FaultReason::InterfaceMissing) => "interface_missing",
            Self::Fault(FaultReason::InterfaceDown) => "interface_down",
            Self::Fault(FaultReason::DeviceDown) => "device_down",
            Self::Fault(FaultReason::NoAddress) => "no_address",
            Self::Fault(FaultReason::NoSocket) => "no_socket",
            Self::Fault(FaultReason::SyncGroup) => "sync_group_fault",
            Self::Fault(FaultReason::SourceMissing) => "source_missing",
            Self::Fault(FaultReason::Tracked) => "tracked",
            Self::SyncGroup => "sync_group",
            Self::Late => "late",
            Self::Stopped => "stopped",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started => formatter.write_str("started, listening for a master"),
            Self::Owner => formatter.write_str("owns the addresses (priority 255)"),
            Self::MasterSilent => formatter.write_str("no master was heard"),
            Self::MasterResigned => formatter.write_str("the master resigned"),
            Self::Preempting { source, priority } => {
                write!(formatter, "the master {source} has the lower priority {priority}")
            }
            Self::BetterMaster { source, priority } => {
                write!(formatter, "{source} is master with priority {priority}")
            }
            Self::LeaseLost { source, priority } => write!(
                formatter,
                "was paused past its lease, and {source} is master with priority {priority}"
            ),
            Self::Fault(FaultReason::InterfaceMissing) => {
                formatter.write_str("the interface does not exist")
            }
            Self::Fault(FaultReason::InterfaceDown) => formatter.write_str("the interface is down"),
            Self::Fault(FaultReason::DeviceDown) => {
                formatter.write_str("the `dev` of a virtual address is down or does not exist")
            }
            Self::Fault(FaultReason::NoAddress) => {
                formatter.write_str("the interface has no address of its own to send from")
            }
            Self::Fault(FaultReason::NoSocket) => {
                formatter.write_str("the interface's sockets cannot be opened")
            }
            Self::Fault(FaultReason::SyncGroup) => {
                formatter.write_str("another member of its sync group cannot take part")
            }
            Self::Fault(FaultReason::SourceMissing) => {
                formatter.write_str("the configured source address is not on the interface")
            }
            Self::Fault(FaultReason::Tracked) => {
                formatter.write_str("something that it tracks is not well")
            }
            Self::SyncGroup => formatter.write_str("with its sync group"),
            Self::Late => formatter.write_str("was not scheduled for longer than a backup waits"),
            Self::Stopped => formatter.write_str("stopped"),
        }
    }
}

/// A change of state.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Transition {
    /// The state that ended.
    pub from: State,
    /// The state that begins.
    pub to: State,
    /// Why.
    pub reason: Reason,
}

/// What the driver has to do, in this order.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Action {
    /// Send an advert with this priority. Once it has left, and if it was no resignation, call
    /// [`super::VirtualRouter::departed`] and permit answering until the time that it returns.
    Advertise(Priority),
    /// Stop answering for the addresses.
    RevokeLease,
    /// Have adverts with this fingerprint stamped without waking anybody; `None`: hand on all.
    Absorb(Option<u64>),
    /// Send a gratuitous ARP for every address, so many times.
    Announce {
        /// Times.
        repeat: u32,
    },
    /// Send a gratuitous ARP for one address on each interface other than the router's own.
    AnnounceElsewhere,
    /// Put the addresses on their interfaces.
    HoldAddresses,
    /// Take the addresses off their interfaces.
    ReleaseAddresses,
    /// Tell people of a change of state.
    Report(Transition),
    /// Tell people that a router with less right to it behaves as a master.
    ReportRival {
        /// Its address.
        source: IpAddr,
        /// Its priority.
        priority: Priority,
    },
}
