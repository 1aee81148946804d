//! What `vrrp reload` and its dry run say.

use std::fs;

use serde_json::Value;
use vrrp_tests::{Conf, Node, require, vrrp, wait_until};

use super::{Bench, SECOND, file, number, word};

/// Exit code, what is on standard output, and what is on standard error.
fn reload(node: &Node, arguments: &[&str]) -> (i32, String, String) {
    let runtime = node.runtime_dir().display().to_string();
    let all = [&["reload", "--runtime-dir", &runtime], arguments].concat();
    let output = vrrp::run(node, &all).unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

fn json(node: &Node, arguments: &[&str]) -> (i32, Value) {
    let (code, said, _) = reload(node, &[arguments, &["--json"]].concat());
    (code, serde_json::from_str(&said).unwrap())
}

#[test]
fn a_dry_run_says_what_a_reload_then_does() {
    require!(Lab, Vrrp);
    let bench = Bench::new("dry-run");
    let node = &bench.dut;
    let conf = Conf::fast(255);
    let daemon = bench.start_master(&file("", &conf));
    let marker = node.folder().join("reading");
    fs::write(&marker, "not yet").unwrap();

    let (code, nothing) = json(node, &["--dry-run"]);
    assert_eq!((code, word(&nothing, "/outcome")), (0, "planned"));
    assert_eq!(nothing.pointer("/changes").and_then(Value::as_array).map(Vec::len), Some(0));

    let globals = format!("router_id n\nreload_file {}", marker.display());
    let new = Conf { password: Some("geheim"), version: 2, ..Conf::cube(100) };
    node.write_file("vrrp.conf", &file(&globals, &new)).unwrap();
    let (code, planned) = json(node, &["--dry-run"]);
    assert_eq!((code, word(&planned, "/outcome")), (0, "planned"));
    let changes = planned.pointer("/changes").unwrap();
    assert!(changes.to_string().contains(r#""keyword":"auth_pass","new":"(hidden)""#), "{changes}");
    assert!(!planned.to_string().contains("geheim"), "{planned}");
    assert_eq!(number(&vrrp::status(node).unwrap(), "/reloads"), 0);
    assert_eq!(number(&vrrp::router(node, "VI_1").unwrap(), "/priority"), 255);

    let (code, applied) = json(node, &[]);
    assert_eq!((code, word(&applied, "/outcome")), (0, "applied"));
    assert_eq!(applied.pointer("/changes"), Some(changes));
    assert_eq!(number(&vrrp::router(node, "VI_1").unwrap(), "/priority"), 100);
    assert!(daemon.log().contains("reload: vrrp_instance VI_1: ~ priority 255 -> 100"));

    // That file was not known before; now it is taken away once the next has been read.
    assert_eq!(fs::read_to_string(&marker).unwrap(), "not yet");
    let (code, said, _) = reload(node, &[]);
    assert_eq!(code, 0);
    assert!(said.ends_with("reloaded: nothing has changed\n"), "{said}");
    wait_until(SECOND, "the marker to go", || !marker.exists()).unwrap();
}

#[test]
fn a_file_that_cannot_be_used_leaves_the_old_one_running_and_says_so() {
    require!(Lab, Vrrp);
    let bench = Bench::new("refused");
    let node = &bench.dut;
    let conf = Conf::fast(255);
    let mut daemon = bench.start_master(&file("", &conf));
    let path = node.folder().join("vrrp.conf");

    node.write_file("vrrp.conf", "vrrp_instance VI_1 {\n  priority 50\n").unwrap();
    for arguments in [&[][..], &["--dry-run"]] {
        let (code, said, complaint) = reload(node, arguments);
        assert_eq!((code, said.as_str()), (2, ""), "{complaint}");
        assert!(complaint.contains("error[missing-keyword]"), "{complaint}");
        assert!(complaint.contains("vrrp.conf:1:15"), "{complaint}");
        assert!(complaint.ends_with("the old configuration stays\n"), "{complaint}");
    }
    let (code, refused) = json(node, &[]);
    assert_eq!((code, word(&refused, "/outcome")), (2, "refused"));
    assert_eq!(word(&refused, "/diagnostics/0/severity"), "error");

    fs::remove_file(&path).unwrap();
    let (code, _, complaint) = reload(node, &[]);
    assert_eq!(code, 6);
    assert!(complaint.contains("does not exist: the old configuration stays"), "{complaint}");
    fs::create_dir(&path).unwrap();
    let (code, unreadable) = json(node, &[]);
    assert_eq!((code, word(&unreadable, "/outcome")), (2, "unreadable"));

    let router = vrrp::router(node, "VI_1").unwrap();
    assert_eq!((word(&router, "/state"), number(&router, "/priority")), ("master", 255));
    assert_eq!(number(&vrrp::status(node).unwrap(), "/reloads"), 0);
    assert!(daemon.is_running());
    assert!(daemon.log().contains("reload failed, the old configuration stays"));
}
