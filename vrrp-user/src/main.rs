//! The `vrrp` command.
fn main() {}
