//! Reading the configuration again, and applying what differs.

mod requests;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    rc::Rc,
};

use serde_json::Value;

use requests::{Purpose, Reloaded};
pub(super) use requests::{Reading, Requests};

use super::{
    driver::Driver,
    heard::BATCH,
    perform::complain,
    statics::static_claims,
    sync_groups::SyncGroups,
    wire_form::{Continuity, WireForm},
};
use crate::{
    config::{
        Fate, Plan, ReadError,
        model::{Config, Instance},
    },
    control::{
        PROTOCOL,
        reload::{Outcome, ReloadReport},
    },
    dataplane::Slot,
    hmac::Sequence,
    net::{Claim, monotonic_now},
};

/// So many changes are logged; who wants to see more asks with `vrrp reload`.
const LOGGED: usize = 20;

/// What peers remember of a router, for the one that takes its place: numbers that only grow.
#[derive(Debug, Default)]
struct Remains {
    continuity: Continuity,
    senders: Vec<(IpAddr, Sequence)>,
}

impl Driver {
    /// Takes in a file that has been read: applies the difference between it and the running
    /// configuration, or only says what that is. A file with any error changes nothing.
    pub(super) fn on_reading(&mut self, reading: Reading) {
        let Reading { purpose, outcome } = reading;
        let (mut report, usable) = self.judge(outcome);
        if let Purpose::Apply(_) = purpose {
            log_findings(&report);
            if let Some((config, plan)) = usable {
                report.outcome = Outcome::Applied;
                self.reloads += 1;
                self.apply(config, &plan);
                log_changes(&plan);
            }
        }
        purpose.answer(report);
    }

    /// What there is to say about a file and, if it can be applied, what is to be done for that.
    fn judge(&self, reloaded: Reloaded) -> (Box<ReloadReport>, Option<(Config, Plan)>) {
        let mut report = Box::new(ReloadReport {
            version: PROTOCOL,
            config: self.options.config.display().to_string(),
            outcome: Outcome::Refused,
            error: None,
            changes: Vec::new(),
            diagnostics: Vec::new(),
            report: String::new(),
        });
        let loaded = match reloaded {
            Ok(loaded) => loaded,
            Err(error) => {
                report.outcome = match error {
                    ReadError::NotFound { .. } => Outcome::Missing,
                    _ => Outcome::Unreadable,
                };
                report.error = Some(with_cause(&error));
                return (report, None);
            }
        };
        report.report = loaded.render(false);
        let findings = loaded.to_json().diagnostics;
        report.diagnostics =
            findings.iter().map(|one| serde_json::to_value(one).unwrap_or(Value::Null)).collect();
        let has_errors = loaded.has_errors();
        let Some(config) = loaded.config.filter(|_| !has_errors) else { return (report, None) };
        let plan = Plan::between(&self.config, &config);
        report.outcome = Outcome::Planned;
        report.changes.clone_from(&plan.changes);
        (report, Some((config, plan)))
    }

    /// Does what the plan says, and touches nothing else.
    fn apply(&mut self, config: Config, plan: &Plan) {
        if plan.is_empty() {
            self.after_reload();
            return;
        }
        let running: BTreeMap<String, Slot> = self
            .routers
            .iter()
            .map(|(&slot, router)| (router.instance.name.clone(), slot))
            .collect();
        // While the members change, nobody follows anybody.
        self.sync_groups = SyncGroups::default();
        let process_changes = self.config.process != config.process;
        let by_name: BTreeMap<&str, &Instance> =
            config.instances.iter().map(|instance| (instance.name.as_str(), instance)).collect();
        let mut touched = BTreeSet::new();
        let (mut changed, mut removed, mut added) = (Vec::new(), Vec::new(), Vec::new());
        for (name, &fate) in &plan.instances {
            let slot = running.get(name).copied();
            touched.extend(slot.into_iter().flat_map(|slot| self.devices_of(slot)));
            match (fate, slot, by_name.get(name.as_str())) {
                (Fate::Changed, Some(slot), Some(instance)) => {
                    changed.extend(self.replace_instance(slot, instance));
                }
                (_, slot, instance) => {
                    removed.extend(slot);
                    added.extend(instance.copied().cloned());
                }
            }
        }
        let mut remains: BTreeMap<String, Remains> =
            removed.into_iter().filter_map(|slot| self.remove_router(slot)).collect();
        for some in changed.chunks(BATCH) {
            self.scheduling.pause();
            for (slot, old_claims) in some {
                self.follow_instance(*slot, old_claims);
                touched.extend(self.devices_of(*slot));
            }
        }
        let added: Vec<Slot> = added
            .into_iter()
            .filter_map(|instance| {
                let remains = remains.remove(&instance.name).unwrap_or_default();
                self.add_heir(instance, remains)
            })
            .collect();
        touched.extend(added.iter().flat_map(|&slot| self.devices_of(slot)));
        self.tracking.forget_unused();
        let statics = static_claims(&self.config.statics);
        self.config = config;
        self.settle_statics(statics);
        self.promote_secondaries(BTreeSet::new());
        self.ignore_strangers();
        if process_changes {
            self.schedule();
            self.limit();
        }
        self.link_holds.configure(&self.config.link_delays, monotonic_now());
        self.pace();
        self.watch_interfaces();
        self.watch_trackers(false);
        for name in touched {
            self.prepare_port(&name);
        }
        self.form_sync_groups();
        for slot in added {
            // What the kernel has told already it does not tell again.
            for device in self.devices_of(slot) {
                self.update_router(slot, &device, None);
            }
        }
        self.after_reload();
    }

