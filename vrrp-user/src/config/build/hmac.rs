//! `auth_hmac`.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    time::Duration,
};

use super::{Builder, instance::Draft, numbers::integer};
use crate::config::{
    Code, Diagnostic, Span,
    diagnostics::quoted,
    keywords::Context,
    lexer::Word,
    model::{AntiReplay, HmacKey, HmacMode, HmacSettings},
    parser::Statement,
};

/// keepalived's bounds of a window that the file leaves open: three intervals of adverts.
const WINDOWS: std::ops::RangeInclusive<u64> = 5..=300;

/// What the block says.
#[derive(Debug, Default)]
pub(super) struct HmacDraft {
    /// The keyword `auth_hmac`.
    span: Span,
    keys: BTreeMap<u8, HmacKey>,
    /// Whether a key, or which is active, has been complained about.
    reported: bool,
    active: Option<(u8, Span)>,
    window: Option<(Duration, Span)>,
    monotonic: bool,
    mode: Option<(HmacMode, Span)>,
}

impl Builder<'_> {
    /// Reads a block into what earlier blocks of the instance said.
    pub(super) fn hmac(&mut self, statement: &Statement<'_>, draft: &mut HmacDraft) {
        self.no_more_words(statement, 0);
        draft.span = statement.keyword.span;
        let mut seen = std::collections::HashMap::new();
        for inner in self.block(statement).unwrap_or_default() {
            if inner.keyword.text != "key" {
                self.once(Context::Hmac, &mut seen, inner);
            }
            self.hmac_statement(inner, draft);
        }
    }

    fn hmac_statement(&mut self, statement: &Statement<'_>, draft: &mut HmacDraft) {
        match &*statement.keyword.text {
            "key" => {
                let Some((id, key)) = self.key(statement) else {
                    draft.reported = true;
                    return;
                };
                match draft.keys.entry(id) {
                    Entry::Vacant(place) => {
                        place.insert(key);
                    }
                    Entry::Occupied(_) => self.second_key(id, statement),
                }
            }
            "active_key" => match self.key_number(statement) {
                Some(id) => draft.active = Some((id, statement.span())),
                None => draft.reported = true,
            },
            "time_window" => draft.window = self.window(statement).or(draft.window),
            "anti_replay" => {
                let kinds = [("time", false), ("monotonic", true)];
                let kind = self.one_of(statement, &kinds).map(|(kind, _)| kind);
                draft.monotonic = kind.unwrap_or(draft.monotonic);
            }
            "mode" => {
                let modes = [
                    ("enforce", HmacMode::Enforce),
                    ("permissive", HmacMode::Permissive),
                    ("receive-only", HmacMode::ReceiveOnly),
                ];
                draft.mode = self.one_of(statement, &modes).or(draft.mode);
            }
            _ => self.not_done(Context::Hmac, statement),
        }
    }

    /// `key NUMBER VALUE`. The message never holds a word of it: which of them is the secret is not
    /// sure when the line is wrong.
    fn key(&mut self, statement: &Statement<'_>) -> Option<(u8, HmacKey)> {
        self.no_block(statement);
        self.no_more_words(statement, 2);
        let [id, value, ..] = statement.words.as_slice() else {
            self.missing_argument(statement, "a number from 1 to 255 and a secret");
            return None;
        };
        let Some(number) = key_number(id) else {
            self.sink.push(
                Diagnostic::fatal(
                    Code::BadNumber,
                    id.span,
                    "the first word after `key` is not a number from 1 to 255",
                )
                .help("write `key 1 SECRET`, with the same number on all nodes"),
            );
            return None;
        };
        self.key_value(value).map(|key| (number, key))
    }

    fn second_key(&mut self, id: u8, statement: &Statement<'_>) {
        self.sink.push(
            Diagnostic::error(
                Code::Hmac,
                statement.keyword.span,
                format!("there is a key {id} in this instance already"),
            )
            .label("ignored")
            .help("give every key its own number, the same on all nodes")
            .note("the first one counts, as in keepalived"),
        );
    }

    /// `active_key`.
    fn key_number(&mut self, statement: &Statement<'_>) -> Option<u8> {
        let word = self.one_word(statement, "the number of a key")?;
        let number = key_number(word);
        if number.is_none() {
            self.sink.push(
                Diagnostic::fatal(
                    Code::BadNumber,
                    word.span,
                    format!("{} is not the number of a key", quoted(&word.text)),
                )
                .help("write the number of one of the keys, 1 to 255"),
            );
        }
        number
    }

    fn window(&mut self, statement: &Statement<'_>) -> Option<(Duration, Span)> {
        let word = self.one_word(statement, "a number of seconds")?;
        match integer(&word.text, &(1..=300)) {
            Ok(seconds) => Some((Duration::from_secs(seconds), statement.span())),
            Err(error) => {
                self.bad_number(word, error, "1 to 300 (seconds)", "the line is ignored");
                None
            }
        }
    }

    /// The one word of a statement, which is one of these.
    fn one_of<T: Copy>(
        &mut self,
        statement: &Statement<'_>,
        known: &[(&str, T)],
    ) -> Option<(T, Span)> {
        let names: Vec<String> = known.iter().map(|(name, _)| format!("`{name}`")).collect();
        let names = names.join(" or ");
        let word = self.one_word(statement, &names)?;
        let found = known.iter().find(|(name, _)| *name == word.text);
        if found.is_none() {
            self.sink.push(
                Diagnostic::error(
                    Code::BadValue,
                    word.span,
                    format!("{} is not {names}", quoted(&word.text)),
                )
                .label("ignored")
                .help(format!("write {names}"))
                .note("the line is ignored, as keepalived does"),
            );
        }
        found.map(|(_, value)| (*value, statement.span()))
    }

    /// `None` without `auth_hmac`, or if it cannot be used: then the file cannot either, since with
    /// it left out peers would discard the adverts.
    pub(super) fn settle_hmac(&mut self, draft: &Draft, strict: bool) -> Option<HmacSettings> {
        let hmac = draft.hmac.as_ref()?;
        let active = self.settle_active(hmac)?;
        let mode = match hmac.mode {
            Some((mode, span)) if strict && mode != HmacMode::Enforce => {
                self.strict_resets("mode", span);
                HmacMode::Enforce
            }
            mode => mode.map_or(HmacMode::Enforce, |(mode, _)| mode),
        };
        let anti_replay = match hmac.window {
            Some((_, span)) if hmac.monotonic => {
                self.sink.push(
                    Diagnostic::warning(
                        Code::NoEffect,
                        span,
                        "`time_window` has no effect with `anti_replay monotonic`",
                    )
                    .label("ignored")
                    .help("remove one of them"),
                );
                AntiReplay::Monotonic
            }
            None if hmac.monotonic => AntiReplay::Monotonic,
            Some((window, _)) => AntiReplay::Time { window },
            None => {
                let interval = draft.interval.map_or(1, |(interval, _)| interval.as_secs());
                let seconds = (3 * interval).clamp(*WINDOWS.start(), *WINDOWS.end());
                AntiReplay::Time { window: Duration::from_secs(seconds) }
            }
        };
        Some(HmacSettings { keys: hmac.keys.clone(), active, mode, anti_replay })
    }

    /// keepalived turns `auth_hmac` off without an active key.
    fn settle_active(&mut self, hmac: &HmacDraft) -> Option<u8> {
        let some_key = hmac.keys.keys().next().copied().unwrap_or(1);
        let (what, span, help) = match hmac.active {
            Some((active, _)) if hmac.keys.contains_key(&active) => return Some(active),
            _ if hmac.reported => return None,
            _ if hmac.keys.is_empty() => (
                "`auth_hmac` has no key".to_owned(),
                hmac.span,
                "add `key 1 hex:…` and `active_key 1`, the same on all nodes".to_owned(),
            ),
            Some((active, span)) => (
                format!("there is no key {active}"),
                span,
                format!("write `active_key {some_key}`, or add that key"),
            ),
            None => (
                "`auth_hmac` has no `active_key`".to_owned(),
                hmac.span,
                format!("add `active_key {some_key}`"),
            ),
        };
        self.sink.push(
            Diagnostic::fatal(Code::Hmac, span, what)
                .help(help)
                .note("keepalived would run without `auth_hmac`, and its peers would not hear it"),
        );
        None
    }
}

fn key_number(word: &Word<'_>) -> Option<u8> {
    integer(&word.text, &(1..=255)).ok().and_then(|number| u8::try_from(number).ok())
}
