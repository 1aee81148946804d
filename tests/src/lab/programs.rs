//! Other people's programs on an interface; one of them makes replies of a native program arrive.

use std::os::fd::OwnedFd;

use anyhow::{Context, Result};
use nix::net::if_::if_nametoindex;

use super::{Namespace, Node};
use crate::bpf::{self, Place};

/// `XDP_PASS`.
const PASS: i32 = 2;
/// `TCX_DROP`.
const DROP: i32 = 2;

/// Puts a program that does the same with every frame on an interface of a namespace, until the
/// descriptor is closed.
fn put(verdict: i32, place: Place, namespace: &Namespace, interface: &str) -> Result<OwnedFd> {
    let link = namespace.run(|| {
        let program = bpf::load(place, &bpf::always(verdict))?;
        Ok(bpf::attach(place, &program, if_nametoindex(interface)?)?)
    });
    link.with_context(|| format!("a program at {interface}"))
}

/// A program at a port of the switch that passes everything, in native mode, for as long as this
/// lives. What a native program at the other end of a veth sends back (`XDP_TX`) is lost unless
/// there is one at this end too.
#[derive(Debug)]
pub struct NativePort {
    _link: OwnedFd,
}

impl NativePort {
    /// Attaches it to a port.
    pub(super) fn open(switch: &Namespace, port: &str) -> Result<Self> {
        Ok(Self { _link: put(PASS, Place::NATIVE_XDP, switch, port)? })
    }
}

/// A program that somebody else has put on `eth0` of a node, for as long as this lives.
#[derive(Debug)]
pub struct Foreign {
    _link: OwnedFd,
}

impl Foreign {
    /// XDP in generic mode that passes everything.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn xdp_pass(node: &Node) -> Result<Self> {
        Ok(Self { _link: put(PASS, Place::GENERIC_XDP, node.namespace(), "eth0")? })
    }

    /// tcx at the ingress that drops everything.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn tcx_drop(node: &Node) -> Result<Self> {
        Ok(Self { _link: put(DROP, Place::TCX_INGRESS, node.namespace(), "eth0")? })
    }
}
