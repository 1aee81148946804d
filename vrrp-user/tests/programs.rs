//! Programs as they are run: what they inherit, how they end, and what is left of them.

#![expect(clippy::unwrap_used, reason = "the helpers of a test fail it by panicking")]

use std::{
    fs,
    sync::mpsc,
    time::{Duration, Instant},
};

use nix::sys::resource::{Resource, getrlimit};
use tokio::sync::oneshot;
use vrrp_user::{
    config::model::script::{Account, Command, Scripts},
    programs::{Ended, Helper, Launcher, Outcome, Program, Resolver, run},
};

/// From SIGTERM to SIGKILL.
const GRACE: Duration = Duration::from_secs(2);

/// A script for the shell, run as the user `root` where the test is.
fn shell(script: &str) -> Program {
    shell_as(script, None)
}

fn shell_as(script: &str, account: Option<Account>) -> Program {
    let words = ["/bin/sh", "-c", script, "test"].map(str::to_owned).to_vec();
    Resolver::new(&Scripts::default()).resolve(&Command { words, account }).unwrap()
}

fn launcher() -> Launcher {
    Launcher::new(env!("CARGO_BIN_EXE_vrrp")).unwrap()
}

/// Runs it on a helper, and hands back the outcome with how long that took, and the whole.
fn run_it(program: Program, limit: Option<Duration>) -> (Outcome, Duration, Duration) {
    let helper = Helper::start().unwrap();
    let (tell, told) = mpsc::channel();
    let (_keep, stop) = oneshot::channel();
    let start = Instant::now();
    let launcher = launcher();
    let task = helper.handle().spawn(async move {
        let note = |ended: Ended| tell.send((ended.outcome, start.elapsed())).unwrap();
        run(&launcher, &program, &["more".to_owned()], limit, stop, note).await;
        drop(tell);
    });
    let (outcome, after) = told.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(told.recv_timeout(Duration::from_secs(10)).is_err());
    drop(task);
    (outcome, after, start.elapsed())
}

/// Whether it is there, and more than a number that nobody has asked for yet.
fn runs(pid: &str) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

#[test]
fn outcomes_are_told_apart() {
    for (script, outcome) in [
        ("exit 0", Outcome::Exited(0)),
        ("exit 3", Outcome::Exited(3)),
        ("test \"$1\" = more", Outcome::Exited(0)),
        ("kill -USR1 $$", Outcome::Signalled(libc::SIGUSR1)),
    ] {
        assert_eq!(run_it(shell(script), None).0, outcome, "{script}");
    }
    let launcher = Launcher::new("/no/such/launcher").unwrap();
    let (tell, told) = mpsc::channel();
    let (_keep, stop) = oneshot::channel();
    let helper = Helper::start().unwrap();
    drop(helper.handle().spawn(async move {
        let note = |ended: Ended| tell.send(ended.outcome).unwrap();
        run(&launcher, &shell(""), &[], None, stop, note).await;
    }));
    assert!(matches!(told.recv().unwrap(), Outcome::NotStarted(_)));
}

#[test]
fn what_takes_too_long_is_ended_with_all_it_has_started() {
    let file = std::env::temp_dir().join(format!("vrrp-group-{}", std::process::id()));
    let script = format!(
        "trap '' TERM; sleep 60 & echo $$ $! >{}; while :; do sleep 60; done",
        file.display()
    );
    let limit = Duration::from_millis(300);
    let (outcome, after, whole) = run_it(shell(&script), Some(limit));
    assert_eq!(outcome, Outcome::TimedOut);
    assert!(after >= limit && after < limit + Duration::from_secs(1), "{after:?}");
    assert!(whole >= limit + GRACE, "{whole:?}");
    let pids = fs::read_to_string(&file).unwrap();
    fs::remove_file(&file).unwrap();
    for pid in pids.split_whitespace() {
        assert!(!runs(pid), "{pid} of {pids}");
    }
}

#[test]
fn nothing_of_the_daemon_is_inherited() {
    let file = std::env::temp_dir().join(format!("vrrp-inherited-{}", std::process::id()));
    let script = format!(
        "exec >{}; ls -l /proc/self/fd | grep -c socket; ps -o pgid= -o pid= $$; \
         grep SigBlk /proc/self/status; grep SigIgn /proc/self/status; ulimit -Sn; pwd",
        file.display()
    );
    let _socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let (soft, _) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    run_it(shell(&script), None);
    let text = fs::read_to_string(&file).unwrap();
    fs::remove_file(&file).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let [sockets, group, blocked, ignored, limit, folder] = lines[..] else { panic!("{text}") };
    assert_eq!((sockets, folder), ("0", "/"), "{text}");
    let mut numbers = group.split_whitespace();
    assert_eq!(numbers.next(), numbers.next(), "{text}");
    assert!(blocked.ends_with("0000000000000000"), "{text}");
    // Of those that have a name: the first 31.
    let ignored = u64::from_str_radix(ignored.rsplit('\t').next().unwrap(), 16).unwrap();
    assert_eq!(ignored & 0x7fff_ffff, 0, "{text}");
    assert_eq!(limit, soft.to_string(), "{text}");
}

#[test]
fn programs_run_as_others() {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: not root");
        return;
    }
    let account = Account { user: "nobody".to_owned(), group: Some("daemon".to_owned()) };
    let script = "test \"$(id -un) $(id -gn) $(id -Gn)\" = 'nobody daemon daemon'";
    assert_eq!(run_it(shell_as(script, Some(account)), None).0, Outcome::Exited(0));
}

#[test]
fn a_program_ends_with_whoever_waits_for_it() {
    let helper = Helper::start().unwrap();
    let (stop, stopped) = oneshot::channel();
    let (tell, told) = mpsc::channel();
    drop(helper.handle().spawn(async move {
        let note = |ended: Ended| tell.send(ended.outcome).unwrap();
        run(&launcher(), &shell("sleep 60"), &[], None, stopped, note).await;
    }));
    assert!(told.recv_timeout(Duration::from_millis(200)).is_err());
    drop(stop);
    assert_eq!(told.recv_timeout(Duration::from_secs(5)).unwrap(), Outcome::Stopped);
}
