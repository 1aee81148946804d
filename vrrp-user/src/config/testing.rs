//! What the tests of this directory share.

use std::{
    fs,
    path::{Path, PathBuf},
};

use proptest::prelude::*;

use super::{
    Loaded,
    model::{Instance, Transport},
    parse,
};
use crate::protocol::{Family, Version};

/// A directory that goes with the test.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("vrrp-config-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file, and hands back its path.
    pub(super) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

/// The four nodes of the reference cluster differ in `state` and `priority` only.
pub(super) fn reference(state: &str, priority: u8) -> String {
    format!(
        "global_defs {{ \n    router_id cube01\n}}\nvrrp_instance VI_1 {{\n    state {state}\n    \
         interface eth0\n    virtual_router_id 51\n    priority {priority}\n    advert_int 1\n    \
         authentication {{\n        auth_type PASS\n        auth_pass mypassword\n    }}\n    \
         virtual_ipaddress {{\n        10.0.0.70\n    }}\n}}\n"
    )
}

/// A complete instance with one address; `body` starts on line 5.
pub(super) fn instance(body: &str) -> String {
    format!(
        "vrrp_instance V {{\nvirtual_ipaddress {{ 10.0.0.70 }}\ninterface eth0\n\
         virtual_router_id 51\n{body}\n}}\n"
    )
}

/// The same with one IPv6 address in place of the IPv4 one.
pub(super) fn instance_v6(body: &str) -> String {
    instance(body).replace("10.0.0.70", "fe80::70")
}

/// Every diagnostic as `line:column code`, with `!` for an error and `!!` for a fatal one.
pub(super) fn found(loaded: &Loaded) -> Vec<String> {
    loaded
        .diagnostics
        .iter()
        .map(|one| {
            let at = loaded.source.position(one.span.start);
            let mark = match (one.severity, one.fatal) {
                (_, true) => "!!",
                (super::Severity::Error, false) => "!",
                (super::Severity::Warning | super::Severity::Note, false) => "",
            };
            format!("{}:{} {mark}{}", at.line, at.column, one.code)
        })
        .collect()
}

/// Parses a text, checks what is said about it, and hands back the result.
#[track_caller]
pub(super) fn check(text: &str, expected: &[&str]) -> Loaded {
    let loaded = parse("test.conf", text.as_bytes());
    assert_eq!(found(&loaded), expected, "{text}\n{}", loaded.render(false));
    let fatal = loaded.diagnostics.iter().any(|one| one.fatal);
    assert_eq!(loaded.is_usable(), !fatal, "{text}");
    loaded
}

/// The same for the body of an instance; hands back the instance.
#[track_caller]
pub(super) fn check_body(body: &str, expected: &[&str]) -> Option<Instance> {
    check_first(&instance(body), expected)
}

/// The same, over IPv6.
#[track_caller]
pub(super) fn check_body_v6(body: &str, expected: &[&str]) -> Option<Instance> {
    check_first(&instance_v6(body), expected)
}

/// Checks a text, and hands back its first instance.
#[track_caller]
pub(super) fn check_first(text: &str, expected: &[&str]) -> Option<Instance> {
    check(text, expected).config.and_then(|config| config.instances.into_iter().next())
}

