//! rtnetlink, in a thread of its own: which interfaces there are, the virtual addresses on them, and
//! the routes and rules that go with those.
//!
//! ```text
//!  driver ── Command ──► worker ──┬─ requests   (socket 1: add, remove; answered at once)
//!         ◄── Event ───           ├─ monitor    (socket 2: what changed in the kernel)
//!                                 └─ listing    (a socket for as long as it takes)
//! ```
//!
//! The crate `rtnetlink` and those it stands on speak the protocol. Requests and notifications
//! have sockets of their own, so that a burst of notifications cannot push the answer to a request
//! out of the buffer. [`links`] mirrors the interfaces, [`claims`] knows which addresses are wanted
//! and makes it so, [`routing`] does the same for routes and rules; [`worker`] is the loop that carries messages between them.

mod agenda;
mod answer;
mod claims;
mod error;
mod event;
mod handle;
mod link;
mod links;
mod listing;
mod message;
mod monitor;
mod notification;
mod pace;
mod promotion;
mod requests;
mod routing;
mod stray;
mod watch;
mod worker;

pub use error::{AddressError, RequestError, RoutingError, StartError, StopError};
pub use event::{Claim, Event};
pub use handle::Netlink;
pub use link::{AttachedXdp, InterfaceAddress, Link, XdpMode};
