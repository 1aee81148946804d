//! What happens to it while the daemon runs, and after it has died.

use std::thread;

use nix::sys::signal::Signal;
use vrrp_tests::{Conf, Daemon, require, vrrp, wait_until};

use super::stage::{SECOND, Stage};

fn conf(address: &str, more: &str) -> Conf {
    let addresses = format!("virtual_ipaddress {{\n{address}\n}}\n{more}");
    Conf { vips: Vec::new(), ..Conf::fast(200) }.with(&addresses)
}

fn master(stage: &Stage, text: &str) -> Daemon {
    let daemon = vrrp::start(&stage.node, text, &[]).unwrap();
    vrrp::wait_for_state(&stage.node, "VI_1", "master", 5 * SECOND)
        .unwrap_or_else(|error| panic!("{error:#}\n{}", daemon.log()));
    daemon
}

#[track_caller]
fn reload(stage: &Stage, daemon: &mut Daemon, text: &str) {
    stage.node.write_file("vrrp.conf", text).unwrap();
    let before = daemon.log().matches("reloaded: ").count();
    daemon.kill(Signal::SIGHUP).unwrap();
    wait_until(5 * SECOND, "the reload", || daemon.log().matches("reloaded: ").count() > before)
        .unwrap_or_else(|error| panic!("{error:#}\n{}", daemon.log()));
}

#[track_caller]
fn wait_for(stage: &Stage, daemon: &Daemon, what: &str, show: &str, there: bool) {
    wait_until(3 * SECOND, what, || stage.ip(show).contains(what) == there)
        .unwrap_or_else(|error| panic!("{error:#}\n{}\n{}", stage.ip(show), daemon.log()));
}

fn transitions(stage: &Stage) -> u64 {
    vrrp::router(&stage.node, "VI_1").unwrap()["transitions"].as_u64().unwrap()
}

const ROUTES: &str = "show table all proto keepalived";

#[test]
fn what_is_removed_comes_back_and_a_reload_changes_what_differs() {
    require!(Lab, Vrrp);
    let stage = Stage::new("rt-upkeep");
    let routes = |metric: u8| {
        format!(
            "virtual_routes {{\n10.60.0.0/16 via 10.0.0.1 dev eth0\n10.61.0.0/16 via 10.0.0.1 metric \
             {metric}\n10.62.0.0/16 dev d0\n10.63.0.0/16 dev d0 no_track\n}}\nvirtual_rules {{\nfrom 10.0.0.70 \
             table 600 preference 700\n}}"
        )
    };
    let first = conf("10.0.0.70/24 label eth0:a", &routes(5));
    let mut daemon = master(&stage, &first.text());
    let show = format!("route {ROUTES}");
    for what in ["10.60.0.0/16", "10.61.0.0/16", "10.62.0.0/16", "10.63.0.0/16"] {
        wait_for(&stage, &daemon, what, &show, true);
    }
    wait_for(&stage, &daemon, "from 10.0.0.70", "rule", true);
    let before = transitions(&stage);

    // By hand.
    stage.ip("route del 10.61.0.0/16 metric 5");
    stage.ip("rule del preference 700");
    stage.ip("route del 10.63.0.0/16");
    wait_for(&stage, &daemon, "10.61.0.0/16", &show, true);
    wait_for(&stage, &daemon, "from 10.0.0.70", "rule", true);
    // By the kernel, which does not tell.
    stage.ip("link set d0 down");
    wait_for(&stage, &daemon, "10.62.0.0/16", &show, false);
    stage.ip("link set d0 up");
    wait_for(&stage, &daemon, "10.62.0.0/16", &show, true);
    assert!(!stage.ip(&show).contains("10.63.0.0/16"), "no_track");

    // Another label and metric; what is the same is not touched, which its age would tell.
    let monitor =
        stage.node.spawn("monitor", &["ip", "monitor", "route", "rule", "address"]).unwrap();
    thread::sleep(SECOND / 4);
    reload(&stage, &mut daemon, &conf("10.0.0.70/24 label eth0:b", &routes(6)).text());
    wait_for(&stage, &daemon, "metric 6", &show, true);
    wait_for(&stage, &daemon, "metric 5", &show, false);
    wait_for(&stage, &daemon, "eth0:b", "addr show dev eth0", true);
    thread::sleep(SECOND / 4);
    let told = monitor.log();
    assert!(told.contains("10.61.0.0/16") && told.contains("10.0.0.70"), "{told}");
    for untouched in ["10.60.0.0/16", "10.62.0.0/16", "700:"] {
        assert!(!told.contains(untouched), "{untouched}: {told}");
    }
    assert_eq!(transitions(&stage), before);
    assert!(daemon.log().contains("someone removed route 10.61.0.0/16"), "{}", daemon.log());
    let status = vrrp::router(&stage.node, "VI_1").unwrap();
    assert_eq!(status["routes"].as_array().unwrap().len(), 4);
    assert_eq!(status["rules"][0]["present"], true, "{status}");

    // Another process goes on with it.
    let text = conf("10.0.0.70/24 label eth0:b", &routes(7)).text();
    let heir = vrrp::start(&stage.node, &text, &["--replace"]).unwrap();
    daemon.wait_exit(5 * SECOND).unwrap();
    wait_for(&stage, &heir, "metric 7", &show, true);
    wait_for(&stage, &heir, "metric 6", &show, false);
    let told = monitor.log();
    for untouched in ["10.60.0.0/16", "10.62.0.0/16", "700:"] {
        assert!(!told.contains(untouched), "{untouched}: {told}");
    }
    assert_eq!(transitions(&stage), before);
    drop(heir);
}

