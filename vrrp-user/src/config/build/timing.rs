//! Intervals, and when somebody else should be master.

use std::time::Duration;

use super::{Builder, globals::Globals, instance::Draft, numbers::integer};
use crate::{
    config::{Code, Diagnostic, Span, model::Preemption, parser::Statement},
    protocol::{AdvertInterval, Priority, Version},
};

/// Adverts that may go missing (RFC 9568 §6.1).
const DEFAULT_DOWN_ADVERTS: u8 = 3;

/// Who is assumed to take over first from a master that was late: the best backup there can be.
const BEST_BACKUP: Priority = Priority::new(254);

impl Builder<'_> {
    /// `down_timer_adverts` and `vrrp_down_timer_adverts`.
    pub(super) fn down_adverts(&mut self, statement: &Statement<'_>) -> Option<(u8, Span)> {
        let word = self.one_word(statement, "a number from 1 to 100")?;
        match integer(&word.text, &(1..=100)) {
            Ok(number) => u8::try_from(number).ok().map(|number| (number, statement.span())),
            Err(error) => {
                self.bad_number(word, error, "1 to 100", "the line is ignored");
                None
            }
        }
    }

    /// `timer_expired_backup`, with the highest priority of the others.
    pub(super) fn late_below(&mut self, statement: &Statement<'_>) -> Option<(Priority, Span)> {
        let Some(word) = self.optional_word(statement) else {
            return Some((BEST_BACKUP, statement.span()));
        };
        match integer(&word.text, &(1..=254)) {
            Ok(number) => {
                let priority = u8::try_from(number).ok().map(Priority::new);
                priority.map(|priority| (priority, statement.span()))
            }
            Err(error) => {
                self.bad_number(word, error, "1 to 254", "the line is ignored");
                None
            }
        }
    }

    pub(super) fn settle_down_adverts(
        &mut self,
        draft: &Draft,
        globals: &Globals,
        strict: bool,
    ) -> u8 {
        let asked = draft.down_adverts.or(globals.down_adverts);
        if !strict {
            return asked.map_or(DEFAULT_DOWN_ADVERTS, |(number, _)| number);
        }
        // A global value is for the instances that are not strict.
        if let Some((_, span)) = draft.down_adverts {
            self.strict_resets("down_timer_adverts", span);
        }
        DEFAULT_DOWN_ADVERTS
    }

    /// A master that preempts would take the addresses back at once.
    pub(super) fn settle_late(
        &mut self,
        draft: &Draft,
        preemption: Preemption,
    ) -> Option<Priority> {
        let (priority, span) = draft.late_below?;
        if preemption == Preemption::Never {
            return Some(priority);
        }
        self.sink.push(
            Diagnostic::warning(
                Code::Preemption,
                span,
                "`timer_expired_backup` has no effect without `nopreempt`",
            )
            .label("ignored")
            .help("add `nopreempt`, with `state BACKUP` and a priority below 255, or remove it")
            .note("keepalived ignores it too"),
        );
        None
    }

    pub(super) fn settle_interval(&mut self, draft: &Draft, version: Version) -> AdvertInterval {
        let Some((asked, span)) = draft.interval else {
            return AdvertInterval::DEFAULT;
        };
        let (unit, longest) = match version {
            Version::V2 => (Duration::from_secs(1), 255),
            Version::V3 => (Duration::from_millis(10), 4095),
        };
        // Half a unit up, as keepalived rounds; never to zero.
        let units = (asked + unit / 2).as_nanos() / unit.as_nanos();
        let units = u16::try_from(units.clamp(1, longest)).unwrap_or(1);
        let Ok(interval) = AdvertInterval::from_wire(units, version) else {
            return AdvertInterval::DEFAULT;
        };
        if interval.as_duration() != asked {
            let (why, help) = match version {
                Version::V2 => (
                    "VRRPv2 counts whole seconds",
                    "write whole seconds, or add `version 3` on all nodes",
                ),
                Version::V3 => (
                    "VRRPv3 counts hundredths of a second, up to 40.95 seconds",
                    "write an interval from 0.01 to 40.95",
                ),
            };
            self.sink.push(
                Diagnostic::warning(
                    Code::IntervalRounded,
                    span,
                    format!("{interval} is used: {why}"),
                )
                .help(help),
            );
        }
        interval
    }

    /// keepalived drops both keywords for a configured master.
    pub(super) fn settle_preemption(
        &mut self,
        draft: &Draft,
        priority: Priority,
        strict: bool,
    ) -> Preemption {
        let master = draft.master.is_some() || priority.is_owner();
        let why = if draft.master.is_some() { "`state MASTER`" } else { "`priority 255`" };
        let no_effect = |keyword: &str, why: &str, span: Span, help: &str| {
            Diagnostic::warning(
                Code::Preemption,
                span,
                format!("`{keyword}` has no effect with {why}"),
            )
            .label("ignored")
            .help(help.to_owned())
            .note("keepalived ignores it too")
        };
        if master {
            let help = "write `state BACKUP` and a priority below 255";
            for (keyword, span) in [
                ("nopreempt", draft.no_preempt),
                ("preempt_delay", draft.preempt_delay.map(|(_, span)| span)),
            ] {
                if let Some(span) = span {
                    self.sink.push(no_effect(keyword, why, span, help));
                }
            }
            return Preemption::Preempt { delay: Duration::ZERO };
        }
        let Some(_) = draft.no_preempt else {
            if strict && let Some((_, span)) = draft.preempt_delay {
                self.strict_resets("preempt_delay", span);
                return Preemption::Preempt { delay: Duration::ZERO };
            }
            let delay = draft.preempt_delay.map_or(Duration::ZERO, |(delay, _)| delay);
            return Preemption::Preempt { delay };
        };
        if let Some((_, span)) = draft.preempt_delay {
            self.sink.push(no_effect("preempt_delay", "`nopreempt`", span, "remove one of them"));
        }
        Preemption::Never
    }
}
