//! What a router tracks, and what becomes of its priority and its state: our daemon and keepalived
//! with the same file, side by side.

#![cfg(test)]

mod continuity;
mod elections;
mod processes;
mod side_by_side;
mod support;
