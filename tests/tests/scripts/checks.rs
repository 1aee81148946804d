//! `vrrp_script`: asked on time, never twice at once, and ended when it hangs.

use std::fs;

use serde_json::Value;
use vrrp_tests::{require, vrrp, wait_until};

use super::side::{Kind, SECOND, Side};

/// What the status says of a check.
fn check(side: &Side, name: &str) -> Value {
    let status = vrrp::status(&side.node).unwrap_or_default();
    let mut checks = status["checks"].as_array().into_iter().flatten();
    checks.find(|check| check["name"] == name).cloned().unwrap_or_default()
}

/// A time to sleep for that no other test has.
fn unique(seconds: u32) -> String {
    format!("{seconds}.{}", std::process::id())
}

/// The processes of the machine that have this word among their arguments.
fn processes(word: &str) -> Vec<String> {
    fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter(|entry| {
            let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&command).contains(word)
        })
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

/// Children of the daemon's threads that have ended and were not waited for.
fn zombies(side: &Side) -> Vec<String> {
    let tasks = fs::read_dir(format!("/proc/{}/task", side.daemon.pid())).unwrap().flatten();
    let children: String = tasks
        .map(|task| fs::read_to_string(task.path().join("children")).unwrap_or_default())
        .collect();
    let is_zombie = |child: &str| {
        fs::read_to_string(format!("/proc/{child}/stat")).is_ok_and(|stat| stat.contains(") Z "))
    };
    children.split_whitespace().filter(|child| is_zombie(child)).map(str::to_owned).collect()
}

#[test]
fn a_script_that_hangs_is_ended_with_all_it_started_and_never_overlaps() {
    require!(Lab, Vrrp);
    // Each run leaves a mark at its start, and a child that does not end by itself.
    let nap = unique(4242);
    let hangs = format!("#!/bin/sh\necho start >>@DIR@/log\nsleep {nap} &\nwait\n");
    let config = r#"
vrrp_script hangs {
    script "@DIR@/hangs"
    interval 0.2
    timeout 0.5
    fall 2
}
vrrp_script fine {
    script "/bin/sh -c 'exit 0'"
    interval 0.02
    timeout 3
}
vrrp_script missing {
    script /no/such/program
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    virtual_ipaddress { 10.0.0.70 }
    track_script {
        hangs
        fine
        missing
    }
}
"#;
    let mut side = Side::start_with(Kind::Vrrp, "hangs", config, &[("hangs", &hangs)]);
    wait_until(5 * SECOND, "three runs", || side.lines("log").len() >= 3).unwrap();
    let hung = check(&side, "hangs");
    assert_eq!((&hung["state"], &hung["last_exit"]), (&"ill".into(), &Value::Null), "{hung}");
    assert_eq!(hung["failures"], hung["timeouts"], "{hung}");
    assert_eq!(hung["reason"], "took too long");
    // The third has begun, and of the two before nothing is left.
    wait_until(SECOND, "one run at a time", || {
        processes(&nap).len() <= 1
            && processes(&format!("{}/hangs", side.node.folder().display())).len() <= 1
    })
    .unwrap();
    assert_eq!(check(&side, "missing")["state"], "unusable");
    wait_until(5 * SECOND, "fifty runs", || check(&side, "fine")["runs"].as_u64() > Some(50))
        .unwrap();
    let fine = check(&side, "fine");
    assert_eq!((&fine["state"], &fine["failures"]), (&"well".into(), &0.into()), "{fine}");

    let text = String::from_utf8(
        vrrp::run(
            &side.node,
            &["status", "--runtime-dir", side.node.runtime_dir().to_str().unwrap()],
        )
        .unwrap()
        .stdout,
    )
    .unwrap();
    assert!(text.contains("script hangs is ill: took too long"), "{text}");
    assert!(!text.contains("script fine is"), "{text}");

    // One that has just ended is none for long.
    let before = zombies(&side);
    std::thread::sleep(SECOND / 2);
    let after = zombies(&side);
    assert!(before.iter().all(|pid| !after.contains(pid)), "{before:?} {after:?}");
    let log = side.daemon.log();
    assert_eq!(log.matches("WARN script hangs fails").count(), 1, "{log}");
    side.daemon.terminate(5 * SECOND).unwrap();
    assert_eq!(processes(&nap), [""; 0]);
}

