//! An address that is put on an interface.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::protocol::Family;

/// An address of a virtual router or of `static_ipaddress`, and how it is put on the interface.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct VirtualAddress {
    /// The address itself.
    pub address: IpAddr,
    /// Mask length; 32, over IPv6 128, unless the file says otherwise. With a `peer` it is that
    /// one's.
    pub prefix_length: u8,
    /// `dev`: an interface other than the instance's.
    pub device: Option<String>,
    /// `scope`: the number of rtnetlink (global 0, site 200, link 253, host 254, nowhere 255).
    pub scope: u8,
    /// `label`: at most 15 bytes.
    pub label: Option<String>,
    /// `brd`; IPv4 only.
    pub broadcast: Option<Ipv4Addr>,
    /// `peer`: the address at the other end, of the same family.
    pub peer: Option<IpAddr>,
    /// `preferred_lft`; IPv6 only. `None` for keepalived's rule: a single address (/128) is never
    /// preferred, another one always.
    pub preferred: Option<Preferred>,
    /// The flags that stand after it.
    pub flags: AddressFlags,
    /// Not `no_track`: it is put back when someone removes it.
    pub tracked: bool,
}

/// How long the kernel chooses an IPv6 address as a source of its own accord.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub enum Preferred {
    /// `forever`.
    Forever,
    /// For so long from when it is put on, in whole seconds.
    For(Duration),
}

/// Flags of an address; all off unless the file says otherwise.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the kernel's")]
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct AddressFlags {
    /// `home`: the home address of Mobile IPv6 (`IFA_F_HOMEADDRESS`).
    pub home: bool,
    /// `-nodad`: over IPv6 the kernel makes sure that it is unique before it uses it.
    pub check_duplicates: bool,
    /// `mngtmpaddr`: temporary addresses are made of it (`IFA_F_MANAGETEMPADDR`).
    pub temporaries: bool,
    /// `noprefixroute`: no route to its subnet comes with it (`IFA_F_NOPREFIXROUTE`).
    pub no_prefix_route: bool,
    /// `autojoin`: a multicast address that is joined (`IFA_F_MCAUTOJOIN`).
    pub auto_join: bool,
}

impl VirtualAddress {
    /// An address of which nothing else is said.
    #[must_use]
    pub fn new(address: IpAddr, prefix_length: u8) -> Self {
        Self {
            address,
            prefix_length,
            device: None,
            scope: 0,
            label: None,
            broadcast: None,
            peer: None,
            preferred: None,
            flags: AddressFlags::default(),
            tracked: true,
        }
    }

    /// How long it is preferred as a source.
    #[must_use]
    pub fn preferred(&self) -> Preferred {
        let is_single_ipv6 = self.address.is_ipv6() && self.prefix_length == Family::Ipv6.bits();
        let by_rule =
            if is_single_ipv6 { Preferred::For(Duration::ZERO) } else { Preferred::Forever };
        self.preferred.unwrap_or(by_rule)
    }

    /// Whether the kernel has both in the same way on the same interface.
    #[must_use]
    pub fn is_put_on_like(&self, other: &Self) -> bool {
        let manner = |it: &Self| Self { device: None, tracked: true, ..it.clone() };
        manner(self) == manner(other)
    }
}
