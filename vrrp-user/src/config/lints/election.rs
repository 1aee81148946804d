//! Who becomes master, and who hears of it.

use super::{inside, last, name_of, value};
use crate::config::{Code, Diagnostic, parser::Statement};

/// Looks at one `vrrp_instance`.
pub(super) fn check(instance: &Statement<'_>, notes: &mut Vec<Diagnostic>) {
    let find = |keyword| last(inside(instance), keyword);
    let master = find("state").filter(|state| value(state) == Some("MASTER"));
    let priority = find("priority");
    if let Some(state) = master
        && priority.is_some_and(|priority| value(priority) != Some("255"))
    {
        notes.push(state_master(state));
    }
    if master.is_none() && priority.is_none() {
        notes.push(tie(instance));
    }
    if let Some(nopreempt) = find("nopreempt")
        && master.is_none()
    {
        notes.push(place_of_nopreempt(nopreempt));
    }
    notes.extend(find("advert_int").and_then(reload));
    notes.extend(find("authentication").and_then(clear_text));
    notes.extend(host_prefix(instance));
    notes.extend(lesser_masters(instance));
}

fn state_master(state: &Statement<'_>) -> Diagnostic {
    Diagnostic::surprise(
        Code::StateMaster,
        state.span(),
        "`state MASTER` does not make this node master: the priority does",
    )
    .help("give the node that is to be master the highest `priority`")
    .note(
        "it listens for three intervals first, like every other; the word only turns `nopreempt` \
         and `preempt_delay` off",
    )
}

fn tie(instance: &Statement<'_>) -> Diagnostic {
    Diagnostic::surprise(
        Code::Tie,
        name_of(instance).span,
        "without `priority` this node has 100, as others may",
    )
    .help("give every node a `priority` of its own")
    .note("between equals the one with the higher address is master, whatever was meant")
}

fn place_of_nopreempt(nopreempt: &Statement<'_>) -> Diagnostic {
    Diagnostic::surprise(
        Code::NopreemptPlace,
        nopreempt.keyword.span,
        "`nopreempt` keeps this node from taking over, and no other",
    )
    .help("write it on the nodes with the higher priorities, best on all")
    .note("a better node without it takes over from this one when it comes back")
}

/// keepalived closes its sockets at SIGHUP.
fn reload(interval: &Statement<'_>) -> Option<Diagnostic> {
    let seconds: f64 = value(interval)?.parse().ok()?;
    (seconds < 1.0).then(|| {
        Diagnostic::surprise(
            Code::ReloadFlap,
            interval.span(),
            "at this interval a keepalived peer may lose its mastership when it is reloaded",
        )
        .help("restart nothing here: `vrrp reload` misses no advert; on keepalived nodes, reload one by one")
        .note("keepalived opens its sockets anew on SIGHUP; here a reload is beside the running loop")
    })
}

fn clear_text(authentication: &Statement<'_>) -> Option<Diagnostic> {
    let password = last(inside(authentication), "auth_pass")?;
    Some(
        Diagnostic::surprise(
            Code::ClearTextPassword,
            password.keyword.span,
            "the password travels in clear text, and has 8 characters at most",
        )
        .help(
            "let it tell clusters apart, not keep people out; `auth_hmac` does that, with \
             keepalived 2.4 and vrrp on all nodes",
        ),
    )
}

fn host_prefix(instance: &Statement<'_>) -> Option<Diagnostic> {
    let blocks = inside(instance).filter(|block| {
        matches!(&*block.keyword.text, "virtual_ipaddress" | "virtual_ipaddress_excluded")
    });
    let address = blocks.flat_map(inside).find(|line| {
        let text = &line.keyword.text;
        !text.contains('/') && text.parse::<std::net::IpAddr>().is_ok()
    })?;
    let length = if address.keyword.text.contains(':') { 128 } else { 32 };
    let note = Diagnostic::surprise(
        Code::HostPrefix,
        address.keyword.span,
        format!("without a length this address is added as a /{length}"),
    );
    Some(
        note.help(
            "write the length of its subnet, such as `/24`, if programs on this node go by it",
        )
        .note("that is right for most: the subnet is on the interface with its own address"),
    )
}

/// What a master sends when a lesser one is heard follows what it sends at a take-over.
fn lesser_masters(instance: &Statement<'_>) -> Option<Diagnostic> {
    let find = |keyword| last(inside(instance), keyword);
    for (given, follows) in [
        ("garp_master_delay", "garp_lower_prio_delay"),
        ("garp_master_repeat", "garp_lower_prio_repeat"),
    ] {
        if let Some(statement) = find(given)
            && find(follows).is_none()
        {
            return Some(
                Diagnostic::surprise(
                    Code::LowerPrioGarp,
                    statement.span(),
                    format!("`{follows}` follows `{given}` unless it is written too"),
                )
                .help(format!("add `{follows}` if it is to be another"))
                .note("it goes for the announcements when a lesser master is heard"),
            );
        }
    }
    None
}
