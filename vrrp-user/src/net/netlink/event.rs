//! What the netlink thread is told, and what it tells.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::{AddressError, Link, RoutingError, StopError};
use crate::config::model::{Routing, VirtualAddress};

/// An address that must, or must not, be on an interface.
///
/// Device, address, prefix length and peer identify a claim: two claims that agree in them are the
/// same, and the newer one's other options are put into the kernel.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct Claim {
    /// The interface by name; it need not exist (yet). This counts, not `address.device`.
    pub device: String,
    /// The address and how it is put on.
    pub address: VirtualAddress,
}

impl Claim {
    /// Where it is on its device: address and prefix length.
    #[must_use]
    pub const fn place(&self) -> (IpAddr, u8) {
        (self.address.address, self.address.prefix_length)
    }

    /// What makes two claims the same: device, address, prefix length and peer.
    #[must_use]
    pub fn identity(&self) -> (&str, IpAddr, u8, Option<IpAddr>) {
        let VirtualAddress { address, prefix_length, peer, .. } = self.address;
        (&self.device, address, prefix_length, peer)
    }
}

/// What the netlink thread has seen or done.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Event {
    /// The first report on a watched interface, or a change in it.
    Link {
        /// The watched name.
        name: String,
        /// `None` while no interface has that name.
        link: Option<Link>,
    },
    /// A claimed address is now on the interface, put there or found there.
    AddressAdded {
        /// The interface.
        device: String,
        /// The address.
        address: VirtualAddress,
    },
    /// Someone had removed a claimed address; it is back.
    AddressRestored {
        /// The interface.
        device: String,
        /// The address.
        address: VirtualAddress,
    },
    /// An address that must not be there has been taken off. Nothing is reported when it was not
    /// there in the first place.
    AddressRemoved {
        /// The interface.
        device: String,
        /// The address.
        address: VirtualAddress,
    },
    /// An address could not be added or removed. Told once until the reason changes; the thread
    /// keeps trying.
    Failed {
        /// The interface.
        device: String,
        /// The address.
        address: VirtualAddress,
        /// The reason.
        error: AddressError,
    },
    /// A route or rule is now there, put there or found there.
    RoutingAdded {
        /// The route or rule.
        routing: Routing,
    },
    /// Someone had removed a route or rule; it is back.
    RoutingRestored {
        /// The route or rule.
        routing: Routing,
    },
    /// A route or rule that is wanted no more has been removed.
    RoutingRemoved {
        /// The route or rule.
        routing: Routing,
    },
    /// A route or rule could not be added or removed. Told once until the reason changes; the thread
    /// keeps trying.
    RoutingFailed {
        /// The route or rule.
        routing: Routing,
        /// The reason.
        error: RoutingError,
    },
    /// A route or rule that a dead daemon left has been removed.
    StrayRemoved {
        /// What it was.
        what: String,
    },
    /// A route or rule that a dead daemon left could not be removed.
    StrayStays {
        /// What it is.
        what: String,
        /// The reason.
        error: RoutingError,
    },
    /// `promote_secondaries` was off on a wanted interface, and is on now.
    Promoting {
        /// The interface.
        device: String,
    },
    /// Notifications had been lost; everything has been read afresh.
    Resynchronised,
    /// The thread has given up and the kernel is as it was: no event follows, no claim has effect.
    Stopped {
        /// The reason.
        error: StopError,
    },
}

/// The way of events to the daemon.
#[derive(Debug)]
pub(super) struct Events(pub(super) mpsc::UnboundedSender<Event>);

impl Events {
    /// Tells `event`.
    pub(super) fn tell(&self, event: Event) {
        if self.0.send(event).is_err() {
            // Whoever listens no more still wants its claims kept until it drops the handle.
            tracing::trace!("nobody listens to netlink events");
        }
    }
}
