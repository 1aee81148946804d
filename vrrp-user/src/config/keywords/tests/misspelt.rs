//! A misspelt word gets a suggestion in whatever block it stands, for people and for programs.

use super::super::*;
use crate::config::{parse, testing::instance};

/// A file that is right but for the word in place of `WORD`, which stands where the keywords of
/// that table do; `None` where any word is right.
fn file(context: Context) -> Option<String> {
    let inside = |block: &str| instance(&format!("{block} {{\nWORD\n}}"));
    let section = |start: &str| format!("{start}\nWORD\n}}\n{}", instance(""));
    Some(match context {
        Context::Root => "WORD\n".to_owned() + &instance(""),
        Context::Global => "global_defs {\nWORD\n}\n".to_owned() + &instance(""),
        Context::Instance => instance("WORD"),
        Context::SyncGroup => instance("") + "vrrp_sync_group G {\ngroup {\nV\n}\nWORD\n}\n",
        Context::Authentication => inside("authentication"),
        Context::Hmac => inside("auth_hmac"),
        Context::Address => instance("virtual_ipaddress {\n10.0.0.71 WORD\n}"),
        Context::Peer => instance("unicast_peer {\n10.0.0.61 WORD\n}"),
        Context::GarpGroup => section("garp_group {\ninterface eth0"),
        Context::Script => section("vrrp_script s {\nscript /bin/true"),
        Context::Track => instance("track_interface {\neth1 WORD\n}"),
        Context::TrackFile => section("track_file f {\nfile /tmp/f"),
        Context::TrackProcess => section("vrrp_track_process p {\nprocess x"),
        Context::Bfd => section("bfd_instance b {\nneighbor_ip 10.0.0.9"),
        Context::Route => instance("virtual_routes {\n10.1.0.0/16 via 10.0.0.1 WORD\n}"),
        Context::NextHop => instance("virtual_routes {\n10.1.0.0/16 nexthop via 10.0.0.1 WORD\n}"),
        Context::Rule => instance("virtual_rules {\nfrom 10.0.0.0/8 table 1 WORD\n}"),
        Context::TrackGroup => section("track_group T {\ngroup {\nV\n}"),
        // It may be the name of an interface.
        Context::VirtualMac => return None,
    })
}

#[test]
fn a_misspelt_word_gets_a_suggestion_in_every_block() {
    for context in Context::ALL {
        let Some(file) = file(context) else { continue };
        for keyword in context.keywords() {
            let mut misspelt = keyword.name.to_owned();
            misspelt.remove(1);
            let known = context.keywords().iter().any(|other| other.name == misspelt);
            if known || misspelt.len() < 4 {
                continue;
            }
            let loaded = parse("test", file.replace("WORD", &misspelt).as_bytes());
            let report = loaded.to_json().diagnostics;
            let suggests = report.iter().any(|one| {
                let help = one.help.as_deref().unwrap_or_default();
                one.message.contains(&format!("`{misspelt}`")) && help.starts_with("did you mean `")
            });
            assert!(suggests, "{misspelt} {}: {report:?}", context.place());
        }
    }
}
