//! Every kind of change, while master with ten adverts a second: nobody notices but whom it is about.

use std::{net::Ipv4Addr, thread, time::Duration};

use vrrp_tests::{Conf, cube, require, timing::longest_gap, vrrp, wait_until};

use super::{Bench, SECOND, number, word};

const ANOTHER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 71);
const SECONDS: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 72);
const UNCHANGED: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 79);
const GLOBALS: &str = "global_defs {\nvrrp_rt_priority 20\n}\n";

/// Has the daemon read a file by `vrrp reload`, which says what came of it: `changes`.
#[track_caller]
fn reload(bench: &Bench, text: &str, changes: &[&str]) {
    bench.dut.write_file("vrrp.conf", text).unwrap();
    let runtime = bench.dut.runtime_dir().display().to_string();
    let output = vrrp::run(&bench.dut, &["reload", "--runtime-dir", &runtime]).unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{output:?}");
    for change in changes {
        assert!(said.lines().any(|line| line.trim() == *change), "{change}: {said}");
    }
    // The next adverts are those of the new file.
    thread::sleep(Duration::from_millis(350));
}

#[test]
fn each_change_touches_what_it_is_about_and_nothing_else() {
    require!(Lab, Vrrp);
    let bench = Bench::new("diff");
    let interval = Duration::from_millis(100);
    // No second set of announcements, which would be no news.
    let conf = Conf::fast(200).every(interval).with("garp_master_delay 0");
    let steady = conf.clone().named("VI_9", 59).vips(&[UNCHANGED]);
    let second = conf.clone().named("VI_2", 52).vips(&[SECONDS]);
    let file = |of: &[&Conf]| of.iter().fold(GLOBALS.to_owned(), |text, one| text + &one.text());
    let base = file(&[&conf, &steady]);
    let _daemon = bench.start_master(&base);
    vrrp::wait_for_state(&bench.dut, "VI_9", "master", 5 * SECOND).unwrap();
    for address in [cube::VIP, UNCHANGED] {
        wait_until(SECOND, "the address", || bench.dut.has_address(address)).unwrap();
    }
    let addresses = bench.dut.spawn("monitor", &["ip", "-o", "monitor", "address"]).unwrap();
    thread::sleep(SECOND / 2);
    let mark = bench.wire.mark();

    reload(&bench, &base, &[]);
    let larger = conf.clone().vips(&[cube::VIP, ANOTHER]);
    reload(&bench, &file(&[&larger, &steady]), &["+ virtual_ipaddress 10.0.0.71/32"]);
    assert!(bench.dut.has_address(ANOTHER));
    reload(&bench, &base, &["- virtual_ipaddress 10.0.0.71/32"]);
    assert!(!bench.dut.has_address(ANOTHER));
    let lesser = Conf { priority: 150, ..conf.clone() };
    reload(&bench, &file(&[&lesser, &steady]), &["~ priority 200 -> 150"]);
    let script = "vrrp_script chk {\nscript /bin/true\nuser root\ninterval 1\nweight 5\n}\n";
    let tracking = lesser.clone().with("track_script {\n        chk\n    }");
    let text = format!("{script}{}", file(&[&tracking, &steady]));
    reload(&bench, &text, &["vrrp_script chk", "+ track_script chk weight 5"]);
    wait_until(3 * SECOND, "the script to count", || {
        let last = bench.adverts(mark, conf.vrid).pop();
        last.is_some_and(|frame| frame.advert().unwrap().priority == 155)
    })
    .unwrap();
    reload(&bench, &file(&[&lesser, &steady]), &["- track_script chk weight 5"]);
    reload(&bench, &file(&[&lesser, &steady, &second]), &["vrrp_instance VI_2", "added"]);
    vrrp::wait_for_state(&bench.dut, "VI_2", "master", 5 * SECOND).unwrap();
    reload(&bench, &file(&[&lesser, &steady]), &["vrrp_instance VI_2", "removed"]);

    let said = addresses.log();
    for address in [cube::VIP, UNCHANGED] {
        assert!(!said.contains(&address.to_string()), "{address} was touched: {said}");
    }
    assert!(said.contains(&ANOTHER.to_string()) && said.contains(&SECONDS.to_string()), "{said}");
    for (name, vrid, address) in [("VI_1", conf.vrid, cube::VIP), ("VI_9", 59, UNCHANGED)] {
        let router = vrrp::router(&bench.dut, name).unwrap();
        assert_eq!((word(&router, "/state"), number(&router, "/transitions")), ("master", 2));
        let adverts = bench.adverts(mark, vrid);
        assert!(adverts.iter().all(|frame| frame.advert().unwrap().priority != 0));
        let gap = longest_gap(&adverts);
        assert!(adverts.len() > 20 && gap < interval * 3 / 2, "{name}: {gap:?}");
        assert_eq!(bench.announcements(mark, address).len(), 0, "{name}");
    }
    assert!(!bench.announcements(mark, ANOTHER).is_empty());
    // The one that went resigned.
    let last = bench.adverts(mark, 52).pop().unwrap();
    assert_eq!(last.advert().unwrap().priority, 0);
    assert_eq!(number(&vrrp::status(&bench.dut).unwrap(), "/reloads"), 8);
}
