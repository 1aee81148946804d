//! `vrrp_script`. The instances that track one may stand before or after it in the file.

use std::{
    collections::{HashMap, hash_map::Entry},
    ops::RangeInclusive,
    time::Duration,
};

use super::{Builder, numbers::seconds, probe::ProbeDraft, process::signed};
use crate::config::{
    Code, Diagnostic, Span,
    diagnostics::quoted,
    keywords::Context,
    lexer::Word,
    model::{
        script::{Account, Check, Command, Probe},
        tracking::Weight,
    },
    parser::Statement,
};

/// keepalived 2.3's, of which 2.2 takes whole numbers only.
const TIMES: RangeInclusive<Duration> = Duration::from_millis(1)..=Duration::from_secs(4294);
const SECOND: Duration = Duration::from_secs(1);
/// Of a script; what tracks it may use one more.
const WEIGHTS: RangeInclusive<i64> = -253..=253;
const COUNTS: RangeInclusive<u64> = 1..=i32::MAX as u64;

/// What one block says.
#[derive(Default)]
struct Draft {
    words: Option<Vec<String>>,
    native: ProbeDraft,
    account: Option<Account>,
    interval: Option<Duration>,
    timeout: Option<Duration>,
    weight: Weight,
    rise: Option<u32>,
    fall: Option<u32>,
    init_fail: bool,
}

