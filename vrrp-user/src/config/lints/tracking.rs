//! What a tracker does, and as whom.

use super::{globals, inside, last, sections, value};
use crate::config::{Code, Diagnostic, diagnostics::quoted, parser::Statement};

/// The blocks that name trackers, the sections that define these, and whether such a one has
/// weight 0 unless it says otherwise.
const TRACKERS: [(&str, &str, bool); 5] = [
    ("track_interface", "", true),
    ("track_script", "vrrp_script", true),
    ("track_bfd", "bfd_instance", true),
    ("track_process", "vrrp_track_process", true),
    ("track_file", "track_file", false),
];

/// Looks at one instance or group: which of its trackers keep it from taking part altogether.
pub(super) fn check(section: &Statement<'_>, tree: &[Statement<'_>], notes: &mut Vec<Diagnostic>) {
    for (block, definition, zero) in TRACKERS {
        for line in inside(section).filter(|it| it.keyword.text == block).flat_map(inside) {
            let own = line.words.iter().position(|word| word.text == "weight");
            let own = own.and_then(|at| line.words.get(at + 1)).map(|word| &*word.text);
            let weight = own.or_else(|| {
                let mut defined = sections(tree, definition);
                let defined = defined.find(|it| value(it) == Some(&line.keyword.text))?;
                value(last(inside(defined), "weight")?)
            });
            if weight.map_or(zero, |weight| weight == "0") {
                notes.push(fault(line));
            }
        }
    }
}

fn fault(line: &Statement<'_>) -> Diagnostic {
    let name = quoted(&line.keyword.text);
    Diagnostic::surprise(
        Code::TrackerFault,
        line.keyword.span,
        format!("without a weight {name} does not lower the priority: it ends taking part"),
    )
    .help("add `weight -20` or the like to lower the priority instead")
    .note("while it fails the instance is in FAULT, on every node where it fails")
}

/// The first script of the file that runs as whoever is found.
pub(super) fn script_user(tree: &[Statement<'_>]) -> Option<Diagnostic> {
    if last(globals(tree), "script_user").is_some() {
        return None;
    }
    let checks = sections(tree, "vrrp_script")
        .filter(|check| last(inside(check), "user").is_none())
        .filter_map(|check| last(inside(check), "script"));
    let notifies = tree
        .iter()
        .filter(|it| matches!(&*it.keyword.text, "vrrp_instance" | "vrrp_sync_group"))
        .flat_map(inside)
        .filter(|it| is_notify(&it.keyword.text) && it.words.len() == 1);
    let first = checks.chain(notifies).min_by_key(|statement| statement.span().start)?;
    Some(
        Diagnostic::surprise(
            Code::ScriptUser,
            first.keyword.span,
            "nothing says whom this script runs as",
        )
        .help("write `script_user NAME` in `global_defs`, or `user NAME` beside the script")
        .note("it runs as `keepalived_script` where there is such a user, else as the daemon does"),
    )
}

fn is_notify(keyword: &str) -> bool {
    keyword.starts_with("notify") && keyword != "notify_priority_changes"
}
