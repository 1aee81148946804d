//! Checking adverts, and deciding whether anybody need hear of them.

mod envelope;
mod message;
mod notice;

use core::hint::black_box;

pub use self::envelope::{Envelope, is_plain};
pub(crate) use self::envelope::{open_ipv4, open_ipv6};
use self::{message::Layout, notice::notice};
use crate::{
    Fingerprint,
    abi::{
        Address, Counter, FAMILY_IPV6, PeerKey, RULE_CHECK_SOURCE, RULE_UNICAST, RULE_VERIFY,
        RouterKey, RouterRule, from_ipv4, is_same,
    },
    checksum::Sum,
    frame::Frame,
    tables::{Authentication, Tables},
    wire::{
        carp,
        vrrp::{
            ADDRESSES, AUTH_DATA_LENGTH, AUTH_PASS, AUTH_TYPE, COUNT, GROUP, HEADER_LENGTH,
            INTERVAL_CENTISECONDS, INTERVAL_MASK, INTERVAL_SECONDS, PRIORITY, TRAILER_LENGTH, TTL,
            TYPE_ADVERTISEMENT, VERSION_TYPE, VRID,
        },
    },
};

/// An advert equal to one just published is not published again for this long (nanoseconds):
/// it bounds what a chatterer can cost, and ten events a second are enough to answer it.
pub const REPEAT_NS: u64 = 100_000_000;

/// What became of an advert.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// It passed every check and has been absorbed or published.
    Accepted,
    /// It failed a check and has been counted under this reason.
    Rejected(Counter),
    /// It passed every check but that of its HMAC, which cannot be made here.
    Deferred,
    /// No such virtual router here.
    UnknownRouter,
    /// The message reaches beyond what can be read (it is cut short, or not in the linear part),
    /// or it is on its way to somebody else.
    OutOfReach,
}

/// How far an advert has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Locality {
    /// It has just come in: its destination may be anybody's.
    OnTheWire,
    /// The kernel has delivered it to a socket: its destination is ours.
    Delivered,
}

/// Checks the advert at `l4` (a byte offset into `frame`) that came in this envelope, and absorbs
/// or publishes it.
///
/// The order of the checks is keepalived's (`vrrp_check_packet`), so that the same frame is
/// counted under the same reason.
#[inline(always)]
pub fn receive(
    frame: &(impl Frame + ?Sized),
    envelope: &Envelope,
    l4: usize,
    ifindex: u32,
    locality: Locality,
    tables: &impl Tables,
) -> Outcome {
    let Some([vrid]) = frame.read(l4 + VRID) else { return Outcome::OutOfReach };
    let key = RouterKey { ifindex, family: envelope.family, vrid, pad: [0; 2] };
    let Some(rule) = tables.rule(&key) else { return Outcome::UnknownRouter };
    let advert = match check(frame, envelope, l4, locality, rule, tables) {
        Ok(advert) => advert,
        Err(Refusal::Failed(reason)) => {
            tables.count(rule.slot, reason);
            return Outcome::Rejected(reason);
        }
        Err(Refusal::Deferred) => return Outcome::Deferred,
        Err(Refusal::OutOfReach) => return Outcome::OutOfReach,
    };
    tables.count(rule.slot, Counter::Received);
    notice(frame, l4, rule, &key, &advert, tables);
    Outcome::Accepted
}

/// What the election needs of an advert that passed every check.
struct Advert {
    source: Address,
    priority: u8,
    count: u8,
    /// Version 2: seconds; version 3: centiseconds.
    interval: u16,
    addresses: Fingerprint,
}

// `check` takes the header apart by position.
const _: () = assert!(VERSION_TYPE == 0 && VRID == 1 && PRIORITY == 2 && COUNT == 3);
const _: () = assert!(AUTH_TYPE == 4 && INTERVAL_SECONDS == 5 && INTERVAL_CENTISECONDS == 4);

enum Refusal {
    Failed(Counter),
    Deferred,
    OutOfReach,
}

