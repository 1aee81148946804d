//! How the packet core is to judge what it sees for a router.

use std::{collections::BTreeMap, net::IpAddr};

use vrrp_ebpf::{
    abi::{
        Peer, RULE_CHECK_SOURCE, RULE_UNICAST, RULE_VERIFY, RULE_VIRTUAL_MAC, RouterRule,
        VIP_NO_ACCEPT, VIP_ROUTER, Vip,
    },
    wire::vrrp,
};

use super::{port::Port, virtual_router::Router, wire_form::hardware_address};
use crate::{
    config::model::{Password, Transport},
    dataplane::to_abi,
    net::Claim,
};

impl Router {
    /// How adverts from others are judged, while ours leave from the place in the wire form.
    pub(super) fn rule(&self) -> Option<RouterRule> {
        let instance = &self.instance;
        let place = self.wire.as_ref()?.place;
        let mut flags = 0;
        let mut group = [0; 16];
        match &instance.transport {
            Transport::Multicast { group: address } => group = to_abi(*address),
            Transport::Unicast(unicast) => {
                flags |= RULE_UNICAST;
                if unicast.check_source {
                    flags |= RULE_CHECK_SOURCE;
                }
            }
        }
        if instance.hmac.is_some() {
            flags |= RULE_VERIFY;
        }
        if instance.virtual_mac && place.readdresses {
            flags |= RULE_VIRTUAL_MAC;
        }
        Some(RouterRule {
            expected: self.expected,
            password: instance.password.map_or([0; 8], |Password(bytes)| bytes),
            own_source: to_abi(place.source),
            group,
            slot: self.slot.get(),
            generation: self.generation,
            interval: instance.advert_interval.to_wire(instance.version),
            version: instance.version.number(),
            auth_type: match instance.password {
                Some(_) => vrrp::AUTH_PASS,
                None => vrrp::AUTH_NONE,
            },
            mac: place.own_mac,
            flags,
            pad: Default::default(),
        })
    }

    /// The peers whose adverts alone are taken, if it is so.
    pub(super) fn checked_peers(&self) -> BTreeMap<IpAddr, Peer> {
        match &self.instance.transport {
            Transport::Unicast(unicast) if unicast.check_source => unicast
                .peers
                .iter()
                .map(|peer| {
                    let bounds = Peer {
                        min_ttl: peer.min_ttl,
                        max_ttl: peer.max_ttl,
                        pad: Default::default(),
                    };
                    (peer.address, bounds)
                })
                .collect(),
            _ => BTreeMap::new(),
        }
    }

    /// How requests for a virtual address are answered on the interface that it lies on.
    pub(super) fn vip(&self, claim: &Claim, port: &Port) -> Vip {
        let mut flags = 0;
        if port.link.ipv6_forwarding {
            flags |= VIP_ROUTER;
        }
        // The owner of an address accepts what is sent to it (RFC 9568 §6.1).
        if !self.instance.accept && !self.instance.priority.is_owner() {
            flags |= VIP_NO_ACCEPT;
        }
        Vip {
            slot: self.slot.get(),
            mac: self.announced_mac(claim, port),
            own_mac: port.mac(),
            flags,
            pad: Default::default(),
        }
    }

    /// The hardware address that a virtual address is announced with.
    pub(super) fn announced_mac(&self, claim: &Claim, port: &Port) -> [u8; 6] {
        if claim.device == self.instance.interface {
            hardware_address(&self.instance, port.mac(), port.readdresses())
        } else {
            port.mac()
        }
    }
}
