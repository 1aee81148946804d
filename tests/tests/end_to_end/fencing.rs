//! A node whose daemon hangs or is dead does not answer for the address, and does not speak before
//! it has listened.

use std::{thread, time::Duration};

use nix::sys::signal::Signal;
use vrrp_tests::{Chatter, Conf, Moment, cube, require, vrrp, wait_until};

use super::support::{
    Bench, LATE, PEER, SECOND, announcements, number, on_time, router, sleep_until, start,
    wait_for, wait_for_program, word,
};

#[test]
fn a_paused_master_falls_silent_and_listens_before_it_speaks() {
    require!(Lab, Vrrp);
    let mut bench = Bench::new("paused");
    let second = bench.lab.add_node("second", "10.0.0.61/24").unwrap();
    bench.wire = vrrp_tests::Wire::open(&bench.lab).unwrap();
    let Bench { wire, dut, client, .. } = &bench;
    let (conf, other) = (Conf::fast(100), Conf::fast(90));
    let mut daemon = bench.start_master(&conf, &[]);
    let _second = start(&second, &other, &[]);
    wait_until(SECOND, "the address", || dut.has_address(cube::VIP)).unwrap();
    assert_eq!(client.arping(cube::VIP, SECOND).unwrap().unwrap().mac, dut.mac());

    daemon.stop().unwrap();
    // One may have been under way while the signal was.
    thread::sleep(Duration::from_millis(20));
    let last = wire.last_advert_from(dut.address()).unwrap();
    // The lease is three intervals, after which only the other answers.
    sleep_until(last.at + 3 * conf.interval + Duration::from_millis(5));
    assert!(dut.has_address(cube::VIP));
    let refused_before = Moment::now();
    let answers = client.arping_all(cube::VIP, SECOND / 2).unwrap();
    assert!(answers.iter().all(|answer| answer.mac == second.mac()), "{answers:?}");
    let takeover = wire.expect(SECOND, "the second to take over", |frame| {
        frame.at > last.at && frame.is_advert_from(second.address())
    });
    on_time("takeover", takeover.unwrap().at.since(last.at), other.down());
    // Also if the client asks this node and no other.
    let mut unicast = vrrp_tests::craft::arp_request(client.mac(), client.address(), cube::VIP);
    unicast[..6].copy_from_slice(&dut.mac());
    assert_eq!(client.ask(&unicast, cube::VIP, SECOND / 4, 1).unwrap(), []);
    assert!(Moment::now().since(refused_before) > SECOND / 2);
    assert!(dut.has_address(cube::VIP), "a paused daemon cannot have removed it");

    let (mark, woken) = (wire.mark(), Moment::now());
    daemon.cont().unwrap();
    wait_until(SECOND, "the address to go", || !dut.has_address(cube::VIP)).unwrap();
    let status = router(dut);
    assert_eq!(word(&status, "/state"), "backup");
    assert_eq!(word(&status, "/reason"), "lease_lost");
    assert!(word(&status, "/reason_text").contains("10.0.0.61"), "{status}");
    assert!(number(&status, "/arp/refused") > 0);
    // It has the higher priority and takes over again, but only after a full wait.
    let back = bench.next_advert(mark, conf.down() + SECOND);
    assert!(back.at.since(woken) >= conf.down(), "{:?}", back.at.since(woken));
    wait_for(dut, "master", SECOND);
    wait_for(&second, "backup", SECOND);
}

#[test]
fn a_paused_master_that_nobody_replaced_goes_on_and_announces_itself() {
    require!(Lab, Vrrp);
    let bench = Bench::new("alone");
    let conf = Conf::fast(255);
    let mut daemon = bench.start_master(&conf, &[]);
    thread::sleep(SECOND / 4);
    daemon.stop().unwrap();
    thread::sleep(4 * conf.interval);
    assert_eq!(bench.client.arping(cube::VIP, SECOND / 4).unwrap(), None);
    let mark = bench.wire.mark();
    let woken = Moment::now();
    daemon.cont().unwrap();
    let advert = bench.next_advert(mark, SECOND);
    assert!(advert.at.since(woken) < LATE);
    wait_until(SECOND, "announcements", || announcements(&bench.wire, &bench.dut, mark).len() >= 5)
        .unwrap();
    assert_eq!(number(&router(&bench.dut), "/transitions"), 1, "{}", daemon.log());
    assert!(bench.client.arping(cube::VIP, SECOND).unwrap().is_some());
}

