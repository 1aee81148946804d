//! keepalived's dumps of the state, at its signals.
//!
//! A task of its own waits for the signals, asks the loop for what there is to tell, and has it
//! written beside the loop, one dump after the other: signals that come meanwhile are one more.

use std::{io, path::Path};

use tokio::{
    signal::unix::{Signal, signal},
    sync::{mpsc, oneshot},
    task::spawn_blocking,
};
use vrrp_ebpf::abi::{Counter, Counters};

use super::{driver::Driver, virtual_router::Router};
use crate::{
    config::model::script::Check,
    dataplane::Slot,
    dump::{self, CheckReport, HmacStats, Kind, MasterReport, Report, RouterReport, Stats},
    election::State,
    process::Wish,
    programs::{Tally, Verdict},
};

/// What is wanted of the loop: everything there is to tell.
#[derive(Debug)]
pub(super) struct Wanted {
    /// Whether the counters start anew after it.
    pub(super) clear: bool,
    pub(super) answer: oneshot::Sender<Report>,
}

/// The signals that ask for dumps. Without somebody who waits for them they would end the daemon.
pub(super) struct DumpSignals {
    data: Signal,
    stats: Signal,
    stats_clear: Signal,
    json: Signal,
}

impl DumpSignals {
    /// Catches them from now on.
    pub(super) fn catch() -> io::Result<Self> {
        Ok(Self {
            data: signal(Wish::Data.signal())?,
            stats: signal(Wish::Stats.signal())?,
            stats_clear: signal(Wish::StatsClear.signal())?,
            json: signal(Wish::Json.signal())?,
        })
    }

    /// Serves them until the loop has ended, which is asked through the channel.
    pub(super) fn serve(mut self) -> mpsc::Receiver<Wanted> {
        let (asks, wanted) = mpsc::channel(1);
        tokio::spawn(async move {
            loop {
                let (kind, clear) = self.next().await;
                let (answer, report) = oneshot::channel();
                if asks.send(Wanted { clear, answer }).await.is_err() {
                    return;
                }
                let Ok(report) = report.await else { return };
                // It cannot fail but with the process.
                let _ = spawn_blocking(move || write(kind, &report, &dump::directory())).await;
            }
        });
        wanted
    }

    async fn next(&mut self) -> (Kind, bool) {
        tokio::select! {
            _ = self.data.recv() => (Kind::Data, false),
            _ = self.stats.recv() => (Kind::Stats, false),
            _ = self.stats_clear.recv() => (Kind::Stats, true),
            _ = self.json.recv() => (Kind::Json, false),
        }
    }
}

fn write(kind: Kind, report: &Report, directory: &Path) {
    match dump::write(kind, report, directory) {
        Ok(path) => tracing::debug!(path = %path.display(), "state dumped"),
        Err(error) => tracing::warn!("no dump of the state: {error}"),
    }
}

impl Driver {
    /// Everything there is to tell, but for the routers.
    pub(super) fn report(&self) -> Report {
        Report {
            settings: self.config.dumps.clone(),
            namespace: self.options.namespace.clone(),
            router_id: self.config.router_id.clone(),
            routers: Vec::new(),
            groups: self.config.sync_groups.clone(),
            checks: self.check_reports(),
        }
    }

    fn check_reports(&self) -> Vec<CheckReport> {
        let facts = self.programs.facts();
        let report = |check: &Check| {
            let verdict = facts
                .get(&check.name)
                .map_or_else(|| Tally::first(check).verdict(), |facts| facts.tally.verdict());
            CheckReport { check: check.clone(), is_good: verdict != Some(Verdict::Ill) }
        };
        self.config.checks.iter().map(report).collect()
    }

    /// What there is to tell of a router; `clear` has its counters start anew.
    pub(super) fn router_report(&mut self, slot: Slot, clear: bool) -> Option<RouterReport> {
        let counters = self.plane.counters(slot);
        let sync_group = self.sync_groups.of(slot).map(|group| group.name.clone());
        let router = self.routers.get_mut(&slot)?;
        let counted = stats(router, &counters);
        let stats = counted.since(&router.stats_cleared);
        if clear {
            router.stats_cleared = counted;
        }
        let Router { instance, machine, history, priority, .. } = router;
        let master = machine.master().map(|master| MasterReport {
            address: master.source,
            priority: master.priority,
            interval: master.interval,
        });
        let interval = master.map_or(instance.advert_interval, |master| master.interval);
        Some(RouterReport {
            instance: instance.clone(),
            state: machine.state(),
            priority: *priority,
            last_transition: history.since,
            master,
            master_down: machine.settings().master_down_interval(interval),
            source: router.wire.as_ref().map(|wire| wire.place.source),
            sync_group,
            stats,
        })
    }
}

/// What keepalived would have counted.
fn stats(router: &Router, counters: &Counters) -> Stats {
    let Router { instance, machine, history, sent, .. } = router;
    let is_master = machine.state() == State::Master;
    Stats {
        advert_rcvd: counters.get(Counter::Received),
        advert_sent: sent.adverts + sent.resignations,
        become_master: history.became_master,
        release_master: history.became_master.saturating_sub(u64::from(is_master)),
        packet_len_err: counters.get(Counter::Length),
        advert_interval_err: counters.get(Counter::Interval),
        ip_ttl_err: counters.get(Counter::Ttl),
        invalid_type_rcvd: counters.get(Counter::Type),
        addr_list_err: sent.address_list_mismatches,
        invalid_authtype: 0,
        authtype_mismatch: counters.get(Counter::AuthType),
        auth_failure: counters.get(Counter::Password),
        hmac: instance.hmac.as_ref().map(|_| HmacStats {
            auth_ext_missing: counters.get(Counter::HmacMissing),
            auth_ext_unknown_key: counters.get(Counter::HmacKey),
            auth_ext_invalid_hmac: counters.get(Counter::HmacInvalid),
            auth_ext_replay: counters.get(Counter::HmacReplay),
        }),
        pri_zero_rcvd: sent.resignations_heard,
        pri_zero_sent: sent.resignations,
    }
}
