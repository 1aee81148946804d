//! The orders that the loop gives, and what comes back.

use std::{collections::BTreeMap, time::Duration};

use tokio::sync::{mpsc, oneshot};

use super::{
    CheckFacts, Helper, Launcher, StartError, Telling, Verdict, checks::Board, clerk::Clerk,
};
use crate::config::model::{
    notify::Fifos,
    script::{Check, Command, Scripts, TimedCommand},
};

/// Orders that wait. The changes of state of 4,096 virtual routers fit in some times over.
const ORDERS: usize = 1 << 14;

/// What a configuration wants.
#[derive(Clone, Debug, Default)]
pub struct Orders {
    /// How programs are run.
    pub scripts: Scripts,
    /// What is asked again and again: the checks that something depends on.
    pub checks: Vec<Check>,
    /// Whatever may have to be run to tell of something.
    pub commands: Vec<Command>,
    /// Where lines are written.
    pub fifos: Fifos,
    /// What another process had come to, in whose place this one goes on; its FIFOs are there.
    pub inherited: Option<BTreeMap<String, CheckFacts>>,
}

/// What the loop has to know.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum News {
    /// A check says something else than before.
    Check {
        /// Its name.
        name: String,
        /// What it says; `None` when it cannot be asked, so that nothing can depend on it.
        verdict: Option<Verdict>,
    },
}

#[derive(Debug)]
pub(super) enum Order {
    Configure(Box<Orders>),
    Tell(Box<Telling>),
    Run(Box<(Scripts, TimedCommand)>, oneshot::Sender<()>),
    /// Stops everything; programs that tell of something have so long to come to their end.
    Finish {
        patience: Duration,
        keeps_fifos: bool,
        done: oneshot::Sender<()>,
    },
}

/// The loop's side. Nothing here waits, but where it says so.
#[derive(Debug)]
pub struct Programs {
    orders: mpsc::Sender<Order>,
    board: Board,
    left_out: u64,
    /// Its thread ends with this.
    _helper: Helper,
}

impl Programs {
    /// Starts the helper thread, on which everything happens. Programs will have the scheduling and
    /// the limit of descriptors that go for the calling thread now.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn start() -> Result<(Self, mpsc::UnboundedReceiver<News>), StartError> {
        let helper = Helper::start()?;
        let (orders, received) = mpsc::channel(ORDERS);
        // Bounded by what is sent: a word per run of a check that has changed its mind.
        let (news, told) = mpsc::unbounded_channel();
        let board = Board::default();
        let clerk = Clerk::new(board.clone(), news, Launcher::own()?);
        drop(helper.handle().spawn(clerk.work(received)));
        Ok((Self { orders, board, left_out: 0, _helper: helper }, told))
    }

    /// Has everything be as a configuration wants it. What is the same goes on undisturbed.
    pub fn configure(&mut self, orders: Orders) {
        self.send(Order::Configure(Box::new(orders)));
    }

    /// Tells whoever is to be told, in the sequence of the calls.
    pub fn tell(&mut self, telling: Telling) {
        self.send(Order::Tell(Box::new(telling)));
    }

    /// What is known of each check.
    #[must_use]
    pub fn facts(&self) -> BTreeMap<String, CheckFacts> {
        self.board.facts()
    }

    /// Runs a program and waits for it.
    pub async fn run(&self, scripts: &Scripts, command: &TimedCommand) {
        let (done, ended) = oneshot::channel();
        let order = Order::Run(Box::new((scripts.clone(), command.clone())), done);
        if self.orders.send(order).await.is_ok() {
            let _ = ended.await;
        }
    }

    /// Stops everything and waits for that: checks at once, other programs when `patience` is out.
    /// FIFOs stay where another process is to go on with them.
    pub async fn finish(&self, patience: Duration, keeps_fifos: bool) {
        let (done, ended) = oneshot::channel();
        if self.orders.send(Order::Finish { patience, keeps_fifos, done }).await.is_ok() {
            let _ = ended.await;
        }
    }

    fn send(&mut self, order: Order) {
        if self.orders.try_send(order).is_err() {
            self.left_out += 1;
            if self.left_out.is_power_of_two() {
                tracing::error!(
                    left_out = self.left_out,
                    "programs are not started any more: looking one up takes for ever",
                );
            }
        }
    }
}
