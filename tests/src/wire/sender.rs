//! Putting frames on the wire that no daemon would send.

use std::{
    io::IoSlice,
    os::fd::{AsFd, AsRawFd},
};

use anyhow::{Context, Result};
use nix::{
    errno::Errno,
    net::if_::if_nametoindex,
    sys::socket::{MsgFlags, MultiHeaders, sendmmsg},
};

use super::socket::PacketSocket;
use crate::{Namespace, Node};

/// Sends raw frames from an interface.
#[derive(Debug)]
pub struct FrameSender(PacketSocket);

impl FrameSender {
    /// Opens a packet socket on the node's `eth0` that receives nothing.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn open(node: &Node) -> Result<Self> {
        Self::open_on(node.namespace(), "eth0")
    }

    /// As [`FrameSender::open`], on any interface of a namespace.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn open_on(namespace: &Namespace, interface: &str) -> Result<Self> {
        PacketSocket::open(namespace, 0, Some(interface)).map(Self)
    }

    /// As [`FrameSender::open_on`], in the namespace that the calling thread is in.
    ///
    /// # Errors
    /// When there is no such interface, or the kernel refuses.
    pub fn open_here(interface: &str) -> Result<Self> {
        let index = if_nametoindex(interface).with_context(|| interface.to_owned())?;
        PacketSocket::open_here(0, index).map(Self)
    }

    /// Sends one frame, from its Ethernet header on.
    ///
    /// # Errors
    /// When the kernel refuses, for instance while the link is down.
    pub fn send(&self, frame: &[u8]) -> Result<()> {
        self.0.send(frame)
    }

    /// Sends frames with one system call, and returns how many of them the kernel took: a full
    /// queue is no error.
    ///
    /// # Errors
    /// When the kernel refuses the first for another reason, for instance while the link is down.
    pub fn send_batch(&self, frames: &[Vec<u8>]) -> Result<usize> {
        let parts: Vec<[IoSlice; 1]> = frames.iter().map(|frame| [IoSlice::new(frame)]).collect();
        let to = vec![None::<()>; frames.len()];
        let mut headers = MultiHeaders::preallocate(frames.len(), None);
        let socket = self.0.as_fd().as_raw_fd();
        match sendmmsg(socket, &mut headers, &parts, &to, [], MsgFlags::empty()) {
            Ok(taken) => Ok(taken.count()),
            Err(Errno::EAGAIN | Errno::ENOBUFS | Errno::EINTR) => Ok(0),
            Err(error) => Err(error).context("sending frames"),
        }
    }
}
