//! From words to what is asked for.

use std::{
    ffi::{OsStr, OsString},
    path::PathBuf,
};

use clap::ValueEnum as _;
use lexopt::Arg;
use nix::sys::stat::Mode;

use super::{
    facility::Facility,
    flags::{self, Argument, Flag, Standing},
};
use crate::{cli::HookArg, process::Wish};

/// What the command line asks for.
#[derive(Debug)]
pub(super) enum Asked {
    /// How to use it.
    Help,
    /// The version.
    Version,
    /// The number of a signal.
    SignalNumber(Wish),
    /// What is wrong with the configuration.
    Test(Test),
    /// To run.
    Run(Box<Invocation>),
}

/// A test of the configuration.
#[derive(Debug)]
pub(super) struct Test {
    /// The configuration; keepalived's usual one unless given.
    pub(super) file: Option<PathBuf>,
    pub(super) config_id: Option<String>,
    /// Where the outcome is appended to, in place of standard error.
    pub(super) report: Option<PathBuf>,
}

/// How to run.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Debug, Default)]
pub(super) struct Invocation {
    pub(super) file: Option<PathBuf>,
    pub(super) config_id: Option<String>,
    pub(super) foreground: bool,
    pub(super) debug: bool,
    pub(super) facility: Facility,
    pub(super) no_syslog: bool,
    pub(super) umask: Option<Mode>,
    pub(super) pid: Option<PathBuf>,
    pub(super) vrrp_pid: Option<PathBuf>,
    pub(super) namespace: Option<String>,
    pub(super) runtime_dir: Option<PathBuf>,
    pub(super) bpffs: Option<PathBuf>,
    pub(super) hook: Option<HookArg>,
    pub(super) replace: bool,
    pub(super) stand_in: bool,
    /// What the operator is to be told.
    pub(super) warnings: Vec<String>,
}

