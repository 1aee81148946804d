//! `vrrp_track_process`.

use std::{collections::HashMap, ops::RangeInclusive, time::Duration};

use super::{
    Builder, Weight,
    numbers::{integer, seconds},
};
use crate::config::{
    Code, Diagnostic, Span,
    diagnostics::quoted,
    keywords::Context,
    lexer::Word,
    model::tracking::{Matching, TrackProcess},
    parser::Statement,
};

const DELAYS: RangeInclusive<Duration> = Duration::from_micros(1)..=Duration::from_secs(3600);
const COUNTS: RangeInclusive<u64> = 0..=65535;
/// The kernel's `TASK_COMM_LEN` less the terminating zero.
const LONGEST_NAME: usize = 15;

/// What one block says.
#[derive(Default)]
struct Draft<'t> {
    process: Option<(&'t str, Span)>,
    parameters: Vec<String>,
    /// `param_match`
    param_match: Option<Matching>,
    full_command: bool,
    weight: Weight,
    quorum: Option<(u32, Span)>,
    most: Option<u32>,
    fork_delay: Option<Duration>,
    terminate_delay: Option<Duration>,
}

impl Builder<'_> {
    pub(super) fn track_process(
        &mut self,
        statement: &Statement<'_>,
        name: &Word<'_>,
    ) -> Option<TrackProcess> {
        let mut draft = Draft::default();
        let mut seen = HashMap::new();
        for inner in self.block(statement)? {
            self.once(Context::TrackProcess, &mut seen, inner);
            self.process_statement(inner, &mut draft);
        }
        let Some((command, span)) = draft.process else {
            self.lacks(name, "track process", "process haproxy");
            return None;
        };
        let matching = match draft.param_match {
            Some(matching) => matching,
            None if !draft.parameters.is_empty() => Matching::Exact,
            None if draft.full_command => Matching::Command,
            None => Matching::Name,
        };
        if matching == Matching::Name && (command.len() > LONGEST_NAME || command.contains('/')) {
            self.no_process_name(command, span);
        }
        let quorum = self.quorum(&draft);
        Some(TrackProcess {
            name: name.text.clone().into_owned(),
            command: command.to_owned(),
            parameters: draft.parameters,
            matching,
            weight: draft.weight,
            quorum,
            most: draft.most,
            fork_delay: draft.fork_delay.unwrap_or_default(),
            terminate_delay: draft.terminate_delay.unwrap_or_default(),
        })
    }

    fn process_statement<'t>(&mut self, statement: &'t Statement<'_>, draft: &mut Draft<'t>) {
        match &*statement.keyword.text {
            "process" => {
                self.no_block(statement);
                let mut words = statement.words.iter();
                match words.next() {
                    Some(word) => draft.process = Some((&word.text, word.span)),
                    None => self.missing_argument(statement, "the name of a process"),
                }
                draft.parameters = words.map(|word| word.text.clone().into_owned()).collect();
            }
            "param_match" => {
                draft.param_match = self.param_match(statement).or(draft.param_match);
            }
            "full_command" => {
                self.bare(statement);
                draft.full_command = true;
            }
            "weight" => draft.weight = self.own_weight(statement, 254).unwrap_or(draft.weight),
            "quorum" => {
                let count = self.process_count(statement);
                draft.quorum = count.map(|it| (it, statement.span())).or(draft.quorum);
            }
            "quorum_max" => draft.most = self.process_count(statement).or(draft.most),
            "delay" => {
                let delay = self.process_delay(statement);
                draft.fork_delay = delay.or(draft.fork_delay);
                draft.terminate_delay = delay.or(draft.terminate_delay);
            }
            "fork_delay" => draft.fork_delay = self.process_delay(statement).or(draft.fork_delay),
            "terminate_delay" => {
                draft.terminate_delay = self.process_delay(statement).or(draft.terminate_delay);
            }
            _ => self.not_done(Context::TrackProcess, statement),
        }
    }

    fn param_match(&mut self, statement: &Statement<'_>) -> Option<Matching> {
        let Some(word) = self.optional_word(statement) else { return Some(Matching::Exact) };
        match &*word.text {
            "initial" => Some(Matching::Initial),
            "partial" => Some(Matching::Partial),
            other => {
                self.sink.push(
                    Diagnostic::error(
                        Code::BadValue,
                        word.span,
                        format!("{} is no way to compare parameters", quoted(other)),
                    )
                    .label("ignored")
                    .help("write `initial` or `partial`, or nothing after `param_match`"),
                );
                None
            }
        }
    }

    fn process_count(&mut self, statement: &Statement<'_>) -> Option<u32> {
        let word = self.one_word(statement, "a number of processes")?;
        integer(&word.text, &COUNTS)
            .inspect_err(|&error| {
                self.bad_number(word, error, "0 to 65535", "the line is ignored");
            })
            .ok()
            .and_then(|count| u32::try_from(count).ok())
    }

    fn process_delay(&mut self, statement: &Statement<'_>) -> Option<Duration> {
        let word = self.one_word(statement, "a number of seconds")?;
        seconds(&word.text, &DELAYS)
            .inspect_err(|&error| {
                let range = "0.000001 to 3600 (seconds, without a unit)";
                self.bad_number(word, error, range, "the line is ignored");
            })
            .ok()
    }

    /// `quorum`, which cannot be more than `quorum_max`.
    fn quorum(&mut self, draft: &Draft<'_>) -> u32 {
        let most = draft.most.unwrap_or(u32::MAX);
        let usual = 1.min(most);
        match draft.quorum {
            Some((quorum, _)) if (1..=most).contains(&quorum) => quorum,
            Some((quorum, span)) => {
                let message = if quorum == 0 {
                    "a quorum of 0 is always met".to_owned()
                } else {
                    format!("a quorum of {quorum} is more than quorum_max {most}")
                };
                self.sink.push(
                    Diagnostic::error(Code::BadNumber, span, message)
                        .label("ignored")
                        .help("write at least 1, and no more than `quorum_max`")
                        .note(format!("{usual} is used; keepalived ignores it too")),
                );
                usual
            }
            None => usual,
        }
    }

    fn no_process_name(&mut self, command: &str, span: Span) {
        self.sink.push(
            Diagnostic::warning(
                Code::Tracking,
                span,
                format!("no process is ever called {}", quoted(command)),
            )
            .help(
                "write the name that `ps -o comm` shows, or add `full_command` to compare the \
                 first word of the command line",
            )
            .note("the name of a process has at most 15 bytes and is no path, in keepalived too"),
        );
    }
}