#[test]
fn results_outlive_a_process_and_a_daemon_that_dies_leaves_nothing() {
    require!(Lab, Vrrp);
    let config = r#"
vrrp_script slow {
    script "/bin/sleep @NAP@"
    interval 600
    init_fail
    weight -10
}
vrrp_script once {
    script "/bin/false"
    interval 600
    weight -20
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    virtual_ipaddress { 10.0.0.70 }
    track_script {
        slow
        once
    }
}
"#;
    let nap = unique(5252);
    let mut side = Side::start(Kind::Vrrp, "outlive", &config.replace("@NAP@", &nap));
    wait_until(5 * SECOND, "a run", || check(&side, "once")["state"] == "ill").unwrap();
    assert_eq!(check(&side, "slow")["state"], "ill");
    // A reload of something else disturbs nothing.
    side.reload(|config| {
        config.replace("virtual_router_id 51", "virtual_router_id 51\npriority 90")
    });
    wait_until(5 * SECOND, "the reload", || {
        vrrp::status(&side.node).is_ok_and(|status| status["reloads"] == 1)
    })
    .unwrap();
    assert_eq!(check(&side, "once")["runs"], 1);
    side.replace();
    wait_until(5 * SECOND, "another run", || check(&side, "once")["runs"] == 2).unwrap();
    assert_eq!(processes(&nap).len(), 1, "of the old process and the new one");
    side.daemon.kill(nix::sys::signal::Signal::SIGKILL).unwrap();
    side.daemon.wait_exit(SECOND).unwrap();
    wait_until(2 * SECOND, "its programs to be gone", || processes(&nap).is_empty()).unwrap();
}

/// At 10 ms adverts, with a program started every 10 ms beside; and, so that nothing else this
/// machine does is held against it, another node beside that runs none.
#[test]
fn adverts_leave_on_time_whatever_is_run() {
    require!(Lab, Vrrp);
    let check_of =
        |number| format!("vrrp_script c{number} {{\nscript \"/bin/true\"\ninterval 0.04\n}}\n");
    let plain = "global_defs {\nvrrp_rt_priority 50\n}\nvrrp_instance VI_1 {\ninterface eth0\n\
                 virtual_router_id 51\nversion 3\nadvert_int 0.01\n\
                 virtual_ipaddress { 10.0.0.70 }\n}\n";
    let checks: String = (0..4).map(check_of).collect();
    let tracking = plain.replace(
        "advert_int 0.01",
        "advert_int 0.01\ntrack_script {\nc0 weight 1\nc1 weight 1\nc2 weight 1\nc3 weight 1\n}",
    );
    let sides = [("quiet", plain.to_owned()), ("busy", checks + &tracking)]
        .map(|(tag, config)| Side::start(Kind::Vrrp, tag, &config));
    for side in &sides {
        vrrp::wait_for_state(&side.node, "VI_1", "master", 5 * SECOND).unwrap();
    }
    let sent = || {
        sides.each_ref().map(|side| {
            let router = vrrp::router(&side.node, "VI_1").unwrap();
            router["adverts"]["sent"].as_u64().unwrap_or_default()
        })
    };
    let runs = || check(&sides[1], "c0")["runs"].as_u64().unwrap_or_default();
    let open = || fs::read_dir(format!("/proc/{}/fd", sides[1].daemon.pid())).unwrap().count();
    let (before, runs_before, open_before) = (sent(), runs(), open());
    std::thread::sleep(2 * SECOND);
    let (after, runs_after) = (sent(), runs());
    let (quiet, busy) = (after[0] - before[0], after[1] - before[1]);
    assert!(busy * 10 >= quiet * 9, "{busy} adverts in 2 s, and {quiet} beside it");
    assert!(runs_after - runs_before >= 20, "{runs_before} to {runs_after} runs in 2 s");
    // A run at this moment has one or two each.
    assert!(open() <= open_before + 8, "{open_before} descriptors, then {}", open());
    for side in &sides {
        assert_eq!(vrrp::state(&side.node, "VI_1").unwrap(), "master");
    }
}
