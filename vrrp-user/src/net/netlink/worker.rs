//! The loop of the netlink thread.

use std::{collections::BTreeSet, future::pending, time::Duration};

use tokio::{
    sync::{mpsc, oneshot},
    time::sleep,
};

use super::{
    claims::{Claims, Workbench},
    error::StopError,
    event::{Claim, Event, Events},
    links::Links,
    listing::{list, list_ours},
    monitor::{Heard, Monitor},
    notification::Notification,
    promotion::Promotion,
    requests::Requests,
    routing::{Bench, Routings},
    watch::Watch,
};
use crate::{config::model::Routing, net::monotonic_now, protocol::Monotonic};

/// Messages read before the claims get their turn: a flood of notifications must not put off the
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
    Routing(Routing, bool),
    ForgetRouting,
    /// Remove the routes and rules that a dead daemon left.
    SweepRouting,
    /// Have `promote_secondaries` on on these interfaces only; on some another process has switched
    /// it on.
    Promote {
        names: BTreeSet<String>,
        inherited: BTreeSet<String>,
    },
    ForgetPromotion,
    /// Remove everything claimed, end, and then drop the sender.
    Shutdown(oneshot::Sender<()>),
}

/// All that the thread owns, besides the library's tasks for its sockets. No locks; what is
/// awaited in `select!` is cancel-safe.
pub(super) struct Worker {
    monitor: Monitor,
    requests: Requests,
    commands: mpsc::UnboundedReceiver<Command>,
    events: Events,
    links: Links,
    claims: Claims,
    watch: Watch,
    promotion: Promotion,
    routings: Routings,
    /// Whether the monitor listens to what is told of routes and rules.
    hears_of_routing: bool,
    /// Whether an address has come since routes were last looked at.
    has_new_address: bool,
}

enum Wake {
    Command(Option<Command>),
    Heard(Result<Heard, StopError>),
    Retry,
}

impl Worker {
    /// A worker that knows nothing yet.
    pub(super) fn new(
        monitor: Monitor,
        requests: Requests,
        commands: mpsc::UnboundedReceiver<Command>,
        events: Events,
    ) -> Self {
        Self {
            monitor,
            requests,
            commands,
            events,
            links: Links::default(),
            claims: Claims::default(),
            watch: Watch::default(),
            promotion: Promotion::default(),
            routings: Routings::default(),
            hears_of_routing: false,
            has_new_address: false,
        }
    }

    /// Works until it is told to end, its handle is dropped, or the kernel cannot be talked to.
    pub(super) async fn run(mut self) {
        if let Err(error) = self.work().await {
            self.events.tell(Event::Stopped { error });
        }
    }

    async fn work(&mut self) -> Result<(), StopError> {
        self.list().await?;
        loop {
            let attempts = [self.claims.next_attempt(), self.routings.next_attempt()];
            let retry = attempts.into_iter().flatten().min();
            let wake = tokio::select! {
                // Commands first: a master waits for its address.
                biased;
                command = self.commands.recv() => Wake::Command(command),
                heard = self.monitor.next() => Wake::Heard(heard),
                () = until(retry) => Wake::Retry,
            };
            match wake {
                Wake::Command(None) => return Ok(()),
                Wake::Command(Some(Command::Shutdown(done))) => {
                    // What has been renamed or removed lately; without it, the rest still goes.
                    let read = self.read(Heard::Other).await;
                    let (routings, mut bench) = self.routings();
                    routings.release(&mut bench).await;
                    let (claims, mut bench) = self.claims();
                    claims.release(&mut bench).await;
                    self.promotion.release(&self.links, &mut self.requests).await;
                    drop(done);
                    return read;
                }
                Wake::Command(Some(Command::Watch(names))) => {
                    self.watch.replace(names);
                    self.report_links();
                }
                Wake::Command(Some(Command::Claim(claim, present))) => {
                    let (claims, mut bench) = self.claims();
                    claims.declare(claim, present, &mut bench).await;
                }
                Wake::Command(Some(Command::Forget(claim))) => self.claims.forget(&claim),
                Wake::Command(Some(Command::Routing(routing, present))) => {
                    self.hear_of_routing();
                    let (routings, mut bench) = self.routings();
                    routings.declare(routing, present, &mut bench).await;
                }
                Wake::Command(Some(Command::ForgetRouting)) => self.routings.forget(),
                Wake::Command(Some(Command::SweepRouting)) => self.sweep_routing().await,
                Wake::Command(Some(Command::Promote { names, inherited })) => {
                    self.promotion.want(names, &inherited, &self.links);
                    self.reconcile_promotion().await;
                }
                Wake::Command(Some(Command::ForgetPromotion)) => self.promotion.forget(),
                Wake::Heard(first) => {
                    self.read(first?).await?;
                    self.report_links();
                    self.reconcile_promotion().await;
                    self.reconcile().await;
                }
                Wake::Retry => self.reconcile().await,
            }
        }
    }

