//! Going on in the background.

use std::{fs::File, io, process};

use nix::unistd::{ForkResult, chdir, dup2_stderr, dup2_stdin, dup2_stdout, fork, setsid};

/// Why the process cannot go on in the background.
#[derive(Debug, thiserror::Error)]
pub(super) enum DetachError {
    /// It has more than one thread, of which only one would be left.
    #[error("it has threads already")]
    Threads,
    /// The kernel refuses.
    #[error(transparent)]
    Refused(#[from] io::Error),
}

/// Goes on in a process of its own, without terminal, session and directory; the process that was
/// started ends with success. Must be called before there is any other thread.
pub(super) fn detach() -> Result<(), DetachError> {
    if std::fs::read_dir("/proc/self/task")?.count() != 1 {
        return Err(DetachError::Threads);
    }
    let null = File::options().read(true).write(true).open("/dev/null")?;
    go_on_in_child()?;
    setsid().map_err(io::Error::from)?;
    // The first process of a session could come by a terminal again; its child cannot.
    go_on_in_child()?;
    chdir("/").map_err(io::Error::from)?;
    dup2_stdin(&null).map_err(io::Error::from)?;
    dup2_stdout(&null).map_err(io::Error::from)?;
    dup2_stderr(&null).map_err(io::Error::from)?;
    Ok(())
}

/// Returns in a child, and ends the parent.
fn go_on_in_child() -> io::Result<()> {
    // SAFETY: `detach` has made sure that this is the only thread, so that no lock is held by one that
    // the child lacks.
    match unsafe { fork() }? {
        ForkResult::Parent { .. } => process::exit(0),
        ForkResult::Child => Ok(()),
    }
}
