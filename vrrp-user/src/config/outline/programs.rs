//! What is run: scripts, notifications, FIFOs.

use super::{Block, Lines};
use crate::config::model::{
    notify::{Fifo, Fifos, Notify},
    probe::{DockerProbe, DockerSubject, HttpProbe, Native},
    script::{Account, Check, Command, Probe, Scripts, TimedCommand},
    tracking::Weight,
};

/// What `global_defs` says about programs.
pub(super) fn scripts(lines: &mut Lines, scripts: &Scripts) {
    let Scripts { account, security, startup, shutdown } = scripts;
    lines.say_if("script_user", account.as_ref().map(self::account));
    lines.flag("enable_script_security", *security);
    timed(lines, ["startup_script", "startup_script_timeout"], startup.as_ref());
    timed(lines, ["shutdown_script", "shutdown_script_timeout"], shutdown.as_ref());
}

fn timed(lines: &mut Lines, [script, limit]: [&'static str; 2], timed: Option<&TimedCommand>) {
    if let Some(TimedCommand { command, timeout }) = timed {
        lines.say(script, self::command(command));
        lines.say(limit, timeout.as_secs_f64());
    }
}

/// Where changes of state are written to.
pub(super) fn fifos(lines: &mut Lines, fifos: &Fifos) {
    let Fifos { general, vrrp, states_on_reload } = fifos;
    for ([fifo, script], one) in [
        (["notify_fifo", "notify_fifo_script"], general),
        (["vrrp_notify_fifo", "vrrp_notify_fifo_script"], vrrp),
    ] {
        if let Some(Fifo { path, owner, script: reader }) = one {
            let owner = owner.as_ref().map(account).unwrap_or_default();
            lines.say(fifo, format!("{} {owner}", path.display()).trim_end());
            lines.say_if(script, reader.as_ref().map(command));
        }
    }
    lines.flag("fifo_write_vrrp_states_on_reload", *states_on_reload);
}

/// Who is told of changes of state.
pub(super) fn notify(lines: &mut Lines, notify: &Notify) {
    let Notify {
        master,
        backup,
        fault,
        stop,
        deleted,
        any,
        lesser_master,
        says_deleted,
        priority_changes,
    } = notify;
    for (keyword, told) in [
        ("notify_master", master),
        ("notify_backup", backup),
        ("notify_fault", fault),
        ("notify_stop", stop),
        ("notify", any),
        ("notify_master_rx_lower_pri", lesser_master),
    ] {
        lines.say_if(keyword, told.as_ref().map(command));
    }
    let deleted = deleted.as_ref().map(command).unwrap_or_default();
    lines.say_if("notify_deleted", says_deleted.then_some(deleted));
    lines.flag("notify_priority_changes", *priority_changes);
}

/// A `vrrp_script`.
pub(super) fn check(check: &Check) -> Block {
    let Check { name, probe, interval, timeout, weight, rise, fall, init_fail } = check;
    let mut lines = Lines::default();
    match probe {
        Probe::Command(command) => lines.say("script", self::command(command)),
        Probe::Native(native) => self::native(&mut lines, native),
    }
    lines.say("interval", interval.as_secs_f64());
    lines.say("timeout", timeout.as_secs_f64());
    lines.say("weight", self::weight(*weight));
    lines.say("rise", rise);
    lines.say("fall", fall);
    lines.flag("init_fail", *init_fail);
    Block { title: format!("vrrp_script {name}"), lines: lines.0 }
}

fn native(lines: &mut Lines, native: &Native) {
    match native {
        Native::Http(HttpProbe { target: _, host, path, status, body }) => {
            lines.say("http", format_args!("http://{host}{path}"));
            lines.say("expect_status", format_args!("{}-{}", status.start(), status.end()));
            lines.say_if("expect_body", body.as_ref());
        }
        Native::Tcp(target) => lines.say("tcp", target),
        Native::Docker(DockerProbe { socket, subject }) => {
            match subject {
                DockerSubject::Node => lines.flag("docker_node", true),
                DockerSubject::Service(name) => lines.say("docker_service", name.as_str()),
                DockerSubject::Container(name) => lines.say("docker_container", name.as_str()),
            }
            lines.say("docker_socket", socket.display());
        }
    }
}

/// What a tracked thing counts.
pub(super) fn weight(weight: Weight) -> String {
    let Weight { points, reverse } = weight;
    if reverse { format!("{points} reverse") } else { points.to_string() }
}

fn command(command: &Command) -> String {
    let Command { words, account } = command;
    let quoted: Vec<String> =
        words
            .iter()
            .map(|word| {
                if word.contains(char::is_whitespace) { format!("'{word}'") } else { word.clone() }
            })
            .collect();
    match account {
        Some(account) => format!("\"{}\" {}", quoted.join(" "), self::account(account)),
        None => format!("\"{}\"", quoted.join(" ")),
    }
}

fn account(account: &Account) -> String {
    let Account { user, group } = account;
    format!("{user} {}", group.as_deref().unwrap_or_default()).trim_end().to_owned()
}
