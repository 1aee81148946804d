//! The pauses between announcements: `vrrp_garp_interval`, `vrrp_gna_interval`, `garp_group`.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use super::{Builder, numbers::seconds};
use crate::config::{
    Code, Diagnostic, Span,
    diagnostics::quoted,
    keywords::Context,
    lexer::Word,
    model::{Pacing, PacingGroup, Pauses},
    parser::Statement,
};

/// keepalived's longest pause: more microseconds do not fit its 32 bits.
const LONGEST: Duration = Duration::from_micros(u32::MAX as u64);

/// An announcement a second: a dozen addresses then take a minute.
const LONG: Duration = Duration::from_secs(1);

/// What a block says about the pauses.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PausesDraft {
    arp: Option<Duration>,
    nd: Option<Duration>,
}

impl PausesDraft {
    /// Takes a statement whose keyword, without `vrrp_` in front, is `keyword`. False if it is none
    /// of the two.
    pub(super) fn read(
        &mut self,
        keyword: &str,
        statement: &Statement<'_>,
        builder: &mut Builder<'_>,
    ) -> bool {
        let place = match keyword {
            "garp_interval" => &mut self.arp,
            "gna_interval" => &mut self.nd,
            _ => return false,
        };
        *place = builder.pause(statement).or(*place);
        true
    }

    pub(super) fn settle(self) -> Pauses {
        Pauses { arp: self.arp.unwrap_or_default(), nd: self.nd.unwrap_or_default() }
    }
}

impl Builder<'_> {
    /// The pauses of the whole file, given those of `global_defs`.
    pub(super) fn pacing(&mut self, tree: &[Statement<'_>], every: PausesDraft) -> Pacing {
        let mut taken = HashSet::new();
        let groups = tree
            .iter()
            .filter(|statement| statement.keyword.text == "garp_group")
            .filter_map(|statement| self.garp_group(statement, &mut taken))
            .collect();
        Pacing { every: every.settle(), groups }
    }

    fn garp_group(
        &mut self,
        statement: &Statement<'_>,
        taken: &mut HashSet<String>,
    ) -> Option<PacingGroup> {
        self.no_more_words(statement, 0);
        let mut draft = PausesDraft::default();
        let mut interfaces = Vec::new();
        let mut seen = HashMap::new();
        for inner in self.block(statement)? {
            self.once(Context::GarpGroup, &mut seen, inner);
            match &*inner.keyword.text {
                "interface" => {
                    if let Some(word) = self.one_word(inner, "the name of an interface") {
                        interfaces.extend(self.paced_interface(word, taken));
                    }
                }
                "interfaces" => {
                    self.no_more_words(inner, 0);
                    for line in self.block(inner).unwrap_or_default() {
                        self.no_block(line);
                        for word in std::iter::once(&line.keyword).chain(&line.words) {
                            interfaces.extend(self.paced_interface(word, taken));
                        }
                    }
                }
                keyword => {
                    if !draft.read(keyword, inner, self) {
                        self.not_done(Context::GarpGroup, inner);
                    }
                }
            }
        }
        let pauses = draft.settle();
        let span = statement.keyword.span;
        if interfaces.is_empty() {
            self.useless_group(span, "without an interface", "add `interface eth0`");
            return None;
        }
        if pauses == Pauses::default() {
            self.useless_group(span, "without a pause", "add `garp_interval 0.01`");
        }
        Some(PacingGroup { interfaces, pauses })
    }

    fn useless_group(&mut self, span: Span, why: &str, help: &str) {
        self.sink.push(
            Diagnostic::warning(Code::NoEffect, span, format!("`garp_group` has no effect {why}"))
                .help(format!("{help} or whatever is meant, or remove it")),
        );
    }

    fn paced_interface(&mut self, word: &Word<'_>, taken: &mut HashSet<String>) -> Option<String> {
        let name = self.interface_name(word)?;
        if taken.insert(name.clone()) {
            return Some(name);
        }
        self.sink.push(
            Diagnostic::error(
                Code::RepeatedKeyword,
                word.span,
                format!("{} is in a `garp_group` already", quoted(&name)),
            )
            .label("ignored")
            .help("name every interface once")
            .note("keepalived ignores it too"),
        );
        None
    }

    fn pause(&mut self, statement: &Statement<'_>) -> Option<Duration> {
        let word = self.one_word(statement, "a number of seconds")?;
        match seconds(&word.text, &(Duration::ZERO..=LONGEST)) {
            Ok(pause) => {
                if pause >= LONG {
                    self.long_pause(word);
                }
                Some(pause)
            }
            Err(error) => {
                self.bad_number(
                    word,
                    error,
                    "0 to 4294 (seconds, without a unit)",
                    "the line is ignored",
                );
                None
            }
        }
    }

    fn long_pause(&mut self, word: &Word<'_>) {
        self.sink.push(
            Diagnostic::warning(
                Code::LongPause,
                word.span,
                "a pause of a second or more keeps clients waiting",
            )
            .help("write a fraction of a second, such as `0.01`")
            .note(
                "each address is announced as often as `garp_master_repeat` says, one after the \
                 other",
            ),
        );
    }
}
