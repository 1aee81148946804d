//! How things are, for `vrrp status`.

use std::{
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

use vrrp_ebpf::abi::{Counter, Counters, NodeCounter};

use super::{driver::Driver, interface::Interface, statics::static_claims, virtual_router::Router};
use crate::{
    config::model::{Instance, Routing, Transport},
    control::{
        PROTOCOL,
        status::{
            AddressStatus, AdvertStatus, AnswerStatus, CheckStatus, HookStatus, InterfaceStatus,
            MasterStatus, RouterStatus, RoutingStatus, StaticsStatus, Status,
        },
    },
    dataplane::{Hook, Slot},
    election::{KnownMaster, LesserMaster, State},
    net::{Claim, monotonic_now},
    programs::{CheckFacts, Verdict},
    protocol::{AdvertInterval, Monotonic, Priority, virtual_mac},
};

impl Driver {
    /// Everything there is to tell, but for the routers.
    pub(super) fn snapshot(&self) -> Box<Status> {
        let node = self.plane.node_counters();
        Box::new(Status {
            version: PROTOCOL,
            daemon: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            started: unix_seconds(self.started),
            router_id: self.config.router_id.clone(),
            config: self.options.config.display().to_string(),
            reloads: self.reloads,
            pinned: self.plane.is_pinned(),
            node: NodeCounter::ALL
                .iter()
                .map(|&counter| (counter.name().to_owned(), node.get(counter)))
                .collect(),
            interfaces: self
                .interfaces
                .iter()
                .map(|(name, interface)| interface_status(name, interface))
                .collect(),
            statics: StaticsStatus {
                addresses: static_claims(&self.config.statics)
                    .iter()
                    .map(|Claim { device, address }| {
                        format!("{}/{} on {device}", address.address, address.prefix_length)
                    })
                    .collect(),
                routes: self.routing_status(&self.config.statics.routing, false),
                rules: self.routing_status(&self.config.statics.routing, true),
            },
            routers: Vec::new(),
            checks: self
                .programs
                .facts()
                .into_iter()
                .map(|(name, facts)| check_status(name, facts))
                .collect(),
        })
    }

    /// What there is to tell of a router.
    pub(super) fn router_status(&self, slot: Slot) -> Option<RouterStatus> {
        let router = self.routers.get(&slot)?;
        let now = monotonic_now();
        let Router { instance, machine, history, .. } = router;
        let port =
            self.interfaces.get(&instance.interface).and_then(|interface| interface.port.as_ref());
        let is_master = machine.state() == State::Master;
        let counters = self.plane.counters(router.slot);
        Some(RouterStatus {
            name: instance.name.clone(),
            interface: instance.interface.clone(),
            vrid: instance.vrid.get(),
            version: instance.version.number(),
            family: instance.family.to_string(),
            priority: instance.priority.get(),
            effective_priority: router.priority.get(),
            advert_interval: instance.advert_interval.as_duration().as_secs_f64(),
            state: machine.state().name().to_owned(),
            since: unix_seconds(history.since),
            since_seconds: now.since(history.since_monotonic).as_secs_f64(),
            reason: history.reason.map(|reason| reason.name().to_owned()),
            reason_text: history.reason.map(|reason| router.explain(reason)),
            transitions: history.transitions,
            became_master: history.became_master,
            master: self.master_status(router, now),
            master_down_in: machine.master_down_at().map(|_| self.master_down_in(router, now)),
            lease_left: is_master.then(|| machine.lease_until().since(now).as_secs_f64()),
            peers: match &instance.transport {
                Transport::Multicast { .. } => Vec::new(),
                Transport::Unicast(unicast) => {
                    unicast.peers.iter().map(|peer| peer.address).collect()
                }
            },
            authentication: authentication(instance).to_owned(),
            virtual_mac: port
                .filter(|port| instance.virtual_mac && port.readdresses())
                .map(|_| mac_text(virtual_mac(instance.family, instance.vrid))),
            accept: instance.accept,
            sync_group: self.sync_groups.of(router.slot).map(|group| group.name.clone()),
            tracked: self.tracked_status(instance, now),
            source: router.wire.as_ref().map(|wire| wire.place.source),
            addresses: router
                .claims()
                .iter()
                .enumerate()
                .map(|(index, claim)| AddressStatus {
                    address: claim.address.address,
                    prefix_length: claim.address.prefix_length,
                    device: claim.device.clone(),
                    advertised: index < instance.addresses.len(),
                })
                .collect(),
            routes: self.routing_status(&instance.routing, false),
            rules: self.routing_status(&instance.routing, true),
            hook: hook_status(port.map(|port| &port.hook)),
            adverts: advert_status(router, &counters),
            arp: AnswerStatus {
                answered: counters.get(Counter::ArpAnswered),
                refused: counters.get(Counter::ArpRefused),
                announced: router.sent.arp_announcements,
            },
            nd: AnswerStatus {
                answered: counters.get(Counter::NdAnswered),
                refused: counters.get(Counter::NdRefused),
                announced: router.sent.nd_announcements,
            },
            conflicts: counters.get(Counter::Conflict),
            not_accepted: counters.get(Counter::NotAccepted),
        })
    }

    /// The rules among these, or the routes.
    fn routing_status(&self, all: &[Routing], rules: bool) -> Vec<RoutingStatus> {
        all.iter()
            .filter(|routing| matches!(routing, Routing::Rule(_)) == rules)
            .map(|routing| RoutingStatus {
                text: match routing {
                    Routing::Route(route) => route.to_string(),
                    Routing::Rule(rule) => rule.to_string(),
                },
                present: self.routing.is_there(routing),
            })
            .collect()
    }

    fn master_status(&self, router: &Router, now: Monotonic) -> Option<MasterStatus> {
        if router.machine.state() == State::Master {
            return Some(MasterStatus {
                address: router.wire.as_ref()?.place.source,
                priority: router.priority.get(),
                advert_interval: router.instance.advert_interval.as_duration().as_secs_f64(),
                heard_seconds_ago: None,
                is_self: true,
            });
        }
        let other = |address, priority: Priority, interval: AdvertInterval, heard| MasterStatus {
            address,
            priority: priority.get(),
            advert_interval: interval.as_duration().as_secs_f64(),
            heard_seconds_ago: Some(now.since(heard).as_secs_f64()),
            is_self: false,
        };
        if let Some(&KnownMaster { source, priority, interval, .. }) = router.machine.master() {
            let heard = router.machine.counted_from().max(self.heard(router));
            return Some(other(source, priority, interval, heard));
        }
        let lesser = router.machine.lesser_master()?;
        let LesserMaster { source, priority, interval, heard_at } = *lesser;
        let patience = router.machine.settings().master_down_interval(interval);
        (now.since(heard_at) < patience).then(|| other(source, priority, interval, heard_at))
    }

    /// When the eBPF program last heard the master that a router follows.
    fn heard(&self, router: &Router) -> Monotonic {
        router.machine.master().map_or(Monotonic::ZERO, |master| {
            self.plane.last_heard(router.slot, master.fingerprint)
        })
    }

    fn master_down_in(&self, router: &Router, now: Monotonic) -> f64 {
        router.machine.master_down_at_if_heard(self.heard(router)).since(now).as_secs_f64()
    }
}

fn advert_status(router: &Router, counters: &Counters) -> AdvertStatus {
    let dropped: BTreeMap<String, u64> = Counter::DROPS
        .iter()
        .map(|&reason| (reason.name().to_owned(), counters.get(reason)))
        .collect();
    AdvertStatus {
        sent: router.sent.adverts,
        resignations_sent: router.sent.resignations,
        send_errors: router.sent.errors,
        received: counters.get(Counter::Received),
        absorbed: counters.get(Counter::Absorbed),
        published: counters.get(Counter::Published),
        repeated: counters.get(Counter::Repeated),
        lost: counters.get(Counter::Lost),
        address_list_mismatches: router.sent.address_list_mismatches,
        interval_mismatches: router.sent.interval_mismatches,
        lesser_masters_seen: router.sent.lesser_masters_seen,
        dropped_total: dropped.values().sum(),
        dropped,
    }
}

fn authentication(instance: &Instance) -> &'static str {
    match (&instance.hmac, &instance.password) {
        (Some(_), _) => "hmac",
        (None, Some(_)) => "pass",
        (None, None) => "none",
    }
}

