//! What the netlink thread is told, and what it tells.

use std::net::IpAddr;

use tokio::sync::mpsc;

use super::{AddressError, Link, StopError};
use crate::config::model::VirtualAddress;

/// An address that must, or must not, be on an interface.
///
/// Device, address and prefix length identify a claim: two claims that agree in them are the same,
/// and the newer one's label, scope and broadcast address count for the next time it is put on.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Claim {
    /// The interface by name; it need not exist (yet). This counts, not `address.device`.
    pub device: String,
    /// The address and how it is put on.
    pub address: VirtualAddress,
}

impl Claim {
    /// What makes it the same claim on its device: address and prefix length.
    #[must_use]
    pub const fn place(&self) -> (IpAddr, u8) {
        (self.address.address, self.address.prefix_length)
    }

    /// A claim to an address of which nothing else is known.
    #[must_use]
    pub fn bare(device: String, address: IpAddr, prefix_length: u8) -> Self {
        let address = VirtualAddress {
            address,
            prefix_length,
            device: None,
            scope: 0,
            label: None,
            broadcast: None,
        };
        Self { device, address }
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
