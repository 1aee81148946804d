//! Who is told what, when, and as whom.

use std::{fs, os::unix::fs::FileTypeExt as _, thread};

use nix::sys::signal::Signal;
use vrrp_tests::{require, wait_until};

use super::side::{Kind, SECOND, Side};

/// Two instances in a group, and one that a reload takes away.
const CONFIG: &str = r#"
global_defs {
    vrrp_version 3
    script_user nobody
    vrrp_notify_fifo @DIR@/fifo
    vrrp_notify_fifo_script "@DIR@/reader @DIR@/lines"
}
vrrp_instance A {
    interface eth0
    virtual_router_id 51
    priority 110
    advert_int 0.1
    virtual_ipaddress { 10.0.0.70 }
    notify_master "@DIR@/scribe @DIR@/log to-master 'two words' \x41"
    notify_backup "@DIR@/scribe @DIR@/log to-backup"
    notify_fault "@DIR@/scribe @DIR@/log to-fault" root
    notify_stop "@DIR@/scribe @DIR@/log to-stop"
    notify "@DIR@/scribe @DIR@/log any" daemon
}
vrrp_instance B {
    interface eth0
    virtual_router_id 52
    priority 120
    advert_int 0.1
    virtual_ipaddress { 10.0.0.71 }
    notify "@DIR@/scribe @DIR@/log any"
}
vrrp_instance C {
    interface eth0
    virtual_router_id 53
    advert_int 0.1
    virtual_ipaddress { 10.0.0.72 }
    notify_deleted "@DIR@/scribe @DIR@/log deleted"
    notify "@DIR@/scribe @DIR@/log any"
}
vrrp_instance D {
    interface eth0
    virtual_router_id 54
    advert_int 0.1
    virtual_ipaddress { 10.0.0.73 }
    notify_fault "@DIR@/scribe @DIR@/log D-faulted"
    notify "@DIR@/scribe @DIR@/log any"
}
vrrp_sync_group G {
    group { A B }
    notify_master "@DIR@/scribe @DIR@/log group-master"
    notify "@DIR@/scribe @DIR@/log any"
}
"#;

/// The configuration without instances C and D.
fn without_two(config: &str) -> String {
    let start = config.find("vrrp_instance C").unwrap();
    let end = config.find("vrrp_sync_group").unwrap();
    format!("{}{}", &config[..start], &config[end..])
}

/// Scripts that ran, and lines of the FIFO.
type Told = (Vec<String>, Vec<String>);

/// The scripts that ran, in no order, since keepalived does not wait for one before the next; and
/// the lines of the FIFO as they came for each instance and group.
fn told(side: &Side) -> Told {
    let (mut log, mut lines) = (side.take("log"), side.take("lines"));
    log.sort();
    lines.sort_by_key(|line| line.split('"').nth(1).map(str::to_owned));
    (log, lines)
}

/// All that happens to a daemon, and what is told at each step.
fn story(kind: Kind) -> Vec<(&'static str, Told)> {
    let mut side = Side::start(kind, "notify", CONFIG);
    let mut steps = Vec::new();
    side.settle("log", "GROUP|G|MASTER", 4 * SECOND);
    side.settle("log", "INSTANCE|D|MASTER", SECOND);
    steps.push(("start", told(&side)));
    side.node.admin_down().unwrap();
    side.settle("log", "GROUP|G|FAULT", 4 * SECOND);
    side.settle("log", "INSTANCE|D|FAULT", SECOND);
    steps.push(("link down", told(&side)));
    side.node.admin_up().unwrap();
    side.settle("log", "GROUP|G|MASTER", 6 * SECOND);
    side.settle("log", "INSTANCE|D|MASTER", SECOND);
    steps.push(("link up", told(&side)));
    side.reload(without_two);
    side.settle("log", "INSTANCE|D|FAULT", 4 * SECOND);
    thread::sleep(SECOND);
    steps.push(("reload", told(&side)));
    side.daemon.kill(Signal::SIGTERM).unwrap();
    side.settle("log", "GROUP|G|STOP", 4 * SECOND);
    // keepalived has ended the reader before; what it writes then nobody gets.
    steps.push(("stop", (told(&side).0, Vec::new())));
    side.daemon.wait_exit(5 * SECOND).unwrap();
    assert!(!side.node.folder().join("fifo").exists(), "{kind:?} left its FIFO");
    steps
}

