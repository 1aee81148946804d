//! Every flag of keepalived 2.2.7, and what becomes of it.

/// A flag of the command line.
#[derive(Debug)]
pub(super) struct Flag {
    pub(super) short: Option<char>,
    pub(super) long: &'static str,
    pub(super) argument: Argument,
    pub(super) standing: Standing,
}

/// What follows a flag.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Argument {
    /// Nothing.
    None,
    /// A word, as `-f FILE`, `-fFILE`, `--use-file FILE` or `--use-file=FILE`.
    Needed(&'static str),
    /// Maybe a word, as `-tFILE` or `--config-test=FILE`.
    Possible(&'static str),
}

/// What becomes of a flag.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Standing {
    /// It does what this says.
    Done(&'static str),
    /// It is accepted, and a warning says why it does nothing.
    Ignored(&'static str),
    /// With it there would be nothing to do, or something else than was asked for.
    Refused(&'static str),
}

use Argument::{Needed, None as No, Possible};
use Standing::{Done, Ignored, Refused};

const fn flag(short: char, long: &'static str, argument: Argument, standing: Standing) -> Flag {
    Flag { short: Some(short), long, argument, standing }
}

const fn long_flag(long: &'static str, argument: Argument, standing: Standing) -> Flag {
    Flag { short: None, long, argument, standing }
}

const LVS: &str = "the load balancer is not part of vrrp";
const BFD: &str = "no BFD process is run";
const SNMP: &str = "there is no SNMP agent";
const LOG: &str = "the log goes to standard error, in the background to syslog";
const DEBUG: &str = "it is for keepalived's own debugging";

/// keepalived's flags in the order of its usage message.
pub(super) const FLAGS: &[Flag] = &[
    flag('f', "use-file", Needed("FILE"), Done("the configuration file")),
    flag('P', "vrrp", No, Done("only VRRP, as always here")),
    flag('C', "check", No, Refused("there are no health checkers: with it nothing would be left")),
    flag('B', "no_bfd", No, Done("no BFD, as always here")),
    long_flag("all", No, Ignored("there is one process")),
    flag('l', "log-console", No, Done("log to standard error, as always in the foreground")),
    flag('D', "log-detail", No, Done("once: nothing more; twice: log at level debug")),
    flag('S', "log-facility", Needed("FACILITY"), Done("facility of syslog, in the background")),
    flag('g', "log-file", Possible("FILE"), Ignored(LOG)),
    long_flag("flush-log-file", No, Ignored(LOG)),
    flag('G', "no-syslog", No, Done("no syslog: in the background no log at all")),
    flag('u', "umask", Needed("MASK"), Done("umask for files that are written")),
    flag('X', "release-vips", No, Done("addresses are taken off on a signal, as always here")),
    flag(
        'V',
        "dont-release-vrrp",
        No,
        Ignored("addresses are always taken off: a node that has stopped must not answer for them"),
    ),
    flag('I', "dont-release-ipvs", No, Ignored(LVS)),
    flag('R', "dont-respawn", No, Done("one process, which nobody starts again, as always here")),
    flag('n', "dont-fork", No, Done("stay in the foreground")),
    flag('d', "dump-conf", No, Ignored("`vrrp check` and SIGUSR1 tell how the file is understood")),
    flag('p', "pid", Needed("FILE"), Done("pid file, /run/keepalived.pid unless given")),
    flag('r', "vrrp_pid", Needed("FILE"), Done("another, /run/keepalived_vrrp.pid unless given")),
    flag('T', "genhash", No, Refused("genhash is not part of vrrp")),
    flag('c', "checkers_pid", Needed("FILE"), Ignored(LVS)),
    flag('a', "address-monitoring", No, Ignored("`ip monitor address` tells of addresses")),
    flag('b', "bfd_pid", Needed("FILE"), Ignored(BFD)),
    flag('s', "namespace", Needed("NAME"), Done("run in this network namespace")),
    flag('e', "all-config", No, Done("a file that is missing is an error, as always here")),
    flag('i', "config-id", Needed("ID"), Done("which `@ID` lines of the file count")),
    flag('x', "snmp", No, Ignored(SNMP)),
    flag('A', "snmp-agent-socket", Needed("SOCKET"), Ignored(SNMP)),
    flag('m', "core-dump", No, Ignored("systemd's LimitCORE= decides")),
    flag('M', "core-dump-pattern", Possible("PATTERN"), Ignored("sysctl kernel.core_pattern does")),
    long_flag("signum", Needed("WHAT"), Done("print the number of the signal for that")),
    flag('t', "config-test", Possible("FILE"), Done("say what is wrong with the configuration")),
    long_flag("config-fd", Needed("FD"), Refused("name a file with -f")),
    long_flag("perf", Possible("WHEN"), Ignored(DEBUG)),
    long_flag("debug", Possible("OPTIONS"), Ignored(DEBUG)),
    long_flag("no-mem-check", No, Ignored(DEBUG)),
    flag('v', "version", No, Done("print the version")),
    flag('h', "help", No, Done("print this")),
];

/// Flags of `vrrp run` that can be given beside keepalived's.
pub(super) const OWN: &[Flag] = &[
    long_flag("runtime-dir", Needed("DIR"), Done("where lock and control socket lie")),
    long_flag("bpffs", Needed("DIR"), Done("where the eBPF program is pinned")),
    long_flag("hook", Needed("HOOK"), Done("where the eBPF program runs")),
    long_flag("replace", No, Done("take the place of the running daemon, without a fail-over")),
    long_flag("stand-in", No, Done("only until the next --replace; resign if none comes")),
];

/// The flag with this letter.
pub(super) fn short(letter: char) -> Option<&'static Flag> {
    all().find(|flag| flag.short == Some(letter))
}

/// The flag with this name, or the only one whose name begins so, as getopt(3) has it.
pub(super) fn long(name: &str) -> Option<&'static Flag> {
    if let Some(exact) = all().find(|flag| flag.long == name) {
        return Some(exact);
    }
    let mut candidates = FLAGS.iter().filter(|flag| flag.long.starts_with(name));
    candidates.next().filter(|_| candidates.next().is_none())
}

fn all() -> impl Iterator<Item = &'static Flag> {
    FLAGS.iter().chain(OWN)
}

