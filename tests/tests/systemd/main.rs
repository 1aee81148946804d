//! The unit of packaging/ under systemd itself: start, restart, reload, stop, crash, hang, scripts, and the
//! way from keepalived.

#![cfg(test)]

mod failures;
mod migration;
mod orders;
mod scripts;
mod support;
