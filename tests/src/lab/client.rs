//! A machine that uses the virtual address.

use std::{
    net::Ipv4Addr,
    ops::Deref,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use serde_json::Value;

use super::Node;
use crate::{
    Moment, craft,
    ping::Ping,
    wire::{
        frame::{ARP_REPLY, decode_arp},
        socket::{ETH_P_ARP, PacketSocket},
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

/// An entry of the neighbour (ARP) table.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Neighbour {
    /// The MAC address, as `ip neigh` shows it, if it is known.
    pub mac: Option<String>,
    /// `REACHABLE`, `STALE`, `FAILED`, …
    pub state: String,
}

impl Client {
    pub(super) fn new(node: Node) -> Self {
        Self(node)
    }

    /// Starts pinging at a fixed interval; [`Ping::finish`] tells what was lost and for how long.
    ///
    /// # Errors
    /// When there is no raw socket to be had.
    pub fn ping(&self, target: Ipv4Addr, interval: Duration) -> Result<Ping> {
        Ping::start(&self.0, target, interval)
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
        let socket = PacketSocket::open(self.0.namespace(), ETH_P_ARP, Some("eth0"))?;
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
            let Some(arp) = decode_arp(&received.bytes) else { continue };
            if arp.operation == ARP_REPLY && arp.sender == target {
                answers.push(ArpReply { at: received.at, mac: arp.sender_mac });
            }
        }
        Ok(answers)
    }

    /// What the kernel's ARP table says about `target`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn neighbour(&self, target: Ipv4Addr) -> Result<Option<Neighbour>> {
        let text = self.0.namespace().ip(&["-j", "neigh", "show", "dev", "eth0"])?;
        let entries: Value = serde_json::from_str(&text).context("ip -j neigh")?;
        let wanted = target.to_string();
        let found = entries
            .as_array()
            .into_iter()
            .flatten()
            .find(|entry| entry.get("dst").and_then(Value::as_str) == Some(&wanted));
        Ok(found.map(|entry| Neighbour {
            mac: entry.get("lladdr").and_then(Value::as_str).map(str::to_owned),
            state: entry.pointer("/state/0").and_then(Value::as_str).unwrap_or_default().to_owned(),
        }))
    }

    /// Empties the kernel's ARP table.
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
