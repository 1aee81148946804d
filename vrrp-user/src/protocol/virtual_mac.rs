//! The hardware address of a virtual router.

use super::{Family, Vrid};

/// The virtual router MAC address (RFC 9568 §7.3): 00:00:5e:00:01:VRID over IPv4,
/// 00:00:5e:00:02:VRID over IPv6.
#[must_use]
pub const fn virtual_mac(family: Family, vrid: Vrid) -> [u8; 6] {
    let kind = match family {
        Family::Ipv4 => 1,
        Family::Ipv6 => 2,
    };
    [0x00, 0x00, 0x5e, 0x00, kind, vrid.get()]
}
