//! What the kernel does to IPv6 addresses, and only to them.

use std::net::Ipv6Addr;

use super::*;

const VIP6: IpAddr = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x70));

fn there() -> InterfaceAddress {
    InterfaceAddress { address: VIP6, prefix_length: 128, ..super::there() }
}

impl Lab {
    fn claim_ipv6(&mut self, present: bool) -> Vec<&'static str> {
        let claim = claim();
        let address = VirtualAddress { address: VIP6, prefix_length: 128, ..claim.address };
        let claim = Claim { address, ..claim };
        self.act(async |claims, bench| claims.declare(claim, present, bench).await)
    }

    fn has_vip6(&self) -> bool {
        self.kernel.addresses.contains(&(2, VIP6))
    }
}

#[test]
fn it_waits_for_an_interface_that_is_down_and_is_no_repair() {
    let mut lab = Lab::with(&[(2, "eth0")]);
    assert_eq!(lab.claim_ipv6(true), ["added"]);
    lab.report(2, "eth0", LinkFlags::empty());
    lab.kernel.addresses.clear();
    lab.claims.vanished(2, &there(), &lab.links);
    assert_eq!((lab.reconcile().len(), lab.next()), (0, None));
    lab.report(2, "eth0", LinkFlags::Up);
    assert_eq!(lab.reconcile(), ["added"]);
    // An overrun hid what happened.
    lab.report(2, "eth0", LinkFlags::empty());
    lab.kernel.addresses.clear();
    lab.claims.resynchronise(&lab.links);
    assert!(lab.reconcile().is_empty());
    lab.report(2, "eth0", LinkFlags::Up);
    assert_eq!(lab.reconcile(), ["added"]);
    // By hand.
    lab.kernel.addresses.clear();
    lab.claims.vanished(2, &there(), &lab.links);
    assert_eq!(lab.reconcile(), ["restored"]);
}

#[test]
fn one_that_is_not_wanted_is_removed_also_while_the_interface_is_down() {
    let mut lab = Lab::with(&[(2, "eth0")]);
    lab.claim_ipv6(true);
    lab.report(2, "eth0", LinkFlags::empty());
    assert_eq!(lab.claim_ipv6(false), ["removed"]);
}

#[test]
fn one_that_was_found_to_be_a_duplicate_is_put_on_anew() {
    let mut lab = Lab::with(&[(2, "eth0")]);
    lab.claim_ipv6(true);
    let unusable = InterfaceAddress { usable: false, ..there() };
    lab.claims.appeared(2, &unusable, &lab.links);
    let calls = lab.kernel.calls;
    assert_eq!(lab.reconcile(), ["restored"]);
    assert_eq!(lab.kernel.calls, calls + 2);
    assert!(lab.has_vip6());
    // Listed as tentative.
    lab.links.append_address(2, unusable);
    lab.claims.resynchronise(&lab.links);
    assert_eq!(lab.reconcile(), ["restored"]);
    assert_eq!(lab.next(), None);
    // One that is to go need not be usable.
    lab.claims.appeared(2, &unusable, &lab.links);
    assert_eq!(lab.claim_ipv6(false), ["removed"]);
}

#[test]
fn one_that_was_a_duplicate_before_there_was_a_claim_is_put_on_anew() {
    let mut lab = Lab::with(&[(2, "eth0")]);
    lab.links.append_address(2, InterfaceAddress { usable: false, ..there() });
    lab.kernel.addresses.insert((2, VIP6));
    assert_eq!(lab.claim_ipv6(true), ["added"]);
    assert_eq!(lab.kernel.calls, 3);
    assert!(lab.has_vip6());
}

#[test]
fn with_another_mask_it_is_as_good_but_not_ours() {
    let mut lab = Lab::with(&[(2, "eth0")]);
    let anothers = InterfaceAddress { prefix_length: 64, ..there() };
    lab.claim_ipv6(false);
    let calls = lab.kernel.calls;
    lab.claims.appeared(2, &anothers, &lab.links);
    assert!(lab.reconcile().is_empty());
    assert_eq!(lab.kernel.calls, calls);
    lab.kernel.addresses.insert((2, VIP6));
    assert_eq!(lab.claim_ipv6(true), ["added"]);
    lab.claims.appeared(2, &anothers, &lab.links);
    assert_eq!(lab.next(), None);
    // Now nobody has it there.
    lab.kernel.addresses.clear();
    lab.claims.vanished(2, &anothers, &lab.links);
    assert_eq!(lab.reconcile(), ["restored"]);
    assert!(lab.has_vip6());
}