#[test]
fn what_a_dead_daemon_left_is_removed() {
    require!(Lab, Vrrp);
    let stage = Stage::new("rt-dead");
    let routes = "virtual_routes {\n10.60.0.0/16 via 10.0.0.1\nfd60::/16 dev d0\n}\nvirtual_rules {\n\
                  from 10.0.0.70 table 600 preference 700\n}";
    let statics = "static_routes {\n10.50.0.0/16 via 10.0.0.1\n}\n";
    let text = statics.to_owned() + &conf("10.0.0.70", routes).text();
    let backup = |daemon: &Daemon| {
        wait_for(&stage, daemon, "10.60.0.0/16", &format!("route {ROUTES}"), false);
        wait_for(&stage, daemon, "from 10.0.0.70", "rule", false);
        wait_for(&stage, daemon, "fd60::/16", &format!("-6 route {ROUTES}"), false);
    };
    let mut daemon = master(&stage, &text);
    wait_for(&stage, &daemon, "from 10.0.0.70", "rule", true);
    daemon.kill(Signal::SIGKILL).unwrap();
    daemon.wait_exit(SECOND).unwrap();
    // The next one's file knows nothing of them.
    let plain = statics.to_owned() + &conf("10.0.0.70", "").text();
    let mut daemon = vrrp::start(&stage.node, &plain, &[]).unwrap();
    backup(&daemon);
    wait_for(&stage, &daemon, "10.50.0.0/16", &format!("route {ROUTES}"), true);
    daemon.terminate(5 * SECOND).unwrap();

    // Or nobody comes next.
    let mut daemon = master(&stage, &text);
    wait_for(&stage, &daemon, "from 10.0.0.70", "rule", true);
    daemon.kill(Signal::SIGKILL).unwrap();
    daemon.wait_exit(SECOND).unwrap();
    let file = stage.node.folder().join("vrrp.conf").display().to_string();
    let runtime = stage.node.runtime_dir().display().to_string();
    let bpffs = stage.node.bpffs().unwrap().display().to_string();
    let arguments = ["cleanup", "-f", &file, "--runtime-dir", &runtime, "--bpffs", &bpffs];
    let output = vrrp::run(&stage.node, &arguments).unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("removed route 10.60.0.0/16"), "{output:?}");
    assert!(stage.routing().is_empty(), "{:?}", stage.routing());
}

#[test]
fn the_others_of_a_subnet_stay_when_its_first_address_goes() {
    require!(Lab, Vrrp);
    let stage = Stage::new("rt-first");
    let mut daemon = master(&stage, &conf("10.0.0.70/24\n10.0.0.71/24", SOURCE).text());
    wait_for(&stage, &daemon, "10.0.0.71/24", "addr show dev eth0", true);
    // The node's own address is renewed, and is behind the virtual ones now.
    stage.ip("addr del 10.0.0.60/24 dev eth0");
    wait_for(&stage, &daemon, "10.0.0.70/24", "addr show dev eth0", true);
    stage.ip("addr add 10.0.0.60/24 dev eth0");
    wait_for(&stage, &daemon, "10.0.0.71/24", "addr show dev eth0", true);
    thread::sleep(SECOND / 4);
    assert!(stage.ip("addr show dev eth0 secondary").contains("10.0.0.60/24"));
    daemon.terminate(5 * SECOND).unwrap();
    let left = stage.ip("addr show dev eth0");
    assert!(left.contains("10.0.0.60/24") && !left.contains("10.0.0.7"), "{left}");
    assert_eq!(promote(&stage), "0");

    // With the keyword also when somebody else removes it.
    let mut daemon =
        master(&stage, &conf("10.0.0.70/24", &format!("{SOURCE}\npromote_secondaries")).text());
    assert_eq!(promote(&stage), "1");
    stage.ip("addr del 10.0.0.60/24 dev eth0");
    thread::sleep(SECOND / 4);
    assert!(!daemon.log().contains("someone removed"), "{}", daemon.log());
    daemon.terminate(5 * SECOND).unwrap();
    assert_eq!(promote(&stage), "0");
}

/// Lets the router live while the node has no address of its own.
const SOURCE: &str = "mcast_src_ip 10.0.0.60";

fn promote(stage: &Stage) -> String {
    let settings = stage.node.sysctls().unwrap();
    settings["/proc/sys/net/ipv4/conf/eth0/promote_secondaries"].clone()
}
