//! The daemon's end of the netlink thread.

use std::{
    collections::BTreeSet,
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use nix::unistd::{Pid, gettid};
use tokio::{
    runtime,
    sync::{mpsc, oneshot},
    time::timeout,
};

use super::{
    error::{StartError, errno},
    event::{Claim, Event, Events},
    monitor::Monitor,
    requests::Requests,
    worker::{Command, Worker},
};
use crate::config::model::Routing;

/// How long [`Netlink::shutdown`] waits for a kernel that does not answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often it waits so long while there are answers: some thousands of addresses take seconds.
const WAITS: usize = 15;

/// The thread that watches interfaces and holds addresses.
///
/// Every method hands a message over and returns at once. Dropping the handle ends the thread and
/// leaves the kernel as it is; [`Netlink::shutdown`] removes the claimed addresses first.
#[derive(Debug)]
pub struct Netlink {
    commands: mpsc::UnboundedSender<Command>,
    answers: Arc<AtomicU64>,
    thread: Pid,
}

impl Netlink {
    /// Starts the thread, in the network namespace (and with the scheduling policy) of the calling
    /// one, and returns its handle and what it has to tell.
    ///
    /// # Errors
    /// When sockets, runtime or thread cannot be had. What goes wrong later comes as
    /// [`Event::Stopped`].
    pub fn start() -> Result<(Self, mpsc::UnboundedReceiver<Event>), StartError> {
        let runtime = runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(StartError::Runtime)?;
        let (commands, receiver) = mpsc::unbounded_channel();
        let (events, stream) = mpsc::unbounded_channel();
        let (worker, answers) = {
            let _inside = runtime.enter();
            let opened = Monitor::open().and_then(|monitor| Ok((monitor, Requests::open()?)));
            let (monitor, requests) = opened.map_err(|error| StartError::Socket(errno(&error)))?;
            let answers = requests.answers();
            (Worker::new(monitor, requests, receiver, Events(events)), answers)
        };
        let (named, name) = std::sync::mpsc::channel();
        thread::Builder::new()
            .name("netlink".to_owned())
            .spawn(move || {
                // Whoever starts it waits for this.
                let _ = named.send(gettid());
                runtime.block_on(worker.run());
            })
            .map_err(StartError::Thread)?;
        let thread = name.recv().map_err(|gone| StartError::Thread(io::Error::other(gone)))?;
        Ok((Self { commands, answers, thread }, stream))
    }

    /// The kernel's number of the thread.
    #[must_use]
    pub const fn thread(&self) -> Pid {
        self.thread
    }

    /// Reports on the interfaces called `names` from now on, and on no others. Each that was not
    /// reported on before gets one [`Event::Link`] right away, also when there is no such
    /// interface, and each gets one at every change.
    pub fn watch(&self, names: BTreeSet<String>) {
        self.send(Command::Watch(names));
    }

    /// Declares that the claimed address must (`present`) or must not be on its interface.
    ///
    /// Acted on at once, and again whenever the kernel reports that things are otherwise: an
    /// address someone removes is put back, one that is on the interface and must not be is
    /// removed, and a re-created interface gets its addresses anew. Repeating a claim does nothing.
    pub fn claim(&self, claim: Claim, present: bool) {
        self.send(Command::Claim(claim, present));
    }

    /// Cares about the address no more and leaves it as it is.
    pub fn forget(&self, claim: Claim) {
        self.send(Command::Forget(claim));
    }

    /// Declares that a route or rule must (`present`) or must not be there. Acted on at once, behind
    /// every claim made before, and again whenever it may have gone. Repeating it does nothing.
    pub fn routing(&self, routing: Routing, present: bool) {
        self.send(Command::Routing(routing, present));
    }

    /// Cares about no route and rule any more and leaves them as they are.
    pub fn forget_routing(&self) {
        self.send(Command::ForgetRouting);
    }

    /// Removes every route and rule that carries our protocol number and has not been declared.
    pub fn sweep_routing(&self) {
        self.send(Command::SweepRouting);
    }

    /// Has `promote_secondaries` on on these interfaces and on no others, until the handle is dropped
    /// or shut down. `inherited` are those of them on which another process has switched it on, in
    /// whose place this one is.
    pub fn promote(&self, names: BTreeSet<String>, inherited: BTreeSet<String>) {
        self.send(Command::Promote { names, inherited });
    }

    /// Leaves `promote_secondaries` as it is on all interfaces.
    pub fn forget_promotion(&self) {
        self.send(Command::ForgetPromotion);
    }

    /// Removes every claimed address that is on its interface and ends the thread. Returns when
    /// that is done, after two seconds of a kernel that does not answer, or after half a minute.
    pub async fn shutdown(self) {
        let (done, mut finished) = oneshot::channel();
        self.send(Command::Shutdown(done));
        let mut answered = self.answers.load(Ordering::Relaxed);
        for _ in 0..WAITS {
            if timeout(PATIENCE, &mut finished).await.is_ok() {
                return;
            }
            let so_far = self.answers.load(Ordering::Relaxed);
            if std::mem::replace(&mut answered, so_far) == so_far {
                break;
            }
        }
        tracing::warn!("the kernel does not answer: virtual addresses may be left behind");
    }

    fn send(&self, command: Command) {
        if self.commands.send(command).is_err() {
            // The reason has been told as `Event::Stopped`.
            tracing::debug!("the netlink thread has ended");
        }
    }
}
