//! As many claims as one daemon may have.

use std::time::Instant;

use super::*;

const MANY: u16 = 4096;
/// Twenty times what it takes when a notification costs the same however many claims there are, and
/// half of what it takes when each goes through all of them.
const LIMIT: Duration = Duration::from_secs(4);

fn address(number: u16) -> IpAddr {
    let [high, low] = number.to_be_bytes();
    IpAddr::from([10, 1, high, low])
}

fn claim(number: u16) -> Claim {
    let claim = super::claim();
    let address = VirtualAddress { address: address(number), ..claim.address };
    Claim { device: format!("eth{}", number % 16), address }
}

fn there(number: u16) -> InterfaceAddress {
    InterfaceAddress { address: address(number), ..super::there() }
}

fn lab() -> Lab {
    let mut lab = Lab::default();
    for index in 0..16 {
        lab.link(2 + index, &format!("eth{index}"));
    }
    lab
}

fn index(number: u16) -> u32 {
    2 + u32::from(number % 16)
}

#[test]
fn each_addition_and_its_notification_cost_the_same() {
    let start = Instant::now();
    let mut lab = lab();
    let mut added = 0;
    for number in 0..MANY {
        added +=
            lab.act(async |claims, bench| claims.declare(claim(number), true, bench).await).len();
        lab.claims.appeared(index(number), &there(number), &lab.links);
        assert!(lab.reconcile().is_empty());
        assert_eq!(lab.next(), None);
    }
    assert_eq!(added, usize::from(MANY));
    println!("{MANY} additions: {:?}", start.elapsed());
    assert!(start.elapsed() < LIMIT, "{:?}", start.elapsed());
}

#[test]
fn a_notification_does_not_visit_claims_that_fail() {
    let start = Instant::now();
    let mut lab = lab();
    lab.kernel.failure = Some(Errno::EINVAL);
    for number in 0..MANY {
        lab.act(async |claims, bench| claims.declare(claim(number), true, bench).await);
    }
    for number in 0..MANY {
        lab.claims.vanished(index(number), &there(number), &lab.links);
        assert!(lab.reconcile().is_empty());
        assert_eq!(lab.next(), Some(Duration::from_millis(250)));
    }
    assert_eq!(lab.kernel.calls, usize::from(MANY));
    println!("{MANY} failures: {:?}", start.elapsed());
    assert!(start.elapsed() < LIMIT, "{:?}", start.elapsed());
}
