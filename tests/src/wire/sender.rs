//! Putting frames on the wire that no daemon would send.

use anyhow::Result;

use super::socket::PacketSocket;
use crate::Node;

/// Sends raw frames from a node's `eth0`.
#[derive(Debug)]
pub struct FrameSender(PacketSocket);

impl FrameSender {
    /// Opens a packet socket on the node that receives nothing.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn open(node: &Node) -> Result<Self> {
        PacketSocket::open(node.namespace(), 0, Some("eth0")).map(Self)
    }

    /// Sends one frame, from its Ethernet header on.
    ///
    /// # Errors
    /// When the kernel refuses, for instance while the link is down.
    pub fn send(&self, frame: &[u8]) -> Result<()> {
        self.0.send(frame)
    }
}
