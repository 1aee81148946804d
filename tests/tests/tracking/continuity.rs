//! A reload and a new process keep what is known: nothing flaps because it is unknown for a moment.

use nix::sys::signal::Signal;
use vrrp_tests::{Conf, Lab, Wire, require, vrrp, wait_until};

use super::support::{LATE, SECOND, adverts, expect_priority, track_file, tracked, write};

#[test]
fn what_is_known_outlives_a_reload_and_the_process() {
    require!(Lab, Vrrp);
    let mut lab = Lab::new("track-kept").unwrap();
    let node = lab.add_node("dut", "10.0.0.60/24").unwrap();
    let wire = Wire::open(&lab).unwrap();
    let folder = node.folder().display().to_string();
    let calm = format!("track_file calm {{\n    file {folder}/calm\n    weight 0\n}}\n");
    let conf = |more: &str| {
        let tracks =
            format!("track_file {{\n        tracked\n        calm\n        {more}\n    }}");
        Conf::fast(100).every(SECOND / 10).with(&tracks)
    };
    let text = |more| track_file(&node) + &calm + &conf(more).text();
    write(&node, "50");
    let mut daemon = vrrp::start(&node, &text(""), &[]).unwrap();
    let conf = conf("");
    expect_priority(&wire, &node, &conf, 0, 150);
    let since = tracked(&node)["since"].clone();
    let mark = wire.mark();

    // Another thing more, which is not known before it is looked at.
    let third = format!("track_file third {{\n    file {folder}/third\n    weight 0\n}}\n");
    node.write_file("vrrp.conf", &(text("third") + &third)).unwrap();
    daemon.kill(Signal::SIGHUP).unwrap();
    wait_until(5 * SECOND, "the reload", || {
        vrrp::status(&node).is_ok_and(|status| status["reloads"] == 1)
    })
    .unwrap();

    let new = vrrp::start(&node, &text(""), &["--replace"]).unwrap();
    assert!(daemon.wait_exit(5 * SECOND).unwrap().success(), "{}", daemon.log());
    wait_until(5 * SECOND, "the new process to answer", || vrrp::status(&node).is_ok()).unwrap();
    std::thread::sleep(SECOND / 2);

    let all = adverts(&wire, &node, conf.vrid, mark);
    let priorities: Vec<u8> = all.iter().filter_map(|it| Some(it.advert()?.priority)).collect();
    assert!(priorities.iter().all(|&priority| priority == 150), "{priorities:?}");
    let gap = vrrp_tests::timing::longest_gap(&all);
    assert!(gap < conf.interval + LATE, "{gap:?}");
    let router = vrrp::router(&node, "VI_1").unwrap();
    assert_eq!(router["transitions"], 2);
    assert_eq!(tracked(&node)["since"], since);
    assert!(!new.log().contains("priority"), "{}", new.log());

    // It goes on watching.
    let mark = wire.mark();
    write(&node, "20");
    expect_priority(&wire, &node, &conf, mark, 120);
}
