//! Whether the node is an IPv6 router.

use std::fs;

/// Whether IPv6 packets that come in on the interface called `interface` are forwarded: then the
/// Neighbor Advertisements from there say "router" (RFC 4861 §4.4). In the network namespace of the
/// calling thread; `false` where it cannot be read, as on a kernel without IPv6.
#[must_use]
pub fn ipv6_forwarding(interface: &str) -> bool {
    let file = format!("/proc/sys/net/ipv6/conf/{interface}/forwarding");
    // Values above 1 forward as well.
    fs::read_to_string(file)
        .ok()
        .and_then(|text| text.trim().parse::<i32>().ok())
        .is_some_and(|value| value != 0)
}
