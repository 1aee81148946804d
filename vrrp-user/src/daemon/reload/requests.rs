//! Who wants the configuration read again, and reading it beside the loop.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use tokio::{sync::mpsc, task::spawn_blocking};

use crate::{
    config::{self, ConfigId, Loaded, ReadError},
    control::{ReloadSender, reload::ReloadReport},
    daemon::Options,
};

/// What came of reading the file.
pub(in crate::daemon) type Reloaded = Result<Loaded, ReadError>;

/// A file that has been read, and what for.
#[derive(Debug)]
pub(in crate::daemon) struct Reading {
    pub(super) purpose: Purpose,
    pub(super) outcome: Reloaded,
}

/// What a file is read for, and who wants to know what came of it.
#[derive(Debug)]
pub(super) enum Purpose {
    /// To be applied.
    Apply(Vec<ReloadSender>),
    /// To be compared.
    Show(ReloadSender),
}

/// The wishes that are open. One file is read at a time to be applied; whoever asks meanwhile may
/// mean a later one, and waits for the next.
#[derive(Debug)]
pub(in crate::daemon) struct Requests {
    path: PathBuf,
    id: ConfigId,
    is_wanted: bool,
    is_reading: bool,
    waiting: Vec<ReloadSender>,
    sender: mpsc::Sender<Reading>,
    receiver: mpsc::Receiver<Reading>,
}

impl Requests {
    /// Nobody has asked yet for the file.
    pub(in crate::daemon) fn new(options: &Options) -> Self {
        let (path, id) = (options.config.clone(), options.config_id.clone());
        let (sender, receiver) = mpsc::channel(1);
        let waiting = Vec::new();
        Self { path, id, is_wanted: false, is_reading: false, waiting, sender, receiver }
    }

    /// Somebody wants a reload, and maybe to know what came of it.
    pub(in crate::daemon) fn want(&mut self, answer: Option<ReloadSender>) {
        self.is_wanted = true;
        self.waiting.extend(answer);
    }

    /// Somebody wants to know what a reload would do.
    pub(in crate::daemon) fn show(&self, answer: ReloadSender) {
        self.read(Purpose::Show(answer), None);
    }

    /// Begins to read if somebody wants that and it is not being done; true if so. Until it has been
    /// read there is the `reload_file`, if there is one.
    pub(in crate::daemon) fn begin(&mut self, reload_file: Option<&Path>) -> bool {
        let begins = self.is_wanted && !self.is_reading;
        if begins {
            self.is_wanted = false;
            self.is_reading = true;
            let waiting = std::mem::take(&mut self.waiting);
            self.read(Purpose::Apply(waiting), reload_file.map(Path::to_owned));
        }
        begins
    }

    fn read(&self, purpose: Purpose, reload_file: Option<PathBuf>) {
        let (path, id, sender) = (self.path.clone(), self.id.clone(), self.sender.clone());
        spawn_blocking(move || {
            let marker = reload_file.map(Marker::set);
            let outcome = config::load(&path, &id);
            drop(marker);
            // The loop may have ended meanwhile.
            let _ = sender.blocking_send(Reading { purpose, outcome });
        });
    }

    /// The next file that has been read.
    pub(in crate::daemon) async fn next(&mut self) -> Option<Reading> {
        let reading = self.receiver.recv().await;
        if matches!(&reading, Some(Reading { purpose: Purpose::Apply(_), .. })) {
            self.is_reading = false;
        }
        reading
    }
}

impl Purpose {
    /// Tells everybody what came of it. They may have gone away, which is their own business.
    pub(super) fn answer(self, report: Box<ReloadReport>) {
        match self {
            Self::Show(answer) => drop(answer.send(report)),
            Self::Apply(answers) => {
                for answer in answers {
                    let _ = answer.send(report.clone());
                }
            }
        }
    }
}

/// keepalived's `reload_file`: empty while the configuration is read, and gone afterwards, so that
/// whoever writes the configuration knows when to keep off.
#[derive(Debug)]
struct Marker(PathBuf);

impl Marker {
    fn set(path: PathBuf) -> Self {
        let opened = File::options()
            .write(true)
            .create(true)
            .truncate(true)
            // Not through a link, and not waiting for the reader of a FIFO.
            .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC)
            .open(&path);
        if let Err(error) = opened {
            tracing::warn!(%error, "`reload_file {}` cannot be written", path.display());
        }
        Self(path)
    }
}

impl Drop for Marker {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.0)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "`reload_file {}` cannot be removed", self.0.display());
        }
    }
}
