//! What an administrator orders.

use std::time::Duration;

use vrrp_tests::{cube, require, vrrp, wait_until};

use super::support::{FILE, SECOND, Stage, conf};

#[test]
fn a_restart_is_no_fail_over_and_a_stop_is_one() {
    require!(Lab, Vrrp, Systemd);
    let stage = Stage::with_master("unit-restart", &[]);
    let _backup = stage.start_backup();
    let since = stage.router()["since"].clone();
    let mut pid = stage.property("MainPID");
    let ping = stage.client.ping(cube::VIP, Duration::from_millis(5)).unwrap();
    let mark = stage.wire.mark();
    // With the first start, more than systemd permits by default.
    for _ in 0..5 {
        stage.systemctl(&["restart", "vrrp"]);
        assert_eq!(stage.property("ActiveState"), "active");
        let successor = stage.property("MainPID");
        assert_ne!(pid, successor);
        pid = successor;
    }
    std::thread::sleep(SECOND / 4);
    let report = ping.finish().unwrap();
    assert_eq!(report.lost(), 0, "of {} pings", report.sent());
    // One without a resignation, and without a gap of more than one and a half intervals.
    let reigns = stage.reigns_since(mark);
    let [only] = &reigns[..] else { panic!("{reigns:?}\n{}", stage.systemd.journal()) };
    assert!(only.source == stage.dut.address() && !only.resigned, "{only:?}");
    assert_eq!(stage.announcements_since(mark).len(), 0);
    let after = stage.router();
    assert_eq!((&after["since"], &after["transitions"]), (&since, &2.into()));
    // The stand-ins have gone, and were called as the daemon is.
    let processes = stage.systemd.output(&["ps", "-e", "-o", "comm="]).unwrap();
    assert_eq!(processes.lines().filter(|name| *name == "vrrp").count(), 1, "{processes}");
    assert!(!stage.systemd.journal().contains("(exe)"), "{}", stage.systemd.journal());

    let mark = stage.wire.mark();
    stage.systemctl(&["stop", "vrrp"]);
    stage.expect_resignation(mark);
    assert!(!stage.dut.has_address(cube::VIP));
    assert_eq!(stage.property("ActiveState"), "inactive");
    vrrp::wait_for_state(&stage.peer, "VI_1", "master", SECOND).unwrap();
    for left in ["/run/vrrp", "/sys/fs/bpf/vrrp"] {
        assert!(!stage.systemd.seen_from_outside(left).exists(), "{left}");
    }
}

#[test]
fn a_reload_takes_effect_or_fails() {
    require!(Lab, Vrrp, Systemd);
    let stage = Stage::with_master("unit-reload", &[]);
    let pid = stage.property("MainPID");
    let priority = || stage.router()["priority"].clone();

    let broken = conf(160).text().replace("virtual_router_id 51", "virtual_router_id 51x");
    stage.systemd.write_file(FILE, &broken).unwrap();
    let error = stage.systemd.systemctl(&["reload", "vrrp"]).unwrap_err();
    assert!(format!("{error}").contains("51x"), "the journal says why: {error}");
    // It would take effect at once.
    std::thread::sleep(SECOND / 4);
    assert_eq!((stage.property("ActiveState").as_str(), priority()), ("active", 150.into()));

    stage.systemd.write_file(FILE, &conf(160).text()).unwrap();
    stage.systemctl(&["reload", "vrrp"]);
    wait_until(SECOND, "the new priority", || priority() == 160).unwrap();
    assert_eq!(stage.property("MainPID"), pid);
    assert_eq!(stage.router()["transitions"], 2);
}
