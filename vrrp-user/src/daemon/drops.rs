//! Telling people, seldom, of what the packet core drops often.

use std::time::Duration;

use vrrp_ebpf::abi::Counter;

use super::driver::Driver;
use crate::{config::model::Instance, dataplane::Slot};

/// How often the counters are looked at. Each reason is told of at most once in this time.
pub(super) const DROPS_INTERVAL: Duration = Duration::from_secs(30);

impl Driver {
    /// Logs which adverts for a router were discarded since the last look, and what that may mean.
    pub(super) fn tell_of_drops(&mut self, slot: Slot) {
        let counters = self.plane.counters(slot);
        let Some(router) = self.routers.get_mut(&slot) else { return };
        for &reason in Counter::DROPS {
            let new = counters.get(reason).saturating_sub(router.drops_told.get(reason));
            if new > 0 {
                let name = &router.instance.name;
                tracing::warn!(
                    instance = %name,
                    reason = reason.name(),
                    count = new,
                    "{name}: discarded {new} adverts in {} s: {}",
                    DROPS_INTERVAL.as_secs(),
                    explain(reason, &router.instance),
                );
            }
        }
        router.drops_told = counters;
    }
}

/// What is likely wrong when adverts are dropped for this reason.
fn explain(reason: Counter, instance: &Instance) -> String {
    match reason {
        Counter::Length => "length: not VRRP, or CARP with the same number".to_owned(),
        Counter::Ttl => "ttl: they came through a router, or are forged".to_owned(),
        Counter::Version => {
            format!("version: here it is {}, another node speaks another", instance.version)
        }
        Counter::AuthType => "auth_type: another node has another `auth_type`".to_owned(),
        Counter::Password => "password: another node has another `auth_pass`".to_owned(),
        Counter::Interval => {
            format!(
                "interval: here `advert_int` is {}, on another node it differs",
                instance.advert_interval
            )
        }
        Counter::Type => "type: not advertisements".to_owned(),
        Counter::Checksum => "checksum: damaged on the way, or forged".to_owned(),
        Counter::Destination => "destination: sent to one node and not to the group".to_owned(),
        Counter::Source => {
            "source: from no `unicast_peer`, and `check_unicast_src` asks for that".to_owned()
        }
        Counter::Martian => "martian: from a source that no host can have".to_owned(),
        Counter::Carp => {
            "carp: another protocol with the same number; give it another VHID".to_owned()
        }
        Counter::HmacMissing => "hmac_missing: another node has no `auth_hmac`".to_owned(),
        Counter::HmacKey => {
            "hmac_key: another node has a key that is not configured here".to_owned()
        }
        Counter::HmacInvalid => {
            "hmac_invalid: another node has another key, or they are forged".to_owned()
        }
        Counter::HmacReplay => {
            "hmac_replay: sent again by somebody, or a wrong clock here or there".to_owned()
        }
        Counter::OwnSource => {
            "own_source: another node has this node's address, or a loop".to_owned()
        }
        other => other.name().to_owned(),
    }
}
