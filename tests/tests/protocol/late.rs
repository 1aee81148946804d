//! `timer_expired_backup`: a master that had no processor for too long does not go on as if nothing
//! had been.

use std::thread;

use vrrp_tests::{Conf, Moment, require, vrrp};

use super::support::{Bench, SECOND, wait_for};

#[test]
fn a_master_that_was_late_yields_if_it_is_told_to() {
    require!(Lab, Vrrp);
    let bench = Bench::new("late");
    let confs = [
        Conf::fast(100).named("VI_4", 44).with("nopreempt").with("timer_expired_backup"),
        Conf::fast6(100).named("VI_6", 66).with("nopreempt").with("timer_expired_backup"),
        // The others go on, when nobody has replaced them.
        Conf::fast(100)
            .named("VI_ON", 45)
            .vips(&["10.0.0.71".parse::<std::net::Ipv4Addr>().unwrap()]),
    ];
    let [four, six, on] = &confs;
    let text: String = confs.iter().map(Conf::text).collect();
    let mut daemon = bench.start(&text, &["--hook", "generic"]);
    bench.wait_for_masters(&[four, six, on]);
    thread::sleep(SECOND / 4);
    daemon.stop().unwrap();
    thread::sleep(5 * four.interval);
    let (mark, woken) = (bench.wire.mark(), Moment::now());
    daemon.cont().unwrap();
    for conf in [four, six] {
        wait_for(&bench.dut, &conf.name, "backup", conf.interval);
    }
    for conf in [four, six] {
        let back = bench.next_advert(conf, mark, conf.down() + SECOND);
        assert!(back.at.since(woken) + SECOND / 100 >= conf.down(), "{:?}", back.at.since(woken));
        wait_for(&bench.dut, &conf.name, "master", SECOND);
    }
    let router = vrrp::router(&bench.dut, "VI_ON").unwrap();
    assert_eq!((&router["state"], &router["transitions"]), (&"master".into(), &2.into()));
}
