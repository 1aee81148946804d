//! `static_ipaddress`, `static_routes`, `static_rules`: what the node has whoever is master.

use std::collections::BTreeMap;

use super::{
    Builder,
    addresses::{Placed, Whose},
    globals::Globals,
    routing::PlacedRouting,
    settle::Settled,
};
use crate::config::{
    Code, Diagnostic, Span,
    diagnostics::quoted,
    keywords::Context,
    model::{
        Hop, Route, Routing, Rule, Statics, VirtualAddress, Way,
        tracking::{Track, Tracked, Weight},
    },
    parser::Statement,
};

/// keepalived's, for want of `default_interface`.
const DEFAULT_INTERFACE: &str = "eth0";

/// What the blocks have come to so far.
#[derive(Debug, Default)]
pub(super) struct StaticsDraft {
    pub(super) statics: Statics,
    /// Who tracks which interface: the name after `track_group`, and the interface.
    pub(super) tracked: Vec<(String, Span, String)>,
}

impl Builder<'_> {
    /// Reads a block of the outermost level; false if it is none of these.
    pub(super) fn static_block(
        &mut self,
        statement: &Statement<'_>,
        globals: &Globals,
        draft: &mut StaticsDraft,
    ) -> bool {
        let name = &*statement.keyword.text;
        if !matches!(name, "static_ipaddress" | "static_routes" | "static_rules") {
            return false;
        }
        self.no_more_words(statement, 0);
        let block = self.block(statement).unwrap_or_default();
        match name {
            "static_ipaddress" => {
                for placed in self.addresses(block, Whose::Node) {
                    draft.add_address(placed, globals);
                }
            }
            "static_routes" => draft.add_routing(self.routes(block, Whose::Node)),
            _ => draft.add_routing(self.rules(block, Whose::Node)),
        }
        true
    }
}

impl Builder<'_> {
    /// Has the instances of each `track_group` track the interfaces of what names the group.
    pub(super) fn track_groups(
        &mut self,
        tree: &[Statement<'_>],
        statics: &StaticsDraft,
        instances: &mut [Settled],
    ) {
        let mut groups: BTreeMap<&str, Vec<(&str, Span)>> = BTreeMap::new();
        for statement in tree.iter().filter(|it| it.keyword.text == "track_group") {
            let Some(name) = statement.words.first() else {
                self.missing_argument(statement, "a name");
                continue;
            };
            self.no_more_words(statement, 1);
            let members = groups.entry(&name.text).or_default();
            for inner in self.block(statement).unwrap_or_default() {
                if inner.keyword.text != "group" {
                    self.not_done(Context::TrackGroup, inner);
                    continue;
                }
                let lines = self.block(inner).unwrap_or_default().iter();
                let words = lines.flat_map(|line| [&line.keyword].into_iter().chain(&line.words));
                members.extend(words.map(|word| (&*word.text, word.span)));
            }
        }
        for (member, span) in groups.values().flatten() {
            if instances.iter().all(|settled| settled.instance.name != *member) {
                self.tracks_nothing(*span, format!("no instance is called {}", quoted(member)));
            }
        }
        for (group, span, device) in &statics.tracked {
            let Some(members) = groups.get(group.as_str()) else {
                self.tracks_nothing(*span, format!("no `track_group` is called {}", quoted(group)));
                continue;
            };
            let what = Tracked::Interface(device.clone());
            for Settled { instance, .. } in instances.iter_mut() {
                let is_member = members.iter().any(|(name, _)| *name == instance.name);
                if is_member && instance.track.iter().all(|track| track.what != what) {
                    let track = Track { what: what.clone(), weight: Weight::default() };
                    instance.track.push(track);
                }
            }
        }
    }

    fn tracks_nothing(&mut self, span: Span, what: String) {
        self.sink.push(
            Diagnostic::error(Code::Routing, span, what)
                .label("ignored")
                .help("write the name as it is elsewhere in the file")
                .note("keepalived ignores it too"),
        );
    }
}

impl StaticsDraft {
    fn add_address(&mut self, placed: Placed, globals: &Globals) {
        let default = || globals.default_interface.clone().unwrap_or(DEFAULT_INTERFACE.to_owned());
        let device = placed.address.device.clone().unwrap_or_else(default);
        if let Some((group, span)) = placed.track_group {
            self.tracked.push((group, span, device.clone()));
        }
        let address = VirtualAddress { device: Some(device), ..placed.address };
        if !self.statics.addresses.contains(&address) {
            self.statics.addresses.push(address);
        }
    }

    fn add_routing(&mut self, placed: Vec<PlacedRouting>) {
        for PlacedRouting { routing, track_group, .. } in placed {
            let device = match &routing {
                Routing::Route(Route { way: Way::One(Hop { device, .. }), .. })
                | Routing::Rule(Rule { input: device, .. }) => device.clone(),
                Routing::Route(_) => None,
            };
            if let (Some((group, span)), Some(device)) = (track_group, device) {
                self.tracked.push((group, span, device));
            }
            if !self.statics.routing.contains(&routing) {
                self.statics.routing.push(routing);
            }
        }
    }
}
