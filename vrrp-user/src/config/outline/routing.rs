//! Addresses, routes and rules.

use super::{Block, Lines};
use crate::config::model::{AddressFlags, Preferred, Routing, Statics, VirtualAddress};

/// The blocks of what the node has whoever is master, as far as there is something in them.
pub(super) fn statics(statics: &Statics) -> Vec<Block> {
    let Statics { addresses, routing } = statics;
    let (mut of_addresses, mut of_routes, mut of_rules) =
        (Lines::default(), Lines::default(), Lines::default());
    for one in addresses {
        of_addresses.say("", address(one));
    }
    for one in routing {
        match one {
            Routing::Route(route) => of_routes.say("", route),
            Routing::Rule(rule) => of_rules.say("", rule),
        }
    }
    let blocks = [
        ("static_ipaddress", of_addresses),
        ("static_routes", of_routes),
        ("static_rules", of_rules),
    ];
    blocks
        .into_iter()
        .filter(|(_, lines)| !lines.0.is_empty())
        .map(|(title, lines)| Block { title: title.to_owned(), lines: lines.0 })
        .collect()
}

/// The lines of `virtual_routes` and `virtual_rules`.
pub(super) fn of_instance(lines: &mut Lines, routing: &[Routing]) {
    for one in routing {
        match one {
            Routing::Route(route) => lines.say("virtual_routes", route),
            Routing::Rule(rule) => lines.say("virtual_rules", rule),
        }
    }
}

/// A line of `virtual_ipaddress`.
pub(super) fn address(address: &VirtualAddress) -> String {
    let VirtualAddress {
        address,
        prefix_length,
        device,
        scope,
        label,
        broadcast,
        peer,
        preferred,
        flags,
        tracked,
    } = address;
    let mut words = match peer {
        Some(peer) => format!("{address} peer {peer}/{prefix_length}"),
        None => format!("{address}/{prefix_length}"),
    };
    let mut add = |keyword: &str, word: Option<String>| {
        if let Some(word) = word {
            let separator = if word.is_empty() { "" } else { " " };
            words = format!("{words} {keyword}{separator}{word}");
        }
    };
    add("brd", broadcast.map(|address| address.to_string()));
    add("dev", device.clone());
    add("scope", (*scope != 0).then(|| scope.to_string()));
    add("label", label.clone());
    add(
        "preferred_lft",
        preferred.map(|preferred| match preferred {
            Preferred::Forever => "forever".to_owned(),
            Preferred::For(span) => span.as_secs().to_string(),
        }),
    );
    let AddressFlags { home, check_duplicates, temporaries, no_prefix_route, auto_join } = *flags;
    for (keyword, is_set) in [
        ("home", home),
        ("-nodad", check_duplicates),
        ("mngtmpaddr", temporaries),
        ("noprefixroute", no_prefix_route),
        ("autojoin", auto_join),
        ("no_track", !tracked),
    ] {
        add(keyword, is_set.then(String::new));
    }
    words
}
