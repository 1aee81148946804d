//! Pauses between announcements.

use std::{net::Ipv4Addr, time::Duration};

use vrrp_tests::{Conf, require, timing::longest_gap};

use super::{Bench, SECOND, announces, file};

#[test]
fn announcements_keep_distance_and_adverts_do_not_wait_for_them() {
    require!(Lab, Vrrp);
    let bench = Bench::new("pace");
    let vips: Vec<Ipv4Addr> = (71..74).map(|last| Ipv4Addr::new(10, 0, 0, last)).collect();
    let interval = Duration::from_millis(100);
    let conf = Conf::fast(255)
        .every(interval)
        .vips(&vips)
        .with("garp_master_repeat 4")
        .with("garp_master_delay 0");
    let daemon = bench.start_master(&file("vrrp_rt_priority 20\nvrrp_garp_interval 0.06", &conf));
    let sent =
        || bench.wire.frames(|frame| vips.iter().any(|vip| announces(frame, &bench.dut, *vip)));
    vrrp_tests::wait_until(4 * SECOND, "all announcements", || sent().len() >= 12).unwrap();
    std::thread::sleep(SECOND / 4);
    let sent = sent();
    assert_eq!(sent.len(), 12, "{}", daemon.log());
    for vip in &vips {
        assert_eq!(sent.iter().filter(|frame| announces(frame, &bench.dut, *vip)).count(), 4);
    }
    for (one, next) in sent.iter().zip(sent.iter().skip(1)) {
        let pause = next.at.since(one.at);
        assert!(pause > Duration::from_millis(55), "{pause:?}");
    }
    let adverts = bench.adverts(0, conf.vrid);
    let gap = longest_gap(&adverts);
    assert!(adverts.len() > 6 && gap < interval * 3 / 2, "{gap:?}");
}
