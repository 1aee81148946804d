//! Running other programs, beside the loop: `vrrp_script`, `notify…`, and what reads the FIFOs.
//!
//! ```text
//!  loop ── orders ──► helper thread ─┬─ one task per check:  tick ─► run ─► rise, fall ─┐
//!   ▲                                ├─ one queue per instance and group: notify …      │
//!   │                                └─ FIFOs                                           │
//!   └──────────────── news: a check is well, ill or cannot be asked ◄──────────────────┘
//! ```
//!
//! To start a program costs time, and to look up a user or a path may take for ever:
//! neither may happen where the adverts are sent. The helper thread is started before the loop's
//! becomes a real-time one, so that programs inherit the ordinary policy.

mod account;
pub mod checks;
mod clerk;
mod fifo;
mod helper;
mod launch;
mod notify;
mod office;
mod path_safety;
mod resolve;
mod run;

pub use checks::{CheckFacts, LastRun, Tally, Verdict};
pub use helper::{Helper, StartError};
pub use launch::{Launcher, become_program};
pub use notify::{Source, Telling};
pub use office::{News, Orders, Programs};
pub use resolve::{Problem, Program, ResolveError, Resolver};
pub use run::{Ended, Outcome, run};
