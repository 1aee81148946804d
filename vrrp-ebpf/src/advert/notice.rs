//! What becomes of an advert that passed every check.

use super::{Advert, REPEAT_NS};
use crate::{
    abi::{AdvertEvent, Counter, EVENT_ADDRESSES, FAMILY_IPV6, RouterKey, RouterRule, from_ipv4},
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
    let mut event = AdvertEvent {
        received_ns: now,
        fingerprint,
        address_digest: addresses.digest(),
        slot: rule.slot,
        ifindex: key.ifindex,
        source,
        interval,
        vrid: key.vrid,
        priority,
        address_count: count,
        version: rule.version,
        family: key.family,
        pad: 0,
        addresses: [[0; 16]; EVENT_ADDRESSES],
    };
    // Both loops end where an address cannot be read, though each has been read before: the
    // verifier does not know, and going on would double what it walks in every round.
    if key.family == FAMILY_IPV6 {
        for (index, address) in event.addresses.iter_mut().enumerate() {
            if index >= carried as usize {
                break;
            }
            // In halves: the compiler has a function called to move sixteen bytes.
            let Some(high) = frame.read(l4 + ADDRESSES + 16 * index) else { break };
            let Some(low) = frame.read(l4 + ADDRESSES + 16 * index + 8) else { break };
            *address = bytemuck::cast([u64::from_ne_bytes(high), u64::from_ne_bytes(low)]);
        }
    } else {
        for (index, address) in event.addresses.iter_mut().enumerate() {
            if index >= carried as usize {
                break;
            }
            let Some(bytes) = frame.read(l4 + ADDRESSES + 4 * index) else { break };
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
