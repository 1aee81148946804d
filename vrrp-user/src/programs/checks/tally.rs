//! What good and bad runs come to, by `rise` and `fall`.

use serde::{Deserialize, Serialize};

use crate::config::model::script::Check;

/// What a check says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// All is well.
    Well,
    /// It is not.
    Ill,
}

/// The results so far. Before there is any, nobody knows, and one decides.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub enum Tally {
    /// No run has ended yet.
    #[default]
    Unknown,
    /// All is well, though so many runs in a row were bad.
    Well {
        /// Less than `fall`.
        bad: u32,
    },
    /// It is not, though so many runs in a row were good.
    Ill {
        /// Less than `rise`.
        good: u32,
    },
}

impl Tally {
    /// Before the first run.
    #[must_use]
    pub const fn first(check: &Check) -> Self {
        if check.init_fail { Self::Ill { good: 0 } } else { Self::Unknown }
    }

    /// What it comes to so far; `None` while nobody knows.
    #[must_use]
    pub const fn verdict(self) -> Option<Verdict> {
        match self {
            Self::Unknown => None,
            Self::Well { .. } => Some(Verdict::Well),
            Self::Ill { .. } => Some(Verdict::Ill),
        }
    }

    /// Takes in a run.
    #[must_use]
    pub const fn after(self, is_good: bool, check: &Check) -> Self {
        match (self, is_good) {
            (Self::Unknown | Self::Well { .. }, true) => Self::Well { bad: 0 },
            (Self::Unknown | Self::Ill { .. }, false) => Self::Ill { good: 0 },
            (Self::Well { bad }, false) => {
                let bad = bad.saturating_add(1);
                if bad >= check.fall { Self::Ill { good: 0 } } else { Self::Well { bad } }
            }
            (Self::Ill { good }, true) => {
                let good = good.saturating_add(1);
                if good >= check.rise { Self::Well { bad: 0 } } else { Self::Ill { good } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::model::{
        script::{Command, Probe},
        tracking::Weight,
    };

    fn check(rise: u32, fall: u32, init_fail: bool) -> Check {
        Check {
            name: "c".to_owned(),
            probe: Probe::Command(Command { words: vec!["/c".to_owned()], account: None }),
            interval: Duration::from_secs(1),
            timeout: Duration::from_secs(1),
            weight: Weight::default(),
            rise,
            fall,
            init_fail,
        }
    }

    /// `+` and `-` for runs; `w`, `i` and `?` for what it comes to after each.
    #[test]
    fn rise_and_fall() {
        for (rise, fall, init_fail, runs, verdicts) in [
            (1, 1, false, "+-+-", "wiwi"),
            (1, 1, true, "-+", "iw"),
            // The first run decides, whatever `rise` and `fall` are.
            (3, 3, false, "+", "w"),
            (3, 3, false, "-", "i"),
            (3, 3, true, "++-+++", "iiiiiw"),
            (2, 3, false, "+--+---", "wwwwwwi"),
            (2, 3, false, "-+-++", "iiiiw"),
            (2, 2, false, "+--+-++-", "wwiiiiww"),
        ] {
            let check = check(rise, fall, init_fail);
            let mut tally = Tally::first(&check);
            let mut shown = String::new();
            for run in runs.chars() {
                tally = tally.after(run == '+', &check);
                shown.push(match tally.verdict() {
                    None => '?',
                    Some(Verdict::Well) => 'w',
                    Some(Verdict::Ill) => 'i',
                });
            }
            assert_eq!(shown, verdicts, "rise {rise} fall {fall} init_fail {init_fail} {runs}");
        }
        assert_eq!(Tally::first(&check(1, 1, false)).verdict(), None);
        assert_eq!(Tally::first(&check(1, 1, true)).verdict(), Some(Verdict::Ill));
    }
}
