//! How the process is scheduled and kept in memory.

use std::{collections::BTreeSet, ops::RangeInclusive, time::Duration};

use super::{
    Builder,
    numbers::{NumberError, integer},
};
use crate::config::{
    Code, Diagnostic, Span,
    lexer::Word,
    model::{CPUS, Process},
    parser::Statement,
};

/// The priorities of `SCHED_RR` and `SCHED_FIFO` (sched(7)).
const RT_PRIORITIES: RangeInclusive<i64> = 1..=99;
const NICENESS: RangeInclusive<i64> = -20..=19;
/// Microseconds. keepalived takes 1 for 2, whose half is still a time.
const RT_TIMES: RangeInclusive<u64> = 1..=u32::MAX as u64;

/// What `global_defs` says about the process, and where.
#[derive(Clone, Debug, Default)]
pub(super) struct ProcessDraft {
    process: Process,
    nice_at: Option<Span>,
    rt_time_at: Option<Span>,
}

impl ProcessDraft {
    /// Reads a statement about the process; false if it is about something else.
    pub(super) fn read(&mut self, statement: &Statement<'_>, builder: &mut Builder<'_>) -> bool {
        let process = &mut self.process;
        match &*statement.keyword.text {
            "vrrp_rt_priority" => {
                process.rt_priority = builder.rt_priority(statement).or(process.rt_priority);
            }
            "vrrp_priority" => {
                process.nice = builder.niceness(statement).or(process.nice);
                self.nice_at = Some(statement.span());
            }
            "vrrp_no_swap" => {
                builder.bare(statement);
                process.no_swap = true;
            }
            "vrrp_cpu_affinity" => {
                if let Some(cpus) = builder.cpus(statement) {
                    process.cpus = cpus;
                }
            }
            "vrrp_rlimit_rttime" | "vrrp_rlimit_rtime" => {
                process.rt_time = builder.rt_time(statement).or(process.rt_time);
                self.rt_time_at = Some(statement.span());
            }
            _ => return false,
        }
        true
    }

    /// What comes of all of it. As in keepalived niceness only counts without real-time priority,
    /// and the limit only with it.
    pub(super) fn settle(mut self, builder: &mut Builder<'_>) -> Process {
        if self.process.rt_priority.is_some() {
            if self.process.nice.take().is_some()
                && let Some(span) = self.nice_at
            {
                builder.has_no_effect(span, "`vrrp_priority`", "beside `vrrp_rt_priority`");
            }
        } else if self.process.rt_time.take().is_some()
            && let Some(span) = self.rt_time_at
        {
            builder.has_no_effect(span, "`vrrp_rlimit_rttime`", "without `vrrp_rt_priority`");
        }
        self.process
    }
}

impl Builder<'_> {
    /// As keepalived does, takes the nearest for one that is out of range.
    fn rt_priority(&mut self, statement: &Statement<'_>) -> Option<u8> {
        let word = self.one_word(statement, "a number from 1 to 99")?;
        let number = match signed(&word.text) {
            Ok(number) if RT_PRIORITIES.contains(&number) => number,
            Ok(number) => {
                let nearest = number.clamp(*RT_PRIORITIES.start(), *RT_PRIORITIES.end());
                let instead = format!("{nearest} is used");
                self.bad_number(word, NumberError::OutOfRange, "1 to 99", &instead);
                nearest
            }
            Err(error) => {
                self.bad_number(word, error, "1 to 99", "the line is ignored");
                return None;
            }
        };
        u8::try_from(number).ok()
    }

    fn niceness(&mut self, statement: &Statement<'_>) -> Option<i8> {
        let word = self.one_word(statement, "a number from -20 to 19")?;
        match signed(&word.text) {
            Ok(number) if NICENESS.contains(&number) => i8::try_from(number).ok(),
            outcome => {
                let error = outcome.err().unwrap_or(NumberError::OutOfRange);
                self.bad_number(word, error, "-20 to 19", "the line is ignored");
                None
            }
        }
    }

    /// Numbers as in `/proc/cpuinfo`. Whether the machine has them is told when they are used.
    fn cpus(&mut self, statement: &Statement<'_>) -> Option<BTreeSet<u16>> {
        self.no_block(statement);
        if statement.words.is_empty() {
            self.missing_argument(statement, "numbers of processors");
            return None;
        }
        statement.words.iter().map(|word| self.cpu(word)).collect()
    }

    fn cpu(&mut self, word: &Word<'_>) -> Option<u16> {
        match integer(&word.text, &(0..=u64::from(CPUS - 1))) {
            Ok(number) => u16::try_from(number).ok(),
            Err(error) => {
                let range = format!("0 to {}", CPUS - 1);
                self.bad_number(word, error, &range, "the line is ignored");
                None
            }
        }
    }

    fn rt_time(&mut self, statement: &Statement<'_>) -> Option<Duration> {
        let word = self.one_word(statement, "a number of microseconds")?;
        match integer(&word.text, &RT_TIMES) {
            Ok(micros) => Some(Duration::from_micros(micros.max(2))),
            Err(error) => {
                self.bad_number(word, error, "2 to 4294967295", "the line is ignored");
                None
            }
        }
    }

    fn has_no_effect(&mut self, span: Span, what: &str, when: &str) {
        self.sink.push(
            Diagnostic::warning(Code::NoEffect, span, format!("{what} has no effect {when}"))
                .label("ignored")
                .help("remove it")
                .note("keepalived ignores it too"),
        );
    }
}

/// A whole number, maybe with a sign before it.
pub(super) fn signed(word: &str) -> Result<i64, NumberError> {
    let (sign, digits) = word.strip_prefix('-').map_or((1, word), |digits| (-1, digits));
    let most = i64::MAX.unsigned_abs();
    integer(digits, &(0..=most)).map(|number| sign * i64::try_from(number).unwrap_or(i64::MAX))
}
