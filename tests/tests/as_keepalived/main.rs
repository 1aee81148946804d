//! In keepalived's place: its command line, its signals, its dumps, beside keepalived itself.

#![cfg(test)]

mod command_line;
mod dumps;
mod support;
