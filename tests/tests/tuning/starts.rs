//! Delays of the start.

use std::time::Duration;

use vrrp_tests::{
    Conf, Daemon, Moment, Node, keepalived, require, timing::longest_gap, vrrp, wait_until,
};

use super::{Bench, LATE, SECOND, file, number, word};

const DELAY: Duration = Duration::from_millis(1200);

/// A node on which a daemon has just been started, and what it says when it begins to wait.
struct Start<'a> {
    node: &'a Node,
    daemon: &'a Daemon,
    word: &'static str,
}

impl Start<'_> {
    /// Fails unless its first advert comes `theory` after the daemon began to wait.
    #[track_caller]
    fn waits(&self, bench: &Bench, begin: Moment, theory: Duration) {
        let log = || self.daemon.log();
        wait_until(5 * SECOND, self.word, || log().contains(self.word)).unwrap();
        let ready = Moment::now();
        let from = self.node.address();
        let advert = bench.wire.expect(6 * SECOND, "an advert", |it| it.is_advert_from(from));
        let at = advert.unwrap_or_else(|error| panic!("{error:#}\n{}", log())).at;
        let (longest, shortest) = (at.since(begin), at.since(ready));
        assert!(
            longest >= theory && shortest <= theory + LATE,
            "{theory:?}: {longest:?} {shortest:?}\n{}",
            log()
        );
    }
}

#[test]
fn nobody_takes_over_before_the_start_delay_and_keepalived_waits_as_long() {
    require!(Lab, Vrrp, Keepalived);
    let bench = Bench::new("startup");
    let conf = |vrid| Conf::fast(200).every(Duration::from_millis(100)).named("VI_1", vrid);
    let text = |vrid| file("vrrp_startup_delay 1.2", &conf(vrid));
    let begin = Moment::now();
    let ours = vrrp::start(&bench.dut, &text(51), &[]).unwrap();
    let theirs = keepalived::start(&bench.peer, &text(52)).unwrap();
    let theory = DELAY + conf(51).down();
    let word = "nobody takes over for 1.200 s";
    Start { node: &bench.dut, daemon: &ours, word }.waits(&bench, begin, theory);
    let word = "Delaying startup for 1.2 seconds";
    Start { node: &bench.peer, daemon: &theirs, word }.waits(&bench, begin, theory);
}

#[test]
fn an_owner_waits_too_but_not_in_the_place_of_a_running_daemon() {
    require!(Lab, Vrrp);
    let bench = Bench::new("owner");
    let conf = Conf::fast(255).every(Duration::from_millis(100));
    let text = file("vrrp_startup_delay 1.2", &conf);
    let begin = Moment::now();
    let mut daemon = vrrp::start(&bench.dut, &text, &[]).unwrap();
    let word = "nobody takes over for 1.200 s";
    Start { node: &bench.dut, daemon: &daemon, word }.waits(&bench, begin, DELAY);

    bench.wait_for("master", &daemon);
    let mark = bench.wire.mark();
    let new = vrrp::start(&bench.dut, &text, &["--replace"]).unwrap();
    assert!(daemon.wait_exit(8 * SECOND).unwrap().success(), "{}", daemon.log());
    bench.wait_for("master", &new);
    std::thread::sleep(SECOND / 2);
    let gap = longest_gap(&bench.adverts(mark, conf.vrid));
    assert!(gap < DELAY / 2, "{gap:?}");
    let router = vrrp::router(&bench.dut, "VI_1").unwrap();
    assert_eq!(number(&router, "/transitions"), 2, "{router}");
    assert!(!new.log().contains("nobody takes over"), "{}", new.log());
}

#[test]
fn the_delay_after_boot_is_over_when_the_machine_has_been_up_for_long() {
    /// keepalived's longest.
    const MOST: f64 = 4294.0;

    require!(Lab, Vrrp);
    let bench = Bench::new("boot");
    let uptime = std::fs::read_to_string("/proc/uptime").unwrap();
    let uptime: f64 = uptime.split(' ').next().unwrap().parse().unwrap();
    let after_boot = (uptime + 3.0).min(MOST);
    let globals = format!("vrrp_delay_after_boot {after_boot:.3}");
    let daemon = vrrp::start(&bench.dut, &file(&globals, &Conf::fast(255)), &[]).unwrap();
    if after_boot < MOST {
        bench.wait_for("backup", &daemon);
        assert_eq!(word(&vrrp::router(&bench.dut, "VI_1").unwrap(), "/reason"), "started");
    }
    bench.wait_for("master", &daemon);
    assert_eq!(daemon.log().contains("nobody takes over"), after_boot < MOST, "{}", daemon.log());
}
