//! A new process in the place of the running one: nobody on the wire notices.

use std::{process::Command, time::Duration};

use vrrp_tests::{Conf, Daemon, cube, require, timing::longest_gap, vrrp, wait_until};

use super::support::{Bench, LATE, SECOND, number, router, start, wait_for, word};

/// `SIGRTMIN+5`, by which a service manager says that a restart is to come.
const RESTART: i32 = 34 + 5;

/// Frames of the node under test that nobody should have sent: resignations, and announcements.
fn noise(bench: &Bench, mark: u64) -> usize {
    let from = |frame: &vrrp_tests::wire::Frame| frame.number >= mark && frame.port == "dut";
    bench
        .wire
        .frames(|frame| {
            from(frame)
                && (frame.advert().is_some_and(|advert| advert.priority == 0)
                    || frame
                        .arp()
                        .is_some_and(|arp| arp.sender == cube::VIP && arp.is_gratuitous()))
        })
        .len()
}

fn replace(bench: &Bench, conf: &Conf, old: &mut Daemon) -> Daemon {
    let new = vrrp::start(&bench.dut, &conf.text(), &["--replace"]).unwrap();
    assert!(old.wait_exit(5 * SECOND).unwrap().success(), "{}", old.log());
    wait_until(5 * SECOND, "the new process to answer", || vrrp::status(&bench.dut).is_ok())
        .unwrap_or_else(|error| panic!("{error:#}\n{}", new.log()));
    new
}

#[test]
fn a_master_is_replaced_without_a_change_of_mastership() {
    require!(Lab, Vrrp);
    // What holds at 10 ms on a machine at rest is in the bench.
    for interval in [50, 100].map(Duration::from_millis) {
        let bench = Bench::new("replace");
        // No second set of announcements, which would be noise.
        let quiet = |priority| Conf::fast(priority).every(interval).with("garp_master_delay 0");
        let conf = quiet(150);
        let mut daemon = bench.start_master(&conf, &[]);
        let _backup = start(&bench.peer, &quiet(100), &[]);
        wait_for(&bench.peer, "backup", SECOND);
        let (since, sent) = {
            let before = router(&bench.dut);
            (before["since"].clone(), number(&before, "/adverts/sent"))
        };
        let ping = bench.client.ping(cube::VIP, Duration::from_millis(5)).unwrap();
        let mark = bench.wire.mark();
        for _ in 0..3 {
            daemon = replace(&bench, &conf, &mut daemon);
            std::thread::sleep(SECOND / 2);
        }
        let report = ping.finish().unwrap();
        assert_eq!(report.lost(), 0, "of {} pings", report.sent());
        assert_eq!(noise(&bench, mark), 0);
        let gap = longest_gap(&bench.adverts_since(mark));
        assert!(gap < conf.interval * 3 / 2, "{gap:?}");
        let after = router(&bench.dut);
        assert_eq!((word(&after, "/state"), &after["since"]), ("master", &since));
        assert!(number(&after, "/adverts/sent") > sent);
        assert_eq!(number(&after, "/transitions"), 2);
        assert_eq!(number(&router(&bench.peer), "/transitions"), 1);
        // It is a whole daemon: it stops as any other does.
        assert!(daemon.terminate(5 * SECOND).unwrap().success(), "{}", daemon.log());
        wait_for(&bench.peer, "master", SECOND + LATE);
        assert!(!bench.dut.has_address(cube::VIP));
    }
}

#[test]
fn a_backup_is_replaced_and_goes_on_waiting() {
    require!(Lab, Vrrp);
    let bench = Bench::new("replace-backup");
    let conf = Conf::fast(100);
    let mut master = start(&bench.peer, &Conf::fast(150), &[]);
    wait_for(&bench.peer, "master", 2 * SECOND);
    let mut daemon = bench.start(&conf, &[]);
    std::thread::sleep(SECOND);
    let _daemon = replace(&bench, &conf, &mut daemon);
    std::thread::sleep(SECOND);
    assert!(bench.adverts_since(0).is_empty());
    assert_eq!(number(&router(&bench.dut), "/transitions"), 1);
    master.kill(nix::sys::signal::Signal::SIGKILL).unwrap();
    let last = bench.wire.last_advert_from(bench.peer.address()).unwrap();
    let first = bench.next_advert(0, conf.down() + SECOND);
    super::support::on_time("takeover", first.at.since(last.at), conf.down());
}

