//! A rule of policy routing.

use std::{fmt, ops::RangeInclusive};

use serde::{Deserialize, Serialize};

use super::{Origin, Prefix, Realms, Table};
use crate::protocol::Family;

/// A rule, as `ip rule` knows it: which packets it is about, and what becomes of them.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Rule {
    /// Which family's packets.
    pub family: Family,
    /// `preference`: rules are gone through from the least.
    pub preference: u32,
    /// `not`: it is about all other packets.
    pub inverted: bool,
    /// `from`.
    pub from: Option<Prefix>,
    /// `to`.
    pub to: Option<Prefix>,
    /// `iif`: where they came in.
    pub input: Option<String>,
    /// `oif`: where they are bound to leave.
    pub output: Option<String>,
    /// `tos`; 0 for all.
    pub tos: u8,
    /// `fwmark`.
    pub mark: Option<Mark>,
    /// `ipproto`.
    pub transport: Option<u8>,
    /// `sport`.
    pub source_ports: Option<Range<u16>>,
    /// `dport`.
    pub destination_ports: Option<Range<u16>>,
    /// `uidrange`: of the sending process's user.
    pub users: Option<Range<u32>>,
    /// `tunnel-id`; 0 for any.
    pub tunnel: u64,
    /// What becomes of them.
    pub action: RuleAction,
    /// `protocol`.
    pub origin: Origin,
    /// Not `no_track`: it is put back when someone removes it.
    pub tracked: bool,
}

/// `fwmark VALUE[/MASK]`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Mark {
    /// What netfilter has marked the packet with.
    pub value: u32,
    /// Which bits of it count; `None` for all.
    pub mask: Option<u32>,
}

/// From the first to the last, both included.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Range<T> {
    /// The first.
    pub first: T,
    /// The last; not less than the first.
    pub last: T,
}

/// What becomes of the packets that a rule is about.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum RuleAction {
    /// `table`: they go by it, if it has a route for them.
    Table {
        /// The table.
        table: Table,
        /// What of it is not taken.
        suppressed: Suppressed,
        /// `realms`; IPv4 only.
        realms: Option<Realms>,
    },
    /// `l3mdev`: they go by the table of their VRF.
    L3mdev {
        /// What of it is not taken.
        suppressed: Suppressed,
    },
    /// `goto`: go on with the rule of that preference, which is greater than this one's.
    Goto(u32),
    /// `nop`: nothing.
    Nop,
    /// `blackhole`: they are dropped without a word.
    Blackhole,
    /// `unreachable`: they are dropped, and their sender is told.
    Unreachable,
    /// `prohibit`: they are dropped, and their sender is told that they are not allowed.
    Prohibit,
}

/// Routes that a rule passes over.
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
)]
pub struct Suppressed {
    /// `suppress_prefixlength`: those of this length or a lesser one.
    pub prefix_length: Option<u32>,
    /// `suppress_ifgroup`: those by an interface of this group.
    pub interface_group: Option<u32>,
}

impl<T> From<RangeInclusive<T>> for Range<T> {
    fn from(range: RangeInclusive<T>) -> Self {
        let (first, last) = range.into_inner();
        Self { first, last }
    }
}

impl fmt::Display for Rule {
    /// As `ip rule` has it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:", self.preference)?;
        if self.family == Family::Ipv6 {
            formatter.write_str(" inet6")?;
        }
        if self.inverted {
            formatter.write_str(" not")?;
        }
        match self.from {
            Some(from) => write!(formatter, " from {from}")?,
            None => formatter.write_str(" from all")?,
        }
        if let Some(to) = self.to {
            write!(formatter, " to {to}")?;
        }
        if let Some(Mark { value, mask }) = self.mark {
            write!(formatter, " fwmark {value:#x}")?;
            if let Some(mask) = mask {
                write!(formatter, "/{mask:#x}")?;
            }
        }
        for (word, device) in [("iif", &self.input), ("oif", &self.output)] {
            if let Some(device) = device {
                write!(formatter, " {word} {device}")?;
            }
        }
        for (word, value) in [
            ("tos", (self.tos != 0).then_some(self.tos.into())),
            ("ipproto", self.transport.map(u64::from)),
            ("tunnel-id", (self.tunnel != 0).then_some(self.tunnel)),
            ("protocol", (self.origin != Origin::KEEPALIVED).then_some(self.origin.0.into())),
        ] {
            if let Some(value) = value {
                write!(formatter, " {word} {value}")?;
            }
        }
        for (word, range) in [("sport", self.source_ports), ("dport", self.destination_ports)] {
            if let Some(Range { first, last }) = range {
                write!(formatter, " {word} {first}-{last}")?;
            }
        }
        if let Some(Range { first, last }) = self.users {
            write!(formatter, " uidrange {first}-{last}")?;
        }
        write!(formatter, " {}", self.action)?;
        formatter.write_str(if self.tracked { "" } else { " no_track" })
    }
}

impl fmt::Display for RuleAction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table { table, suppressed, realms } => {
                match *table {
                    Table::MAIN => write!(formatter, "table main{suppressed}")?,
                    Table(number) => write!(formatter, "table {number}{suppressed}")?,
                }
                match realms {
                    Some(Realms { from, to }) => write!(formatter, " realms {from}/{to}"),
                    None => Ok(()),
                }
            }
            Self::L3mdev { suppressed } => write!(formatter, "l3mdev{suppressed}"),
            Self::Goto(target) => write!(formatter, "goto {target}"),
            Self::Nop => formatter.write_str("nop"),
            Self::Blackhole => formatter.write_str("blackhole"),
            Self::Unreachable => formatter.write_str("unreachable"),
            Self::Prohibit => formatter.write_str("prohibit"),
        }
    }
}

impl fmt::Display for Suppressed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(length) = self.prefix_length {
            write!(formatter, " suppress_prefixlength {length}")?;
        }
        match self.interface_group {
            Some(group) => write!(formatter, " suppress_ifgroup {group}"),
            None => Ok(()),
        }
    }
}
