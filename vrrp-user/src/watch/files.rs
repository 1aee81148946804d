//! `track_file`s and the state files of `bfd_instance`s.
//!
//! The folder of each is watched, since files are replaced by renaming others. inotify does not see
//! everything: not what other machines do on a network file system, nor what lies behind a symbolic
//! link, nor a folder that is made later. So there is a look now and then, too.

use std::{
    io,
    os::fd::{AsFd, OwnedFd},
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify, InotifyEvent, WatchDescriptor};
use tokio::{
    io::unix::AsyncFd,
    sync::mpsc,
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};

use super::{
    Report,
    look::{Look, Wanted, look},
    number::number,
};
use crate::{
    config::model::tracking::{BfdInstance, InitFile, TrackFile, Tracked},
    net::readable,
    tracking::Condition,
};

const NOW_AND_THEN: Duration = Duration::from_secs(5);
/// Numbers that cannot be are told of at most so often.
const COMPLAINTS: Duration = Duration::from_secs(10);

/// One file that is watched.
#[derive(Debug)]
struct Watched {
    what: Tracked,
    path: PathBuf,
    /// What is still to be written to it.
    init: Option<InitFile>,
    folder: Option<WatchDescriptor>,
    told: Option<Condition>,
    /// A look is under way, and another is wanted after it.
    is_looking: bool,
    again: bool,
    /// It was empty at the last look now and then, in the middle of being written perhaps.
    was_empty: bool,
    complained: Option<Instant>,
}

impl Watched {
    fn new(what: Tracked, path: PathBuf, init: Option<InitFile>) -> Self {
        Self {
            what,
            path,
            init,
            folder: None,
            told: None,
            is_looking: false,
            again: false,
            was_empty: false,
            complained: None,
        }
    }

    /// Whether an event is about the file.
    fn is_meant(&self, event: &InotifyEvent) -> bool {
        if event.mask.contains(AddWatchFlags::IN_Q_OVERFLOW) {
            return true;
        }
        self.folder == Some(event.wd)
            && event.name.as_deref() == self.path.file_name()
            && !event.mask.contains(AddWatchFlags::IN_ISDIR)
    }

    /// Takes in what a look has shown; `Some` if that is news.
    fn take_in(&mut self, look: &Look) -> Option<Condition> {
        self.folder = look.folder;
        let is_empty = look.exists && look.content.is_empty();
        if is_empty && !look.is_asked_for && !std::mem::replace(&mut self.was_empty, true) {
            return None;
        }
        self.was_empty = is_empty && self.was_empty;
        let condition = self.condition(&look.content)?;
        (self.told.replace(condition) != Some(condition)).then_some(condition)
    }

    /// What a content means. A number that cannot be changes nothing, as in keepalived.
    fn condition(&mut self, content: &[u8]) -> Option<Condition> {
        if let Tracked::Bfd(_) = self.what {
            let is_up = content.trim_ascii().eq_ignore_ascii_case(b"up");
            return Some(if is_up { Condition::Well } else { Condition::Ill });
        }
        let value = number(content);
        if value.is_none() && self.complained.is_none_or(|at| at.elapsed() > COMPLAINTS) {
            self.complained = Some(Instant::now());
            tracing::warn!(
                file = %self.path.display(),
                "{} holds a number that is too large; it is left aside",
                self.path.display(),
            );
        }
        value.or_else(|| self.told.is_none().then_some(0)).map(Condition::Value)
    }
}

