//! The daemon's end of the netlink thread.

use std::{collections::BTreeSet, thread, time::Duration};

use tokio::{
    runtime,
    sync::{mpsc, oneshot},
    time::timeout,
};

use super::{
    claims::Claims,
    error::{StartError, StopError},
    event::{Claim, Event},
    links::Links,
    monitor::MonitorSocket,
    requests::Requests,
    watch::Watch,
    worker::{Command, Worker},
};

/// How long [`Netlink::shutdown`] waits for a kernel that does not answer.
const SHUTDOWN: Duration = Duration::from_secs(2);

/// The thread that watches interfaces and holds addresses.
///
/// Every method hands a message over and returns at once. Dropping the handle ends the thread and
/// leaves the kernel as it is; [`Netlink::shutdown`] removes the claimed addresses first.
#[derive(Debug)]
pub struct Netlink {
    commands: mpsc::UnboundedSender<Command>,
}

impl Netlink {
    /// Starts the thread, in the network namespace (and with the scheduling policy) of the calling
    /// one, and returns its handle and what it has to tell.
    ///
    /// # Errors
    /// When sockets, runtime or thread cannot be had. What goes wrong later comes as
    /// [`Event::Stopped`].
    pub fn start() -> Result<(Self, mpsc::UnboundedReceiver<Event>), StartError> {
        let monitor = MonitorSocket::open().map_err(StartError::Socket)?;
        let requests = Requests::open().map_err(StartError::Socket)?;
        let runtime = runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(StartError::Runtime)?;
        let (commands, receiver) = mpsc::unbounded_channel();
        let (events, stream) = mpsc::unbounded_channel();
        let work = async move {
            match monitor.register() {
                Ok(monitor) => {
                    Worker {
                        monitor,
                        requests,
                        commands: receiver,
                        events,
                        links: Links::default(),
                        claims: Claims::default(),
                        watch: Watch::default(),
                    }
                    .run()
                    .await;
                }
                Err(error) => {
                    let error = StopError::from_io(&error);
                    if events.send(Event::Stopped { error }).is_err() {
                        tracing::debug!("nobody listens to netlink events");
                    }
                }
            }
        };
        thread::Builder::new()
            .name("netlink".to_owned())
            .spawn(move || runtime.block_on(work))
            .map_err(StartError::Thread)?;
        Ok((Self { commands }, stream))
    }

    /// Reports on the interfaces called `names` from now on, and on no others. Each gets one
    /// [`Event::Link`] right away, also when there is no such interface, and one at every change.
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

    /// Removes every claimed address that is on its interface and ends the thread. Returns when
    /// that is done, or after two seconds of a kernel that does not answer.
    pub async fn shutdown(self) {
        let (done, finished) = oneshot::channel();
        self.send(Command::Shutdown(done));
        if timeout(SHUTDOWN, finished).await.is_err() {
            tracing::warn!("the kernel does not answer: virtual addresses may be left behind");
        }
    }

    fn send(&self, command: Command) {
        if self.commands.send(command).is_err() {
            // The reason has been told as `Event::Stopped`.
            tracing::debug!("the netlink thread has ended");
        }
    }
}
