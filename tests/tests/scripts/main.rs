//! Programs that the daemon runs: checks, notify scripts, FIFOs; side by side with keepalived.

#![cfg(test)]

mod checks;
mod notify;
mod side;
