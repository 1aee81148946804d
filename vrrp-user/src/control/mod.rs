//! The control socket: how `vrrp status` and `vrrp reload` reach a running daemon.
//!
//! A client sends one line of JSON, `{"version":1,"command":"status"}`, and gets one line back.

mod client;
pub mod reload;
mod server;
pub mod status;

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

pub use client::{ClientError, ask, peer};
pub use server::{ControlError, serve};

use reload::ReloadReport;
use status::Status;

use crate::daemon::{Handover, Identity};

/// Version of requests and answers. Fields may be added without raising it.
pub const PROTOCOL: u32 = 1;

/// What a client may ask for.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Ask {
    /// How things are.
    Status,
    /// Read the configuration again, as on SIGHUP, and say what came of it.
    Reload,
    /// Read the configuration and say what a reload would change.
    Plan,
    /// Stop in the asker's favour and say what each router has come to.
    TakeOver {
        /// [`crate::daemon::HANDOVER`].
        version: u32,
        /// The routers that the asker will run; the others resign.
        heirs: Vec<Identity>,
    },
}

/// A line from a client.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Request {
    /// [`PROTOCOL`].
    pub version: u32,
    /// What it wants.
    pub command: Ask,
}

/// The line back.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Response {
    /// The answer to [`Ask::Status`].
    Status(Box<Status>),
    /// The answer to [`Ask::Reload`] and [`Ask::Plan`].
    Reload(Box<ReloadReport>),
    /// The answer to [`Ask::TakeOver`].
    Handover(Box<Handover>),
    /// Why there is no answer.
    Error(String),
}

/// A request on its way to the loop, which answers through the channel.
#[derive(Debug)]
pub enum Command {
    /// How things are.
    Status(oneshot::Sender<Box<Status>>),
    /// Read the configuration again.
    Reload(ReloadSender),
    /// Say what a reload would change.
    Plan(ReloadSender),
    /// Stop in the asker's favour.
    TakeOver {
        /// The routers that the asker will run.
        heirs: Vec<Identity>,
        /// Takes what each has come to, and a sender that is dropped once the asker has it.
        answer: HandoverSender,
    },
}

/// The way of a reload's outcome to the asker.
pub type ReloadSender = oneshot::Sender<Box<ReloadReport>>;

/// The way of a handover to the asker.
pub type HandoverSender = oneshot::Sender<(Box<Handover>, oneshot::Sender<()>)>;