    /// What each reload does, whatever has changed: programs may run otherwise now although the file
    /// says the same of them.
    fn after_reload(&mut self) {
        self.order_programs(None);
        self.tell_states_on_reload();
    }

    /// The interfaces that a router has to do with.
    fn devices_of(&self, slot: Slot) -> BTreeSet<String> {
        let Some(router) = self.routers.get(&slot) else { return BTreeSet::new() };
        let claims = router.claims();
        let devices = claims.iter().map(|claim| claim.device.clone());
        devices.chain([router.instance.interface.clone()]).collect()
    }

    /// Adds a router in the place of another.
    fn add_heir(&mut self, instance: Instance, remains: Remains) -> Option<Slot> {
        let slot = self.add_router(instance, None)?;
        let router = self.routers.get_mut(&slot)?;
        router.continuity = remains.continuity;
        router.senders = remains.senders;
        Some(slot)
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
        self.weigh(slot, None);
        Some((slot, old_claims))
    }

    /// Has a running router do what its new instance says.
    fn follow_instance(&mut self, slot: Slot, old_claims: &[Claim]) {
        let Some(router) = self.routers.get_mut(&slot) else { return };
        let (interface, new_claims) = (router.instance.interface.clone(), router.claims());
        if let Some(place) = router.wire.as_ref().map(|wire| wire.place) {
            router.make_wire_form(place);
            self.install_peers(slot);
            self.install_rule(slot);
            self.reconfigure(slot);
        }
        // The source may have changed with the configuration.
        self.update_router(slot, &interface, None);
        self.change_claims(slot, old_claims, &new_claims);
        self.settle_routing(slot, self.is_master(slot));
    }

    fn change_claims(&mut self, slot: Slot, old: &[Claim], new: &[Claim]) {
        let (before, after): (BTreeSet<_>, BTreeSet<_>) =
            (old.iter().map(Claim::identity).collect(), new.iter().map(Claim::identity).collect());
        let owns = |driver: &Self, claim: &Claim| {
            driver.routers.get(&slot).is_some_and(|router| router.owns(claim))
        };
        for claim in old.iter().filter(|claim| !after.contains(&claim.identity())) {
            self.drop_claim(claim, owns(self, claim));
        }
        let master = self.is_master(slot);
        for claim in new {
            let is_new = !before.contains(&claim.identity());
            // Also where only the way of answering has changed.
            self.install_vip(slot, claim);
            if (is_new || !old.contains(claim)) && !owns(self, claim) {
                self.netlink.claim(claim.clone(), master);
            }
            if is_new && master {
                self.announce_claims(slot, [claim], 1);
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
            let same = claims.find(|other| other.identity() == claim.identity())?;
            Some((slot, same.clone()))
        })
    }

    /// Stops a router, and returns its name and what is remembered of it.
    fn remove_router(&mut self, slot: Slot) -> Option<(String, Remains)> {
        self.told.is_removing = true;
        self.drive(slot, |machine, _, actions| machine.stop(actions));
        self.told.is_removing = false;
        self.settle_routing(slot, false);
        self.delist(slot);
        let senders = self.plane.senders(slot);
        let router = self.routers.remove(&slot)?;
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
        self.pacer.forget(slot);
        self.slots.give_back(slot);
        let continuity = router.wire.as_ref().map(WireForm::continuity);
        let continuity = continuity.unwrap_or(router.continuity);
        Some((router.instance.name, Remains { continuity, senders }))
    }
}

fn log_findings(report: &ReloadReport) {
    let ReloadReport { config, report: findings, .. } = report;
    match (report.outcome, &report.error) {
        (Outcome::Planned | Outcome::Applied, _) if findings.is_empty() => {}
        (Outcome::Planned | Outcome::Applied, _) => tracing::warn!(%config, "{findings}"),
        (_, Some(error)) => {
            tracing::error!(%config, "reload failed, the old configuration stays: {error}");
        }
        (_, None) => {
            tracing::error!(%config, "reload failed, the old configuration stays:\n{findings}");
        }
    }
}

fn log_changes(plan: &Plan) {
    let changes = plan.changes.len();
    for change in plan.changes.iter().take(LOGGED) {
        tracing::info!("reload: {change}");
    }
    match changes {
        0 => tracing::info!("reloaded: nothing has changed"),
        _ if changes > LOGGED => tracing::info!(changes, "reloaded: {changes} changes in all"),
        _ => tracing::info!(changes, "reloaded: {changes} changes"),
    }
}

fn with_cause(error: &ReadError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