#[test]
fn a_stand_in_bridges_the_time_between_stop_and_start() {
    require!(Lab, Vrrp);
    let bench = Bench::new("restart");
    let conf = Conf::fast(150).every(Duration::from_millis(50)).with("garp_master_delay 0");
    let mut daemon = bench.start_master(&conf, &[]);
    let ping = bench.client.ping(cube::VIP, Duration::from_millis(5)).unwrap();
    let mark = bench.wire.mark();
    let pid = daemon.pid().to_string();
    assert!(Command::new("kill").args([&format!("-{RESTART}"), &pid]).status().unwrap().success());
    // As a service manager does: the new one is started when the old one has ended.
    assert!(daemon.wait_exit(5 * SECOND).unwrap().success(), "{}", daemon.log());
    std::thread::sleep(SECOND);
    let stand_in = number(&vrrp::status(&bench.dut).unwrap(), "/pid");
    assert_ne!(stand_in, u64::from(daemon.pid()));
    let new = vrrp::start(&bench.dut, &conf.text(), &["--replace"]).unwrap();
    wait_until(5 * SECOND, "the new process to be the daemon", || {
        vrrp::status(&bench.dut).is_ok_and(|status| status["pid"] == new.pid())
    })
    .unwrap_or_else(|error| panic!("{error:#}\n{}\n{}", daemon.log(), new.log()));
    let report = ping.finish().unwrap();
    assert_eq!((report.lost(), noise(&bench, mark)), (0, 0), "of {} pings", report.sent());
    assert_eq!(number(&router(&bench.dut), "/transitions"), 2);
    wait_until(2 * SECOND, "the stand-in to end", || {
        !std::path::Path::new(&format!("/proc/{stand_in}")).exists()
    })
    .unwrap();
}

#[test]
fn what_the_new_process_does_not_run_is_resigned() {
    require!(Lab, Vrrp);
    let bench = Bench::new("heirs");
    let kept = Conf::fast(150);
    let other = Conf::fast(150).named("VI_2", 52).vips(&[std::net::Ipv4Addr::new(10, 0, 0, 71)]);
    let both = format!("{}{}", kept.text(), other.text());
    let mut daemon = vrrp::start(&bench.dut, &both, &[]).unwrap();
    wait_for(&bench.dut, "master", 3 * SECOND);
    vrrp::wait_for_state(&bench.dut, "VI_2", "master", SECOND).unwrap();
    let mark = bench.wire.mark();
    let _daemon = replace(&bench, &kept, &mut daemon);
    bench
        .wire
        .expect_from(mark, SECOND, "a resignation of the other", |frame| {
            frame.advert().is_some_and(|advert| (advert.vrid, advert.priority) == (52, 0))
        })
        .unwrap();
    wait_until(SECOND, "its address to go", || {
        !bench.dut.has_address(std::net::Ipv4Addr::new(10, 0, 0, 71))
    })
    .unwrap();
    assert!(bench.dut.has_address(cube::VIP));
    assert_eq!(word(&router(&bench.dut), "/state"), "master");
}

#[test]
fn without_a_daemon_to_replace_it_starts_as_usual() {
    require!(Lab, Vrrp);
    let bench = Bench::new("nobody");
    let conf = Conf::fast(100);
    let mut daemon = bench.start_master(&conf, &["--replace"]);
    assert_eq!(word(&router(&bench.dut), "/reason"), "master_silent");
    assert!(daemon.terminate(5 * SECOND).unwrap().success());
}
