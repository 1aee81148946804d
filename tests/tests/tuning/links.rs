//! A link that flaps.

use std::thread;

use vrrp_tests::{Conf, Moment, cube, require, vrrp, wait_until};

use super::{Bench, LATE, SECOND, number};

#[test]
fn a_link_that_comes_back_in_time_was_never_gone() {
    require!(Lab, Vrrp);
    let bench = Bench::new("debounce");
    let delays = "interface_up_down_delays {\n    eth0 0.8 0.5\n}\n";
    // With whole seconds the delay is shorter than a backup waits.
    let conf = Conf { password: None, ..Conf::cube(255) };
    let daemon = bench.start_master(&format!("{delays}{}", conf.text()));
    let transitions = || number(&vrrp::router(&bench.dut, "VI_1").unwrap(), "/transitions");
    assert_eq!(transitions(), 1);
    wait_until(SECOND, "the address", || bench.dut.has_address(cube::VIP)).unwrap();

    for _ in 0..2 {
        bench.dut.admin_down().unwrap();
        thread::sleep(SECOND / 4);
        bench.dut.admin_up().unwrap();
        thread::sleep(SECOND / 4);
    }
    thread::sleep(SECOND * 3 / 4);
    assert_eq!(transitions(), 1, "{}", daemon.log());
    let mark = bench.wire.mark();
    let from = bench.dut.address();
    bench
        .wire
        .expect_from(mark, 2 * SECOND, "adverts go on", |it| it.is_advert_from(from))
        .unwrap();

    let begin = Moment::now();
    bench.dut.admin_down().unwrap();
    bench.wait_for("fault", &daemon);
    let down = Moment::now().since(begin);
    assert!(down >= SECOND * 4 / 5 && down < SECOND * 4 / 5 + LATE, "{down:?}");
    let begin = Moment::now();
    bench.dut.admin_up().unwrap();
    bench.wait_for("master", &daemon);
    let up = Moment::now().since(begin);
    assert!(up >= SECOND / 2 && up < SECOND / 2 + LATE, "{up:?}");
}
