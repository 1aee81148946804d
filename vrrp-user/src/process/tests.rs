use std::{collections::BTreeSet, sync::mpsc, thread};

use super::*;

/// Runs `test` in a thread of its own beside another, which stands for netlink's.
fn beside_another(test: impl FnOnce(Scheduling, [Pid; 2]) + Send + 'static) {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: not root");
        return;
    }
    let (named, name) = mpsc::channel();
    let (end, ended) = mpsc::channel::<()>();
    let other = thread::spawn(move || {
        named.send(gettid()).unwrap();
        let _ = ended.recv();
    });
    let main = thread::spawn(move || {
        let netlink = name.recv().unwrap();
        test(Scheduling::new(netlink), [gettid(), netlink]);
    });
    let outcome = main.join();
    drop(end);
    other.join().unwrap();
    outcome.unwrap();
}

fn rt(priority: u8) -> Process {
    Process { rt_priority: Some(priority), ..Process::default() }
}

#[test]
fn the_loop_goes_before_netlink_and_both_before_the_rest() {
    beside_another(|mut scheduling, threads| {
        let mut policies = |wanted: &Process| {
            assert!(scheduling.apply(wanted).is_empty());
            threads.map(|thread| Policy::of(thread).unwrap())
        };
        let before = policies(&Process::default());
        let [rr49, rr50] = [49, 50].map(Policy::round_robin);
        assert_eq!(policies(&rt(50)), [rr50, rr49]);
        let limited = Process { rt_time: Some(Duration::from_secs(1)), ..rt(50) };
        assert_eq!(policies(&limited), [rr50, before[1]]);
        assert_eq!(policies(&rt(1)), [Policy::round_robin(1), before[1]]);
        assert_eq!(policies(&Process::default()), before);
    });
}

#[test]
fn niceness_and_processors_come_and_go() {
    beside_another(|mut scheduling, _| {
        let first = Affinity::current().unwrap();
        let wanted =
            Process { nice: Some(-7), cpus: BTreeSet::from([0, 1000]), ..Process::default() };
        assert!(scheduling.apply(&wanted).is_empty());
        assert_eq!(kernel::niceness().unwrap(), -7);
        assert_eq!(Affinity::current().unwrap(), Affinity::of(&BTreeSet::from([0])).unwrap());
        assert!(scheduling.apply(&Process::default()).is_empty());
        assert_eq!(kernel::niceness().unwrap(), 0);
        assert_eq!(Affinity::current().unwrap(), first);
    });
}

#[test]
fn what_is_not_to_be_had_is_told_once() {
    beside_another(|mut scheduling, _| {
        let wanted = Process { cpus: BTreeSet::from([1000]), ..Process::default() };
        let [shortfall] = &scheduling.apply(&wanted)[..] else { panic!("not told") };
        let text = shortfall.to_string();
        assert!(text.starts_with("`vrrp_cpu_affinity 1000` is not to be had"), "{text}");
        assert!(scheduling.apply(&wanted).is_empty());
    });
}
