//! `log_unknown_vrids`.

use std::time::Duration;

use vrrp_tests::{Chatter, Conf, require, vrrp, wait_until};

use super::{Bench, SECOND, file};

#[test]
fn a_stranger_is_told_of_once_if_that_is_asked_for() {
    require!(Lab, Vrrp);
    let bench = Bench::new("strangers");
    let conf = Conf::fast(255);
    let daemon = bench.start_master(&file("", &conf));
    let strange = conf.clone().named("VI_9", 99).advert(bench.peer.address(), 100);
    let tick = Duration::from_millis(50);
    let _chatter = Chatter::start(&bench.peer, vec![strange], tick).unwrap();
    std::thread::sleep(SECOND / 2);
    let told = || daemon.log().matches("10.0.0.80 advertises VRID 99").count();
    assert_eq!(told(), 0, "{}", daemon.log());

    let runtime = bench.dut.runtime_dir().display().to_string();
    let reload = |globals: &str| {
        bench.dut.write_file("vrrp.conf", &file(globals, &conf)).unwrap();
        let output = vrrp::run(&bench.dut, &["reload", "--runtime-dir", &runtime]).unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    reload("log_unknown_vrids");
    wait_until(2 * SECOND, "a word about it", || told() > 0)
        .unwrap_or_else(|error| panic!("{error:#}\n{}", daemon.log()));
    std::thread::sleep(SECOND / 2);
    assert_eq!(told(), 1, "{}", daemon.log());
}
