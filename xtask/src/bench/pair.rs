//! Two nodes with the same daemon, a client and an observer.

use std::time::Duration;

use anyhow::{Context as _, Result};
use vrrp_tests::{Client, Lab, Moment, Node, Wire, cube, poll_for, wire::Frame};

use super::{
    Bench,
    contender::{Contender, Running},
    settings::Setting,
};

/// Priority of the first node.
pub(crate) const FIRST_PRIORITY: u8 = 200;
/// Priority of the second node.
pub(crate) const SECOND_PRIORITY: u8 = 90;

/// The lab with two nodes.
pub(crate) struct Pair {
    pub(crate) wire: Wire,
    pub(crate) first: Node,
    pub(crate) second: Node,
    pub(crate) client: Client,
    pub(crate) lab: Lab,
}

impl Pair {
    /// Makes it.
    pub(crate) fn new(tag: &str) -> Result<Self> {
        let mut lab = Lab::new(tag)?;
        let first = lab.add_node("cube01", "10.0.0.60/24")?;
        let second = lab.add_node("cube02", "10.0.0.61/24")?;
        let client = lab.add_client("client", &format!("{}/24", cube::CLIENT))?;
        let wire = Wire::open(&lab)?;
        Ok(Self { wire, first, second, client, lab })
    }

    /// Starts the daemon that is to be master.
    pub(crate) fn start_first(
        &self,
        bench: &Bench,
        contender: Contender,
        setting: Setting,
    ) -> Result<Running> {
        contender.start(bench, &self.first, &setting.conf(FIRST_PRIORITY).text())
    }

    /// Starts the daemon that is to be backup.
    pub(crate) fn start_second(
        &self,
        bench: &Bench,
        contender: Contender,
        setting: Setting,
    ) -> Result<Running> {
        contender.start(bench, &self.second, &setting.conf(SECOND_PRIORITY).text())
    }

    /// Waits until the first node is master, and has been alone for four intervals.
    pub(crate) fn settle(&self, setting: Setting) -> Result<()> {
        let interval = setting.interval;
        std::thread::sleep(interval * 3);
        let patience = setting.conf(1).down() * 3 + Duration::from_secs(15);
        // Twice as much as adverts may lie apart on a busy machine.
        let slack = interval * 2 + Duration::from_millis(20);
        poll_for(patience, "the first node to be the only master", || {
            let now = Moment::now();
            let heard = self.wire.last_advert_from(self.first.address())?;
            let other = self.wire.last_advert_from(self.second.address());
            let alone = other.is_none_or(|other| now.since(other.at) > interval * 4);
            let alive = now.since(heard.at) < slack;
            (alone && alive).then_some(())
        })?;
        // The addresses follow the first advert.
        std::thread::sleep(interval.min(Duration::from_millis(100)));
        Ok(())
    }

    /// The first advert of the second node from a mark on, and the last of the first before it.
    pub(crate) fn take_over(&self, mark: u64, patience: Duration) -> Result<(Frame, Frame)> {
        let second = self.second.address();
        let taken =
            self.wire.expect_from(mark, patience, "the second node to take over", |seen| {
                seen.is_advert_from(second)
            })?;
        let first = self.first.address();
        let last = self.wire.last(|seen| seen.number < taken.number && seen.is_advert_from(first));
        Ok((last.context("the first node was never heard")?, taken))
    }
}
