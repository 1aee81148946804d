//! The schedule of gratuitous ARP, from `global_defs` and from the instance.

use std::time::Duration;

use super::{Builder, numbers::integer};
use crate::config::{model::GarpSchedule, parser::Statement};

/// keepalived's longest delay in seconds: more microseconds do not fit its 32 bits.
const LONGEST: u64 = 4294;

/// What a block says about the schedule.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct GarpDraft {
    delay: Option<u64>,
    repeat: Option<u32>,
    refresh: Option<u64>,
    refresh_repeat: Option<u32>,
}

impl GarpDraft {
    /// Takes a statement whose keyword, without `vrrp_` in front, is `keyword`. False if it is none
    /// of the four.
    pub(super) fn read(
        &mut self,
        keyword: &str,
        statement: &Statement<'_>,
        builder: &mut Builder<'_>,
    ) -> bool {
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
            _ => return false,
        }
        true
    }

    /// Fills in what the instance leaves open, first from `globals`, then from the defaults.
    pub(super) fn settle(self, globals: Self) -> GarpSchedule {
        let default = GarpSchedule::default();
        let delay = self.delay.or(globals.delay).map(Duration::from_secs);
        let refresh = match self.refresh.or(globals.refresh) {
            None => default.refresh,
            Some(0) => None,
            Some(seconds) => Some(Duration::from_secs(seconds)),
        };
        GarpSchedule {
            delay: delay.unwrap_or(default.delay),
            repeat: self.repeat.or(globals.repeat).unwrap_or(default.repeat),
            refresh,
            refresh_repeat: self
                .refresh_repeat
                .or(globals.refresh_repeat)
                .unwrap_or(default.refresh_repeat),
        }
    }
}

impl Builder<'_> {
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
