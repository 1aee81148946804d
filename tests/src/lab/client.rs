//! A machine that uses the virtual address.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    ops::Deref,
    time::{Duration, Instant},
};

use anyhow::Result;

use super::{Neighbour, NeighbourWatch, Node, neighbours};
use crate::{
    Moment, craft,
    ping::Ping,
    wire::{
        Kind,
        frame::{ARP_REPLY, Advertisement, decode},
        socket::{ETH_P_ARP, ETH_P_IPV6, PacketSocket},
    },
};

/// A node that asks for the virtual address and uses it.
#[derive(Clone, Debug)]
pub struct Client(Node);

/// An answer to an ARP request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ArpReply {
    /// When the client's kernel received it.
    pub at: Moment,
    /// Who says to have the address.
    pub mac: [u8; 6],
}

/// An answer to a Neighbor Solicitation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NdReply {
    /// When the client's kernel received it.
    pub at: Moment,
    /// Who sent the frame.
    pub source_mac: [u8; 6],
    /// What it says.
    pub advertisement: Advertisement,
}

impl Client {
    pub(super) fn new(node: Node) -> Self {
        Self(node)
    }

    /// Starts pinging at a fixed interval; [`Ping::finish`] tells what was lost and for how long.
    ///
    /// # Errors
    /// When there is no raw socket to be had.
    pub fn ping(&self, target: impl Into<IpAddr>, interval: Duration) -> Result<Ping> {
        Ping::start(&self.0, target.into(), interval)
    }

    /// Whether one ping is answered within `patience`.
    #[must_use]
    pub fn reaches(&self, target: impl Into<IpAddr>, patience: Duration) -> bool {
        let (target, patience) = (target.into(), patience.as_secs_f64().to_string());
        let target = match target {
            IpAddr::V6(address) if address.is_unicast_link_local() => format!("{address}%eth0"),
            _ => target.to_string(),
        };
        let ping = self.0.run(&["ping", "-n", "-c", "1", "-W", &patience, &target]);
        ping.is_ok_and(|output| output.status.success())
    }

    /// Asks by broadcast who has `target`, and returns the first answer. The kernel's own ARP
    /// table is not involved.
    ///
    /// # Errors
    /// When nothing can be sent; no answer is `None`.
    pub fn arping(&self, target: Ipv4Addr, timeout: Duration) -> Result<Option<ArpReply>> {
        let request = craft::arp_request(self.0.mac(), self.0.address(), target);
        Ok(self.ask(&request, target, timeout, 1)?.pop())
    }

    /// As [`Client::arping`], but listens to the end and returns every answer.
    ///
    /// # Errors
    /// When nothing can be sent.
    pub fn arping_all(&self, target: Ipv4Addr, window: Duration) -> Result<Vec<ArpReply>> {
        let request = craft::arp_request(self.0.mac(), self.0.address(), target);
        self.ask(&request, target, window, 1_000)
    }

    /// Sends any ARP request, and collects answers about `target` until there are `enough` or
    /// the time is over.
    ///
    /// # Errors
    /// When nothing can be sent.
    pub fn ask(
        &self,
        request: &[u8],
        target: Ipv4Addr,
        window: Duration,
        enough: usize,
    ) -> Result<Vec<ArpReply>> {
        self.collect(ETH_P_ARP, request, window, enough, |at, _, kind| match kind {
            Kind::Arp(arp) if arp.operation == ARP_REPLY && arp.sender == target => {
                Some(ArpReply { at, mac: arp.sender_mac })
            }
            _ => None,
        })
    }

    /// Asks by multicast who has `target`, from the link-local address, and returns the first
    /// answer. The kernel's own table is not involved.
    ///
    /// # Errors
    /// When nothing can be sent; no answer is `None`.
    pub fn solicit(&self, target: Ipv6Addr, timeout: Duration) -> Result<Option<NdReply>> {
        let request = craft::solicitation(self.0.mac(), self.0.link_local(), target);
        Ok(self.ask_nd(&request, target, timeout, 1)?.pop())
    }

    /// As [`Client::solicit`], but listens to the end and returns every answer.
    ///
    /// # Errors
    /// When nothing can be sent.
    pub fn solicit_all(&self, target: Ipv6Addr, window: Duration) -> Result<Vec<NdReply>> {
        let request = craft::solicitation(self.0.mac(), self.0.link_local(), target);
        self.ask_nd(&request, target, window, 1_000)
    }

    /// Sends any Neighbor Solicitation, and collects advertisements of `target` until there are
    /// `enough` or the time is over.
    ///
    /// # Errors
    /// When nothing can be sent.
    pub fn ask_nd(
        &self,
        request: &[u8],
        target: Ipv6Addr,
        window: Duration,
        enough: usize,
    ) -> Result<Vec<NdReply>> {
        self.collect(ETH_P_IPV6, request, window, enough, |at, source_mac, kind| match kind {
            Kind::Advertisement(advertisement) if advertisement.target == target => {
                Some(NdReply { at, source_mac, advertisement })
            }
            _ => None,
        })
    }

    fn collect<T>(
        &self,
        protocol: u16,
        request: &[u8],
        window: Duration,
        enough: usize,
        answer: impl Fn(Moment, [u8; 6], Kind) -> Option<T>,
    ) -> Result<Vec<T>> {
        let socket = PacketSocket::open(self.0.namespace(), protocol, Some("eth0"))?;
        socket.send(request)?;
        let deadline = Instant::now() + window;
        let mut answers = Vec::new();
        while answers.len() < enough {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let Some(received) = socket.receive(left)? else { continue };
            if received.is_outgoing() {
                continue;
            }
            let Some((_, source_mac, kind)) = decode(&received.bytes) else { continue };
            answers.extend(answer(received.at, source_mac, kind));
        }
        Ok(answers)
    }

    /// What the kernel's neighbour table says about `target`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn neighbour(&self, target: impl Into<IpAddr>) -> Result<Option<Neighbour>> {
        neighbours::neighbour(&self.0, target.into())
    }

    /// Follows the kernel's neighbour table from now on.
    ///
    /// # Errors
    /// When the kernel tells of no changes.
    pub fn watch_neighbours(&self) -> Result<NeighbourWatch> {
        NeighbourWatch::start(&self.0)
    }

    /// Empties the kernel's neighbour table.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn forget_neighbours(&self) -> Result<()> {
        self.0.namespace().ip(&["neigh", "flush", "dev", "eth0"]).map(drop)
    }
}

impl Deref for Client {
    type Target = Node;

    fn deref(&self) -> &Node {
        &self.0
    }
}
