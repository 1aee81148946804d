//! From keepalived and back, with keepalived's file where it is.

use vrrp_tests::{cube, require, wait_until};

use super::support::{SECOND, Stage, conf};

#[test]
fn the_unit_takes_keepaliveds_place_and_gives_it_back() {
    require!(Lab, Vrrp, Keepalived, Systemd);
    let stage = Stage::new("unit-migration", &[]);
    stage.systemd.link_unit("keepalived.service").unwrap();
    stage.systemd.write_file("/etc/default/keepalived", "DAEMON_ARGS=--vrrp\n").unwrap();
    stage.systemd.write_file("/etc/keepalived/keepalived.conf", &conf(150).text()).unwrap();
    let is_active = |unit| stage.systemd.property(unit, "ActiveState").unwrap() == "active";
    let holds = || stage.dut.has_address(cube::VIP);
    stage.systemctl(&["start", "keepalived"]);
    wait_until(5 * SECOND, "keepalived's address", holds).unwrap();

    // keepalived resigns, and removes its address.
    stage.systemctl(&["start", "vrrp"]);
    assert!(is_active("vrrp") && !is_active("keepalived"), "{}", stage.systemd.journal());
    stage.wait_for_state("master");
    wait_until(SECOND, "our address", holds).unwrap();

    let mark = stage.wire.mark();
    stage.systemctl(&["start", "keepalived"]);
    stage.expect_resignation(mark);
    assert!(is_active("keepalived") && !is_active("vrrp"), "{}", stage.systemd.journal());
    wait_until(5 * SECOND, "keepalived's address again", holds).unwrap();
}