#[inline(always)]
fn check(
    frame: &(impl Frame + ?Sized),
    envelope: &Envelope,
    l4: usize,
    locality: Locality,
    rule: &RouterRule,
    tables: &impl Tables,
) -> Result<Advert, Refusal> {
    use Refusal::{Failed, OutOfReach};
    let source = envelope.source;

    let addresses = message::read_addresses(frame, envelope.family, l4);
    // From a place that the compiler does not know to be the same: to the verifier the number of
    // addresses that was read before is another one after each way out of the loop.
    let header: [u8; HEADER_LENGTH] = frame.read(black_box(l4)).ok_or(OutOfReach)?;

    let [version_type, _, priority, count, auth_type, seconds, ..] = header;
    let version_2 = rule.version == 2;
    let unicast = rule.has(RULE_UNICAST);
    let multicast = envelope.is_multicast();

    // What goes to another host is that host's to judge, and ours to forward.
    if locality == Locality::OnTheWire
        && !multicast
        && !is_same(&envelope.destination, &rule.own_source)
    {
        return Err(OutOfReach);
    }
    if is_same(&source, &rule.own_source) {
        return Err(Failed(Counter::OwnSource));
    }
    if envelope.is_martian() {
        return Err(Failed(Counter::Martian));
    }
    if version_type == carp::VERSION_TYPE
        && count == carp::AUTH_LENGTH
        && envelope.length == carp::LENGTH
    {
        return Err(Failed(Counter::Carp));
    }
    let auth_length = if version_2 { AUTH_DATA_LENGTH } else { 0 };
    let addresses_length = envelope.address_length() * count as usize;
    let length = HEADER_LENGTH + addresses_length + auth_length;
    let trailer = rule.has(RULE_VERIFY) && envelope.length == length + TRAILER_LENGTH;
    if envelope.length != length && !trailer {
        return Err(Failed(Counter::Length));
    }
    if !unicast && envelope.ttl != TTL {
        return Err(Failed(Counter::Ttl));
    }
    if version_type >> 4 != rule.version {
        return Err(Failed(Counter::Version));
    }
    let interval = if version_2 {
        if auth_type != rule.auth_type {
            return Err(Failed(Counter::AuthType));
        }
        if auth_type == AUTH_PASS {
            let password: [u8; AUTH_DATA_LENGTH] =
                frame.read(l4 + ADDRESSES + addresses_length).ok_or(OutOfReach)?;
            if u64::from_ne_bytes(password) != u64::from_ne_bytes(rule.password) {
                return Err(Failed(Counter::Password));
            }
        }
        if u16::from(seconds) != rule.interval {
            return Err(Failed(Counter::Interval));
        }
        u16::from(seconds)
    } else {
        u16::from_be_bytes([auth_type, seconds]) & INTERVAL_MASK
    };
    if version_type & 0x0f != TYPE_ADVERTISEMENT {
        return Err(Failed(Counter::Type));
    }

    let layout = Layout { l4, family: envelope.family, addresses_length, length, trailer };
    let (sum, addresses) = addresses.ok_or(OutOfReach)?;
    let sum = message::add_rest(frame, sum, header, &layout).ok_or(OutOfReach)?;
    if !is_intact(sum, envelope, length, rule) {
        return Err(Failed(Counter::Checksum));
    }
    if multicast == unicast || (!unicast && !is_same(&envelope.destination, &rule.group)) {
        return Err(Failed(Counter::Destination));
    }
    if unicast && rule.has(RULE_CHECK_SOURCE) {
        let key = PeerKey { address: source, slot: rule.slot };
        let peer = tables.peer(&key).ok_or(Failed(Counter::Source))?;
        if envelope.ttl < peer.min_ttl || envelope.ttl > peer.max_ttl {
            return Err(Failed(Counter::Ttl));
        }
    }
    if rule.has(RULE_VERIFY) {
        match tables.authenticate(rule.slot, l4, length, trailer) {
            Authentication::Passed => {}
            Authentication::Failed(reason) => return Err(Failed(reason)),
            Authentication::Deferred => return Err(Refusal::Deferred),
        }
    }
    Ok(Advert { source, priority, count, interval, addresses })
}

/// Judges the checksum of a message of this sum and length.
#[inline(always)]
fn is_intact(sum: Sum, envelope: &Envelope, length: usize, rule: &RouterRule) -> bool {
    if envelope.family == FAMILY_IPV6 {
        return envelope.add_to(sum, &envelope.destination, envelope.length).is_intact();
    }
    if rule.version == 2 {
        return sum.is_intact();
    }
    // RFC 9568 §5.2.8 leaves the pseudo-header out over IPv4, keepalived and RFC 5798 have it.
    sum.is_intact()
        || envelope.add_to(sum, &envelope.destination, length).is_intact()
        // keepalived before 1.3.7 took the group's address even for unicast.
        || (rule.has(RULE_UNICAST) && envelope.add_to(sum, &from_ipv4(GROUP), length).is_intact())
}
