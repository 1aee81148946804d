//! What is run beside the loop, and what comes of it.

use std::collections::{BTreeMap, BTreeSet};

use super::driver::Driver;
use crate::{
    config::model::{
        notify::Notify,
        script::{Check, Command},
        tracking::Tracked,
    },
    programs::{CheckFacts, News, Orders, Tally, Verdict},
    tracking::Condition,
};

impl Driver {
    /// Has checked, told and written what the configuration says. `inherited` is what the daemon
    /// knew of each check in whose place this one goes on.
    pub(super) fn order_programs(&mut self, inherited: Option<BTreeMap<String, CheckFacts>>) {
        // As keepalived, nothing is asked that nobody tracks.
        let tracks = self.config.instances.iter().flat_map(|instance| &instance.track);
        let tracked: BTreeSet<&Tracked> = tracks.map(|track| &track.what).collect();
        let is_tracked = |check: &&Check| tracked.contains(&Tracked::Script(check.name.clone()));
        let checks: Vec<Check> = self.config.checks.iter().filter(is_tracked).cloned().collect();
        let facts = inherited.clone().unwrap_or_else(|| self.programs.facts());
        for check in &checks {
            let known = facts.get(&check.name).map_or(Tally::Unknown, |facts| facts.tally);
            let tally = if known == Tally::Unknown { Tally::first(check) } else { known };
            if let Some(verdict) = tally.verdict() {
                self.on_check(&check.name, Some(verdict));
            }
        }
        let groups = &self.config.sync_groups;
        self.told.groups.retain(|name, _| groups.iter().any(|group| group.name == *name));
        let instances = self.config.instances.iter().map(|instance| &instance.notify);
        let groups = self.config.sync_groups.iter().map(|group| &group.notify);
        let commands: Vec<Command> =
            instances.chain(groups).flat_map(Notify::commands).cloned().collect();
        self.programs.configure(Orders {
            scripts: self.config.scripts.clone(),
            checks,
            commands,
            fifos: self.config.fifos.clone(),
            inherited,
        });
    }

    /// Takes in what the thread beside the loop has found out.
    pub(super) fn on_program_news(&mut self, news: News) {
        let News::Check { name, verdict } = news;
        if self.config.checks.iter().any(|check| check.name == name) {
            self.on_check(&name, verdict);
        }
    }

    fn on_check(&mut self, name: &str, verdict: Option<Verdict>) {
        let condition = match verdict {
            Some(Verdict::Well) => Condition::Well,
            Some(Verdict::Ill) => Condition::Ill,
            None => Condition::Absent,
        };
        self.on_tracked(&Tracked::Script(name.to_owned()), condition);
    }
}
