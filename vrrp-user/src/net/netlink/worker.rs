//! The loop of the netlink thread.

use std::{collections::BTreeSet, future::pending, time::Duration};

use tokio::{
    sync::{mpsc, oneshot},
    time::sleep,
};

use super::{
    claims::{Claims, Workbench},
    error::StopError,
    event::{Claim, Event},
    links::Links,
    monitor::{Batch, Monitor},
    notification::Notification,
    requests::Requests,
    watch::Watch,
};
use crate::{net::monotonic_now, protocol::Monotonic};

/// Datagrams read before the claims get their turn: a flood of notifications must not put off the
/// return of an address.
const BATCH: usize = 256;
/// How often, and with what pauses, the kernel is asked for its interfaces before giving up.
const LISTINGS: u32 = 5;
const LISTING_PAUSE: Duration = Duration::from_millis(50);

/// What the daemon asks of the thread.
#[derive(Debug)]
pub(super) enum Command {
    Watch(BTreeSet<String>),
    Claim(Claim, bool),
    Forget(Claim),
    /// Remove everything claimed, end, and then drop the sender.
    Shutdown(oneshot::Sender<()>),
}

/// All that the thread owns. Single task, no locks; every `.await` is cancel-safe.
pub(super) struct Worker {
    pub(super) monitor: Monitor,
    pub(super) requests: Requests,
    pub(super) commands: mpsc::UnboundedReceiver<Command>,
    pub(super) events: mpsc::UnboundedSender<Event>,
    pub(super) links: Links,
    pub(super) claims: Claims,
    pub(super) watch: Watch,
}

enum Wake {
    Command(Option<Command>),
    Notifications(std::io::Result<()>),
    Retry,
}

impl Worker {
    /// Works until it is told to end, its handle is dropped, or the kernel cannot be talked to.
    pub(super) async fn run(mut self) {
        if let Err(error) = self.work().await {
            self.tell(Event::Stopped { error });
        }
    }

    async fn work(&mut self) -> Result<(), StopError> {
        self.list().await?;
        loop {
            let retry = self.claims.next_attempt(&self.links);
            let wake = tokio::select! {
                // Commands first: a master waits for its address.
                biased;
                command = self.commands.recv() => Wake::Command(command),
                ready = self.monitor.ready() => Wake::Notifications(ready),
                () = until(retry) => Wake::Retry,
            };
            match wake {
                Wake::Command(None) => return Ok(()),
                Wake::Command(Some(Command::Shutdown(done))) => {
                    // What has been renamed or removed lately; without it, the rest still goes.
                    let read = self.read().await;
                    self.with_claims(Claims::release);
                    drop(done);
                    return read;
                }
                Wake::Command(Some(Command::Watch(names))) => {
                    self.watch.replace(names);
                    self.report_links();
                }
                Wake::Command(Some(Command::Claim(claim, present))) => {
                    self.with_claims(|claims, bench| claims.declare(claim, present, bench));
                }
                Wake::Command(Some(Command::Forget(claim))) => self.claims.forget(&claim),
                Wake::Notifications(ready) => {
                    ready.map_err(|error| StopError::from_io(&error))?;
                    self.read().await?;
                    self.report_links();
                    self.with_claims(Claims::reconcile);
                }
                Wake::Retry => self.with_claims(Claims::reconcile),
            }
        }
    }

    /// Takes in what the kernel has to tell.
    async fn read(&mut self) -> Result<(), StopError> {
        let Self { monitor, links, claims, .. } = self;
        let batch = monitor
            .read(BATCH, |notification| apply(notification, links, claims))
            .map_err(StopError::Receive)?;
        if batch == Batch::Overrun {
            self.monitor.discard().map_err(StopError::Receive)?;
            self.list().await?;
            self.tell(Event::Resynchronised);
        }
        Ok(())
    }

    /// Reads all interfaces and addresses afresh.
    async fn list(&mut self) -> Result<(), StopError> {
        let mut attempt = 1;
        loop {
            let mut links = Links::default();
            let listed = self.requests.list(|found| match found {
                Notification::Link(report) => links.update(report),
                Notification::Address(index, address) => links.append_address(index, address),
                Notification::LinkGone(_) | Notification::AddressGone(..) => {}
            });
            match listed {
                Ok(()) => {
                    self.claims.resynchronise(&links);
                    self.links = links;
                    return Ok(());
                }
                Err(error) if attempt >= LISTINGS => return Err(StopError::List(error)),
                Err(error) => tracing::debug!(%error, attempt, "cannot list the interfaces"),
            }
            attempt += 1;
            sleep(LISTING_PAUSE).await;
        }
    }

    fn report_links(&mut self) {
        let Self { watch, links, events, .. } = self;
        watch.report(links, &mut |event| send(events, event));
    }

    fn with_claims(&mut self, act: impl FnOnce(&mut Claims, &mut Workbench<'_, Requests>)) {
        let Self { claims, links, requests, events, .. } = self;
        let tell = &mut |event| send(events, event);
        act(claims, &mut Workbench { links, kernel: requests, now: monotonic_now(), tell });
    }

    fn tell(&self, event: Event) {
        send(&self.events, event);
    }
}

fn apply(notification: Notification, links: &mut Links, claims: &mut Claims) {
    match notification {
        Notification::Link(report) => links.update(report),
        Notification::LinkGone(index) => links.remove(index),
        Notification::Address(index, address) => {
            links.add_address(index, address);
            claims.appeared(index, &address, links);
        }
        Notification::AddressGone(index, address) => {
            links.remove_address(index, &address);
            claims.vanished(index, &address, links);
        }
    }
}

fn send(events: &mpsc::UnboundedSender<Event>, event: Event) {
    if events.send(event).is_err() {
        // Whoever listens no more still wants its claims kept until it drops the handle.
        tracing::trace!("nobody listens to netlink events");
    }
}

async fn until(deadline: Option<Monotonic>) {
    match deadline {
        Some(deadline) => sleep(deadline.since(monotonic_now())).await,
        None => pending().await,
    }
}

#[cfg(test)]
mod tests;
