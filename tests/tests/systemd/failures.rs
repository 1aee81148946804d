//! What nobody ordered.

use vrrp_tests::{cube, require, vrrp, wait_until};

use super::support::{FILE, SECOND, Stage, conf};

#[test]
fn a_killed_daemon_is_started_again_and_its_node_fenced_until_then() {
    require!(Lab, Vrrp, Systemd);
    // Long enough to look at it.
    let stage = Stage::with_master("unit-killed", &["RestartSec=2s"]);
    let pid = stage.property("MainPID");
    stage.kill("KILL");
    // The lease and a good deal more.
    std::thread::sleep(6 * conf(150).interval);
    assert!(stage.dut.has_address(cube::VIP));
    assert_eq!(stage.client.arping(cube::VIP, SECOND / 2).unwrap(), None);
    stage.systemd.wait_for("vrrp", ("ActiveState", "active"), 5 * SECOND).unwrap();
    assert_eq!(stage.property("NRestarts"), "1");
    assert_ne!(stage.property("MainPID"), pid);
    stage.wait_for_state("master");
    assert_eq!(stage.client.arping(cube::VIP, SECOND).unwrap().unwrap().mac, stage.dut.mac());
}

#[test]
fn a_hung_daemon_is_started_again() {
    require!(Lab, Vrrp, Systemd);
    let stage = Stage::with_master("unit-hung", &["WatchdogSec=1s"]);
    let _backup = stage.start_backup();
    // It is petted for longer than it waits.
    std::thread::sleep(SECOND * 3 / 2);
    assert_eq!(stage.property("NRestarts"), "0");
    let mark = stage.wire.mark();
    stage.kill("STOP");
    vrrp::wait_for_state(&stage.peer, "VI_1", "master", SECOND).unwrap();
    stage.systemd.wait_for("vrrp", ("NRestarts", "1"), 5 * SECOND).unwrap();
    // It has the higher priority.
    stage.wait_for_state("master");
    vrrp::wait_for_state(&stage.peer, "VI_1", "backup", SECOND).unwrap();
    assert!(stage.systemd.journal().contains("Watchdog timeout"));
    let sources: Vec<_> = stage.reigns_since(mark).iter().map(|reign| reign.source).collect();
    let nodes = [&stage.dut, &stage.peer, &stage.dut].map(|node| node.address().into());
    assert!(sources.ends_with(&nodes[1..]) && nodes.ends_with(&sources), "{sources:?}");
}

#[test]
fn a_restart_without_a_usable_file_resigns_at_once() {
    require!(Lab, Vrrp, Systemd);
    let stage = Stage::with_master("unit-unusable", &[]);
    stage.systemd.output(&["rm", FILE]).unwrap();
    let mark = stage.wire.mark();
    let (started, failed) =
        (std::time::Instant::now(), stage.systemd.systemctl(&["restart", "vrrp"]).is_err());
    assert!(failed && started.elapsed() < 5 * SECOND, "{:?}", started.elapsed());
    stage.expect_resignation(mark);
    wait_until(SECOND, "the address to go", || !stage.dut.has_address(cube::VIP)).unwrap();
    // The file would be the same the next time.
    std::thread::sleep(SECOND / 2);
    assert_eq!(
        (stage.property("ActiveState").as_str(), &*stage.property("NRestarts")),
        ("failed", "0")
    );

    stage.systemd.write_file(FILE, &conf(150).text()).unwrap();
    stage.systemctl(&["start", "vrrp"]);
    stage.wait_for_state("master");
}
