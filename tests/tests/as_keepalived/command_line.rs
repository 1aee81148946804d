//! The command line of both.

use std::{
    fs,
    process::{Command, Output},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use vrrp_tests::{Conf, require, vrrp, wait_until};

use super::support::{Place, SECOND, Whose, is_there};

/// What went on in the background is nobody's child: it is ended by its number.
struct Background(Pid);

impl Drop for Background {
    fn drop(&mut self) {
        let _ = kill(self.0, Signal::SIGKILL);
    }
}

fn run(mut command: Command) -> Output {
    command.output().unwrap()
}

fn code(place: &Place, arguments: &[&str]) -> Option<i32> {
    let mut command = place.keepalived();
    command.args(arguments);
    run(command).status.code()
}

#[test]
fn it_goes_on_in_the_background_and_is_found_by_its_pid_files() {
    require!(Lab, Vrrp);
    let place = Place::new(Whose::Ours);
    let file = place.node.write_file("keepalived.conf", &Conf::fast(100).text()).unwrap();
    let mut command = place.keepalived();
    command.args(["-D", "-f"]).arg(file);
    place.add_places(&mut command);
    // As it ends, whoever reads its output is not kept waiting by the daemon.
    let output = run(command);
    assert!(output.status.success(), "{output:?}");
    let pid = place.pid("main.pid");
    let daemon = Background(pid);
    assert_eq!(place.pid("vrrp.pid"), pid);
    vrrp::wait_for_state(&place.node, "VI_1", "master", 5 * SECOND).unwrap();
    // Away from the session, the terminal and the directory of whoever started it.
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    let [session, terminal] = [fields[3], fields[4]];
    assert!(session != pid.to_string() && terminal == "0", "{stat}");
    assert_eq!(fs::read_link(format!("/proc/{pid}/cwd")).unwrap(), std::path::Path::new("/"));
    for descriptor in 0..3 {
        let target = fs::read_link(format!("/proc/{pid}/fd/{descriptor}")).unwrap();
        assert_eq!(target, std::path::Path::new("/dev/null"));
    }
    kill(pid, Signal::SIGTERM).unwrap();
    wait_until(5 * SECOND, "its end", || !is_there(pid)).unwrap();
    std::mem::forget(daemon);
    assert!(!place.path("main.pid").exists() && !place.path("vrrp.pid").exists());
}

#[test]
fn questions_are_answered_as_keepalived_answers_them() {
    require!(Lab, Vrrp, Keepalived);
    let [ours, theirs] = [Whose::Ours, Whose::Keepalived].map(Place::new);
    for what in ["STOP", "RELOAD", "DATA", "STATS", "STATS_CLEAR", "JSON", "FROBNICATE"] {
        let ask = |place: &Place| {
            let mut command = place.keepalived();
            command.arg(format!("--signum={what}"));
            let output = run(command);
            (output.status.code(), String::from_utf8(output.stdout).unwrap())
        };
        assert_eq!(ask(&ours), ask(&theirs), "{what}");
    }
    let good = Conf::fast(100).text();
    for (what, text) in [
        ("nothing wrong", good.clone()),
        ("an unknown word", Conf::fast(100).with("frobnicate 3").text()),
        ("a number out of range", good.replace("priority 100", "priority 256")),
        ("no VRID", good.replace("virtual_router_id 51", "")),
    ] {
        let test = |place: &Place| {
            let file = place.node.write_file("test.conf", &text).unwrap();
            code(place, &["-t", "-f", file.to_str().unwrap()])
        };
        let (ours, theirs) = (test(&ours), test(&theirs));
        // keepalived tells what it cannot run from what it can by starting.
        let is_same = ours == theirs || (ours, theirs) == (Some(4), Some(5));
        assert!(is_same, "{what}: {ours:?} and {theirs:?}");
    }
    for arguments in [
        &["-n", "-l", "-f", "/nonexistent/x.conf", "-p", "/nonexistent/x", "-r", "/nonexistent/y"]
            [..],
        &["-v"],
        &["--version"],
        &["--help"],
        &["-z"],
        &["--frobnicate"],
    ] {
        assert_eq!(code(&ours, arguments), code(&theirs, arguments), "{arguments:?}");
    }
    // There it passes.
    assert_eq!(code(&ours, &["-t", "-f", "/nonexistent/x.conf"]), Some(4));
    // What exporters look for.
    let mut command = ours.keepalived();
    command.arg("-v");
    let said = String::from_utf8(run(command).stderr).unwrap();
    assert!(said.starts_with("Keepalived v2.2.7 ") && said.contains("--enable-json"), "{said}");
    // The outcome of a test may go to a file.
    let report = ours.path("report");
    let file = ours.node.write_file("test.conf", &good.replace("eth0", "")).unwrap();
    let option = format!("--config-test={}", report.display());
    assert_eq!(code(&ours, &[&option, "-f", file.to_str().unwrap()]), Some(4));
    assert!(fs::read_to_string(report).unwrap().contains("interface"));
    // The same by its own name.
    let output = vrrp::run(&ours.node, &["keepalived", "--signum=DATA"]).unwrap();
    assert_eq!(output.stdout, b"10\n");
}
