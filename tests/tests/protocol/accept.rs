//! `no_accept`: a master that is not the owner takes no packets for the addresses (V9).

use vrrp_tests::{Conf, cube, require};

use super::support::{Bench, SECOND, SILENCE};

#[test]
fn packets_to_the_addresses_are_taken_unless_no_accept_says_otherwise() {
    require!(Lab, Vrrp);
    for hook in ["generic", "native", "tc"] {
        for accepts in [true, false] {
            let bench = Bench::for_hook("accept", hook);
            let Bench { dut, client, .. } = &bench;
            let confs = [Conf::fast(200).named("VI_4", 44), Conf::fast6(200).named("VI_6", 66)];
            let confs = confs.map(|conf| if accepts { conf } else { conf.with("no_accept") });
            let [four, six] = &confs;
            let mut daemon = bench.start(&(four.text() + &six.text()), &["--hook", hook]);
            bench.wait_for_masters(&[four, six]);
            // Who has them is told either way.
            assert_eq!(client.arping(cube::VIP, SECOND).unwrap().unwrap().mac, dut.mac());
            let told = client.solicit(cube::VIP6, SECOND).unwrap().unwrap();
            assert_eq!(told.advertisement.target_mac, Some(dut.mac()));
            for conf in &confs {
                let vip = conf.vips[0];
                let reached = client.reaches(vip, if accepts { SECOND } else { SILENCE });
                assert_eq!(reached, accepts, "{hook}: {vip}");
            }
            // The node's own addresses are nobody's business.
            assert!(client.reaches(dut.address(), SECOND), "{hook}");
            assert!(client.reaches(dut.address6(), SECOND), "{hook}");
            assert!(client.reaches(dut.link_local(), SECOND), "{hook}");
            assert!(daemon.terminate(5 * SECOND).unwrap().success());
        }
    }
}

/// RFC 9568 §6.1: the owner of an address always takes packets for it.
#[test]
fn an_owner_takes_packets_in_any_case() {
    require!(Lab, Vrrp);
    let bench = Bench::new("owner");
    let conf = Conf { state: "MASTER", ..Conf::fast(255) }.with("no_accept");
    let _daemon = bench.start(&conf.text(), &["--hook", "generic"]);
    bench.wait_for_masters(&[&conf]);
    assert!(bench.client.reaches(cube::VIP, SECOND));
}

/// Without a program nobody drops them, and people are told.
#[test]
fn without_ebpf_people_are_told_that_packets_are_taken() {
    require!(Lab, Vrrp);
    let bench = Bench::new("accept-off");
    let conf = Conf::fast(200).with("no_accept");
    let daemon = bench.start(&conf.text(), &["--hook", "off"]);
    bench.wait_for_masters(&[&conf]);
    let told = daemon.log().matches("no_accept").count();
    assert_eq!(told, 1, "told {told} times:\n{}", daemon.log());
}
