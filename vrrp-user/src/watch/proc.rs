//! Finding processes in `/proc`.

use std::{
    fs::{self, File},
    io::{self, Read},
    os::unix::ffi::OsStrExt,
};

use crate::config::model::tracking::{Matching, TrackProcess};

/// The most that is read of a command line; more than any file's line holds.
const COMMAND_LINE: u64 = 64 * 1024;

/// What of every process is looked at.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    name: bool,
    command_line: bool,
}

/// The processes that match each of `wanted`, in the same order.
pub(super) fn find(wanted: &[TrackProcess]) -> io::Result<Vec<Vec<i32>>> {
    let by_name = |process: &TrackProcess| process.matching == Matching::Name;
    // Reading a command line brings a process's memory back that has been swapped out.
    let reads =
        Wanted { name: wanted.iter().any(by_name), command_line: !wanted.iter().all(by_name) };
    let mut found = vec![Vec::new(); wanted.len()];
    for entry in fs::read_dir("/proc")? {
        let Ok(entry) = entry else { continue };
        let Some(pid) = pid(entry.file_name().as_bytes()) else { continue };
        let read = |wanted: bool, what| {
            // It may have ended meanwhile.
            if wanted { read(pid, what).unwrap_or_default() } else { Vec::new() }
        };
        let (name, command_line) = (read(reads.name, "comm"), read(reads.command_line, "cmdline"));
        let mut matching =
            wanted.iter().zip(&mut found).filter(|(it, _)| matches(it, &name, &command_line));
        if let Some((_, first)) = matching.next()
            && !is_zombie(pid)
        {
            first.push(pid);
            matching.for_each(|(_, pids)| pids.push(pid));
        }
    }
    Ok(found)
}

fn pid(name: &[u8]) -> Option<i32> {
    std::str::from_utf8(name).ok()?.parse().ok()
}

fn read(pid: i32, what: &str) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    File::open(format!("/proc/{pid}/{what}"))?.take(COMMAND_LINE).read_to_end(&mut content)?;
    Ok(content)
}

/// Whether a process has ended and is only still listed.
fn is_zombie(pid: i32) -> bool {
    read(pid, "stat").is_ok_and(|stat| {
        // The name before it may hold anything.
        let state = stat.iter().rposition(|&byte| byte == b')').and_then(|at| stat.get(at + 2));
        matches!(state, Some(b'Z' | b'X'))
    })
}

/// Whether a process is of those that are wanted, given `/proc/PID/comm` and `/proc/PID/cmdline`
/// (keepalived's `track_process.c`).
fn matches(wanted: &TrackProcess, name: &[u8], command_line: &[u8]) -> bool {
    if wanted.matching == Matching::Name {
        return name.strip_suffix(b"\n").unwrap_or(name) == wanted.command.as_bytes();
    }
    let mut words = command_line.splitn(2, |&byte| byte == 0);
    if words.next() != Some(wanted.command.as_bytes()) {
        return false;
    }
    let actual = words.next().unwrap_or_default();
    let parameters: Vec<u8> =
        wanted.parameters.iter().flat_map(|word| word.bytes().chain([0])).collect();
    match wanted.matching {
        Matching::Name | Matching::Command => true,
        Matching::Exact => actual == parameters,
        Matching::Partial => actual.starts_with(&parameters),
        Matching::Initial => {
            actual.starts_with(parameters.strip_suffix(&[0]).unwrap_or(&parameters))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::model::tracking::Weight;

    fn wanted(words: &str, matching: Matching) -> TrackProcess {
        let mut words = words.split(' ').map(str::to_owned);
        TrackProcess {
            name: "p".to_owned(),
            command: words.next().unwrap(),
            parameters: words.collect(),
            matching,
            weight: Weight::default(),
            quorum: 1,
            most: None,
            fork_delay: std::time::Duration::ZERO,
            terminate_delay: std::time::Duration::ZERO,
        }
    }

    #[test]
    fn names_and_command_lines() {
        use Matching::{Command, Exact, Initial, Name, Partial};
        for (words, matching, line, expected) in [
            ("nginx", Name, "anything", true),
            ("ngin", Name, "ngin", false),
            ("/bin/nginx", Name, "/bin/nginx", false),
            ("/bin/nginx", Command, "/bin/nginx", true),
            ("/bin/nginx", Command, "/bin/nginx\0-g\0off", true),
            ("/bin/nginx", Command, "/bin/nginxx", false),
            ("x", Exact, "x", true),
            ("x", Exact, "x\0a", false),
            ("x a b", Exact, "x\0a\0b", true),
            ("x a b", Exact, "x\0a\0b\0c", false),
            ("x a b", Exact, "x\0a\0bb", false),
            ("x a b", Exact, "x\0a", false),
            ("x a", Partial, "x\0a\0b", true),
            ("x a", Partial, "x\0ab", false),
            ("x", Partial, "x\0a", true),
            ("x a", Initial, "x\0ab", true),
            ("x a", Initial, "x\0a\0b", true),
            ("x a b", Initial, "x\0ab", false),
            ("x", Initial, "x", true),
        ] {
            let line = format!("{line}\0");
            let found = matches(&wanted(words, matching), b"nginx\n", line.as_bytes());
            assert_eq!(found, expected, "{words} {matching:?} {line:?}");
        }
        // A kernel thread, and one that has ended, have no command line.
        assert!(!matches(&wanted("nginx", Command), b"nginx\n", b""));
    }

    #[test]
    fn this_process_is_found() {
        let own = i32::try_from(std::process::id()).unwrap();
        let comm = fs::read_to_string(format!("/proc/{own}/comm")).unwrap();
        let line = fs::read(format!("/proc/{own}/cmdline")).unwrap();
        let first = line.split(|&byte| byte == 0).next().unwrap();
        let first = String::from_utf8(first.to_vec()).unwrap();
        let all = [
            TrackProcess { command: comm.trim_end().to_owned(), ..wanted("x", Matching::Name) },
            TrackProcess { command: first, ..wanted("x", Matching::Command) },
            wanted("no-such-process", Matching::Name),
        ];
        let found = find(&all).unwrap();
        assert!(found[0].contains(&own) && found[1].contains(&own) && found[2].is_empty());
        assert!(!is_zombie(own));
    }
}
