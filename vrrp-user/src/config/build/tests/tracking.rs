use crate::config::{
    model::{
        Config, Instance,
        tracking::{Matching, Track, Tracked, Weight},
    },
    testing::{check, check_body, instance},
};

/// Seven lines.
const FILES: &str = "track_file load { \nfile /run/load\n}\ntrack_file calm {\nfile \"/run/calm\"\nweight 0 reverse\n}\n";

fn track(what: Tracked, points: i16, reverse: bool) -> Track {
    Track { what, weight: Weight { points, reverse } }
}

fn interface(name: &str, points: i16, reverse: bool) -> Track {
    track(Tracked::Interface(name.to_owned()), points, reverse)
}

fn file(name: &str, points: i16, reverse: bool) -> Track {
    track(Tracked::File(name.to_owned()), points, reverse)
}

#[track_caller]
fn tracks(body: &str, expected: &[&str]) -> Vec<Track> {
    check_body(body, expected).unwrap().track
}

#[test]
fn interfaces_with_and_without_weight() {
    for (lines, expected, diagnostics) in [
        ("eth1", interface("eth1", 0, false), &[][..]),
        ("eth1 weight 20", interface("eth1", 20, false), &[]),
        ("eth1 weight -20 reverse", interface("eth1", -20, true), &[]),
        ("eth1 weight +20 noreverse", interface("eth1", 20, false), &[]),
        ("eth1 weight 254", interface("eth1", 253, false), &["6:13 bad-number"]),
        ("eth1 weight 255", interface("eth1", 0, false), &["6:13 !bad-number"]),
        ("eth1 weight x", interface("eth1", 0, false), &["6:13 !bad-number"]),
        ("eth1 weigth 20", interface("eth1", 0, false), &["6:6 !tracking", "6:13 !tracking"]),
        ("eth1\neth1 weight 2", interface("eth1", 0, false), &["7:1 !tracking"]),
        ("eth1 { x }", interface("eth1", 0, false), &["6:1 !unexpected-block"]),
        // Of the same name as the instance's: it has to be up anyway.
        ("eth0", interface("eth0", 0, false), &[]),
    ] {
        let body = format!("track_interface {{\n{lines}\n}}");
        assert_eq!(tracks(&body, diagnostics), [expected], "{lines}");
    }
    assert_eq!(tracks("track_interface {\neth0 weight 5\n}", &["6:1 no-effect"]), []);
    let own = "track_interface {\neth0 weight 5\n}\ndont_track_primary";
    assert_eq!(tracks(own, &[]), [interface("eth0", 5, false)]);
    let twice = "track_interface {\neth1\n}\ntrack_interface {\neth2\n}";
    assert_eq!(tracks(twice, &[]).len(), 2);
    assert_eq!(check_body("track_interface {\nan/interface\n}", &["6:1 !!bad-interface"]), None);
    assert_eq!(check_body("track_interface {\neth1 weight\n}", &["6:6 !!missing-argument"]), None);
}

#[test]
fn what_is_tracked_may_stand_before_and_after() {
    let body = instance("track_file {\nload\ncalm weight 3\n}");
    let expected = [file("load", 1, false), file("calm", 3, true)];
    for text in [FILES.to_owned() + &body, body + FILES] {
        let config = check(&text, &[]).config.unwrap();
        assert_eq!(config.instances[0].track, expected);
        assert_eq!(config.trackers.files.len(), 2);
    }
}

#[test]
fn what_is_not_there_is_told_with_a_suggestion() {
    let text = FILES.to_owned() + &instance("track_file {\nlaod\n}\ntrack_process {\nload\n}");
    let loaded = check(&text, &["13:1 !tracking", "16:1 !tracking"]);
    assert_eq!(loaded.diagnostics[0].help.as_deref(), Some("did you mean `load`?"));
    let help = loaded.diagnostics[1].help.as_deref();
    assert_eq!(help, Some("add `vrrp_track_process load { … }`"));
    assert_eq!(loaded.config.unwrap().instances[0].track, []);
}

#[test]
fn an_owner_s_priority_depends_on_nothing() {
    let body = "priority 255\ntrack_interface {\neth1\neth2 weight 5\n}\ntrack_file {\nload\n\
                calm weight 2\n}";
    let text = FILES.to_owned() + &instance(body);
    let config = check(&text, &["15:1 tracking", "18:1 tracking", "19:1 tracking"]).config.unwrap();
    assert_eq!(config.instances[0].track, [interface("eth1", 0, false), file("load", 0, false)]);
}

/// Two instances in a group; the first tracks what `body` says, the group what `group` does.
fn grouped(body: &str, group: &str, expected: &[&str]) -> Vec<Instance> {
    let second = instance("").replace(" V ", " W ").replace("51", "52").replace("0.70", "0.71");
    let text = format!(
        "{}{second}vrrp_sync_group G {{\ngroup {{ V W }}\n{group}\n}}\n{FILES}",
        instance(body)
    );
    check(&text, expected).config.unwrap().instances
}

#[test]
fn weights_in_sync_groups() {
    let own = "track_interface {\neth1 weight 5\n}\ntrack_file {\nload\ncalm weight 2\n}";
    let [first, second] =
        grouped(own, "", &["6:1 tracking", "9:1 tracking", "10:1 tracking"]).try_into().unwrap();
    assert_eq!(first.track, [interface("eth1", 0, false), file("load", 0, false)]);
    assert_eq!(second.track, []);
    for asked in ["sync_group_tracking_weight", "global_tracking"] {
        let both = grouped(own, asked, &[]);
        assert_eq!(both[0].track.len(), 3);
        assert_eq!(both[0].track[0], interface("eth1", 5, false));
    }
    // The group's own weights count, for each member.
    let both = grouped("", "track_file {\nload weight 7\n}", &[]);
    assert!(both.iter().all(|it| it.track == [file("load", 7, false)]));
    let twice = grouped(
        "track_interface {\neth1\neth2 weight 4\n}",
        "sync_group_tracking_weight\ntrack_interface {\neth1 weight 8\neth2 weight 9\n}",
        &[],
    );
    let both = [interface("eth1", 0, false), interface("eth2", 9, false)];
    assert_eq!(twice[0].track, both);
    assert_eq!(twice[1].track, [interface("eth1", 8, false), interface("eth2", 9, false)]);
}

