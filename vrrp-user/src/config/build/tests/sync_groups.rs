use crate::config::{
    model::{SyncGroup, notify::Notify},
    testing::{check, instance},
};

/// Instances A, B and C, one of them with another priority; six lines each.
fn three(priority_of_c: &str) -> String {
    let of = |name: &str, number: u8, more: &str| {
        instance(more)
            .replace(" V ", &format!(" {name} "))
            .replace("51", &format!("{number}"))
            .replace("10.0.0.70", &format!("10.0.0.{number}"))
    };
    of("A", 1, "") + &of("B", 2, "") + &of("C", 3, priority_of_c)
}

/// The groups of a file that ends with these lines, from line 19 on.
#[track_caller]
fn groups(text: &str, expected: &[&str]) -> Vec<SyncGroup> {
    check(&(three("") + text), expected).config.unwrap().sync_groups
}

fn group(name: &str, members: &[&str]) -> SyncGroup {
    SyncGroup {
        name: name.to_owned(),
        members: members.iter().map(|&member| member.to_owned()).collect(),
        notify: Notify::default(),
    }
}

#[test]
fn members_on_one_line_or_several() {
    let expected = [group("G", &["A", "B", "C"])];
    for text in [
        "vrrp_sync_group G {\ngroup {\nA\nB\nC\n}\n}\n",
        "vrrp_sync_group G {\ngroup { A B C }\n}\n",
        "vrrp_sync_group G\n{\ngroup\n{\nA B\n\"C\"\n}\n}\n",
    ] {
        assert_eq!(groups(text, &[]), expected, "{text}");
        let before = check(&(text.to_owned() + &three("")), &[]);
        assert_eq!(before.config.unwrap().sync_groups, expected, "{text}");
    }
}

#[test]
fn what_is_wrong_with_a_group() {
    let rest = [group("G", &["A", "B"])];
    let cases: &[(&str, &[&str])] = &[
        ("A B\nX", &["21:1 !sync-group"]),
        ("A B\nA", &["21:1 !sync-group"]),
        ("A B { x }", &["20:9 !unexpected-block"]),
    ];
    for (lines, expected) in cases {
        let text = format!("vrrp_sync_group G {{\ngroup {{ {lines}\n}}\n}}\n");
        assert_eq!(groups(&text, expected), rest, "{lines}");
    }
    let cases: &[(&str, &[&str])] = &[
        ("vrrp_sync_group G {\n}\n", &["19:17 !sync-group"]),
        ("vrrp_sync_group G {\ngroup {\n}\n}\n", &["19:17 !sync-group"]),
        ("vrrp_sync_group G {\ngroup { X }\n}\n", &["19:17 !sync-group", "20:9 !sync-group"]),
        ("vrrp_sync_group {\ngroup { A B }\n}\n", &["19:1 !sync-group"]),
    ];
    for (text, expected) in cases {
        assert_eq!(groups(text, expected), [], "{text}");
    }
    let one = "vrrp_sync_group G {\ngroup { A }\n}\n";
    assert_eq!(groups(one, &["19:17 sync-group"]), [group("G", &["A"])]);
    let twice = "vrrp_sync_group G {\ngroup { A B }\ngroup { C }\n}\n";
    assert_eq!(groups(twice, &["21:1 !sync-group"]), rest);
    check(
        &(three("") + "vrrp_sync_group G\nA\n"),
        &[
            "19:1 !!missing-open-brace",
            "19:1 !missing-close-brace",
            "19:17 !sync-group",
            "20:1 !unknown-keyword",
        ],
    );
}

#[test]
fn groups_share_neither_name_nor_member() {
    let first = "vrrp_sync_group G {\ngroup { A B }\n}\n";
    let again = format!("{first}vrrp_sync_group G {{\ngroup {{ C }}\n}}\n");
    assert_eq!(groups(&again, &["22:17 !sync-group"]), [group("G", &["A", "B"])]);
    let shared = format!("{first}vrrp_sync_group H {{\ngroup {{ B C }}\n}}\n");
    assert_eq!(
        groups(&shared, &["22:17 sync-group", "23:9 !sync-group"]),
        [group("G", &["A", "B"]), group("H", &["C"])]
    );
}

#[test]
fn owners_and_others_do_not_go_together() {
    let text = "vrrp_sync_group G {\ngroup { A B C }\n}\n";
    let mixed = check(&(three("priority 255") + text), &["19:17 !sync-group"]);
    assert_eq!(mixed.config.unwrap().sync_groups.len(), 1);
}

#[test]
fn what_else_stands_in_a_group() {
    for (line, expected) in [
        ("notify_deleted", &["21:1 unsupported-keyword"][..]),
        ("smtp_alert no", &[]),
        ("grup", &["21:1 !unknown-keyword"]),
        ("priority 5", &["21:1 !misplaced-keyword"]),
    ] {
        let text = format!("vrrp_sync_group G {{\ngroup {{ A B }}\n{line}\n}}\n");
        groups(&text, expected);
    }
    let text = three("") + "vrrp_sync_group G {\ngroup { A B }\nnotify_mster x\n}\n";
    let loaded = crate::config::parse("test", text.as_bytes());
    assert_eq!(loaded.diagnostics[0].help.as_deref(), Some("did you mean `notify_master`?"));
    let text = instance("").replace(" V ", " VI_1 ") + "vrrp_sync_group G {\ngroup { VI_2 }\n}\n";
    let loaded = crate::config::parse("test", text.as_bytes());
    assert_eq!(loaded.diagnostics[1].help.as_deref(), Some("did you mean `VI_1`?"));
}