proptest! {
    #[test]
    fn arbitrary_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let loaded = parse("fuzz", &bytes);
        prop_assert_eq!(loaded.render(false).is_empty(), loaded.diagnostics.is_empty());
        prop_assert_eq!(loaded.render(true).is_empty(), loaded.diagnostics.is_empty());
        prop_assert_eq!(loaded.to_json().diagnostics.len(), loaded.diagnostics.len());
    }

    /// Whatever the order of keywords, values and braces, spans lie within the text, and a
    /// configuration that is handed out keeps the model's promises.
    #[test]
    fn arbitrary_words_do_no_harm(words in proptest::collection::vec(soup(), 0..200)) {
        let text: String = words.concat();
        let loaded = parse("soup", text.as_bytes());
        prop_assert_eq!(loaded.render(true).is_empty(), loaded.diagnostics.is_empty());
        for one in &loaded.diagnostics {
            prop_assert!(loaded.source.text().get(one.span.start..one.span.end).is_some());
        }
        if let Some(config) = loaded.config {
            prop_assert!(!config.instances.is_empty());
            let mut members: Vec<&String> =
                config.sync_groups.iter().flat_map(|group| &group.members).collect();
            members.sort_unstable();
            for member in &members {
                prop_assert!(config.instances.iter().any(|one| one.name == **member));
            }
            let count = members.len();
            members.dedup();
            prop_assert_eq!(members.len(), count);
            for instance in config.instances {
                prop_assert!(instance.addresses.len() <= 255);
                for one in &instance.addresses {
                    prop_assert_eq!(Family::of(one.address), instance.family);
                    prop_assert!(one.prefix_length <= instance.family.bits());
                }
                prop_assert!(instance.family == Family::Ipv4 || instance.version == Version::V3);
                prop_assert!(
                    instance.source.is_none_or(|source| Family::of(source) == instance.family)
                );
                if let Some(hmac) = &instance.hmac {
                    prop_assert!(hmac.keys.contains_key(&hmac.active));
                    prop_assert!(hmac.keys.values().all(|key| (32..=64).contains(&key.0.len())));
                }
                let mut things = std::collections::HashSet::new();
                for track in &instance.track {
                    prop_assert!(things.insert(&track.what));
                    prop_assert!(track.weight.points == 0 || !instance.priority.is_owner());
                    prop_assert!(track.weight.points.abs() <= 254);
                }
                match &instance.transport {
                    Transport::Multicast { group } => {
                        prop_assert!(group.is_multicast() && Family::of(*group) == instance.family);
                    }
                    Transport::Unicast(unicast) => {
                        prop_assert!(!unicast.peers.is_empty());
                        for peer in &unicast.peers {
                            prop_assert_eq!(Family::of(peer.address), instance.family);
                        }
                    }
                }
                prop_assert!((1..=15).contains(&instance.interface.len()));
                prop_assert!(instance.priority.get() > 0);
                prop_assert!(instance.garp.repeat > 0 && instance.garp.refresh_repeat > 0);
            }
        }
    }
}

/// Pieces of a file, most of them valid somewhere.
fn soup() -> impl Strategy<Value = String> {
    let words: Vec<&'static str> = super::keywords::Context::all_names()
        .chain(["{", "}", " {\n", "\n}\n", "\n", "\n", "\"", "#", "!", "\\", "\\#", "\r\n", "\t"])
        .chain([
            "vrrp_instance V {\ninterface e\nvirtual_router_id 1\nvirtual_ipaddress {\n1.1.1.1\n",
        ])
        .chain(["}\n}\n", "0", "1", "255", "256", "1.5", "PASS", "MASTER", "10.0.0.1/24", "::1"])
        .chain(["fe80::70", "fd00::1/64", "10.0.0.61", "224.0.0.19", "ff02::13", "2", "3", "dev"])
        .chain(["vrrp_instance W {\ninterface e\nvirtual_router_id 2\n", "virtual_ipaddress {\n"])
        .chain([
            "auth_hmac {\nkey 1 0123456789abcdef0123456789abcdef\n",
            "active_key 1\n",
            "hex:00",
        ])
        .chain(["vrrp_sync_group G {\ngroup {\n", "vrrp_sync_group H {\n", "V", "W", "file:/"])
        .chain([
            "track_interface {\ne1 weight 7\n}\n",
            "track_file f {\nfile /f\n}\n",
            "track_file {\nf\n}",
        ])
        .chain(["$a=b", "@x", "${_PWD}", "é", "\u{0}", "\u{feff}", "include"])
        .collect();
    (proptest::sample::select(words), any::<bool>())
        .prop_map(|(word, space)| if space { format!("{word} ") } else { word.to_owned() })
}
