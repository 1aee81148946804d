//! What the kernel says about the daemon's threads.

use std::{collections::BTreeMap, fs, thread, time::Duration};

use vrrp_tests::{Conf, Daemon, Lab, Node, require, vrrp, vrrp_binary, wait_until};

const SECOND: Duration = Duration::from_secs(1);

/// Policy, real-time priority and niceness of each thread by its name (`proc_pid_stat(5)`).
fn threads(daemon: &Daemon) -> BTreeMap<String, [i32; 3]> {
    let mut threads = BTreeMap::new();
    for entry in fs::read_dir(format!("/proc/{}/task", daemon.pid())).unwrap().flatten() {
        // One that ends meanwhile is of no interest.
        let Ok(text) = fs::read_to_string(entry.path().join("stat")) else { continue };
        let (start, fields) = text.rsplit_once(") ").unwrap();
        let name = start.split_once('(').unwrap().1.to_owned();
        let field = |number: usize| fields.split(' ').nth(number - 3).unwrap().parse().unwrap();
        threads.insert(name, [field(41), field(40), field(19)]);
    }
    threads
}

/// A number in `/proc/PID/status`.
fn status(daemon: &Daemon, key: &str) -> String {
    let text = fs::read_to_string(format!("/proc/{}/status", daemon.pid())).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(key)).unwrap();
    line.trim_start_matches(':').trim().to_owned()
}

fn file(globals: &str) -> String {
    format!("global_defs {{\n{globals}\n}}\n{}", Conf::fast(100).text())
}

fn reload(node: &Node, daemon: &Daemon, text: &str) {
    node.write_file("vrrp.conf", text).unwrap();
    let before = daemon.log().matches("reloaded: ").count();
    vrrp::run(node, &["reload", "--runtime-dir", node.runtime_dir().to_str().unwrap()]).unwrap();
    wait_until(5 * SECOND, "the reload", || daemon.log().matches("reloaded: ").count() > before)
        .unwrap();
}

const OTHER: i32 = libc::SCHED_OTHER;
const ROUND_ROBIN: i32 = libc::SCHED_RR;

#[test]
fn the_file_decides_at_the_start_and_at_each_reload() {
    require!(Lab, Vrrp);
    let mut lab = Lab::new("scheduling").unwrap();
    let node = lab.add_node("dut", "10.0.0.60/24").unwrap();
    let globals = "vrrp_rt_priority 50\nvrrp_no_swap\nvrrp_cpu_affinity 0";
    let daemon = vrrp::start(&node, &file(globals), &["--hook", "generic"]).unwrap();
    vrrp::wait_for_state(&node, "VI_1", "master", 5 * SECOND).unwrap();
    let seen = threads(&daemon);
    let [first, second, ninth] = [50, 49, 9].map(|priority| [ROUND_ROBIN, priority, 0]);
    assert_eq!((seen["vrrp"], seen["netlink"]), (first, second), "{seen:?}");
    assert_eq!(status(&daemon, "Cpus_allowed_list"), "0");
    assert_ne!(status(&daemon, "VmLck"), "0 kB");

    reload(&node, &daemon, &file("vrrp_rt_priority 9\nvrrp_rlimit_rttime 200000"));
    let seen = threads(&daemon);
    assert_eq!((seen["vrrp"], seen["netlink"]), (ninth, [OTHER, 0, 0]), "{seen:?}");
    assert_ne!(status(&daemon, "Cpus_allowed_list"), "0");
    assert_eq!(status(&daemon, "VmLck"), "0 kB");
    let limits = fs::read_to_string(format!("/proc/{}/limits", daemon.pid())).unwrap();
    let limit = limits.lines().find(|line| line.starts_with("Max realtime timeout")).unwrap();
    assert!(limit.contains("100000 ") && limit.contains("200000 "), "{limit}");

    reload(&node, &daemon, &file("vrrp_priority -7"));
    let seen = threads(&daemon);
    assert_eq!((seen["vrrp"], seen["netlink"]), ([OTHER, 0, -7], [OTHER, 0, -7]), "{seen:?}");
    assert!(!daemon.log().contains("is not to be had"), "{}", daemon.log());
}

#[test]
fn what_is_not_permitted_is_told_of_and_done_without() {
    require!(Lab, Vrrp);
    let mut lab = Lab::new("powerless").unwrap();
    let node = lab.add_node("dut", "10.0.0.60/24").unwrap();
    let text = file("vrrp_rt_priority 50\nvrrp_no_swap\nvrrp_cpu_affinity 0 1000");
    let config = node.write_file("vrrp.conf", &text).unwrap();
    let mut command = node.exec();
    command
        .args(["prlimit", "--memlock=65536", "--rtprio=0", "setpriv"])
        // Those of the unit.
        .args(["--bounding-set=-all,+net_admin,+net_raw,+bpf,+perfmon"])
        .arg(vrrp_binary().unwrap())
        .args(["run", "--hook", "off", "-f"])
        .arg(config)
        .arg("--runtime-dir")
        .arg(node.runtime_dir());
    let mut daemon = node.spawn_command("vrrp", command).unwrap();
    vrrp::wait_for_state(&node, "VI_1", "master", 5 * SECOND)
        .unwrap_or_else(|error| panic!("{error:#}\n{}", daemon.log()));
    thread::sleep(SECOND);
    let log = daemon.log();
    for (what, needs) in [
        ("`vrrp_rt_priority 50`", "CAP_SYS_NICE, or LimitRTPRIO=50"),
        ("`vrrp_no_swap`", "CAP_IPC_LOCK, or LimitMEMLOCK=infinity"),
    ] {
        let told = log.lines().filter(|line| line.contains(what) && line.contains(needs));
        assert_eq!(told.count(), 1, "{log}");
    }
    assert_eq!(log.matches("is not to be had").count(), 2, "{log}");
    assert_eq!(threads(&daemon)["vrrp"], [OTHER, 0, 0]);
    assert_eq!(status(&daemon, "Cpus_allowed_list"), "0");
    assert!(daemon.terminate(5 * SECOND).unwrap().success());
}
