//! Taking in what the kernel has heard.
//!
//! Each source is read up to [`BATCH`] times in a round: no flood keeps the timers, or another
//! source, waiting for longer than that takes.

use std::io;

use vrrp_ebpf::{
    abi::{AdvertEvent, EVENT_RING_BYTES},
    advert::Outcome,
};

use super::{driver::Driver, virtual_router::interval_of};
use crate::{
    dataplane::{DataPlane, Slot, family_from_abi, from_abi},
    election::Advert,
    net::{VrrpSocket, monotonic_now},
    protocol::{Family, Monotonic, Priority, Version},
};

/// Events taken from one source in one round.
pub(super) const BATCH: usize = 64;

/// Larger than any advert: a header, and 255 IPv6 addresses.
const DATAGRAM_BYTES: usize = 4608;

impl Driver {
    /// Takes in what the kernel and the raw sockets have heard; true if there is more.
    pub(super) fn hear(&mut self) -> bool {
        let raw = self.read_datagrams();
        let mut events = 0;
        while events < BATCH {
            let Some(event) = self.plane.next_event() else { break };
            self.on_advert(&event);
            events += 1;
        }
        // After the adverts: of a new master that announces itself, its advert is heard first.
        let conflicts = events < BATCH && self.hear_conflicts();
        raw || conflicts || events == BATCH
    }

    fn hear_conflicts(&mut self) -> bool {
        for _ in 0..BATCH {
            let Some(event) = self.plane.next_conflict() else { return false };
            self.on_conflict(&event);
        }
        true
    }

    /// Reads everything that was heard until now: whoever was asleep must know all of it before it
    /// looks at its timers. A full ring buffer is the most that can be waiting; what a flood adds
    /// meanwhile waits for the next round.
    pub(super) fn hear_all(&mut self) {
        const ROUNDS: usize =
            (EVENT_RING_BYTES as usize / size_of::<AdvertEvent>()).div_ceil(BATCH);
        for _ in 0..ROUNDS {
            if !self.hear() {
                return;
            }
        }
    }

    /// Has the kernel keep to itself the adverts for routers that are not configured here. Without
    /// the eBPF program, which counts them, they are let through to be counted.
    pub(super) fn ignore_strangers(&self) {
        if !self.plane.has_ebpf() {
            return;
        }
        for (socket, family) in self.raw.iter().flatten().zip([Family::Ipv4, Family::Ipv6]) {
            if self.config.log_unknown_vrids {
                socket.get_ref().keep_all();
                continue;
            }
            let instances = self.routers.values().map(|router| &router.instance);
            let vrids = instances.filter(|it| it.family == family).map(|it| it.vrid).collect();
            if let Err(error) = socket.get_ref().keep_only(&vrids) {
                tracing::debug!(%error, "adverts for other routers are read and left aside");
            }
        }
    }

    /// True if there may be more.
    fn read_datagrams(&mut self) -> bool {
        let Self { raw, plane, config, .. } = self;
        let mut strangers = config.log_unknown_vrids.then(Vec::new);
        let more = raw.iter().flatten().fold(false, |more, socket| {
            let is_full = read_datagrams_of(socket.get_ref(), plane, strangers.as_mut());
            more || is_full
        });
        for (ifindex, start) in strangers.into_iter().flatten() {
            self.tell_of_stranger(ifindex, &start);
        }
        more
    }

    fn on_advert(&mut self, event: &AdvertEvent) {
        let Some(slot) = Slot::new(event.slot) else { return };
        let Some(router) = self.routers.get_mut(&slot) else { return };
        let Some(family) = family_from_abi(event.family) else { return };
        if (router.instance.vrid.get(), router.instance.family) != (event.vrid, family)
            || router.wire.as_ref().is_none_or(|wire| wire.place.ifindex != event.ifindex)
        {
            // It was published for the router that had the slot before, or on an interface since gone.
            return;
        }
        let version = if event.version == 2 { Version::V2 } else { Version::V3 };
        let advert = Advert {
            source: from_abi(event.source, family),
            priority: Priority::new(event.priority),
            interval: interval_of(event.interval, version),
            received_at: Monotonic::from_nanos(event.received_ns),
            fingerprint: event.fingerprint,
        };
        let now = monotonic_now();
        router.sent.resignations_heard += u64::from(advert.priority.is_resignation());
        router.check_address_list(event, advert.source, now);
        router.check_interval(&advert, now);
        self.drive(slot, |machine, now, actions| machine.receive(advert, now, actions));
    }
}

/// Who sent a datagram, and for whom, stands before this.
const START_BYTES: usize = 64;

/// An interface, and how a datagram began that came in there.
type Stranger = (u32, Vec<u8>);

/// Reads up to [`BATCH`] datagrams, and notes those that are for nobody here, if that is asked for;
/// true if there may be more.
fn read_datagrams_of(
    socket: &VrrpSocket,
    plane: &mut DataPlane,
    mut strangers: Option<&mut Vec<Stranger>>,
) -> bool {
    let mut buffer = [0; DATAGRAM_BYTES];
    let mut is_broken = true;
    for _ in 0..BATCH {
        match socket.receive(&mut buffer) {
            Ok(received) => {
                is_broken = false;
                if let Some(datagram) = buffer.get(..received.length)
                    && !received.truncated
                {
                    let outcome = plane.receive(received.interface, datagram, received.at);
                    if let Some(strangers) = &mut strangers
                        && outcome == Outcome::UnknownRouter
                    {
                        let start = datagram.iter().take(START_BYTES).copied().collect();
                        strangers.push((received.interface, start));
                    }
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
            // Mostly an error that the kernel had kept for us: what is behind it can be read.
            Err(error) => tracing::debug!(%error, "a datagram could not be read"),
        }
    }
    !is_broken
}
