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
        /// Dropped: the length does not fit the number of addresses.
        Length = "length",
        /// Dropped: TTL is not 255 (RFC 9568 §7.1).
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
        /// Dropped: not sent to the group.
        Destination = "destination",
        /// Dropped: our own source address, from elsewhere.
        OwnSource = "own_source",
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
    ];
}

counters! {
    /// What is counted for the node as a whole.
    NodeCounter,
    /// Value of the `NODE_COUNTERS` map, one per CPU.
    NodeCounters {
        /// Adverts for a router that is not configured here; left to the kernel.
        UnknownRouter = "unknown_router",
        /// Frames of protocol 112 with IP options, in fragments or damaged; left to the kernel.
        NotUnderstood = "not_understood",
    }
}
