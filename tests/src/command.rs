//! Running programs to their end, which has to come soon.

use std::{
    ffi::OsStr,
    fmt::Write as _,
    io::Write as _,
    process::{Command, Output, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

const LIMIT: Duration = Duration::from_secs(30);

/// Runs a program, feeding it `input`; whatever its exit status, that is the answer.
pub(crate) fn run(command: &mut Command, input: &[u8], limit: Duration) -> Result<Output> {
    let shown = show(command);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting {shown}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that does not read its input closes the pipe; its status tells the rest.
        let _ = stdin.write_all(input);
    }
    let pid = Pid::from_raw(i32::try_from(child.id())?);
    let (done, waiting) = mpsc::channel::<()>();
    let watchdog = thread::spawn(move || {
        let late = waiting.recv_timeout(limit) == Err(RecvTimeoutError::Timeout);
        if late {
            // It may have ended this very moment.
            let _ = kill(pid, Signal::SIGKILL);
        }
        late
    });
    let output = child.wait_with_output().with_context(|| format!("waiting for {shown}"));
    drop(done);
    if watchdog.join().unwrap_or(false) {
        bail!("{shown} did not end within {limit:?}");
    }
    output
}

/// Runs a program that has to succeed, and returns what it printed.
pub(crate) fn must(command: &mut Command) -> Result<String> {
    must_with(command, &[])
}

/// Runs a program that has to succeed on `input`, and returns what it printed.
pub(crate) fn must_with(command: &mut Command, input: &[u8]) -> Result<String> {
    let output = run(command, input, LIMIT)?;
    if !output.status.success() {
        bail!(
            "{}: {}: {}",
            show(command),
            output.status,
            String::from_utf8_lossy(&output.stderr).trim(),
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// An `ip` command.
pub(crate) fn ip<I: AsRef<OsStr>>(arguments: impl IntoIterator<Item = I>) -> Command {
    let mut command = Command::new("ip");
    command.args(arguments);
    command
}

fn show(command: &Command) -> String {
    let mut text = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        let _ = write!(text, " {}", argument.to_string_lossy());
    }
    text
}