/// Runs a story on both daemons at once, compares them step by step, and hands ours back.
fn same_as_keepalived(story: fn(Kind) -> Vec<(&'static str, Told)>) -> Vec<(&'static str, Told)> {
    let theirs = thread::spawn(move || story(Kind::Keepalived));
    let ours = story(Kind::Vrrp);
    let theirs = theirs.join().unwrap();
    assert_eq!(ours.len(), theirs.len());
    for ((step, ours), (_, theirs)) in ours.iter().zip(&theirs) {
        assert_eq!(ours, theirs, "{step}: ours and keepalived's");
    }
    ours
}

#[test]
fn the_same_is_told_as_by_keepalived() {
    require!(Lab, Keepalived, Vrrp);
    let ours = same_as_keepalived(story);
    // What keepalived does is known to be this, so that nothing empty was compared.
    let (log, lines) = &ours[0].1;
    assert!(log.contains(&"nobody|to-master|two words|A".to_owned()), "{log:#?}");
    assert!(log.contains(&"daemon|any|INSTANCE|A|MASTER|110".to_owned()), "{log:#?}");
    assert!(lines.contains(&"GROUP \"G\" MASTER 0".to_owned()), "{lines:#?}");
}

#[test]
fn a_new_process_tells_nobody_and_goes_on_with_the_fifo() {
    require!(Lab, Vrrp);
    let mut side = Side::start(Kind::Vrrp, "heir", CONFIG);
    side.settle("log", "GROUP|G|MASTER", 4 * SECOND);
    side.settle("log", "INSTANCE|D|MASTER", SECOND);
    told(&side);
    side.replace();
    thread::sleep(SECOND / 2);
    assert_eq!(told(&side), (Vec::new(), Vec::new()), "{}", side.daemon.log());
    side.node.admin_down().unwrap();
    side.settle("log", "GROUP|G|FAULT", 4 * SECOND);
    side.settle("lines", "GROUP \"G\" FAULT 0", SECOND);
    side.daemon.terminate(5 * SECOND).unwrap();
    assert!(!side.node.folder().join("fifo").exists());
}

#[test]
fn scripts_of_one_instance_run_in_order_and_a_slow_one_delays_nobody_else() {
    require!(Lab, Vrrp);
    let slow = "#!/bin/sh\nsleep 0.4\nexec @DIR@/scribe @DIR@/log \"$@\"\n";
    let config = r#"
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    version 3
    advert_int 0.01
    virtual_ipaddress { 10.0.0.70 }
    notify_backup "@DIR@/slow backup"
    notify_master "@DIR@/slow master"
    notify "@DIR@/scribe @DIR@/log any"
}
"#;
    let side = Side::start_with(Kind::Vrrp, "order", config, &[("slow", slow)]);
    side.settle("log", "MASTER", 5 * SECOND);
    let lines: Vec<String> =
        side.lines("log").iter().map(|line| line.replacen("root|", "", 1)).collect();
    assert_eq!(
        lines,
        ["backup", "any|INSTANCE|VI_1|BACKUP|100", "master", "any|INSTANCE|VI_1|MASTER|100"]
    );
    assert!(side.daemon.log().contains("runs as root"), "{}", side.daemon.log());
}

#[test]
fn a_fifo_that_nobody_reads_disturbs_nobody() {
    require!(Lab, Vrrp);
    let config = "global_defs {\nnotify_fifo @DIR@/fifo nobody\n}\nvrrp_instance VI_1 {\n\
                  interface eth0\nvirtual_router_id 51\nversion 3\nadvert_int 0.05\n\
                  virtual_ipaddress { 10.0.0.70 }\n}\n";
    let mut side = Side::start(Kind::Vrrp, "fifo", config);
    vrrp_tests::vrrp::wait_for_state(&side.node, "VI_1", "master", 5 * SECOND).unwrap();
    let path = side.node.folder().join("fifo");
    assert!(fs::metadata(&path).unwrap().file_type().is_fifo());
    let mode = side.node.output(&["stat", "-c", "%U %a", path.to_str().unwrap()]).unwrap();
    assert_eq!(mode.trim(), "nobody 600");
    // Opened late, it still has what was written before.
    let read = side.node.output(&["timeout", "1", "head", "-n", "2", path.to_str().unwrap()]);
    assert_eq!(read.unwrap(), "INSTANCE \"VI_1\" BACKUP 100\nINSTANCE \"VI_1\" MASTER 100\n");
    side.node.admin_down().unwrap();
    vrrp_tests::vrrp::wait_for_state(&side.node, "VI_1", "fault", 5 * SECOND).unwrap();
    assert!(side.daemon.is_running());
    side.daemon.terminate(5 * SECOND).unwrap();
    wait_until(SECOND, "the FIFO to be gone", || !path.exists()).unwrap();
}

