//! What becomes of an advert that passed every check.

use super::{Advert, REPEAT_NS};
use crate::{
    abi::{Address, Counter, FAMILY_IPV6, RouterKey, RouterRule, from_ipv4},
    frame::Frame,
    tables::Tables,
    wire::vrrp::{ADDRESSES, COUNT},
};

/// Stamps an advert that passed every check, and publishes it unless it says nothing new.
#[inline(always)]
pub(super) fn notice(
    frame: &(impl Frame + ?Sized),
    l4: usize,
    rule: &RouterRule,
    key: &RouterKey,
    advert: &Advert,
    tables: &impl Tables,
) {
    let Advert { source, priority, count, interval, addresses } = *advert;
    let now = tables.now();
    let fingerprint = addresses.complete(source, priority, count, interval);
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
    // Read once more, since to the verifier `count` is another number after each way out of the
    // loop over the addresses.
    let [carried] = frame.read(l4 + COUNT).unwrap_or([0]);
    if let Some(mut event) = tables.reserve() {
        event.received_ns = now;
        event.fingerprint = fingerprint;
        event.address_digest = addresses.digest();
        event.slot = rule.slot;
        event.ifindex = key.ifindex;
        event.source = source;
        event.interval = interval;
        event.vrid = key.vrid;
        event.priority = priority;
        event.address_count = count;
        event.version = rule.version;
        event.family = key.family;
        event.pad = 0;
        for (index, address) in event.addresses.iter_mut().enumerate() {
            *address = address_at(frame, key.family, l4, index, carried);
        }
        tables.submit(event);
        tables.count(rule.slot, Counter::Published);
    } else {
        // The next one like it must not be taken for a repetition: nobody heard of this one.
        tables.with_heard(rule.slot, |heard| heard.other = 0);
        tables.count(rule.slot, Counter::Lost);
    }
}

/// An address of the advert, widened; zeros behind the last one.
#[inline(always)]
fn address_at(
    frame: &(impl Frame + ?Sized),
    family: u8,
    l4: usize,
    index: usize,
    count: u8,
) -> Address {
    let bytes = if index >= count as usize {
        None
    } else if family == FAMILY_IPV6 {
        frame.read(l4 + ADDRESSES + 16 * index)
    } else {
        frame.read(l4 + ADDRESSES + 4 * index).map(from_ipv4)
    };
    bytes.unwrap_or([0; 16])
}