    /// Takes in what the kernel has to tell: `first`, and what else is waiting.
    async fn read(&mut self, first: Heard) -> Result<(), StopError> {
        let mut heard = first;
        for left in (0..BATCH).rev() {
            match heard {
                Heard::Change(notification) => self.apply(notification),
                Heard::Other => {}
                Heard::Overrun => return self.resynchronise().await,
            }
            if left == 0 {
                break;
            }
            heard = match self.monitor.try_next() {
                Some(next) => next?,
                None => break,
            };
        }
        Ok(())
    }

    async fn resynchronise(&mut self) -> Result<(), StopError> {
        self.monitor.discard()?;
        self.list().await?;
        self.events.tell(Event::Resynchronised);
        Ok(())
    }

    fn apply(&mut self, notification: Notification) {
        let Self { links, claims, routings, .. } = self;
        match notification {
            Notification::Link(report) => {
                for name in links.update(report) {
                    claims.device_changed(&name, links);
                    routings.device_changed(&name, links);
                }
            }
            Notification::Ipv6Forwarding(index, forwarding) => {
                links.set_ipv6_forwarding(index, forwarding);
            }
            Notification::LinkGone(index) => {
                if let Some(name) = links.remove(index) {
                    claims.device_changed(&name, links);
                    routings.device_changed(&name, links);
                }
            }
            Notification::Address(index, address) => {
                links.add_address(index, address);
                claims.appeared(index, &address, links);
                self.has_new_address = true;
            }
            Notification::AddressGone(index, address) => {
                links.remove_address(index, &address);
                claims.vanished(index, &address, links);
                if let Some(name) = links.name_of(index) {
                    routings.address_gone(name, address.address, links);
                }
            }
            Notification::RoutingGone(place) => routings.vanished(place, links),
            Notification::Ours(_) => {}
        }
    }

    /// Reads all interfaces and addresses afresh.
    async fn list(&mut self) -> Result<(), StopError> {
        let mut attempt = 1;
        loop {
            match list().await {
                Ok(found) => {
                    let mut links = Links::default();
                    for found in found {
                        match found {
                            Notification::Link(report) => drop(links.update(report)),
                            Notification::Address(index, address) => {
                                links.append_address(index, address);
                            }
                            Notification::LinkGone(_)
                            | Notification::AddressGone(..)
                            | Notification::Ipv6Forwarding(..)
                            | Notification::RoutingGone(_)
                            | Notification::Ours(_) => {}
                        }
                    }
                    self.claims.resynchronise(&links);
                    self.routings.resynchronise(&links);
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
        self.watch.report(&mut self.links, &self.events);
    }

    async fn reconcile_promotion(&mut self) {
        self.promotion.reconcile(&self.links, &mut self.requests, &self.events).await;
    }

    async fn reconcile(&mut self) {
        let (claims, mut bench) = self.claims();
        claims.reconcile(&mut bench).await;
        if std::mem::take(&mut self.has_new_address) {
            self.routings.address_added(&self.links);
        }
        let (routings, mut bench) = self.routings();
        routings.reconcile(&mut bench).await;
    }

    /// A node without routes of ours need not hear of all the others.
    fn hear_of_routing(&mut self) {
        if !std::mem::replace(&mut self.hears_of_routing, true)
            && let Err(error) = self.monitor.listen_to_routing()
        {
            tracing::warn!(%error, "a route or rule that is removed cannot be noticed: {error}");
        }
    }

    async fn sweep_routing(&mut self) {
        match list_ours().await {
            Ok(strays) => {
                let (routings, mut bench) = self.routings();
                routings.sweep(strays, &mut bench).await;
            }
            Err(error) => {
                tracing::warn!(%error, "cannot look for routes that a dead daemon left: {error}");
            }
        }
    }

    /// The claims, and what they are worked on with.
    fn claims(&mut self) -> (&mut Claims, Workbench<'_, Requests>) {
        let Self { claims, links, requests, events, .. } = self;
        (claims, Workbench { links, kernel: requests, now: monotonic_now(), events })
    }

    /// The routes and rules, and what they are worked on with.
    fn routings(&mut self) -> (&mut Routings, Bench<'_, Requests>) {
        let Self { routings, links, requests, events, .. } = self;
        (routings, Bench { links, kernel: requests, now: monotonic_now(), events })
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
