//! `vrrp status`.

use std::fmt::Write as _;

use super::{
    Exit, StatusArgs,
    output::{colour_on_stdout, complain, print},
};
use crate::{
    control::{
        Ask, Response, ask,
        status::{AnswerStatus, RouterStatus, RoutingStatus, Status, TrackedStatus},
    },
    daemon::CONTROL_SOCKET,
};

pub(super) fn status(args: &StatusArgs) -> Exit {
    match ask(&args.runtime_dir.runtime_dir.join(CONTROL_SOCKET), Ask::Status) {
        Ok(Response::Status(status)) if args.json => {
            print(format_args!("{}\n", serde_json::to_string_pretty(&status).unwrap_or_default()))
        }
        Ok(Response::Status(status)) => print(render(&status, colour_on_stdout())),
        Ok(other) => unexpected(&other),
        Err(error) => failed(&error),
    }
}

/// Nobody answered.
pub(super) fn failed(error: &crate::control::ClientError) -> Exit {
    complain(format_args!("error: {error}"));
    Exit::Failure
}

/// The answer is one to another question.
pub(super) fn unexpected(response: &Response) -> Exit {
    complain(format_args!("error: the daemon answered something else: {response:?}"));
    Exit::Failure
}

/// A glance for people.
fn render(status: &Status, colour: bool) -> String {
    let mut text = String::new();
    for router in &status.routers {
        render_router(&mut text, router, colour);
    }
    let statics = &status.statics;
    if !statics.addresses.is_empty() {
        let _ = writeln!(text, "static address {}", statics.addresses.join(", "));
    }
    render_routing(&mut text, "static route ", &statics.routes);
    render_routing(&mut text, "static rule ", &statics.rules);
    for interface in &status.interfaces {
        let _ = writeln!(
            text,
            "{}: {}, hook {} ({})",
            interface.name,
            if interface.up { "up" } else { "down" },
            interface.hook.mode,
            interface.hook.reason,
        );
    }
    for check in status.checks.iter().filter(|check| check.state != "well") {
        let _ = writeln!(
            text,
            "script {} is {}: {}; {} of {} runs failed",
            check.name,
            check.state,
            check.reason.as_deref().unwrap_or("no run has ended yet"),
            check.failures,
            check.runs,
        );
    }
    let fence = if status.pinned {
        "if this daemon dies, the node stops answering for its addresses"
    } else {
        "if this daemon dies, the kernel goes on answering for its addresses"
    };
    let _ =
        writeln!(text, "vrrp {}, pid {}, {}; {fence}", status.daemon, status.pid, status.config);
    text
}

fn render_router(text: &mut String, router: &RouterStatus, colour: bool) {
    let state = router.state.to_uppercase();
    let state = match (colour, router.state.as_str()) {
        (true, "master") => format!("\x1b[1;32m{state}\x1b[0m"),
        (true, "fault") => format!("\x1b[1;31m{state}\x1b[0m"),
        _ => state,
    };
    let _ = writeln!(
        text,
        "{} {state} for {}: {}",
        router.name,
        span(router.since_seconds),
        router.reason_text.clone().unwrap_or_else(|| waits_for(router)),
    );
    let _ = writeln!(
        text,
        "  {} VRID {} priority {} VRRPv{} over {}, an advert every {} s",
        router.interface,
        router.vrid,
        priority(router),
        router.version,
        router.family,
        router.advert_interval,
    );
    for tracked in &router.tracked {
        let _ = writeln!(text, "  tracks   {}", tracked_line(tracked));
    }
    let particulars = particulars(router);
    if !particulars.is_empty() {
        let _ = writeln!(text, "  with     {}", particulars.join(", "));
    }
    match &router.master {
        Some(master) if master.is_self => {
            let _ = writeln!(
                text,
                "  master   this node, {} priority {}",
                master.address, master.priority
            );
        }
        Some(master) => {
            let _ = writeln!(
                text,
                "  master   {} priority {}, heard {:.2} s ago",
                master.address,
                master.priority,
                master.heard_seconds_ago.unwrap_or_default(),
            );
        }
        None => text.push_str("  master   none heard\n"),
    }
    let addresses: Vec<String> = router
        .addresses
        .iter()
        .map(|address| {
            format!("{}/{} on {}", address.address, address.prefix_length, address.device)
        })
        .collect();
    let _ = writeln!(text, "  address  {}", addresses.join(", "));
    render_routing(text, "  route    ", &router.routes);
    render_routing(text, "  rule     ", &router.rules);
    if let Some(left) = router.lease_left {
        let _ = writeln!(text, "  lease    {left:.2} s left");
    }
    if let Some(left) = router.master_down_in {
        let _ = writeln!(text, "  takes over in {left:.2} s if it hears nothing");
    }
    let adverts = &router.adverts;
    let _ = writeln!(
        text,
        "  adverts  sent {}, received {}, absorbed {}, dropped {}",
        adverts.sent, adverts.received, adverts.absorbed, adverts.dropped_total,
    );
    let reasons: Vec<String> = adverts
        .dropped
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(reason, count)| format!("{reason} {count}"))
        .collect();
    if !reasons.is_empty() {
        let _ = writeln!(text, "  dropped  {}", reasons.join(", "));
    }
    for (what, counts, is_ipv6) in [("ARP", &router.arp, false), ("ND ", &router.nd, true)] {
        if router.addresses.iter().any(|address| address.address.is_ipv6() == is_ipv6) {
            let AnswerStatus { answered, refused, announced } = counts;
            let _ = writeln!(
                text,
                "  {what}      answered {answered}, refused {refused}, announced {announced}",
            );
        }
    }
    if router.conflicts > 0 {
        let _ = writeln!(text, "  conflict {} times others claimed an address", router.conflicts);
    }
    if router.not_accepted > 0 {
        let _ = writeln!(text, "  refused  {} packets by no_accept", router.not_accepted);
    }
}

