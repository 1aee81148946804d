//! An interface as the daemon sees it.

use std::{net::IpAddr, sync::Arc};

/// The state of an interface.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the kernel's")]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Link {
    /// The interface's number; a re-created interface has another one.
    pub index: u32,
    /// Its hardware address; `None` where there is none of six bytes.
    pub mac: Option<[u8; 6]>,
    /// The largest IP packet, in bytes.
    pub mtu: u32,
    /// Whether someone has set it up (`IFF_UP`).
    pub admin_up: bool,
    /// Whether it can carry traffic (`IFF_RUNNING`: up, with carrier).
    pub running: bool,
    /// Whether it is the loopback.
    pub is_loopback: bool,
    /// The kind of a virtual interface: `veth`, `bridge`, `vlan`; `None` for hardware.
    pub kind: Option<String>,
    /// The name of its driver, such as `bcmgenet` or `veth`; `None` where it does not say.
    pub driver: Option<String>,
    /// Its addresses, those of IPv4 before those of IPv6, each family in the kernel's order: the
    /// first of IPv4 that is not secondary is the one the kernel prefers as source.
    ///
    /// Shared with what was told before, as long as there is no change.
    pub addresses: Arc<Vec<InterfaceAddress>>,
    /// Whether IPv6 packets that come in on it are forwarded.
    pub ipv6_forwarding: bool,
    /// The XDP program on it, as of the last notification: attaching through a `bpf_link` sends
    /// none.
    pub xdp: Option<AttachedXdp>,
}

/// An address on an interface.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InterfaceAddress {
    /// The address itself.
    pub address: IpAddr,
    /// The other end, where it was given one (`peer`); the prefix length is then that one's.
    pub peer: Option<IpAddr>,
    /// Mask length, 0 to 32, over IPv6 to 128.
    pub prefix_length: u8,
    /// The number of rtnetlink (global 0, site 200, link 253, host 254, nowhere 255).
    pub scope: u8,
    /// Whether an earlier address of the same subnet goes before it as source; IPv4 only.
    pub secondary: bool,
    /// Whether packets may leave from it. An IPv6 address must first have been found to be unique
    /// (RFC 4862 §5.4), unless it is optimistic (RFC 4429).
    pub usable: bool,
}

impl InterfaceAddress {
    /// Whether both are one and the same to the kernel, whatever their scope and standing. An IPv6
    /// address can be on an interface only once, whatever its mask.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.address == other.address
            && (self.address.is_ipv6()
                || self.prefix_length == other.prefix_length && self.peer == other.peer)
    }

    /// Whether both are addresses of IPv4 in one subnet, where the kernel has the first of them
    /// stand for the others.
    pub(super) fn shares_subnet(&self, other: &Self) -> bool {
        let (IpAddr::V4(this), IpAddr::V4(that)) = (self.subnet(), other.subnet()) else {
            return false;
        };
        let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix_length)).unwrap_or(0);
        self.prefix_length == other.prefix_length && (this.to_bits() ^ that.to_bits()) & mask == 0
    }

    /// The address whose network it is in.
    fn subnet(&self) -> IpAddr {
        self.peer.unwrap_or(self.address)
    }
}

/// How an XDP program hangs on an interface.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AttachedXdp {
    /// Where it runs.
    pub mode: XdpMode,
    /// The program's id; `None` where several are attached or the kernel does not say.
    pub program: Option<u32>,
}

/// Where an XDP program runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum XdpMode {
    /// In the driver.
    Native,
    /// In the network stack, on any driver.
    Generic,
    /// On the NIC.
    Offloaded,
    /// In several places at once.
    Several,
}
