//! What becomes of every keyword that keepalived's manual page has.

use super::super::*;

/// The keywords that keepalived knows in one block.
pub(super) struct Section {
    /// The names of the blocks around it, the outermost first.
    pub(super) path: Vec<&'static str>,
    pub(super) names: Vec<&'static str>,
    /// Those that the manual page of 2.2.7 does not have.
    pub(super) newer: Vec<&'static str>,
}

/// All of `manual.txt`.
pub(super) fn sections() -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in include_str!("manual.txt").lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split_whitespace().peekable();
        match words.next_if(|&word| matches!(word, "in" | "+")) {
            Some("in") => {
                let path = words.collect();
                sections.push(Section { path, names: Vec::new(), newer: Vec::new() });
            }
            newer => {
                let Some(section) = sections.last_mut() else { continue };
                let names = if newer.is_some() { &mut section.newer } else { &mut section.names };
                names.extend(words);
            }
        }
    }
    sections
}

/// Which table knows the words in that block.
pub(super) fn context(path: &[&str]) -> Option<Context> {
    Some(match path {
        [] => Context::Root,
        ["global_defs"] => Context::Global,
        ["vrrp_instance"] => Context::Instance,
        ["vrrp_instance", "authentication"] => Context::Authentication,
        ["vrrp_instance", "auth_hmac"] => Context::Hmac,
        ["vrrp_instance", "virtual_ipaddress"] | ["static_ipaddress"] => Context::Address,
        ["vrrp_instance", "unicast_peer"] => Context::Peer,
        ["vrrp_instance", "use_vmac"] => Context::VirtualMac,
        [
            "vrrp_instance",
            "track_interface" | "track_script" | "track_file" | "track_process" | "track_bfd",
        ] => Context::Track,
        ["vrrp_instance", "virtual_routes"] | ["static_routes"] => Context::Route,
        ["vrrp_instance", "virtual_routes", "nexthop"] => Context::NextHop,
        ["vrrp_instance", "virtual_rules"] | ["static_rules"] => Context::Rule,
        ["track_group"] => Context::TrackGroup,
        ["vrrp_sync_group"] => Context::SyncGroup,
        ["vrrp_script"] => Context::Script,
        ["garp_group"] => Context::GarpGroup,
        ["track_file"] => Context::TrackFile,
        ["vrrp_track_process"] => Context::TrackProcess,
        ["bfd_instance"] => Context::Bfd,
        _ => return None,
    })
}

/// Where the words of a block are known.
pub(super) enum Place {
    /// In this table.
    Table(Context),
    /// Nowhere: the block itself is not done here, but for the reason of this keyword around it.
    NotDone(&'static str, Standing),
}

/// Goes in from the outermost block until one is not done here.
pub(super) fn place(path: &[&'static str]) -> Place {
    let mut outer = Context::Root;
    for (depth, &block) in path.iter().enumerate() {
        match lookup(outer, block) {
            Some(Standing::Supported) => {}
            Some(standing) => return Place::NotDone(block, standing),
            None => panic!("`{block}` of manual.txt is no keyword {}", outer.place()),
        }
        let inside = &path[..=depth];
        outer = context(inside).unwrap_or_else(|| {
            panic!(
                "`{block}` is supported: say in keywords/tests/manual.rs, fn context, which \
                 Context {inside:?} is"
            )
        });
    }
    Place::Table(outer)
}

#[test]
fn every_keyword_of_the_manual_page_has_a_status() {
    let sections = sections();
    let count: usize = sections.iter().map(|section| section.names.len()).sum();
    assert!(count > 400, "{count} keywords: is this still the list?");
    for section in sections {
        let Place::Table(context) = place(&section.path) else { continue };
        for name in section.names.iter().chain(&section.newer) {
            assert!(lookup(context, name).is_some(), "`{name}` is unknown {}", context.place());
        }
    }
}

#[test]
fn every_table_has_its_place_in_the_list() {
    let sections = sections();
    for table in Context::ALL {
        let known = sections.iter().any(|section| context(&section.path) == Some(table));
        assert!(known, "add to manual.txt and fn context where {table:?} stands");
    }
}