/// Why a router has not started yet.
fn waits_for(router: &RouterStatus) -> String {
    let is_awaited = |it: &&TrackedStatus| it.condition == "unknown" && it.weight == 0;
    router.tracked.iter().find(is_awaited).map_or_else(
        || "waiting for its interface".to_owned(),
        |it| format!("waiting to know of {} {}", it.kind, it.name),
    )
}

/// The effective priority, and what it is made of if it is not the one of the file.
fn priority(router: &RouterStatus) -> String {
    let RouterStatus { priority, effective_priority, .. } = router;
    if priority == effective_priority {
        priority.to_string()
    } else {
        format!("{effective_priority} (configured {priority})")
    }
}

fn tracked_line(tracked: &TrackedStatus) -> String {
    let TrackedStatus { kind, name, condition, value, weight, reverse, contribution, .. } = tracked;
    let what = value.map_or_else(|| condition.clone(), |value| format!("holds {value}"));
    let long = tracked.since_seconds.map(|since| format!(" for {}", span(since)));
    let reverse = if *reverse { " reverse" } else { "" };
    let effect = match (tracked.bars, contribution) {
        (true, _) => "not to take part".to_owned(),
        (false, 0) if *weight == 0 => "may take part".to_owned(),
        (false, points) => format!("{points:+} to the priority"),
    };
    let long = long.unwrap_or_default();
    format!("{kind} {name} {what}{long}, weight {weight}{reverse}: {effect}")
}

/// Routes or rules in a line, if there are any.
fn render_routing(text: &mut String, what: &str, routing: &[RoutingStatus]) {
    const SHOWN: usize = 4;
    if routing.is_empty() {
        return;
    }
    let present = routing.iter().filter(|one| one.present).count();
    let mut parts: Vec<&str> = routing.iter().take(SHOWN).map(|one| one.text.as_str()).collect();
    if routing.len() > SHOWN {
        parts.push("…");
    }
    let _ = writeln!(text, "{what}{present} of {} held: {}", routing.len(), parts.join(", "));
}

/// What not every router has.
fn particulars(router: &RouterStatus) -> Vec<String> {
    let mut parts = Vec::new();
    if router.authentication != "none" {
        parts.push(format!("authentication {}", router.authentication));
    }
    if !router.peers.is_empty() {
        let peers: Vec<String> = router.peers.iter().map(ToString::to_string).collect();
        parts.push(format!("unicast to {}", peers.join(" ")));
    }
    parts.extend(router.virtual_mac.as_ref().map(|mac| format!("virtual MAC {mac}")));
    parts.extend(router.sync_group.as_ref().map(|group| format!("sync group {group}")));
    if !router.accept {
        parts.push("no_accept".to_owned());
    }
    parts
}

/// Seconds as people say them.
fn span(seconds: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a span of time is not negative, and fractions are not shown"
    )]
    let whole = seconds.max(0.0) as u64;
    match whole {
        0..60 => format!("{seconds:.1} s"),
        60..3_600 => format!("{} min {} s", whole / 60, whole % 60),
        3_600..86_400 => format!("{} h {} min", whole / 3_600, whole % 3_600 / 60),
        _ => format!("{} d {} h", whole / 86_400, whole % 86_400 / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::span;

    #[test]
    fn spans_are_read_at_a_glance() {
        assert_eq!(
            [0.04, 59.94, 61.0, 7_265.0, 90_000.0].map(span),
            ["0.0 s", "59.9 s", "1 min 1 s", "2 h 1 min", "1 d 1 h"]
        );
    }
}
