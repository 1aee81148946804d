//! The command line: exit codes, and what `status` says.

use std::process::Output;

use vrrp_tests::{Chatter, Conf, Lab, Node, cube, require, vrrp};

use super::support::{Bench, PEER, SECOND, number, wait_for, word};

fn node(tag: &str) -> (Lab, Node) {
    let mut lab = Lab::new(tag).unwrap();
    let node = lab.add_node("dut", "10.0.0.60/24").unwrap();
    (lab, node)
}

fn check(node: &Node, text: &str) -> (Option<i32>, String) {
    let file = node.write_file("check.conf", text).unwrap();
    let output = vrrp::run(node, &["check", "-f", file.to_str().unwrap()]).unwrap();
    (output.status.code(), said(&output))
}

fn said(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8(text).unwrap()
}

#[test]
fn check_tells_good_files_from_bad_ones_by_its_exit_code() {
    require!(Lab, Vrrp);
    let (_lab, node) = node("check");
    for (name, _, state, priority) in cube::NODES {
        let (code, said) = check(&node, &cube::config(name, state, priority));
        assert_eq!(code, Some(0), "{said}");
    }
    let good = Conf::cube(100).text();
    for (what, text, wanted) in [
        ("the last brace is missing", good.trim_end().trim_end_matches('}').to_owned(), "brace"),
        ("the first brace is missing", good.replacen("VI_1 {", "VI_1", 1), ""),
        ("a priority of 256", good.replace("priority 100", "priority 256"), "256"),
        ("no VRID", good.replace("virtual_router_id 51", ""), "virtual_router_id"),
        ("a VRID of 256", good.replace("router_id 51", "router_id 256"), "256"),
        ("no interface", good.replace("interface eth0", ""), "interface"),
        ("an address that is none", good.replace("10.0.0.70", "10.0.0.700"), "10.0.0.700"),
        ("twice the same VRID", format!("{good}{}", good.replace("VI_1", "VI_2")), "51"),
        ("a number that is none", good.replace("priority 100", "priority high"), "high"),
    ] {
        let (code, said) = check(&node, &text);
        assert_eq!(code, Some(2), "{what}: {said}");
        assert!(said.contains(wanted) && said.contains("check.conf:"), "{what}: {said}");
    }
    // A word that nobody knows is told of, and no reason not to run.
    let (code, said) = check(&node, &Conf::cube(100).with("frobnicate 3").text());
    assert!(said.contains("frobnicate"), "{said}");
    assert!(code == Some(0) || code == Some(2), "{code:?}");
    assert_eq!(
        vrrp::run(&node, &["check", "-f", "/nonexistent/x"]).unwrap().status.code(),
        Some(6)
    );
    assert_eq!(vrrp::run(&node, &["check", "-f", "/"]).unwrap().status.code(), Some(2));
    assert_eq!(vrrp::run(&node, &["frobnicate"]).unwrap().status.code(), Some(2));
}

#[test]
fn run_refuses_what_it_cannot_run() {
    require!(Lab, Vrrp);
    let (_lab, node) = node("refuse");
    let runtime = node.runtime_dir().display().to_string();
    let bpffs = node.bpffs().unwrap().display().to_string();
    let run = |file: &str| {
        vrrp::run(&node, &["run", "-f", file, "--runtime-dir", &runtime, "--bpffs", &bpffs])
            .unwrap()
    };
    assert_eq!(run("/nonexistent/vrrp.conf").status.code(), Some(6));
    let good = Conf::fast(255).text();
    let twice = node.write_file("twice.conf", &format!("{good}{}", good.replace("VI_1", "VI_2")));
    let output = run(twice.unwrap().to_str().unwrap());
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("51"), "{}", said(&output));

    // A second daemon with the same runtime directory says so, and the first does not notice.
    let mut first = super::support::start(&node, &Conf::fast(255), &[]);
    let file = node.folder().join("vrrp.conf");
    let output = run(file.to_str().unwrap());
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("another vrrp daemon runs"), "{}", said(&output));
    assert!(first.is_running());
    wait_for(&node, "master", SECOND);
    // One that was killed is no obstacle.
    first.kill_group(nix::sys::signal::Signal::SIGKILL).unwrap();
    first.wait_exit(SECOND).unwrap();
    let mut second = super::support::start(&node, &Conf::fast(255), &[]);
    assert!(second.terminate(5 * SECOND).unwrap().success());
    let output = vrrp::run(&node, &["status", "--runtime-dir", &runtime]).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("no vrrp daemon answers"), "{}", said(&output));
}

#[test]
fn status_says_who_is_master_since_when_and_why() {
    require!(Lab, Vrrp);
    let bench = Bench::new("status");
    let conf = Conf::fast(100);
    let daemon = bench.start(&conf, &[]);
    let chatter = Chatter::start(&bench.peer, vec![conf.advert(PEER, 150)], conf.interval).unwrap();
    std::thread::sleep(SECOND);
    let status = vrrp::status(&bench.dut).unwrap();
    assert_eq!(number(&status, "/version"), 1);
    assert_eq!(number(&status, "/pid"), u64::from(daemon.pid()));
    assert_eq!(status["pinned"], true);
    let router = &status["routers"][0];
    assert_eq!((word(router, "/state"), word(router, "/reason")), ("backup", "started"));
    assert_eq!(word(router, "/master/address"), PEER.to_string());
    assert_eq!(number(router, "/master/priority"), 150);
    assert_eq!(router["master"]["is_self"], false);
    assert!(router["master"]["heard_seconds_ago"].as_f64().unwrap() < 0.4, "{router}");
    assert!(router["master_down_in"].as_f64().unwrap() > 0.3, "{router}");
    assert!(router["lease_left"].is_null());
    // The first is new, the others say nothing new and wake nobody.
    assert_eq!(number(router, "/adverts/published"), 1, "{router}");
    assert!(number(router, "/adverts/absorbed") >= 3, "{router}");
    assert_eq!(word(router, "/hook/mode"), "tc");
    assert!(word(router, "/hook/reason").contains("veth"));

    drop(chatter);
    wait_for(&bench.dut, "master", conf.down() + SECOND);
    std::thread::sleep(conf.interval);
    let router = super::support::router(&bench.dut);
    assert_eq!(word(&router, "/reason"), "master_silent");
    assert!(router["lease_left"].as_f64().unwrap() > 0.3, "{router}");
    assert!(router["since_seconds"].as_f64().unwrap() < 2.0, "{router}");
    assert_eq!(router["master"]["is_self"], true);
    let sent = bench.adverts_since(0).len();
    let counted = number(&super::support::router(&bench.dut), "/adverts/sent");
    assert!(counted.abs_diff(sent as u64) <= 1, "{counted} {sent}");
    let runtime = bench.dut.runtime_dir().display().to_string();
    let text = said(&vrrp::run(&bench.dut, &["status", "--runtime-dir", &runtime]).unwrap());
    for wanted in ["VI_1 MASTER for ", "no master was heard", "10.0.0.70/32 on eth0", "hook tc"] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
}
