//! What concerns all routers and is not urgent: a few of them in each round, since thousands at once
//! would keep the adverts waiting.

use std::{collections::VecDeque, ops::Bound};

use tokio::sync::oneshot;

use super::{driver::Driver, dumps::Wanted, heard::BATCH};
use crate::{control::status::Status, dataplane::Slot, dump::Report};

/// The rounds that are under way.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    surveys: VecDeque<Survey>,
    /// The drops are told of from this router on.
    drops: Option<Slot>,
    /// There may be more news.
    pub(super) news: bool,
}

/// Something that is being gathered from all routers.
#[derive(Debug)]
struct Survey {
    gathered: Gathered,
    next: Option<Slot>,
}

#[derive(Debug)]
enum Gathered {
    Status { answer: oneshot::Sender<Box<Status>>, status: Box<Status> },
    Report { wanted: Wanted, report: Box<Report> },
}

impl Gathered {
    /// Whether who asked has gone away.
    fn is_unwanted(&self) -> bool {
        match self {
            Self::Status { answer, .. } => answer.is_closed(),
            Self::Report { wanted, .. } => wanted.answer.is_closed(),
        }
    }

    fn hand_out(self) {
        // The asker may have gone away, which is its own business.
        match self {
            Self::Status { answer, status } => drop(answer.send(status)),
            Self::Report { wanted, report } => drop(wanted.answer.send(*report)),
        }
    }
}

impl Driver {
    /// Begins to gather how things are.
    pub(super) fn begin_survey(&mut self, answer: oneshot::Sender<Box<Status>>) {
        let status = self.snapshot();
        self.begin(Gathered::Status { answer, status });
    }

    /// Begins to gather what keepalived's dumps tell.
    pub(super) fn begin_report(&mut self, wanted: Wanted) {
        let report = Box::new(self.report());
        self.begin(Gathered::Report { wanted, report });
    }

    fn begin(&mut self, gathered: Gathered) {
        let next = self.router_from(Bound::Unbounded);
        self.rounds.surveys.push_back(Survey { gathered, next });
    }

    /// Begins to tell people of what is dropped.
    pub(super) fn begin_drops(&mut self) {
        self.rounds.drops = self.router_from(Bound::Unbounded);
    }

    /// Goes on with all of them; true if there is more to do, with news too.
    pub(super) fn go_round(&mut self) -> bool {
        self.go_on_with_drops();
        self.go_on_with_surveys();
        let Rounds { surveys, drops, news } = &mut self.rounds;
        std::mem::take(news) || drops.is_some() || !surveys.is_empty()
    }

    fn go_on_with_drops(&mut self) {
        let Some(from) = self.rounds.drops.take() else { return };
        for slot in self.some_routers(from) {
            self.tell_of_drops(slot);
            self.rounds.drops = self.router_from(Bound::Excluded(slot));
        }
    }

    fn go_on_with_surveys(&mut self) {
        let Some(mut survey) = self.rounds.surveys.pop_front() else { return };
        if survey.gathered.is_unwanted() {
            return;
        }
        for slot in survey.next.take().map(|from| self.some_routers(from)).unwrap_or_default() {
            match &mut survey.gathered {
                Gathered::Status { status, .. } => status.routers.extend(self.router_status(slot)),
                Gathered::Report { wanted, report } => {
                    report.routers.extend(self.router_report(slot, wanted.clear));
                }
            }
            survey.next = self.router_from(Bound::Excluded(slot));
        }
        if survey.next.is_some() {
            self.rounds.surveys.push_front(survey);
        } else {
            survey.gathered.hand_out();
        }
    }

    fn some_routers(&self, from: Slot) -> Vec<Slot> {
        self.routers.range(from..).take(BATCH).map(|(&slot, _)| slot).collect()
    }

    fn router_from(&self, from: Bound<Slot>) -> Option<Slot> {
        self.routers.range((from, Bound::Unbounded)).next().map(|(&slot, _)| slot)
    }
}
