//! A busy machine: every processor is wanted by others. In a binary of its own, since that would
//! disturb other tests.

#![cfg(test)]

mod crowd;
mod load;
mod scheduling;
mod witness;
