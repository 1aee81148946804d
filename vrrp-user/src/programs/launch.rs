//! How a program comes into being: through this executable once more.
//!
//! A fork would have the loop wait, and fault on every page that it writes to next. So the daemon only
//! spawns (`vfork`), and what belongs to the program is done in the new process before it becomes the
//! program: user, limits, signals, and that it does not outlive the daemon.

use std::{
    env, fs,
    io::{self, ErrorKind},
    os::unix::process::{CommandExt as _, parent_id},
    path::PathBuf,
    process::{Command, ExitCode, Stdio},
};

use nix::{
    errno::Errno,
    sys::{
        prctl::set_pdeathsig,
        resource::{Resource, getrlimit, rlim_t, setrlimit},
        signal::{SigHandler, SigSet, Signal, signal},
    },
    unistd::{Gid, Uid, setgid, setgroups, setuid},
};

use super::{account::Ids, resolve::Program};

/// What this executable is called when it is to become another program. Then come the process that
/// wants that, user, group, both limits of descriptors, the program and its arguments.
const NAME: &str = "vrrp-launch";

/// As shells say that a program could not be started.
const NOT_FOUND: u8 = 127;
const NOT_STARTED: u8 = 126;

/// What belongs to the daemon alone.
const PRIVATE: [&str; 6] = [
    "NOTIFY_SOCKET",
    "WATCHDOG_USEC",
    "WATCHDOG_PID",
    "LISTEN_FDS",
    "LISTEN_PID",
    "LISTEN_FDNAMES",
];

/// Starts programs.
#[derive(Clone, Debug)]
pub struct Launcher {
    executable: PathBuf,
    descriptors: (rlim_t, rlim_t),
}

impl Launcher {
    /// With the limit of descriptors that the process has now, by this executable of vrrp.
    ///
    /// # Errors
    /// When the kernel does not tell the limit.
    pub fn new(executable: impl Into<PathBuf>) -> io::Result<Self> {
        let descriptors = getrlimit(Resource::RLIMIT_NOFILE)?;
        Ok(Self { executable: executable.into(), descriptors })
    }

    /// By the executable that runs, also if there is another by its name now.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn own() -> io::Result<Self> {
        Self::new("/proc/self/exe")
    }

    /// The command that becomes `program`, with `more` arguments behind its own, in a process group
    /// of its own.
    pub(super) fn command(&self, program: &Program, more: &[String]) -> tokio::process::Command {
        let Ids { user, group } = program.ids;
        let (soft, hard) = self.descriptors;
        let mut command = Command::new(&self.executable);
        command
            .arg0(NAME)
            .arg(std::process::id().to_string())
            .args([user.as_raw(), group.as_raw()].map(|id| id.to_string()))
            .args([soft, hard].map(|limit| limit.to_string()))
            .arg(&program.path)
            .args(&program.arguments)
            .args(more)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0);
        for name in PRIVATE {
            command.env_remove(name);
        }
        command.into()
    }
}

/// Becomes another program, if that is what this process was started for. What is returned is then
/// why it could not.
#[must_use]
pub fn become_program() -> Option<ExitCode> {
    let mut arguments = env::args_os();
    if arguments.next()? != NAME {
        return None;
    }
    let mut number = || arguments.next()?.to_str()?.parse::<u64>().ok();
    let (parent, user, group) = (number(), number(), number());
    let (soft, hard) = (number()?, number()?);
    let id = |number: Option<u64>| number.and_then(|number| u32::try_from(number).ok());
    let ids = Ids { user: Uid::from_raw(id(user)?), group: Gid::from_raw(id(group)?) };
    let Some(program) = arguments.next() else { return Some(ExitCode::from(NOT_FOUND)) };
    if prepare(id(parent)?, ids, soft, hard).is_err() {
        return Some(ExitCode::from(NOT_STARTED));
    }
    let error = Command::new(program).args(arguments).exec();
    Some(ExitCode::from(match error.kind() {
        ErrorKind::NotFound => NOT_FOUND,
        _ => NOT_STARTED,
    }))
}

fn prepare(parent: u32, ids: Ids, soft: rlim_t, hard: rlim_t) -> Result<(), Errno> {
    let score = "/proc/self/oom_score_adj";
    if fs::read_to_string(score).is_ok_and(|score| score.starts_with('-')) {
        // The daemon is the last to be killed for want of memory. A program is not.
        let _ = fs::write(score, "0");
    }
    setrlimit(Resource::RLIMIT_NOFILE, soft, hard)?;
    // Changing to what one is takes powers too.
    let own = Ids::own();
    if ids != own {
        setgroups(&[ids.group])?;
        setgid(ids.group)?;
        setuid(ids.user)?;
    }
    SigSet::empty().thread_set_mask()?;
    for one in Signal::iterator() {
        if !matches!(one, Signal::SIGKILL | Signal::SIGSTOP) {
            // SAFETY: the default is no function that could do anything.
            unsafe { signal(one, SigHandler::SigDfl) }?;
        }
    }
    // Last: another user would undo it.
    set_pdeathsig(Signal::SIGTERM)?;
    // The daemon may have died before that.
    if parent_id() == parent { Ok(()) } else { Err(Errno::ESRCH) }
}
