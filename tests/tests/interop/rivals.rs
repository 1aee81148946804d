//! Our daemon against each of the others, in both orders of priority.

use vrrp_tests::{Conf, require};

use super::pairs::{Mode, Program, elect};

use Mode::{Plain, Unicast, VirtualMac};
use Program::{Frr, Keepalived, Keepalived23, Ours};

/// Both orders.
fn both(base: &Conf, ours: (Program, Mode), theirs: (Program, Mode)) {
    elect(base, ours, theirs);
    elect(base, theirs, ours);
}

fn four() -> Conf {
    Conf::fast(100)
}

fn six() -> Conf {
    Conf::fast6(100)
}

#[test]
fn keepalived_in_version_3() {
    require!(Lab, Vrrp, Keepalived);
    both(&four(), (Ours, Plain), (Keepalived, Plain));
}

#[test]
fn keepalived_in_version_3_over_ipv6() {
    require!(Lab, Vrrp, Keepalived);
    both(&six(), (Ours, Plain), (Keepalived, Plain));
}

#[test]
fn keepalived_to_unicast_peers() {
    require!(Lab, Vrrp, Keepalived);
    both(&four(), (Ours, Unicast), (Keepalived, Unicast));
    let version_2 = Conf { password: Some("mypasswo"), ..Conf::cube(100) };
    elect(&version_2, (Keepalived, Unicast), (Ours, Unicast));
}

#[test]
fn keepalived_to_unicast_peers_over_ipv6() {
    require!(Lab, Vrrp, Keepalived);
    both(&six(), (Ours, Unicast), (Keepalived, Unicast));
}

#[test]
fn keepalived_with_virtual_macs() {
    require!(Lab, Vrrp, Keepalived);
    both(&four(), (Ours, VirtualMac), (Keepalived, VirtualMac));
}

#[test]
fn keepalived_with_virtual_macs_over_ipv6() {
    require!(Lab, Vrrp, Keepalived);
    both(&six(), (Ours, VirtualMac), (Keepalived, VirtualMac));
}

#[test]
fn keepalived_2_3() {
    require!(Lab, Vrrp, Keepalived, Keepalived23);
    let version_2 = Conf { password: Some("mypasswo"), ..Conf::cube(100) };
    elect(&version_2, (Ours, Plain), (Keepalived23, Plain));
    both(&six(), (Ours, Plain), (Keepalived23, Plain));
    both(&four(), (Ours, Unicast), (Keepalived23, Unicast));
}

#[test]
fn frr() {
    require!(Lab, Vrrp, Frr);
    both(&four(), (Ours, Plain), (Frr, VirtualMac));
    both(&four(), (Ours, VirtualMac), (Frr, VirtualMac));
}

#[test]
fn frr_over_ipv6() {
    require!(Lab, Vrrp, Frr);
    both(&six(), (Ours, Plain), (Frr, VirtualMac));
    both(&six(), (Ours, VirtualMac), (Frr, VirtualMac));
}

/// The others among themselves, to see that what is asked of ours is asked of all.
#[test]
fn the_others_among_themselves() {
    require!(Lab, Keepalived, Frr);
    elect(&four(), (Keepalived, Unicast), (Keepalived, Unicast));
    elect(&four(), (Keepalived, Plain), (Frr, VirtualMac));
    elect(&six(), (Keepalived, Plain), (Keepalived, Plain));
    elect(&six(), (Keepalived, VirtualMac), (Keepalived, VirtualMac));
    elect(&six(), (Frr, VirtualMac), (Keepalived, Plain));
}