#[test]
fn startup_and_shutdown_scripts_frame_everything() {
    require!(Lab, Vrrp);
    let seen = "#!/bin/sh\nip -o addr show dev eth0 | grep -c 10.0.0.70 >>@DIR@/log\n\
                exec @DIR@/scribe @DIR@/log \"$@\"\n";
    let config = r#"
global_defs {
    startup_script "@DIR@/seen startup"
    shutdown_script "@DIR@/seen shutdown" nobody
    shutdown_script_timeout 2
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority 255
    virtual_ipaddress { 10.0.0.70 }
    notify_stop "@DIR@/scribe @DIR@/log stop"
    notify_master "@DIR@/scribe @DIR@/log master"
}
"#;
    let mut side = Side::start_with(Kind::Vrrp, "startup", config, &[("seen", seen)]);
    side.settle("log", "master", 5 * SECOND);
    side.daemon.terminate(5 * SECOND).unwrap();
    assert_eq!(
        side.lines("log"),
        ["0", "root|startup", "root|master", "root|stop", "0", "nobody|shutdown"],
        "{}",
        side.daemon.log()
    );
}

/// One instance that cannot take part while the script fails, and one that is worth less then.
const TRACKING: &str = r#"
global_defs {
    vrrp_version 3
    script_user nobody
    notify_fifo @DIR@/fifo
    notify_fifo_script "@DIR@/reader @DIR@/lines"
}
vrrp_script chk {
    script "@DIR@/chk 'is it' whole"
    interval 1
    rise 2
}
vrrp_script unused {
    script "@DIR@/scribe @DIR@/log unused"
    interval 1
}
vrrp_script missing {
    script "/no/such/program"
    interval 1
}
vrrp_instance A {
    interface eth0
    virtual_router_id 51
    priority 110
    advert_int 0.1
    virtual_ipaddress { 10.0.0.70 }
    track_script {
        chk
        missing
    }
    notify "@DIR@/scribe @DIR@/log any"
}
vrrp_instance B {
    interface eth0
    virtual_router_id 52
    priority 120
    advert_int 0.1
    virtual_ipaddress { 10.0.0.71 }
    track_script {
        chk weight -30
    }
    notify_priority_changes on
    notify "@DIR@/scribe @DIR@/log any"
}
"#;

/// Fails once the node's folder holds a file `broken`.
const CHECK: &str = "#!/bin/sh\ntest \"$1 $2\" = 'is it whole' -a ! -e @DIR@/broken\n";

fn moods(kind: Kind) -> Vec<(&'static str, Told)> {
    let side = Side::start_with(kind, "moods", TRACKING, &[("chk", CHECK)]);
    let broken = side.node.folder().join("broken");
    let mut steps = Vec::new();
    side.settle("log", "INSTANCE|A|MASTER", 5 * SECOND);
    side.settle("log", "INSTANCE|B|MASTER", SECOND);
    steps.push(("start", told(&side)));
    fs::write(&broken, "").unwrap();
    side.settle("log", "INSTANCE|A|FAULT", 5 * SECOND);
    side.settle("lines", "PRIORITY", SECOND);
    steps.push(("broken", told(&side)));
    fs::remove_file(&broken).unwrap();
    side.settle("log", "INSTANCE|A|MASTER", 6 * SECOND);
    side.settle("lines", "PRIORITY", SECOND);
    steps.push(("mended", told(&side)));
    steps
}

#[test]
fn a_script_that_fails_means_what_it_means_to_keepalived() {
    require!(Lab, Keepalived, Vrrp);
    let ours = same_as_keepalived(moods);
    assert!(ours[1].1.1.contains(&"INSTANCE \"B\" MASTER_PRIORITY 90".to_owned()), "{ours:#?}");
}
