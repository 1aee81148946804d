//! Reading the configuration again, and applying what differs.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    path::PathBuf,
    rc::Rc,
};

use tokio::{sync::mpsc, task::spawn_blocking};

use super::{driver::Driver, heard::BATCH, perform::complain, sync_groups::SyncGroups};
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
        let (mut changed, mut added, mut removed) = (Vec::new(), Vec::new(), Vec::new());
        // While the members change, nobody follows anybody.
        self.sync_groups = SyncGroups::default();
        for instance in &config.instances {
            match running.remove(&instance.name) {
                Some(slot) if self.is_same_router(slot, instance) => {
                    changed.extend(self.replace_instance(slot, instance));
                }
                replaced => {
                    removed.extend(replaced);
                    added.push(instance.clone());
                }
            }
        }
        let differences = changed.len() + added.len() + running.len();
        for slot in removed.into_iter().chain(running.into_values()) {
            self.remove_router(slot);
        }
        for some in changed.chunks(BATCH) {
            self.scheduling.pause();
            for (slot, old_claims) in some {
                self.follow_instance(*slot, old_claims);
            }
        }
        for instance in added {
            self.add_router(instance, None);
        }
        self.ignore_strangers();
        self.config = config;
        self.schedule();
        self.limit();
        self.watch_interfaces();
        for name in self.interfaces.keys().cloned().collect::<Vec<_>>() {
            self.prepare_port(&name);
        }
        self.form_sync_groups();
        self.order_programs(None);
        self.tell_states_on_reload();
        if differences == 0 {
            tracing::info!("reloaded: nothing has changed");
        } else {
            tracing::info!(
                changes = differences,
                "reloaded: {differences} of the virtual routers changed"
            );
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

    /// Gives a running router what the file says now, before any of the routers follows it: what
    /// one of them does depends on whose addresses are whose. Returns the claims that it had, or
    /// `None` if there is nothing new.
    fn replace_instance(&mut self, slot: Slot, new: &Instance) -> Option<(Slot, Rc<[Claim]>)> {
        let router = self.routers.get(&slot).filter(|router| router.instance != *new)?;
        let old_claims = router.claims();
        self.delist(slot);
        self.routers.get_mut(&slot)?.set_instance(new.clone());
        self.enlist(slot);
        Some((slot, old_claims))
    }

    /// Has a running router do what its new instance says.
    fn follow_instance(&mut self, slot: Slot, old_claims: &[Claim]) {
        let Some(router) = self.routers.get_mut(&slot) else { return };
        let (interface, new_claims) = (router.instance.interface.clone(), router.claims());
        if let Some(place) = router.wire.as_ref().map(|wire| wire.place) {
            router.make_wire_form(place);
            let settings = router.settings();
            self.install_peers(slot);
            self.install_rule(slot);
            self.drive(slot, |machine, now, actions| machine.reconfigure(settings, now, actions));
        }
        // The source may have changed with the configuration.
        self.update_router(slot, &interface, None);
        self.change_claims(slot, old_claims, &new_claims);
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
            if (is_new || !old.contains(claim)) && !owns(self, claim) {
                self.netlink.claim(claim.clone(), master);
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
        self.interfaces.get(&claim.device)?.owners(claim.place()).find_map(|slot| {
            let mut claims = self.routers.get(&slot)?.held_claims();
            let same = claims.find(|other| identity(other) == identity(claim))?;
            Some((slot, same.clone()))
        })
    }

    fn remove_router(&mut self, slot: Slot) {
        self.told.is_removing = true;
        self.drive(slot, |machine, _, actions| machine.stop(actions));
        self.told.is_removing = false;
        self.delist(slot);
        let Some(router) = self.routers.remove(&slot) else { return };
        if let Some(wire) = &router.wire {
            complain(self.plane.remove_rule(router.id(wire.place.ifindex)));
        }
        for claim in &*router.claims() {
            self.drop_claim(claim, router.owns(claim));
        }
        for &peer in router.peers.keys() {
            complain(self.plane.remove_peer(slot, peer));
        }
        self.note_deadline(slot);
        self.slots.give_back(slot);
    }
}

/// What makes two claims the same to the kernel.
fn identity(claim: &Claim) -> (&str, IpAddr, u8) {
    (&claim.device, claim.address.address, claim.address.prefix_length)
}
