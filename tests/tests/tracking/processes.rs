//! Processes. keepalived cannot be compared: the kernel tells it of processes in the machine's own
//! network namespace only.

use std::process::{Child, Command};

use vrrp_tests::{Conf, Lab, Wire, require};

use super::support::{SECOND, Subject, expect_priority, tracked};

/// Killed when the test ends.
struct Sleeper(Child);

impl Drop for Sleeper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn processes_count() {
    require!(Lab, Vrrp);
    let mut lab = Lab::new("track-process").unwrap();
    let node = lab.add_node("dut", "10.0.0.60/24").unwrap();
    let wire = Wire::open(&lab).unwrap();
    // Nobody else sleeps for so long.
    let seconds = format!("{}", 200_000 + std::process::id());
    let text = format!("vrrp_track_process sleeper {{\n    process sleep {seconds}\n}}\n");
    let weighted = Conf::fast(100).with("track_process {\n        sleeper weight 40\n    }");
    let plain = Conf::fast(100)
        .named("VI_2", 52)
        .vips(&[std::net::Ipv4Addr::new(10, 0, 0, 72)])
        .with("track_process {\n        sleeper\n    }");
    let _daemon = Subject::Vrrp.start(&node, &(text + &weighted.text() + &plain.text()));
    expect_priority(&wire, &node, &weighted, 0, 100);
    assert!(vrrp_tests::vrrp::state(&node, "VI_2").unwrap() == "fault");
    assert_eq!(tracked(&node)["condition"], "ill");

    let mark = wire.mark();
    let sleeper = Sleeper(Command::new("sleep").arg(&seconds).spawn().unwrap());
    expect_priority(&wire, &node, &weighted, mark, 140);
    expect_priority(&wire, &node, &plain, mark, 100);

    let mark = wire.mark();
    let begin = vrrp_tests::Moment::now();
    drop(sleeper);
    // Its end is told at once, and not found by the next look.
    let resigned = expect_priority(&wire, &node, &plain, mark, 0);
    assert!(resigned.at.since(begin) < SECOND / 2);
    expect_priority(&wire, &node, &weighted, mark, 100);
}
