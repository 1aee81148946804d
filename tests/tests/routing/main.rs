//! What is put into the kernel beside the election: options of addresses, routes and rules.

#![cfg(test)]

mod side_by_side;
mod stage;
mod upkeep;
