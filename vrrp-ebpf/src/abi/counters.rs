//! What the eBPF program counts.

use bytemuck::{Pod, Zeroable};

macro_rules! counters {
    (
        $(#[$doc:meta])* $name:ident, $(#[$table_doc:meta])* $table:ident {
            $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[repr(u32)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// Every counter, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name in `vrrp status --json` and in logs.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }

        $(#[$table_doc])*
        #[derive(Clone, Copy, Debug, Eq, PartialEq, Pod, Zeroable)]
        #[repr(C)]
        pub struct $table(pub [u64; $name::ALL.len()]);

        impl Default for $table {
            fn default() -> Self {
                Self::zeroed()
            }
        }

        impl $table {
            /// Adds one. Compiles to a bounds check that always holds.
            #[inline(always)]
            pub fn add(&mut self, counter: $name) {
                if let Some(count) = self.0.get_mut(counter as usize) {
                    *count = count.wrapping_add(1);
                }
            }

            /// Reads one counter.
            #[must_use]
            pub fn get(&self, counter: $name) -> u64 {
                self.0.get(counter as usize).copied().unwrap_or(0)
            }

            /// Adds the counts of another table, as of another CPU.
            pub fn merge(&mut self, other: &Self) {
                for (count, more) in self.0.iter_mut().zip(other.0) {
                    *count = count.wrapping_add(more);
                }
            }
        }
    };
}

counters! {
    /// What is counted for each virtual router.
    Counter,
    /// Value of the `COUNTERS` map, one per CPU.
    Counters {
        /// Adverts that passed every check.
        Received = "received",
        /// Of these: the known master repeating itself; stamped, nobody woken.
        Absorbed = "absorbed",
        /// Of these: handed to the daemon.
        Published = "published",
        /// Of these: the same as one just published; stamped, nobody woken.
        Repeated = "repeated",
        /// Of these: lost, because the ring buffer was full.
        Lost = "lost",
        /// ARP requests for a virtual address, answered.
        ArpAnswered = "arp_answered",
        /// ARP requests for a virtual address, dropped because the lease has run out.
        ArpRefused = "arp_refused",
        /// Neighbor Solicitations for a virtual address, answered.
        NdAnswered = "nd_answered",
        /// Neighbor Solicitations for a virtual address, dropped because the lease has run out.
        NdRefused = "nd_refused",
        /// The kernel's own ARP and Neighbor Discovery about a virtual address, kept from leaving
        /// because the lease has run out.
        Silenced = "silenced",
        /// Seen while the lease holds: another's claim to a virtual address.
        Conflict = "conflict",
        /// Dropped: to a virtual address that accepts nothing (`no_accept`).
        NotAccepted = "not_accepted",
        /// Dropped: the length does not fit the number of addresses.
        Length = "length",
        /// Dropped: TTL or hop limit is not 255 (RFC 9568 §7.1), or not within the bounds set for
        /// this unicast peer.
        Ttl = "ttl",
        /// Dropped: another protocol version.
        Version = "version",
        /// Dropped: another authentication type.
        AuthType = "auth_type",
        /// Dropped: another password.
        Password = "password",
        /// Dropped: version 2 with another interval (RFC 3768 §7.1).
        Interval = "interval",
        /// Dropped: not an advertisement.
        Type = "type",
        /// Dropped: wrong checksum.
        Checksum = "checksum",
        /// Dropped: not sent to the group, or sent to one where unicast is spoken.
        Destination = "destination",
        /// Dropped: our own source address, from elsewhere.
        OwnSource = "own_source",
        /// Dropped: unicast from somebody who is no peer.
        Source = "source",
        /// Dropped: CARP, which has the same protocol number and group.
        Carp = "carp",
        /// Dropped: a source that no host can have: a group's, everybody's, or a loopback.
        Martian = "martian",
        /// Dropped: no HMAC trailer.
        HmacMissing = "hmac_missing",
        /// Dropped: an HMAC with a key that is not known here.
        HmacKey = "hmac_key",
        /// Dropped: an HMAC that is wrong.
        HmacInvalid = "hmac_invalid",
        /// Dropped: an HMAC that is right, but seen before or too old.
        HmacReplay = "hmac_replay",
    }
}

impl Counter {
    /// The reasons to drop an advert.
    pub const DROPS: &'static [Self] = &[
        Self::Length,
        Self::Ttl,
        Self::Version,
        Self::AuthType,
        Self::Password,
        Self::Interval,
        Self::Type,
        Self::Checksum,
        Self::Destination,
        Self::OwnSource,
        Self::Source,
        Self::Carp,
        Self::Martian,
        Self::HmacMissing,
        Self::HmacKey,
        Self::HmacInvalid,
        Self::HmacReplay,
    ];
}

counters! {
    /// What is counted for the node as a whole.
    NodeCounter,
    /// Value of the `NODE_COUNTERS` map, one per CPU.
    NodeCounters {
        /// Adverts for a router that is not configured here; left to the kernel.
        UnknownRouter = "unknown_router",
        /// Frames of protocol 112 with IP options, in fragments, damaged, or to another address than
        /// the one adverts come to; left to the kernel.
        NotUnderstood = "not_understood",
    }
}
