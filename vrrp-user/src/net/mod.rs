//! Everything that asks the kernel for addresses, links and sockets.
//!
//! [`Netlink`] runs all rtnetlink traffic in a thread of its own, because the kernel works such a
//! request off inside `sendmsg`, under a lock that others may hold for hundreds of milliseconds.
//! The sockets here are non-blocking and belong to whoever opens them. Nothing outside this module
//! names netlink, `AF_PACKET` or a socket option.

mod clock;
mod forwarding;
mod interface_driver;
mod membership;
mod netlink;
mod options;
mod packet_socket;
mod readable;
mod timer;
mod unicast_filter;
mod unicast_socket;
mod vrid_filter;
mod vrrp_socket;

pub use clock::{monotonic_now, since_boot};
pub use forwarding::ipv6_forwarding;
pub use interface_driver::interface_driver;
pub use membership::Membership;
pub use netlink::{
    AddressError, AttachedXdp, Claim, Event, InterfaceAddress, Link, Netlink, RequestError,
    RoutingError, StartError, StopError, XdpMode,
};
pub use packet_socket::PacketSocket;
pub use readable::{OwnsDescriptor, readable};
pub use timer::Timer;
pub use unicast_filter::UnicastFilter;
pub use unicast_socket::UnicastSocket;
pub use vrrp_socket::{Received, VrrpSocket};
