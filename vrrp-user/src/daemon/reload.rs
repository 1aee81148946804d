//! Reading the configuration again, and applying what differs.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use tokio::{sync::mpsc, task::spawn_blocking};

use super::{driver::Driver, perform::complain, sync_groups::SyncGroups, virtual_router::claims};
use crate::{
    config::{
        self, Loaded, ReadError,
        model::{Config, Instance, Transport},
    },
    dataplane::Slot,
    net::Claim,
};

/// What came of reading the file.
pub(super) type Reloaded = Result<Loaded, ReadError>;

/// Reads and parses the file beside the loop, which goes on meanwhile.
pub(super) fn start_reload(path: PathBuf, done: mpsc::Sender<Reloaded>) {
    spawn_blocking(move || {
        // The loop may have ended meanwhile.
        let _ = done.blocking_send(config::load(&path));
    });
}

impl Driver {
    /// Applies the difference between the running configuration and the file's, or nothing at all
    /// if the file has any error.
    pub(super) fn apply_reload(&mut self, reloaded: Reloaded) {
        let path = self.options.config.display().to_string();
        let loaded = match reloaded {
            Ok(loaded) => loaded,
            Err(error) => {
                tracing::error!(config = %path, %error, "reload failed, the old configuration stays: {error}");
                return;
            }
        };
        let report = loaded.render(false);
        match loaded.config {
            Some(ref config) if !loaded.has_errors() => {
                if !report.is_empty() {
                    tracing::warn!(config = %path, "{report}");
                }
                self.reloads += 1;
                self.apply(config.clone());
            }
            _ => {
                tracing::error!(config = %path, "reload failed, the old configuration stays:\n{report}");
            }
        }
    }

    fn apply(&mut self, config: Config) {
        let mut running: BTreeMap<String, Slot> = self
            .routers
            .iter()
            .map(|(&slot, router)| (router.instance.name.clone(), slot))
            .collect();
        let mut changes = 0;
        let mut added = Vec::new();
        // While the members change, nobody follows anybody.
        self.sync_groups = SyncGroups::default();
        for instance in &config.instances {
            match running.remove(&instance.name) {
                Some(slot) if self.is_same_router(slot, instance) => {
                    changes += u32::from(self.update_instance(slot, instance));
                }
                replaced => {
                    changes += 1;
                    if let Some(slot) = replaced {
                        self.remove_router(slot);
                    }
                    added.push(instance.clone());
                }
            }
        }
        for slot in running.into_values() {
            changes += 1;
            self.remove_router(slot);
        }
        for instance in added {
            self.add_router(instance, None);
        }
        self.config = config;
        self.watch_interfaces();
        for name in self.interface_names() {
            self.prepare_port(&name);
        }
        self.form_sync_groups();
        if changes == 0 {
            tracing::info!("reloaded: nothing has changed");
        } else {
            tracing::info!(changes, "reloaded: {changes} of the virtual routers changed");
        }
    }

    /// Whether an instance of the file is the same virtual router on the wire.
    fn is_same_router(&self, slot: Slot, new: &Instance) -> bool {
        self.routers.get(&slot).is_some_and(|router| {
            let old = &router.instance;
            let is_unicast = |it: &Instance| matches!(it.transport, Transport::Unicast(_));
            (&old.interface, old.vrid, old.family, old.version, old.virtual_mac, is_unicast(old))
                == (
                    &new.interface,
                    new.vrid,
                    new.family,
                    new.version,
                    new.virtual_mac,
                    is_unicast(new),
                )
        })
    }

    /// Gives a running router new settings; false if there is nothing new.
    fn update_instance(&mut self, slot: Slot, new: &Instance) -> bool {
        let Some(router) = self.routers.get_mut(&slot) else { return false };
        if router.instance == *new {
            return false;
        }
        let (old_claims, new_claims) = (router.claims(), claims(new));
        router.instance = new.clone();
        let interface = new.interface.clone();
        if let Some(place) = router.wire.as_ref().map(|wire| wire.place) {
            router.make_wire_form(place);
            let settings = router.settings();
            self.install_peers(slot);
            self.install_rule(slot);
            self.drive(slot, |machine, now, actions| machine.reconfigure(settings, now, actions));
        }
        // The source may have changed with the configuration.
        let virtual_addresses = self.virtual_addresses();
        self.update_router(slot, &interface, None, &virtual_addresses);
        self.change_claims(slot, &old_claims, &new_claims);
        true
    }

    fn change_claims(&mut self, slot: Slot, old: &[Claim], new: &[Claim]) {
        let (before, after): (BTreeSet<_>, BTreeSet<_>) =
            (old.iter().map(identity).collect(), new.iter().map(identity).collect());
        let owns = |driver: &Self, claim: &Claim| {
            driver.routers.get(&slot).is_some_and(|router| router.owns(claim))
        };
        for claim in old.iter().filter(|claim| !after.contains(&identity(claim))) {
            self.drop_claim(claim, owns(self, claim));
        }
        let master = self.is_master(slot);
        for claim in new {
            let is_new = !before.contains(&identity(claim));
            // Also where only the way of answering has changed.
            self.install_vip(slot, claim);
            if is_new || !old.contains(claim) {
                self.interfaces.entry(claim.device.clone()).or_default();
                if !owns(self, claim) {
                    self.netlink.claim(claim.clone(), master);
                }
            }
            if is_new && master {
                self.announce_one(slot, claim);
            }
        }
    }

    /// Takes an address off, unless the router owned it, and cares about it no more.
    fn drop_claim(&mut self, claim: &Claim, owned: bool) {
        let port = self.interfaces.get(&claim.device).and_then(|interface| interface.port.as_ref());
        if let Some(ifindex) = port.map(|port| port.link.index) {
            complain(self.plane.remove_vip(ifindex, claim.address.address));
        }
        if let Some((heir, claim)) = self.heir(claim) {
            self.install_vip(heir, &claim);
            self.netlink.claim(claim, self.is_master(heir));
            return;
        }
        if owned {
            return;
        }
        self.netlink.claim(claim.clone(), false);
        self.netlink.forget(claim.clone());
    }

    /// The router that has the address now: it may have moved from one instance to another.
    fn heir(&self, claim: &Claim) -> Option<(Slot, Claim)> {
        self.routers.iter().find_map(|(&slot, router)| {
            let mut claims = router.held_claims().into_iter();
            let same = claims.find(|other| identity(other) == identity(claim))?;
            Some((slot, same))
        })
    }

    fn remove_router(&mut self, slot: Slot) {
        self.drive(slot, |machine, _, actions| machine.stop(actions));
        let Some(router) = self.routers.remove(&slot) else { return };
        if let Some(wire) = &router.wire {
            complain(self.plane.remove_rule(router.id(wire.place.ifindex)));
        }
        for claim in router.claims() {
            self.drop_claim(&claim, router.owns(&claim));
        }
        for &peer in router.peers.keys() {
            complain(self.plane.remove_peer(slot, peer));
        }
        self.deadlines.set(slot, None);
        self.slots.give_back(slot);
    }
}

/// What makes two claims the same to the kernel.
fn identity(claim: &Claim) -> (String, std::net::IpAddr, u8) {
    (claim.device.clone(), claim.address.address, claim.address.prefix_length)
}
