//! The schedule of gratuitous ARP, from `global_defs` and from the instance.

use std::time::Duration;

use super::{Builder, numbers::integer};
use crate::config::{
    Code, Diagnostic, Span,
    model::{GarpSchedule, RivalSchedule},
    parser::Statement,
};

/// keepalived's longest delay in seconds: more microseconds do not fit its 32 bits.
const LONGEST: u64 = 4294;

/// keepalived's longest interval of `garp_extra_if`, in seconds: a day.
const LONGEST_EXTRA: u64 = 86_400;

/// What a block says about the schedule.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct GarpDraft {
    delay: Option<u64>,
    repeat: Option<u32>,
    refresh: Option<u64>,
    refresh_repeat: Option<u32>,
    lower_delay: Option<(u64, Span)>,
    lower_repeat: Option<(u32, Span)>,
    extra: Option<Extra>,
    /// `vrrp_min_garp`, of `global_defs` only.
    pub(super) minimal: bool,
}

/// `garp_extra_if`
#[derive(Clone, Copy, Debug)]
struct Extra {
    interval: u64,
    all: bool,
    span: Span,
}

impl GarpDraft {
    /// Takes a statement whose keyword, without `vrrp_` in front, is `keyword`. False if it is none
    /// of the schedule's.
    pub(super) fn read(
        &mut self,
        keyword: &str,
        statement: &Statement<'_>,
        builder: &mut Builder<'_>,
    ) -> bool {
        let span = statement.span();
        match keyword {
            "garp_master_delay" => {
                self.delay = builder.number(statement, 0, LONGEST).or(self.delay);
            }
            "garp_master_repeat" => {
                self.repeat = builder.repeats(statement).or(self.repeat);
            }
            "garp_master_refresh" => {
                self.refresh = builder.number(statement, 0, u32::MAX.into()).or(self.refresh);
            }
            "garp_master_refresh_repeat" => {
                self.refresh_repeat = builder.repeats(statement).or(self.refresh_repeat);
            }
            "garp_lower_prio_delay" => {
                let delay = builder.number(statement, 0, LONGEST);
                self.lower_delay = delay.map(|delay| (delay, span)).or(self.lower_delay);
            }
            "garp_lower_prio_repeat" => {
                let most = i32::MAX.unsigned_abs().into();
                let repeat = builder.number(statement, 0, most);
                let repeat = repeat.and_then(|repeat| u32::try_from(repeat).ok());
                self.lower_repeat = repeat.map(|repeat| (repeat, span)).or(self.lower_repeat);
            }
            "garp_extra_if" | "vmac_garp_intvl" => {
                self.extra = builder.extra(statement).or(self.extra);
            }
            _ => return false,
        }
        true
    }

    /// Warns about a global `garp_extra_if` that asks for nothing here.
    pub(super) fn check_globals(self, builder: &mut Builder<'_>) {
        if let Some(Extra { all: false, span, interval: 1.. }) = self.extra {
            builder.extra_without_all(span);
        }
    }
}

