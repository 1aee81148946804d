//! The reference user: the four-node cube and its keepalived.conf.

use std::net::{Ipv4Addr, Ipv6Addr};

/// The nodes: name, address, `state`, priority.
pub const NODES: [(&str, Ipv4Addr, &str, u8); 4] = [
    ("cube01", Ipv4Addr::new(10, 0, 0, 60), "MASTER", 100),
    ("cube02", Ipv4Addr::new(10, 0, 0, 61), "BACKUP", 90),
    ("cube03", Ipv4Addr::new(10, 0, 0, 62), "BACKUP", 80),
    ("cube04", Ipv4Addr::new(10, 0, 0, 63), "BACKUP", 70),
];

/// The virtual address.
pub const VIP: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 70);

/// A virtual address for tests with IPv6.
pub const VIP6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x46);

/// The client.
pub const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 10);

/// The virtual router's identifier.
pub const VRID: u8 = 51;

/// The password as the file has it; eight bytes of it go on the wire.
pub const PASSWORD: &str = "mypassword";

/// The reference user's keepalived.conf with an instance name, state and priority filled in.
#[must_use]
pub fn config(name: &str, state: &str, priority: u8) -> String {
    format!(
        "! Configuration File for keepalived

vrrp_instance {name} {{
    state {state}
    interface eth0
    virtual_router_id {VRID}
    priority {priority}
    advert_int 1
    authentication {{
        auth_type PASS
        auth_pass {PASSWORD}
    }}
    virtual_ipaddress {{
        {VIP}
    }}
}}
"
    )
}
