//! What the node has whoever is master: `static_ipaddress`, `static_routes`, `static_rules`.

use serde::{Deserialize, Serialize};

use super::{driver::Driver, routing::Holder};
use crate::{
    config::model::{Routing, Statics, VirtualAddress},
    net::Claim,
};

/// What a process leaves to the next one of it.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct StaticLegacy {
    pub(super) addresses: Vec<Claim>,
    pub(super) routing: Vec<Routing>,
}

impl Driver {
    /// Has what the configuration says be there, and no more what `before` says: addresses before
    /// the routes that need them.
    pub(super) fn settle_statics(&mut self, before: Vec<Claim>) {
        let wanted = static_claims(&self.config.statics);
        for claim in &wanted {
            if !before.contains(claim) {
                self.netlink.claim(claim.clone(), true);
            }
        }
        self.settle_static_routing();
        for claim in before {
            if wanted.iter().all(|kept| kept.identity() != claim.identity()) {
                self.netlink.claim(claim.clone(), false);
                self.netlink.forget(claim);
            }
        }
    }

    /// For the process that goes on in this one's place.
    pub(super) fn static_legacy(&self) -> StaticLegacy {
        StaticLegacy {
            addresses: static_claims(&self.config.statics),
            routing: self.routing.of(Holder::Node).cloned().collect(),
        }
    }

    /// Goes on with what another process has left.
    pub(super) fn inherit_statics(&mut self, legacy: StaticLegacy) {
        for claim in &legacy.addresses {
            // What differs from how it was put on is then put right.
            self.netlink.claim(claim.clone(), true);
        }
        self.settle_statics(legacy.addresses);
        self.drop_inherited_routing(legacy.routing);
    }
}

/// The static addresses, with the interface that each lies on.
pub(super) fn static_claims(statics: &Statics) -> Vec<Claim> {
    let claim = |address: &VirtualAddress| {
        let device = address.device.clone()?;
        Some(Claim { device, address: address.clone() })
    };
    statics.addresses.iter().filter_map(claim).collect()
}