impl Builder<'_> {
    /// All `vrrp_script`s that ask something. Of two with one name the first counts.
    pub(super) fn checks(&mut self, tree: &[Statement<'_>]) -> Vec<Check> {
        let mut names: HashMap<&str, Span> = HashMap::new();
        let mut checks = Vec::new();
        for statement in tree.iter().filter(|it| it.keyword.text == "vrrp_script") {
            let Some(name) = statement.words.first() else {
                self.missing_argument(statement, "a name");
                continue;
            };
            self.no_more_words(statement, 1);
            let Some(check) = self.check(statement, name) else { continue };
            match names.entry(&name.text) {
                Entry::Vacant(entry) => {
                    entry.insert(name.span);
                    checks.push(check);
                }
                Entry::Occupied(first) => self.second_check(name, *first.get()),
            }
        }
        checks
    }

    fn check(&mut self, statement: &Statement<'_>, name: &Word<'_>) -> Option<Check> {
        let mut draft = Draft::default();
        let mut seen = HashMap::new();
        for inner in self.block(statement)? {
            self.once(Context::Script, &mut seen, inner);
            self.check_statement(inner, &mut draft);
        }
        let probe = self.probe(name, draft.words, draft.account, draft.native)?;
        let interval = draft.interval.unwrap_or(SECOND);
        Some(Check {
            name: name.text.clone().into_owned(),
            probe,
            interval,
            timeout: draft.timeout.unwrap_or(interval),
            weight: draft.weight,
            rise: draft.rise.unwrap_or(1),
            fall: draft.fall.unwrap_or(1),
            init_fail: draft.init_fail,
        })
    }

    /// What is asked; of a program and a question of our own the latter.
    fn probe(
        &mut self,
        name: &Word<'_>,
        words: Option<Vec<String>>,
        account: Option<Account>,
        native: ProbeDraft,
    ) -> Option<Probe> {
        let span = native.span();
        match (words, native.settle(self).zip(span)) {
            (Some(words), None) => Some(Probe::Command(Command { words, account })),
            (words, Some((native, span))) => {
                if words.is_some() {
                    self.sink.push(
                        Diagnostic::error(
                            Code::Script,
                            span,
                            "a `vrrp_script` either runs a program or asks by itself",
                        )
                        .help("write a block for each, and track both")
                        .note("the program is not run"),
                    );
                }
                Some(Probe::Native(native))
            }
            (None, None) => {
                self.sink.push(
                    Diagnostic::error(
                        Code::Script,
                        name.span,
                        format!("{} runs nothing", quoted(&name.text)),
                    )
                    .label("skipped")
                    .help("add `script \"/path/to/a/program\"`")
                    .note("keepalived skips it too: whatever tracks it does not depend on it"),
                );
                None
            }
        }
    }

    fn check_statement(&mut self, statement: &Statement<'_>, draft: &mut Draft) {
        match &*statement.keyword.text {
            "script" => draft.words = self.bare_command(statement).or(draft.words.take()),
            "user" => draft.account = self.account(statement).or(draft.account.take()),
            "interval" => draft.interval = self.check_time(statement).or(draft.interval),
            "timeout" => draft.timeout = self.check_time(statement).or(draft.timeout),
            "weight" => draft.weight = self.check_weight(statement).unwrap_or(draft.weight),
            "rise" => draft.rise = self.run_count(statement).or(draft.rise),
            "fall" => draft.fall = self.run_count(statement).or(draft.fall),
            "init_fail" => {
                self.bare(statement);
                draft.init_fail = true;
            }
            _ => {
                if !draft.native.read(statement, self) {
                    self.not_done(Context::Script, statement);
                }
            }
        }
    }

    /// Seconds. keepalived takes 0 for 1.
    fn check_time(&mut self, statement: &Statement<'_>) -> Option<Duration> {
        let word = self.one_word(statement, "a number of seconds")?;
        match seconds(&word.text, &(Duration::ZERO..=*TIMES.end())) {
            Ok(Duration::ZERO) => {
                self.sink.push(
                    Diagnostic::warning(Code::BadNumber, word.span, "this takes no time at all")
                        .help("write a number of seconds, such as 2")
                        .note("1 second is used, as keepalived does"),
                );
                Some(SECOND)
            }
            Ok(time) => Some(time.max(*TIMES.start())),
            Err(error) => {
                let range = "0.001 to 4294 (seconds, without a unit)";
                self.bad_number(word, error, range, "the line is ignored, as keepalived does");
                None
            }
        }
    }

    /// `weight NUMBER [reverse]`
    fn check_weight(&mut self, statement: &Statement<'_>) -> Option<Weight> {
        self.no_block(statement);
        self.no_more_words(statement, 2);
        let Some(word) = statement.words.first() else {
            self.missing_argument(statement, "a number from -253 to 253");
            return None;
        };
        let reverse = match statement.words.get(1) {
            None => false,
            Some(word) if word.text == "reverse" => true,
            Some(word) => {
                self.sink.push(
                    Diagnostic::error(
                        Code::BadValue,
                        word.span,
                        format!("{} is not `reverse`", quoted(&word.text)),
                    )
                    .label("ignored")
                    .help("remove it")
                    .note("keepalived ignores it too"),
                );
                false
            }
        };
        let number = signed(word.text.strip_prefix('+').unwrap_or(&word.text))
            .and_then(|number| {
                let fits = WEIGHTS.contains(&number);
                fits.then_some(number).ok_or(super::numbers::NumberError::OutOfRange)
            })
            .inspect_err(|&error| {
                self.bad_number(word, error, "-253 to 253", "the line is ignored");
            })
            .ok()?;
        Some(Weight { points: i16::try_from(number).ok()?, reverse })
    }

    fn run_count(&mut self, statement: &Statement<'_>) -> Option<u32> {
        let word = self.one_word(statement, "a number of runs")?;
        super::numbers::integer(&word.text, &COUNTS)
            .inspect_err(|&error| {
                self.bad_number(word, error, "1 to 2147483647", "1 is used, as keepalived does");
            })
            .ok()
            .and_then(|count| u32::try_from(count).ok())
    }

    fn second_check(&mut self, name: &Word<'_>, first: Span) {
        let line = self.line(first);
        self.sink.push(
            Diagnostic::error(
                Code::Script,
                name.span,
                format!("there are two scripts {}", quoted(&name.text)),
            )
            .label("skipped")
            .help("give every `vrrp_script` its own name")
            .note(format!("the first is on line {line}; it is the one that is tracked")),
        );
    }
}
