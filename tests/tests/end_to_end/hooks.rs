//! The hook that is chosen, beside other people's programs, and over what a dead daemon left.

use nix::sys::signal::Signal;
use vrrp_tests::{Chatter, Conf, FrameSender, cube, lab::Foreign, require, vrrp, wait_until};

use super::support::{
    Bench, PEER, SECOND, number, router, start, wait_for, wait_for_program, word,
};

#[test]
fn another_s_xdp_program_stays_and_ours_goes_to_tc() {
    require!(Lab, Vrrp);
    let bench = Bench::new("beside");
    let Bench { dut, client, .. } = &bench;
    let _foreign = Foreign::xdp_pass(dut).unwrap();
    let shown = || dut.namespace().ip(&["-d", "link", "show", "dev", "eth0"]).unwrap();
    let id = |text: &str| {
        let id = text.split("prog/xdp id ").nth(1).unwrap().split(' ').next().unwrap();
        id.parse::<u32>().unwrap()
    };
    let before = id(&shown());
    let mut daemon = bench.start_master(&Conf::fast(255), &[]);
    assert_eq!(word(&router(dut), "/hook/mode"), "tc");
    assert_eq!(client.arping(cube::VIP, SECOND).unwrap().unwrap().mac, dut.mac());
    assert!(number(&router(dut), "/arp/answered") > 0);
    assert_eq!(id(&shown()), before);
    assert!(daemon.terminate(5 * SECOND).unwrap().success());
    assert_eq!(id(&shown()), before);
    // Who insists on XDP is told why there is none.
    for hook in ["generic", "native"] {
        let mut daemon = bench.start_master(&Conf::fast(255), &["--hook", hook]);
        let status = router(dut);
        assert_eq!(word(&status, "/hook/mode"), "off");
        assert_eq!(word(&status, "/hook/reason"), "another XDP program is attached");
        assert!(client.arping(cube::VIP, SECOND).unwrap().is_some(), "the kernel answers");
        assert!(daemon.terminate(5 * SECOND).unwrap().success());
    }
    assert_eq!(id(&shown()), before);
}

#[test]
fn what_passes_is_judged_by_others_and_what_is_ours_comes_to_us_first() {
    require!(Lab, Vrrp);
    let bench = Bench::new("others");
    let Bench { dut, client, .. } = &bench;
    assert!(client.reaches(dut.address(), SECOND));
    let foreign = Foreign::tcx_drop(dut).unwrap();
    let conf = Conf::fast(100);
    let mut daemon = bench.start_master(&conf, &[]);
    assert!(client.arping(cube::VIP, SECOND).unwrap().is_some());
    let chatter = Chatter::start(&bench.peer, vec![conf.advert(PEER, 150)], conf.interval).unwrap();
    wait_for(dut, "backup", SECOND);
    drop(chatter);
    wait_for(dut, "master", conf.down() + SECOND);
    // The client knows where the node is.
    assert!(!client.reaches(dut.address(), SECOND / 5), "the other drops it");
    drop(foreign);
    assert!(client.reaches(dut.address(), SECOND));
    assert!(client.reaches(cube::VIP, SECOND));
    assert!(daemon.terminate(5 * SECOND).unwrap().success());
}

/// The program counts them and leaves them to whom they may concern; without it the daemon counts.
#[test]
fn adverts_for_other_routers_wake_nobody() {
    const ADVERTS: usize = 5000;
    require!(Lab, Vrrp);
    let bench = Bench::new("strangers");
    let Bench { dut, peer, .. } = &bench;
    let conf = Conf::fast(255);
    for (hook, wakes) in [("tc", false), ("off", true)] {
        let mut daemon = bench.start_master(&conf, &["--hook", hook]);
        let sender = FrameSender::open(peer).unwrap();
        let stranger = conf.clone().named("VI_2", 52).advert(PEER, 100);
        let before = switches(daemon.pid());
        for _ in 0..ADVERTS / 50 {
            sender.send_batch(&vec![stranger.clone(); 50]).unwrap();
            std::thread::sleep(SECOND / 500);
        }
        let after = switches(daemon.pid());
        let heard = || number(&vrrp::status(dut).unwrap(), "/node/unknown_router");
        wait_until(SECOND, "all to be counted", || heard() == ADVERTS as u64).unwrap();
        // Its own adverts, ten in a second, wake it.
        let woken = after - before;
        assert_eq!(woken > ADVERTS as u64 / 100, wakes, "{hook}: woken {woken} times");
        assert!(daemon.terminate(5 * SECOND).unwrap().success());
    }
}

/// How often a process has waited for something.
fn switches(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    line.unwrap().trim().parse().unwrap()
}

/// Whatever the dead daemon's hook was, its node is fenced until the next one has taken over.
#[test]
fn a_daemon_takes_over_what_a_dead_one_left_at_any_hook() {
    require!(Lab, Vrrp);
    let bench = Bench::new("adopt");
    let Bench { dut, client, .. } = &bench;
    let conf = Conf::fast(100);
    for (before, after) in [("tc", "tc"), ("generic", "tc"), ("tc", "generic"), ("tc", "off")] {
        let mut dead = bench.start_master(&conf, &["--hook", before]);
        dead.kill_group(Signal::SIGKILL).unwrap();
        dead.wait_exit(SECOND).unwrap();
        let silent = || client.arping(cube::VIP, SECOND / 10).unwrap().is_none();
        wait_until(SECOND, "the end of the lease", silent).unwrap();
        let mut daemon = start(dut, &conf, &["--hook", after]);
        assert_eq!(word(&router(dut), "/hook/mode"), after, "{before}");
        if after == "tc" {
            wait_for_program(dut, true);
        }
        wait_until(SECOND, "the stale address to go", || !dut.has_address(cube::VIP)).unwrap();
        assert_eq!(client.arping(cube::VIP, SECOND / 5).unwrap(), None, "{before}, {after}");
        wait_for(dut, "master", conf.down() + 2 * SECOND);
        assert!(client.arping(cube::VIP, SECOND).unwrap().is_some(), "{before}, {after}");
        let answered = number(&router(dut), "/arp/answered");
        assert_eq!(answered > 0, after != "off", "{before}, {after}");
        assert!(daemon.terminate(5 * SECOND).unwrap().success());
        wait_for_program(dut, false);
    }
    assert!(vrrp::status(dut).is_err());
}