#[test]
fn files_to_track() {
    let file = |block: &str, expected: &[&str]| {
        let text = format!("track_file f {{\n{block}\n}}\n") + &instance("track_file {\nf\n}");
        check(&text, expected).config.unwrap()
    };
    let first = |config: Config| {
        let found = config.trackers.files.into_iter().next().unwrap();
        (found.weight.points, found.weight.reverse, found.init.map(|it| (it.value, it.overwrite)))
    };
    for (block, diagnostics, expected) in [
        ("file /x", &[][..], (1, false, None)),
        ("file /x\nweight -254 reverse", &[], (-254, true, None)),
        ("file /x\nweight 255", &["3:8 !bad-number"], (1, false, None)),
        ("file /x\ninit_file", &[], (1, false, Some((0, false)))),
        ("file /x\ninit_file -3 overwrite", &[], (1, false, Some((-3, true)))),
        ("file /x\ninit_file over", &["3:11 !bad-number"], (1, false, Some((0, false)))),
    ] {
        assert_eq!(first(file(block, diagnostics)), expected, "{block}");
    }
    for (block, diagnostics) in
        [("weight 1", &["1:12 !tracking"][..]), ("file x/y", &["1:12 !tracking", "2:6 !bad-value"])]
    {
        let config = file(block, diagnostics);
        assert!(config.trackers.files.is_empty() && config.instances[0].track.is_empty());
    }
    let twice = FILES.to_owned() + FILES + &instance("");
    check(&twice, &["8:12 !tracking", "11:12 !tracking"]);
}

#[test]
fn processes_to_track() {
    use Matching::{Command, Exact, Initial, Name, Partial};
    let process = |block: &str, expected: &[&str]| {
        let text = format!("vrrp_track_process p {{\n{block}\n}}\n{}", instance(""));
        check(&text, expected).config.unwrap().trackers.processes.into_iter().next()
    };
    for (block, diagnostics, matching, counts) in [
        ("process nginx", &[][..], Name, (1, None)),
        ("process nginx\nfull_command", &[], Command, (1, None)),
        ("process /bin/x a b", &[], Exact, (1, None)),
        ("process x\nparam_match", &[], Exact, (1, None)),
        ("process x a\nparam_match initial", &[], Initial, (1, None)),
        ("param_match partial\nprocess x a", &[], Partial, (1, None)),
        ("process x\nparam_match some", &["3:13 !bad-value"], Name, (1, None)),
        ("process x\nquorum 3\nquorum_max 5", &[], Name, (3, Some(5))),
        ("process x\nquorum_max 0", &[], Name, (0, Some(0))),
        ("process x\nquorum 3\nquorum_max 2", &["3:1 !bad-number"], Name, (1, Some(2))),
        ("process x\nquorum 0", &["3:1 !bad-number"], Name, (1, None)),
        ("process x\nquorum 65536", &["3:8 !bad-number"], Name, (1, None)),
        ("process /bin/x", &["2:9 tracking"], Name, (1, None)),
        ("process a-name-of-16-byt", &["2:9 tracking"], Name, (1, None)),
    ] {
        let found = process(block, diagnostics).unwrap();
        assert_eq!((found.matching, (found.quorum, found.most)), (matching, counts), "{block}");
    }
    let found = process("process x\ndelay 1.5\nfork_delay 0.25\nweight 9", &[]).unwrap();
    let delays = [found.fork_delay, found.terminate_delay].map(|delay| delay.as_millis());
    assert_eq!((delays, found.weight.points), ([250, 1500], 9));
    let found = process("process x\nterminate_delay 0", &["3:17 !bad-number"]).unwrap();
    assert!(found.terminate_delay.is_zero());
    assert_eq!(process("quorum 1", &["1:20 !tracking"]), None);
}

#[test]
fn sessions_to_track() {
    let body = instance("track_bfd {\nb\n}");
    let with = "bfd_instance b {\nstate_file /run/b\nneighbor_ip 10.0.0.1\nweight 5\n}\n";
    let config = check(&(with.to_owned() + &body), &["3:1 unsupported-keyword"]).config.unwrap();
    assert_eq!(config.instances[0].track, [track(Tracked::Bfd("b".to_owned()), 5, false)]);
    let without = "bfd_instance b {\nneighbor_ip 10.0.0.1\n}\n".to_owned() + &body;
    let config = check(&without, &["1:14 unsupported-keyword", "2:1 unsupported-keyword"]);
    assert_eq!(config.config.unwrap().instances[0].track, []);
}

#[test]
fn the_link_and_the_source() {
    let usual = check_body("", &[]).unwrap();
    assert_eq!((usual.tracks_own.link, usual.tracks_own.source), (true, false));
    assert!(!check_body("dont_track_primary", &[]).unwrap().tracks_own.link);
    let tracked = check_body("mcast_src_ip 10.0.0.60\ntrack_src_ip", &[]).unwrap();
    assert!(tracked.tracks_own.source);
    assert!(!check_body("track_src_ip", &["5:1 no-effect"]).unwrap().tracks_own.source);
}
