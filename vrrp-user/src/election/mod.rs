//! The election: one virtual router's state machine (RFC 9568 §6.4, with keepalived's semantics).
//!
//! Sans-IO and deterministic: time comes in as an argument, what is to be done goes out as
//! [`Action`]s, and [`VirtualRouter::next_deadline`] says when to call again. The driver's part:
//!
//! ```text
//!   frames ──► receive(advert, now) ─┐                    ┌─► advertise, then departed(at)
//!   clock ───► expire(now, heard) ───┼─► Vec<Action> ─────┼─► lease, addresses, announcements
//!   links ───► start / fault / stop ─┘                    └─► report
//! ```
//!
//! Members of a sync group are brought in step by [`next_step`] after whatever happened to one of
//! them.

mod action;
mod advert;
mod announcements;
mod backup;
mod master;
mod router;
mod settings;
mod sync_group;

#[cfg(test)]
mod lan;
#[cfg(test)]
mod tests;

pub use action::{Action, FaultReason, Reason, State, Transition};
pub use advert::{Advert, KnownMaster, LesserMaster};
pub use router::{Standing, VirtualRouter};
pub use settings::Settings;
pub use sync_group::{Change, Step, change, has_own_fault, next_step};
