//! Writing for people and for programs.

use std::{
    env,
    fmt::Display,
    io::{self, IsTerminal as _, Write as _},
};

use super::Exit;

/// Whether standard error may be coloured: a terminal, and no `NO_COLOR`.
pub(super) fn colour_on_stderr() -> bool {
    wants_colour() && io::stderr().is_terminal()
}

/// Whether standard output may be coloured.
pub(super) fn colour_on_stdout() -> bool {
    wants_colour() && io::stdout().is_terminal()
}

/// <https://no-color.org>: set, and not empty.
fn wants_colour() -> bool {
    env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Writes to standard output. A reader that has gone away is no failure.
pub(super) fn print(text: impl Display) -> Exit {
    match write!(io::stdout().lock(), "{text}").and_then(|()| io::stdout().flush()) {
        Ok(()) => Exit::Success,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Success,
        Err(_) => Exit::Failure,
    }
}

/// Writes to standard error, if anybody reads it.
pub(super) fn complain(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