impl Builder<'_> {
    /// Fills in what the instance leaves open, first from `globals`, then from the defaults.
    pub(super) fn settle_garp(
        &mut self,
        draft: GarpDraft,
        globals: GarpDraft,
        strict: bool,
    ) -> GarpSchedule {
        let default = GarpSchedule::default();
        let shortest = GarpSchedule { delay: Duration::ZERO, repeat: 1, refresh: None, ..default };
        let default = if globals.minimal { shortest } else { default };
        let delay = draft.delay.or(globals.delay).map(Duration::from_secs);
        let refresh = match draft.refresh.or(globals.refresh) {
            None => default.refresh,
            Some(0) => None,
            Some(seconds) => Some(Duration::from_secs(seconds)),
        };
        GarpSchedule {
            delay: delay.unwrap_or(default.delay),
            repeat: draft.repeat.or(globals.repeat).unwrap_or(default.repeat),
            refresh,
            refresh_repeat: draft
                .refresh_repeat
                .or(globals.refresh_repeat)
                .unwrap_or(default.refresh_repeat),
            rivals: self.settle_rivals(draft, globals, &default, strict),
            elsewhere: self.settle_elsewhere(draft, globals),
        }
    }

    /// As in keepalived, what the instance leaves open is not its own `garp_master_delay` and
    /// `garp_master_repeat` but the global ones.
    fn settle_rivals(
        &mut self,
        draft: GarpDraft,
        globals: GarpDraft,
        default: &GarpSchedule,
        strict: bool,
    ) -> RivalSchedule {
        if strict {
            for (keyword, span) in [
                (
                    "garp_lower_prio_delay",
                    draft.lower_delay.filter(|(it, _)| *it > 0).map(|it| it.1),
                ),
                (
                    "garp_lower_prio_repeat",
                    draft.lower_repeat.filter(|(it, _)| *it > 0).map(|it| it.1),
                ),
            ] {
                if let Some(span) = span {
                    self.strict_resets(keyword, span);
                }
            }
            return RivalSchedule::AsTold { delay: Duration::ZERO, repeat: 0 };
        }
        let delay = draft.lower_delay.or(globals.lower_delay).map(|(delay, _)| delay);
        let repeat = draft.lower_repeat.or(globals.lower_repeat).map(|(repeat, _)| repeat);
        if delay.is_none() && repeat.is_none() {
            return RivalSchedule::UntilQuiet;
        }
        RivalSchedule::AsTold {
            delay: delay.or(globals.delay).map_or(default.delay, Duration::from_secs),
            repeat: repeat.or(globals.repeat).unwrap_or(default.repeat),
        }
    }

    fn settle_elsewhere(&mut self, draft: GarpDraft, globals: GarpDraft) -> Option<Duration> {
        let extra = draft.extra.or(globals.extra)?;
        let all = extra.all || globals.extra.is_some_and(|global| global.all);
        if extra.interval == 0 {
            return None;
        }
        if !all && draft.extra.is_some() {
            self.extra_without_all(extra.span);
        }
        all.then(|| Duration::from_secs(extra.interval))
    }

    fn extra_without_all(&mut self, span: Span) {
        self.sink.push(
            Diagnostic::warning(
                Code::NoEffect,
                span,
                "`garp_extra_if` has no effect without `all`",
            )
            .label("ignored")
            .help("write `garp_extra_if all` and the seconds, or remove it")
            .note(
                "without `all` keepalived announces on its own macvlan interfaces, of which \
                     there are none here",
            ),
        );
    }

    /// `garp_extra_if [all] SECONDS`
    fn extra(&mut self, statement: &Statement<'_>) -> Option<Extra> {
        self.no_block(statement);
        self.no_more_words(statement, 2);
        let mut words = statement.words.iter().take(2).peekable();
        let all = words.next_if(|word| word.text == "all").is_some();
        let Some(word) = words.next() else {
            self.missing_argument(statement, "a number of seconds");
            return None;
        };
        let all = all || words.next().is_some_and(|word| word.text == "all");
        match integer(&word.text, &(0..=LONGEST_EXTRA)) {
            Ok(interval) => Some(Extra { interval, all, span: statement.span() }),
            Err(error) => {
                self.bad_number(word, error, "0 to 86400", "the line is ignored");
                None
            }
        }
    }

    fn number(&mut self, statement: &Statement<'_>, least: u64, most: u64) -> Option<u64> {
        let word = self.one_word(statement, "a number")?;
        match integer(&word.text, &(least..=most)) {
            Ok(number) => Some(number),
            Err(error) => {
                self.bad_number(word, error, &format!("{least} to {most}"), "the line is ignored");
                None
            }
        }
    }

    /// keepalived makes one of zero repeats.
    fn repeats(&mut self, statement: &Statement<'_>) -> Option<u32> {
        let number = self.number(statement, 0, u32::MAX.into())?;
        Some(u32::try_from(number.max(1)).unwrap_or(u32::MAX))
    }
}
