//! Scripts in the unit's sandbox.

use std::fs;

use vrrp_tests::{require, wait_until};

use super::support::{FILE, SECOND, Stage, conf};

#[test]
fn scripts_run_as_their_users_and_leave_marks() {
    require!(Lab, Vrrp, Systemd);
    let stage = Stage::new("unit-scripts", &[]);
    let script = "/etc/vrrp/mark";
    stage.systemd.write_file(script, "#!/bin/sh\nid -un > $1\n").unwrap();
    stage.systemd.output(&["chmod", "755", script]).unwrap();
    // It looks at a process of somebody else.
    let check = "vrrp_script alive {\n    script \"/usr/bin/pgrep -x systemd\"\n}\n";
    let instance = conf(150)
        .with("notify_master \"/etc/vrrp/mark /tmp/marked\"")
        .with("notify \"/etc/vrrp/mark /run/marked\" root")
        .with("track_script {\n        alive\n    }");
    let file = format!("global_defs {{\n    script_user nobody\n}}\n{check}{}", instance.text());
    stage.systemd.write_file(FILE, &file).unwrap();
    stage.systemctl(&["start", "vrrp"]);
    stage.wait_for_state("master");
    for (mark, user) in [("/tmp/marked", "nobody\n"), ("/run/marked", "root\n")] {
        let mark = stage.systemd.seen_from_outside(mark);
        wait_until(2 * SECOND, user, || fs::read_to_string(&mark).is_ok_and(|it| it == user))
            .unwrap_or_else(|error| panic!("{error:#}\n{}", stage.systemd.journal()));
    }
    wait_until(2 * SECOND, "the check to be well", || {
        stage.systemd.status().unwrap().pointer("/checks/0/state") == Some(&"well".into())
    })
    .unwrap_or_else(|error| panic!("{error:#}\n{}", stage.systemd.journal()));
}
