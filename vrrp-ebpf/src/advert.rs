//! Checking adverts, and deciding whether anybody need hear of them.

use crate::{
    Fingerprint,
    abi::{AdvertEvent, Counter, EVENT_ADDRESSES, FAMILY_IPV4, RouterKey, RouterRule, from_ipv4},
    checksum::Sum,
    frame::Frame,
    tables::Tables,
    wire::{
        ipv4,
        vrrp::{
            ADDRESSES, AUTH_DATA_LENGTH, AUTH_PASS, AUTH_TYPE, COUNT, HEADER_LENGTH,
            INTERVAL_CENTISECONDS, INTERVAL_MASK, INTERVAL_SECONDS, MAX_ADDRESSES, PRIORITY, TTL,
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
    /// No such virtual router here.
    UnknownRouter,
    /// The message reaches beyond what can be read: it is cut short, or not in the linear part.
    OutOfReach,
}

/// Whether a datagram with this header is one the core understands: no options, no fragment, and
/// a right checksum (the kernel, which comes later, would have checked it).
#[must_use]
#[inline(always)]
pub fn is_plain(header: &ipv4::Header) -> bool {
    header.version_ihl() == ipv4::VERSION_IHL_PLAIN
        && header.fragment() & ipv4::FRAGMENT_MASK == 0
        && Sum::new().add_all(&header.0).is_intact()
}

/// Checks the advert at `l4` (a byte offset into `frame`) of the datagram with this header, and
/// absorbs or publishes it.
///
/// The order of the checks is keepalived's (`vrrp_check_packet`), so that the same frame is
/// counted under the same reason.
#[inline(always)]
pub fn receive(
    frame: &(impl Frame + ?Sized),
    header: &ipv4::Header,
    l4: usize,
    ifindex: u32,
    tables: &impl Tables,
) -> Outcome {
    let Some([vrid]) = frame.read(l4 + VRID) else { return Outcome::OutOfReach };
    let key = RouterKey { ifindex, family: FAMILY_IPV4, vrid, pad: [0; 2] };
    let Some(rule) = tables.rule(&key) else { return Outcome::UnknownRouter };
    match check(frame, header, l4, rule) {
        Ok(advert) => {
            tables.count(rule.slot, Counter::Received);
            notice(frame, l4, rule, &key, &advert, tables);
            Outcome::Accepted
        }
        Err(Refusal::Failed(reason)) => {
            tables.count(rule.slot, reason);
            Outcome::Rejected(reason)
        }
        Err(Refusal::OutOfReach) => Outcome::OutOfReach,
    }
}

/// What the election needs of an advert that passed every check.
struct Advert {
    source: [u8; 4],
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
    OutOfReach,
}

#[inline(always)]
fn check(
    frame: &(impl Frame + ?Sized),
    ip: &ipv4::Header,
    l4: usize,
    rule: &RouterRule,
) -> Result<Advert, Refusal> {
    use Refusal::{Failed, OutOfReach};
    let (source, destination) = (ip.source(), ip.destination());
    let header: [u8; HEADER_LENGTH] = frame.read(l4).ok_or(OutOfReach)?;

    let [version_type, _, priority, count, auth_type, seconds, ..] = header;
    let version_2 = rule.version == 2;

    if from_ipv4(source) == rule.own_source {
        return Err(Failed(Counter::OwnSource));
    }
    // By the IP header: short frames are padded.
    let auth_length = if version_2 { AUTH_DATA_LENGTH } else { 0 };
    let addresses_length = 4 * count as usize;
    let length = HEADER_LENGTH + addresses_length + auth_length;
    if ip.total_length() != ip.header_length() + length {
        return Err(Failed(Counter::Length));
    }
    if ip.ttl() != TTL {
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

    let (sum, addresses) =
        read_message(frame, header, l4, length, addresses_length).ok_or(OutOfReach)?;
    let intact = sum.is_intact()
        // RFC 9568 §5.2.8 leaves the pseudo-header out over IPv4, keepalived and RFC 5798 have it.
        || (!version_2 && with_pseudo_header(sum, source, destination, length).is_intact());
    if !intact {
        return Err(Failed(Counter::Checksum));
    }
    if from_ipv4(destination) != rule.group {
        return Err(Failed(Counter::Destination));
    }
    Ok(Advert { source, priority, count, interval, addresses })
}

/// Sums the whole message and digests its address list.
///
/// The loop has one branch only, since the verifier walks both sides of each branch in every round:
/// the words of authentication data are digested with the addresses, and taken out again.
#[inline(always)]
fn read_message(
    frame: &(impl Frame + ?Sized),
    header: [u8; HEADER_LENGTH],
    l4: usize,
    length: usize,
    addresses_length: usize,
) -> Option<(Sum, Fingerprint)> {
    const MAX_WORDS: usize = (4 * MAX_ADDRESSES + AUTH_DATA_LENGTH) / 4;
    let mut sum = Sum::new().add_all(&header);
    let mut addresses = Fingerprint::default();
    for word in 0..MAX_WORDS {
        if ADDRESSES + 4 * word >= length {
            break;
        }
        let bytes: [u8; 4] = frame.read(l4 + ADDRESSES + 4 * word)?;
        sum = sum.add(bytes);
        addresses = addresses.with_ipv4_address(bytes);
    }
    if ADDRESSES + addresses_length < length {
        let auth_data = l4 + ADDRESSES + addresses_length;
        addresses = addresses
            .without_ipv4_address(frame.read(auth_data)?)
            .without_ipv4_address(frame.read(auth_data + 4)?);
    }
    Some((sum, addresses))
}

/// Adds the pseudo-header of RFC 2460 §8.1, carried over to IPv4.
#[inline(always)]
fn with_pseudo_header(sum: Sum, source: [u8; 4], destination: [u8; 4], length: usize) -> Sum {
    #[expect(clippy::cast_possible_truncation, reason = "at most 1,036")]
    let [high, low] = (length as u16).to_be_bytes();
    sum.add(source).add(destination).add([0, crate::wire::vrrp::PROTOCOL, high, low])
}

/// Stamps an advert that passed every check, and publishes it unless it says nothing new.
#[inline(always)]
fn notice(
    frame: &(impl Frame + ?Sized),
    l4: usize,
    rule: &RouterRule,
    key: &RouterKey,
    advert: &Advert,
    tables: &impl Tables,
) {
    let Advert { source, priority, count, interval, addresses } = *advert;
    let now = tables.now();
    let fingerprint = addresses.complete_ipv4(source, priority, count, interval);
    if fingerprint == rule.expected {
        tables.with_heard(rule.slot, |heard| heard.expected_ns = now);
        tables.count(rule.slot, Counter::Absorbed);
        return;
    }
    let repeated = tables.with_heard(rule.slot, |heard| {
        let same = heard.other == fingerprint && heard.other_generation == rule.generation;
        heard.other = fingerprint;
        heard.other_generation = rule.generation;
        heard.other_ns = now;
        let repeated = same && now.wrapping_sub(heard.other_event_ns) < REPEAT_NS;
        if !repeated {
            heard.other_event_ns = now;
        }
        repeated
    });
    if repeated == Some(true) {
        tables.count(rule.slot, Counter::Repeated);
        return;
    }
    let mut event = AdvertEvent {
        received_ns: now,
        fingerprint,
        address_digest: addresses.digest(),
        slot: rule.slot,
        ifindex: key.ifindex,
        source: from_ipv4(source),
        interval,
        vrid: key.vrid,
        priority,
        address_count: count,
        version: rule.version,
        family: FAMILY_IPV4,
        pad: 0,
        addresses: [[0; 16]; EVENT_ADDRESSES],
    };
    for (index, address) in event.addresses.iter_mut().enumerate() {
        if index >= count as usize {
            break;
        }
        if let Some(bytes) = frame.read(l4 + ADDRESSES + 4 * index) {
            *address = from_ipv4(bytes);
        }
    }
    if tables.publish(&event) {
        tables.count(rule.slot, Counter::Published);
    } else {
        // The next one like it must not be taken for a repetition: nobody heard of this one.
        tables.with_heard(rule.slot, |heard| heard.other = 0);
        tables.count(rule.slot, Counter::Lost);
    }
}