/// Watches files until the task ends.
pub(super) async fn watch(
    files: Vec<TrackFile>,
    bfd_instances: Vec<BfdInstance>,
    is_start: bool,
    reports: mpsc::Sender<Report>,
) {
    let files = files.into_iter().map(|TrackFile { name, path, init, .. }| {
        let init = init.map(|init| InitFile { overwrite: init.overwrite && is_start, ..init });
        Watched::new(Tracked::File(name), path, init)
    });
    let bfd_instances =
        bfd_instances.into_iter().map(|BfdInstance { name, state_file, .. }| {
            Watched::new(Tracked::Bfd(name), state_file, None)
        });
    let (inotify, ready) = match open() {
        Ok(opened) => opened,
        Err(error) => {
            tracing::warn!(%error, "no inotify: tracked files are looked at every {} s", NOW_AND_THEN.as_secs());
            (None, None)
        }
    };
    let watched = files.chain(bfd_instances).collect();
    Watch { watched, inotify, ready, looks: JoinSet::new(), reports }.run().await;
}

type Opened = (Option<Arc<Inotify>>, Option<AsyncFd<OwnedFd>>);

fn open() -> io::Result<Opened> {
    let inotify = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC)?;
    let ready = readable(inotify.as_fd().try_clone_to_owned()?)?;
    Ok((Some(Arc::new(inotify)), Some(ready)))
}

struct Watch {
    watched: Vec<Watched>,
    inotify: Option<Arc<Inotify>>,
    ready: Option<AsyncFd<OwnedFd>>,
    looks: JoinSet<(usize, Look)>,
    reports: mpsc::Sender<Report>,
}

impl Watch {
    async fn run(mut self) {
        for index in 0..self.watched.len() {
            self.look(index, true);
        }
        let mut now_and_then = interval(NOW_AND_THEN);
        now_and_then.set_missed_tick_behavior(MissedTickBehavior::Delay);
        now_and_then.reset();
        loop {
            tokio::select! {
                events = next_events(self.inotify.as_deref(), self.ready.as_ref()) => {
                    for index in 0..self.watched.len() {
                        let is_meant =
                            |it: &Watched| events.iter().any(|event| it.is_meant(event));
                        if self.watched.get(index).is_some_and(is_meant) {
                            self.look(index, true);
                        }
                    }
                }
                Some(done) = self.looks.join_next() => {
                    let Ok((index, look)) = done else { continue };
                    let Some(watched) = self.watched.get_mut(index) else { continue };
                    watched.is_looking = false;
                    let report = watched.take_in(&look).map(|condition| {
                        Report { what: watched.what.clone(), condition }
                    });
                    if std::mem::take(&mut watched.again) {
                        self.look(index, true);
                    }
                    if let Some(report) = report
                        && self.reports.send(report).await.is_err()
                    {
                        return;
                    }
                }
                _ = now_and_then.tick() => {
                    for index in 0..self.watched.len() {
                        self.look(index, false);
                    }
                }
            }
        }
    }

    /// Has a thread look at a file: on a disk that does not answer, that may take for ever.
    fn look(&mut self, index: usize, is_asked_for: bool) {
        let Some(watched) = self.watched.get_mut(index) else { return };
        if watched.is_looking {
            watched.again |= is_asked_for;
            return;
        }
        watched.is_looking = true;
        let wanted = Wanted { path: watched.path.clone(), init: watched.init.take(), is_asked_for };
        let inotify = self.inotify.clone();
        self.looks.spawn_blocking(move || (index, look(&wanted, inotify.as_deref())));
    }
}

/// Waits for something to happen in one of the folders.
async fn next_events(
    inotify: Option<&Inotify>,
    ready: Option<&AsyncFd<OwnedFd>>,
) -> Vec<InotifyEvent> {
    let (Some(inotify), Some(ready)) = (inotify, ready) else {
        return std::future::pending().await;
    };
    loop {
        let Ok(mut guard) = ready.readable().await else {
            return std::future::pending().await;
        };
        match guard.try_io(|_| Ok(inotify.read_events()?)) {
            Ok(Ok(events)) => return events,
            // Which does not happen; the looks now and then go on.
            Ok(Err(_)) => return std::future::pending().await,
            Err(_would_block) => {}
        }
    }
}

#[cfg(test)]
mod tests;