fn mac_text(mac: [u8; 6]) -> String {
    mac.map(|byte| format!("{byte:02x}")).join(":")
}

fn interface_status(name: &str, interface: &Interface) -> InterfaceStatus {
    let link = interface.port.as_ref().map(|port| &port.link);
    InterfaceStatus {
        name: name.to_owned(),
        index: link.map(|link| link.index),
        mac: link.and_then(|link| link.mac).map(mac_text),
        up: link.is_some_and(|link| link.admin_up && link.running),
        driver: link.and_then(|link| link.driver.clone()),
        hook: hook_status(interface.port.as_ref().map(|port| &port.hook)),
    }
}

fn hook_status(hook: Option<&Hook>) -> HookStatus {
    match hook {
        Some(hook) => {
            HookStatus { mode: hook.mode.name().to_owned(), reason: hook.reason.to_string() }
        }
        None => {
            HookStatus { mode: "off".to_owned(), reason: "the interface does not exist".to_owned() }
        }
    }
}

fn check_status(name: String, facts: CheckFacts) -> CheckStatus {
    let CheckFacts { tally, last, runs, failures, timeouts, unusable } = facts;
    let state = match (&unusable, tally.verdict()) {
        (Some(_), _) => "unusable",
        (None, None) => "unknown",
        (None, Some(Verdict::Well)) => "well",
        (None, Some(Verdict::Ill)) => "ill",
    };
    CheckStatus {
        name,
        state: state.to_owned(),
        last_exit: last.as_ref().and_then(|last| last.exit),
        last_run: last.as_ref().map(|last| unix_seconds(last.began)),
        last_run_seconds: last.as_ref().map(|last| last.took.as_secs_f64()),
        reason: unusable.or(last.map(|last| last.outcome)),
        runs,
        failures,
        timeouts,
    }
}

fn unix_seconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
