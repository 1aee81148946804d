//! The election, told as stories that are the same for every version, family and hook.

mod backups;
mod masters;
mod owners;

use vrrp_tests::require;

use super::stage::{Dut, Mode, Stage, Story, V2, V3, V3_6, Variant, tell};

const BOTH: &[u8] = &[2, 3];

fn all() -> Vec<Story> {
    [backups::STORIES, masters::STORIES, owners::STORIES].concat()
}

fn with(variant: Variant, hook: &'static str) {
    tell(&all(), variant, Dut::Ours(hook));
}

#[test]
fn version_2_in_generic_mode() {
    require!(Lab, Vrrp);
    with(V2, "generic");
}

#[test]
fn version_2_in_native_mode() {
    require!(Lab, Vrrp);
    with(V2, "native");
}

#[test]
fn version_2_at_tc() {
    require!(Lab, Vrrp);
    with(V2, "tc");
}

#[test]
fn version_2_without_ebpf() {
    require!(Lab, Vrrp);
    with(V2, "off");
}

#[test]
fn version_3_in_generic_mode() {
    require!(Lab, Vrrp);
    with(V3, "generic");
}

#[test]
fn version_3_in_native_mode() {
    require!(Lab, Vrrp);
    with(V3, "native");
}

#[test]
fn version_3_at_tc() {
    require!(Lab, Vrrp);
    with(V3, "tc");
}

#[test]
fn version_3_without_ebpf() {
    require!(Lab, Vrrp);
    with(V3, "off");
}

#[test]
fn version_3_over_ipv6_in_generic_mode() {
    require!(Lab, Vrrp);
    with(V3_6, "generic");
}

#[test]
fn version_3_over_ipv6_in_native_mode() {
    require!(Lab, Vrrp);
    with(V3_6, "native");
}

#[test]
fn version_3_over_ipv6_at_tc() {
    require!(Lab, Vrrp);
    with(V3_6, "tc");
}

#[test]
fn version_3_over_ipv6_without_ebpf() {
    require!(Lab, Vrrp);
    with(V3_6, "off");
}

/// Native mode and tc are left out where the program does nothing else there than in generic mode.
fn in_mode(name: &'static str, mode: Mode, variant: Variant, hook: &'static str) {
    with(Variant { name, mode, ..variant }, hook);
}

#[test]
fn version_2_to_a_peer() {
    require!(Lab, Vrrp);
    in_mode("v2-unicast", Mode::Unicast, V2, "generic");
}

#[test]
fn version_3_to_a_peer() {
    require!(Lab, Vrrp);
    in_mode("v3-unicast", Mode::Unicast, V3, "generic");
    in_mode("v3-unicast", Mode::Unicast, V3, "off");
}

#[test]
fn version_3_over_ipv6_to_a_peer() {
    require!(Lab, Vrrp);
    in_mode("v3-6-unicast", Mode::Unicast, V3_6, "generic");
    in_mode("v3-6-unicast", Mode::Unicast, V3_6, "off");
}

#[test]
fn version_2_with_virtual_macs() {
    require!(Lab, Vrrp);
    in_mode("v2-vmac", Mode::VirtualMac, V2, "generic");
}

#[test]
fn version_3_with_virtual_macs() {
    require!(Lab, Vrrp);
    in_mode("v3-vmac", Mode::VirtualMac, V3, "generic");
}

#[test]
fn version_3_over_ipv6_with_virtual_macs() {
    require!(Lab, Vrrp);
    in_mode("v3-6-vmac", Mode::VirtualMac, V3_6, "generic");
}

/// The same with keepalived 2.2.7, where we do as it does: the stories are no inventions.
#[test]
fn keepalived_lives_by_the_same_rules() {
    require!(Lab, Keepalived);
    for variant in [V2, V3, V3_6] {
        tell(&all(), variant, Dut::Keepalived);
    }
    for variant in [V3, V3_6] {
        let variant = Variant { name: "unicast", mode: Mode::Unicast, ..variant };
        tell(&all(), variant, Dut::Keepalived);
    }
}
