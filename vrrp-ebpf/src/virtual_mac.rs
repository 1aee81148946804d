//! Frames to a router's virtual MAC address (RFC 9568 §7.3), which no interface has.

use crate::{
    abi::{FAMILY_IPV4, FAMILY_IPV6, RULE_VIRTUAL_MAC, RouterKey},
    frame::Frame,
    tables::Tables,
    wire::ethernet,
};

/// Whether the frame may be for a virtual router: one comparison, for every frame there is. Hardly
/// any other address begins with the same two bytes, and none of a group does.
#[inline(always)]
pub fn is_addressed(frame: &(impl Frame + ?Sized)) -> bool {
    let [first, second, ..] = ethernet::VIRTUAL_PREFIX;
    frame.start() == Some([first, second])
}

/// Gives a frame to the virtual MAC address of a router under the lease the interface's own
/// destination, so that the kernel takes it. Any other frame stays as it is, and the kernel
/// discards it as another host's. Whether it has changed.
#[inline(always)]
pub fn readdress(frame: &mut (impl Frame + ?Sized), ifindex: u32, tables: &impl Tables) -> bool {
    let Some([a, b, c, d, family, vrid]) = frame.read(0) else { return false };
    if [a, b, c, d] != ethernet::VIRTUAL_PREFIX {
        return false;
    }
    let family = match family {
        ethernet::VIRTUAL_IPV4 => FAMILY_IPV4,
        ethernet::VIRTUAL_IPV6 => FAMILY_IPV6,
        _ => return false,
    };
    let key = RouterKey { ifindex, family, vrid, pad: [0; 2] };
    let Some(rule) = tables.rule(&key) else { return false };
    rule.has(RULE_VIRTUAL_MAC)
        && tables.now() < tables.lease_until(rule.slot)
        && frame.write(0, &rule.mac).is_some()
}