/// Why a command line is not understood.
#[derive(Debug, thiserror::Error)]
pub(super) enum UsageError {
    /// There is no such flag.
    #[error("there is no option {0}")]
    Unknown(String),
    /// A flag of keepalived that cannot be done here.
    #[error("{flag} cannot be done here: {why}")]
    Refused {
        /// The flag.
        flag: String,
        /// The reason.
        why: &'static str,
    },
    /// A word that a flag needs is missing, or stands where none is wanted.
    #[error("{0}")]
    Word(#[from] lexopt::Error),
    /// There is no word after `=`.
    #[error("{flag} needs a {what}")]
    Missing {
        /// The flag.
        flag: String,
        /// What is missing.
        what: &'static str,
    },
    /// A word that the flag does not know.
    #[error("{word:?} is no {what}")]
    BadWord {
        /// The word.
        word: OsString,
        /// What was wanted.
        what: &'static str,
    },
}

/// Reads the words after the program's name.
pub(super) fn parse(arguments: Vec<OsString>) -> Result<Asked, UsageError> {
    let mut parser = lexopt::Parser::from_args(arguments);
    let mut invocation = Invocation::default();
    let (mut details, mut test) = (0, None);
    while let Some(argument) = parser.next()? {
        let flag = match argument {
            Arg::Short(letter) => {
                flags::short(letter).ok_or_else(|| UsageError::Unknown(format!("-{letter}")))?
            }
            Arg::Long(name) => {
                flags::long(name).ok_or_else(|| UsageError::Unknown(format!("--{name}")))?
            }
            Arg::Value(word) => {
                invocation
                    .warnings
                    .push(format!("{} is no option, and does nothing", word.display()));
                continue;
            }
        };
        let word = match flag.argument {
            Argument::None => None,
            Argument::Needed(what) => Some(needed(flag, what, parser.value()?)?),
            Argument::Possible(_) => parser.optional_value().filter(|word| !word.is_empty()),
        };
        match (flag.standing, flag.long) {
            (Standing::Refused(why), _) => {
                return Err(UsageError::Refused { flag: flag.spelling().trim().to_owned(), why });
            }
            (Standing::Ignored(why), _) => invocation.ignore(flag, why),
            (Standing::Done(_), "help") => return Ok(Asked::Help),
            (Standing::Done(_), "version") => return Ok(Asked::Version),
            (Standing::Done(_), "signum") => return Ok(Asked::SignalNumber(wish(word)?)),
            (Standing::Done(_), "config-test") => test = Some(word.map(PathBuf::from)),
            (Standing::Done(_), "log-detail") => details += 1,
            (Standing::Done(_), _) => invocation.take(flag, word)?,
        }
    }
    invocation.debug = details > 1;
    Ok(match test {
        Some(report) => {
            let Invocation { file, config_id, .. } = invocation;
            Asked::Test(Test { file, config_id, report })
        }
        None => Asked::Run(Box::new(invocation)),
    })
}

impl Invocation {
    fn ignore(&mut self, flag: &Flag, why: &'static str) {
        let warning = format!("`{}` does nothing here: {why}", flag.spelling().trim());
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    fn take(&mut self, flag: &Flag, word: Option<OsString>) -> Result<(), UsageError> {
        let word = word.unwrap_or_default();
        match flag.long {
            "use-file" => self.file = Some(word.into()),
            "config-id" => self.config_id = Some(text(word, "config-id")?),
            "dont-fork" => self.foreground = true,
            "log-facility" => {
                let facility = word.to_str().and_then(Facility::parse);
                self.facility = facility.ok_or_else(|| bad(&word, "facility of syslog"))?;
            }
            "no-syslog" => self.no_syslog = true,
            "umask" => {
                let mask = word.to_str().and_then(mask).ok_or_else(|| bad(&word, "umask"))?;
                self.umask = Some(mask);
            }
            "pid" => self.pid = Some(word.into()),
            "vrrp_pid" => self.vrrp_pid = Some(word.into()),
            "namespace" => self.namespace = Some(text(word, "namespace")?),
            "runtime-dir" => self.runtime_dir = Some(word.into()),
            "bpffs" => self.bpffs = Some(word.into()),
            "hook" => {
                let hook = word.to_str().and_then(|word| HookArg::from_str(word, false).ok());
                self.hook = Some(hook.ok_or_else(|| bad(&word, "hook"))?);
            }
            "replace" => self.replace = true,
            "stand-in" => self.stand_in = true,
            // The others say how it is anyway.
            _ => {}
        }
        Ok(())
    }
}

/// As keepalived, takes `--pid=` for a word that is missing.
fn needed(flag: &Flag, what: &'static str, word: OsString) -> Result<OsString, UsageError> {
    if word.is_empty() {
        return Err(UsageError::Missing { flag: flag.spelling().trim().to_owned(), what });
    }
    Ok(word)
}

fn bad(word: &OsStr, what: &'static str) -> UsageError {
    UsageError::BadWord { word: word.to_owned(), what }
}

fn text(word: OsString, what: &'static str) -> Result<String, UsageError> {
    word.into_string().map_err(|word| bad(&word, what))
}

fn wish(word: Option<OsString>) -> Result<Wish, UsageError> {
    let word = word.unwrap_or_default();
    let wish = Wish::KEEPALIVED.into_iter().find(|wish| wish.name() == word);
    wish.ok_or_else(|| {
        bad(&word, "name of a signal: STOP, RELOAD, DATA, STATS, STATS_CLEAR or JSON")
    })
}

/// A number as C writes it: 022, 18 and 0x12 are the same.
fn mask(word: &str) -> Option<Mode> {
    let number = if let Some(digits) = word.strip_prefix("0x") {
        u32::from_str_radix(digits, 16)
    } else if word.len() > 1 && word.starts_with('0') {
        u32::from_str_radix(word, 8)
    } else {
        word.parse()
    };
    number.ok().filter(|number| *number <= 0o777).and_then(Mode::from_bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_words(line: &str) -> Result<Asked, UsageError> {
        parse(line.split_whitespace().map(OsString::from).collect())
    }

    #[track_caller]
    fn run(line: &str) -> Invocation {
        match parse_words(line) {
            Ok(Asked::Run(invocation)) => *invocation,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn what_containers_and_units_start_it_with_is_understood() {
        for line in [
            "-n -l -D -f /etc/k.conf",
            "-nlD -f/etc/k.conf",
            "-nlDf /etc/k.conf",
            "--dont-fork --log-console --log-detail --use-file=/etc/k.conf",
            "--dont-fork --log-console -D -f /etc/k.conf --vrrp -B -X -R",
            "--dont-f --use /etc/k.conf",
        ] {
            let invocation = run(line);
            assert!(invocation.foreground, "{line}");
            assert_eq!(invocation.file, Some("/etc/k.conf".into()), "{line}");
            assert!(!invocation.debug && invocation.warnings.is_empty(), "{line}: {invocation:?}");
        }
        let forked = run("-DD -p /run/a.pid -r /run/b.pid -i cube01 -S 3 -G -u 027 -s blue");
        assert!(!forked.foreground && forked.debug && forked.no_syslog);
        assert_eq!(forked.pid, Some("/run/a.pid".into()));
        assert_eq!(forked.vrrp_pid, Some("/run/b.pid".into()));
        assert_eq!(forked.config_id.as_deref(), Some("cube01"));
        assert_eq!(forked.namespace.as_deref(), Some("blue"));
        assert_eq!(forked.umask.map(|mask| mask.bits()), Some(0o027));
        assert_eq!(forked.facility, Facility::parse("local3").unwrap());
        let own = run("-n --runtime-dir /r --bpffs=/b --hook off --replace --stand-in");
        assert_eq!((own.runtime_dir, own.bpffs), (Some("/r".into()), Some("/b".into())));
        assert!(own.replace && own.stand_in && own.hook.is_some());
    }

    #[test]
    fn what_does_nothing_is_told_of_once_each() {
        let warnings = run("-n -V -I -x -c /x -V stray --perf=all -a").warnings;
        assert_eq!(warnings.len(), 7, "{warnings:#?}");
        assert!(warnings[0].starts_with("`-V, --dont-release-vrrp` does nothing"), "{warnings:?}");
    }

    #[test]
    fn some_flags_are_orders_of_their_own() {
        assert!(matches!(parse_words("-n -h"), Ok(Asked::Help)));
        assert!(matches!(parse_words("--version"), Ok(Asked::Version)));
        let Ok(Asked::SignalNumber(wish)) = parse_words("--signum JSON") else { panic!() };
        assert_eq!(wish, Wish::Json);
        for (line, wanted) in [
            ("-t -f x", None),
            ("-f x -t/log", Some("/log")),
            ("-f x --config-test=/log", Some("/log")),
            ("-f x --config-test=", None),
        ] {
            let Ok(Asked::Test(test)) = parse_words(line) else { panic!("{line}") };
            assert_eq!(test.file, Some("x".into()), "{line}");
            assert_eq!(test.report, wanted.map(PathBuf::from), "{line}");
        }
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        for line in [
            "-z",
            "--frobnicate",
            "-f",
            "--use-file=",
            "-C",
            "-T",
            "--config-fd=3",
            "-S 8",
            "-u 8888",
            "--signum=FROBNICATE",
            "--hook x",
            "--dont-fork=3",
        ] {
            assert!(parse_words(line).is_err(), "{line}");
        }
    }

    #[test]
    fn a_mask_is_a_number_of_c() {
        for (word, wanted) in
            [("022", Some(0o22)), ("18", Some(0o22)), ("0x12", Some(0o22)), ("0", Some(0))]
        {
            assert_eq!(mask(word).map(|mask| mask.bits()), wanted, "{word}");
        }
        assert!(["", "x", "0999", "1000", "-1"].into_iter().all(|word| mask(word).is_none()));
    }
}
