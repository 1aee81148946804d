//! keepalived reads a file once, from the top. What stands too late for it works here, and so does
//! something else on a keepalived node that has the same file.

use super::{inside, sections, value};
use crate::config::{Code, Diagnostic, diagnostics::Sink, diagnostics::quoted, parser::Statement};

/// What keepalived copies from `global_defs` when it meets an instance.
const COPIED: [&str; 9] = [
    "vrrp_garp_master_delay",
    "vrrp_garp_master_repeat",
    "vrrp_garp_master_refresh",
    "vrrp_garp_master_refresh_repeat",
    "vrrp_garp_lower_prio_delay",
    "vrrp_garp_lower_prio_repeat",
    "vrrp_down_timer_adverts",
    "vrrp_skip_check_adv_addr",
    "v3_checksum_as_v2",
];

/// Warns about both.
pub(super) fn check(tree: &[Statement<'_>], sink: &mut Sink) {
    let first_instance = tree.iter().position(|it| it.keyword.text == "vrrp_instance");
    let below = first_instance.and_then(|first| tree.get(first..)).unwrap_or_default();
    for globals in sections(below, "global_defs") {
        if let Some(late) = inside(globals).find(|it| COPIED.contains(&&*it.keyword.text)) {
            sink.push(global(late));
        }
    }
    for (place, section) in tree.iter().enumerate() {
        if !matches!(&*section.keyword.text, "vrrp_instance" | "vrrp_sync_group") {
            continue;
        }
        let above = tree.get(..place).unwrap_or_default();
        let scripts = inside(section).filter(|it| it.keyword.text == "track_script");
        for line in scripts.flat_map(inside) {
            let name = &*line.keyword.text;
            let defined = |part| sections(part, "vrrp_script").any(|it| value(it) == Some(name));
            if defined(tree) && !defined(above) {
                sink.push(script(line));
            }
        }
    }
}

fn global(late: &Statement<'_>) -> Diagnostic {
    Diagnostic::warning(
        Code::Order,
        late.keyword.span,
        format!("keepalived reads {} too late for what is above", quoted(&late.keyword.text)),
    )
    .help("put `global_defs` before the first `vrrp_instance`")
    .note("here it goes for every instance; a keepalived node with this file does otherwise")
}

fn script(line: &Statement<'_>) -> Diagnostic {
    let name = quoted(&line.keyword.text);
    Diagnostic::warning(
        Code::Order,
        line.keyword.span,
        format!("keepalived does not know {name} yet, and leaves it out"),
    )
    .help(format!("put `vrrp_script {}` before this", line.keyword.text))
    .note("here it is tracked; a keepalived node with this file does otherwise")
}