impl Flag {
    /// As it is written: `-t, --config-test[=FILE]`.
    pub(super) fn spelling(&self) -> String {
        let short = self.short.map_or_else(|| "    ".to_owned(), |letter| format!("-{letter}, "));
        let argument = match self.argument {
            No => String::new(),
            Needed(what) => format!("={what}"),
            Possible(what) => format!("[={what}]"),
        };
        format!("{short}--{}{argument}", self.long)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The options of keepalived 2.2.7 as built by Debian, from its manual page.
    const MANUAL: &str = "f use-file P vrrp C check B no_bfd . all l log-console D log-detail \
        S log-facility g log-file . flush-log-file G no-syslog X release-vips V dont-release-vrrp \
        I dont-release-ipvs R dont-respawn n dont-fork d dump-conf p pid r vrrp_pid T genhash \
        c checkers_pid a address-monitoring b bfd_pid s namespace e all-config i config-id x snmp \
        A snmp-agent-socket u umask m core-dump M core-dump-pattern . signum t config-test . perf \
        . debug . no-mem-check v version h help";

    #[test]
    fn every_option_of_the_manual_page_is_known() {
        let words: Vec<&str> = MANUAL.split_whitespace().collect();
        for pair in words.chunks(2) {
            let flag = long(pair[1]).unwrap_or_else(|| panic!("{}", pair[1]));
            let letter = Some(pair[0].chars().next().unwrap()).filter(|letter| *letter != '.');
            assert_eq!((flag.long, flag.short), (pair[1], letter));
        }
        let names: BTreeSet<_> = all().map(|flag| flag.long).collect();
        assert_eq!(names.len(), all().count());
        let letters: BTreeSet<_> = all().filter_map(|flag| flag.short).collect();
        assert_eq!(letters.len(), all().filter(|flag| flag.short.is_some()).count());
    }

    #[test]
    fn a_long_name_may_be_cut_short_as_long_as_it_is_clear() {
        assert_eq!(long("use").unwrap().long, "use-file");
        assert_eq!(long("vrrp").unwrap().long, "vrrp");
        assert_eq!(long("dont-f").unwrap().long, "dont-fork");
        assert!(long("dont-re").is_none() && long("frobnicate").is_none());
    }

    /// The table of the documentation has a row for each.
    #[test]
    fn the_documentation_says_what_becomes_of_each() {
        let text = include_str!("../../../../docs/operations.md");
        for flag in FLAGS {
            let name = format!("--{}", flag.long);
            let row = text.lines().find(|line| {
                line.starts_with('|')
                    && line.split(['`', ' ', '=', '[', ',']).any(|word| word == name)
            });
            let row = row.unwrap_or_else(|| panic!("{name} is not in docs/operations.md"));
            let letter = flag.short.map(|letter| format!("-{letter}"));
            assert!(letter.is_none_or(|letter| row.contains(&letter)), "{row}");
            let wanted = match flag.standing {
                Done(_) => "done",
                Ignored(_) => "ignored",
                Refused(_) => "refused",
            };
            assert!(row.contains(&format!("| {wanted} |")), "{name} is {wanted}: {row}");
        }
    }
}
