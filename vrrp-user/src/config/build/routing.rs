//! `static_routes`, `static_rules`, `virtual_routes` and `virtual_rules`: a route or rule per line,
//! nearly as `ip route` and `ip rule` have them.
//!
//! A line is taken as a whole or, with an error, not at all: half a route leads elsewhere.

mod line;
mod metrics;
mod names;
mod next_hop;
mod route;
mod rule;

use self::line::{Line, Refusal};
use super::{Builder, addresses::Whose};
use crate::{
    config::{Code, Diagnostic, Span, model::Routing, parser::Statement},
    protocol::Family,
};

/// A route or rule and where it stands.
#[derive(Clone, Debug)]
pub(super) struct PlacedRouting {
    pub(super) routing: Routing,
    pub(super) span: Span,
    /// `track_group` after it, with the name.
    pub(super) track_group: Option<(String, Span)>,
}

/// The preference of the next rule that has none, by family: keepalived counts down.
#[derive(Debug)]
pub(super) struct Preferences([u32; 2]);

impl Default for Preferences {
    fn default() -> Self {
        const FIRST: u32 = 16_384;
        Self([FIRST; 2])
    }
}

impl Preferences {
    fn of(&mut self, family: Family) -> &mut u32 {
        let Self([ipv4, ipv6]) = self;
        match family {
            Family::Ipv4 => ipv4,
            Family::Ipv6 => ipv6,
        }
    }
}

impl Builder<'_> {
    /// The routes of a block.
    pub(super) fn routes(&mut self, block: &[Statement<'_>], whose: Whose) -> Vec<PlacedRouting> {
        self.routing(block, |builder, line| builder.route(line, whose))
    }

    /// The rules of a block.
    pub(super) fn rules(&mut self, block: &[Statement<'_>], whose: Whose) -> Vec<PlacedRouting> {
        self.routing(block, |builder, line| builder.rule(line, whose))
    }

    /// Reads `virtual_routes` or `virtual_rules` of an instance; several blocks add up.
    pub(super) fn instance_routing(
        &mut self,
        statement: &Statement<'_>,
        routing: &mut Vec<Routing>,
    ) {
        self.no_more_words(statement, 0);
        let block = self.block(statement).unwrap_or_default();
        let placed = match &*statement.keyword.text {
            "virtual_routes" => self.routes(block, Whose::Router),
            _ => self.rules(block, Whose::Router),
        };
        for placed in placed {
            if !routing.contains(&placed.routing) {
                routing.push(placed.routing);
            }
        }
    }

    fn routing(
        &mut self,
        block: &[Statement<'_>],
        read: impl Fn(&mut Self, &mut Line<'_, '_>) -> Result<PlacedRouting, Refusal>,
    ) -> Vec<PlacedRouting> {
        let mut found: Vec<PlacedRouting> = Vec::new();
        for statement in block {
            self.no_block(statement);
            match read(self, &mut Line::new(statement)) {
                // What stands there twice is there once.
                Ok(placed) if found.iter().all(|other| other.routing != placed.routing) => {
                    found.push(placed);
                }
                Ok(placed) => self.repeated_routing(placed.span),
                Err(refusal) => self.sink.push(refusal.into_diagnostic()),
            }
        }
        found
    }

    fn repeated_routing(&mut self, span: Span) {
        self.sink.push(
            Diagnostic::warning(Code::Routing, span, "this line stands in the block before")
                .label("ignored")
                .help("remove it"),
        );
    }
}
