//! Build, run, demonstrate, test and measure vrrp.
fn main() {}