#[test]
fn a_killed_daemon_answers_no_arp_after_its_lease() {
    require!(Lab, Vrrp);
    let bench = Bench::new("killed");
    let Bench { wire, dut, client, .. } = &bench;
    let conf = Conf::fast(100);
    let mut daemon = bench.start_master(&conf, &[]);
    wait_until(SECOND, "the address", || dut.has_address(cube::VIP)).unwrap();
    daemon.kill_group(Signal::SIGKILL).unwrap();
    daemon.wait_exit(SECOND).unwrap();
    let last = wire.last_advert_from(dut.address()).unwrap();
    // Within the lease the program answers on; who asks just then is not left waiting.
    let asked = Moment::now();
    if asked.since(last.at) < conf.interval {
        assert!(client.arping(cube::VIP, conf.interval).unwrap().is_some());
    }
    sleep_until(last.at + 3 * conf.interval + Duration::from_millis(5));
    assert!(dut.has_address(cube::VIP), "nobody can have removed it");
    assert_eq!(client.arping(cube::VIP, SECOND / 4).unwrap(), None);
    wait_for_program(dut, true);
    // The node itself is not cut off.
    assert!(client.arping(dut.address(), SECOND).unwrap().is_some());

    // A new daemon adopts the hook, removes the stale address, and is master only by election.
    let chatter = Chatter::start(&bench.peer, vec![conf.advert(PEER, 150)], conf.interval).unwrap();
    let mark = wire.mark();
    let mut daemon = bench.start(&conf, &[]);
    wait_until(SECOND, "the stale address to go", || !dut.has_address(cube::VIP)).unwrap();
    assert_eq!(client.arping(cube::VIP, SECOND / 4).unwrap(), None);
    assert!(bench.adverts_since(mark).is_empty());
    assert_eq!(vrrp::state(dut, "VI_1").unwrap(), "backup");
    drop(chatter);
    wait_for(dut, "master", conf.down() + SECOND);
    assert!(client.arping(cube::VIP, SECOND).unwrap().is_some());
    assert!(daemon.terminate(5 * SECOND).unwrap().success());
    wait_for_program(dut, false);
}

#[test]
fn cleanup_removes_what_a_dead_daemon_left() {
    require!(Lab, Vrrp);
    let bench = Bench::new("cleanup");
    let mut daemon = bench.start_master(&Conf::fast(100), &[]);
    let dut = &bench.dut;
    let (file, runtime, bpffs) =
        (dut.folder().join("vrrp.conf"), dut.runtime_dir(), dut.bpffs().unwrap());
    let words = [
        "cleanup",
        "-f",
        &file.display().to_string(),
        "--runtime-dir",
        &runtime.display().to_string(),
        "--bpffs",
        &bpffs.display().to_string(),
    ];
    // A bpffs has files of its own.
    let pins = || {
        let entries = std::fs::read_dir(&bpffs).unwrap().flatten();
        entries.filter(|entry| entry.file_name().as_encoded_bytes().contains(&b'-')).count()
    };
    // Not under a living daemon.
    assert!(!vrrp::run(dut, &words).unwrap().status.success());
    assert!(dut.has_address(cube::VIP));
    daemon.kill(Signal::SIGKILL).unwrap();
    daemon.wait_exit(SECOND).unwrap();
    assert!(dut.has_address(cube::VIP) && pins() > 0);
    let output = vrrp::run(dut, &words).unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "removed 10.0.0.70/32 from eth0\n");
    assert!(!dut.has_address(cube::VIP));
    assert_eq!(pins(), 0);
    wait_for_program(dut, false);
}
