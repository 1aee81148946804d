//! The helper's side: takes the orders in their sequence.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use tokio::{
    sync::{Semaphore, mpsc, oneshot},
    task::{JoinHandle, JoinSet, spawn_blocking},
    time::timeout,
};

use super::{
    Ended, Launcher, News, Orders, Outcome, Problem, Program, Resolver, Source, Telling,
    checks::{Asked, Board, Shared, Tally, watch},
    fifo::{Fifo, Wanted},
    notify::{AT_ONCE, Queue},
    office::Order,
    run,
};
use crate::config::model::{
    notify,
    script::{Check, Command, Probe, Scripts, TimedCommand},
};

/// How long everything may take to end once it has been told to.
const END: Duration = Duration::from_secs(3);

/// Does the work.
pub(super) struct Clerk {
    board: Board,
    news: mpsc::UnboundedSender<News>,
    launcher: Launcher,
    checks: BTreeMap<String, Watched>,
    commands: HashMap<Command, Program>,
    queues: BTreeMap<Source, Queue>,
    places: Arc<Semaphore>,
    fifos: Vec<Fifo>,
    problems: BTreeSet<Problem>,
}

/// A check that is asked.
struct Watched {
    check: Check,
    asked: Asked,
    facts: Shared,
    /// Dropped, it stops the task.
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// What has been looked up for a configuration.
struct Found {
    checks: Vec<(Check, Result<Asked, String>)>,
    commands: HashMap<Command, Program>,
    fifos: Vec<Wanted>,
    problems: BTreeSet<Problem>,
    failures: BTreeSet<String>,
}

impl Clerk {
    pub(super) fn new(board: Board, news: mpsc::UnboundedSender<News>, launcher: Launcher) -> Self {
        Self {
            board,
            news,
            launcher,
            checks: BTreeMap::new(),
            commands: HashMap::new(),
            queues: BTreeMap::new(),
            places: Arc::new(Semaphore::new(AT_ONCE)),
            fifos: Vec::new(),
            problems: BTreeSet::new(),
        }
    }

    /// Until there are no orders any more.
    pub(super) async fn work(mut self, mut orders: mpsc::Receiver<Order>) {
        while let Some(order) = orders.recv().await {
            match order {
                Order::Configure(orders) => self.configure(*orders).await,
                Order::Tell(telling) => self.tell(&telling),
                Order::Run(what, done) => {
                    let (scripts, command) = *what;
                    self.run(scripts, command).await;
                    let _ = done.send(());
                }
                Order::Finish { patience, keeps_fifos, done } => {
                    self.finish(patience, keeps_fifos).await;
                    let _ = done.send(());
                }
            }
        }
    }

    async fn configure(&mut self, mut orders: Orders) {
        let inherited = orders.inherited.take();
        let Ok(found) = spawn_blocking(move || look_up(orders)).await else { return };
        for problem in found.problems.difference(&self.problems) {
            tell_of(problem);
        }
        found.failures.iter().for_each(|failure| tracing::error!("{failure}"));
        self.problems = found.problems;
        self.commands = found.commands;
        let inherits = inherited.is_some();
        let mut known = inherited.unwrap_or_default();
        let mut before = std::mem::take(&mut self.checks);
        let mut board = BTreeMap::new();
        for (check, asked) in found.checks {
            let old = before.remove(&check.name);
            let facts = old.as_ref().map(|old| old.facts.get());
            let mut facts = facts.or_else(|| known.remove(&check.name)).unwrap_or_default();
            facts.unusable = None;
            match asked {
                Ok(asked) => {
                    let watched = self.watch(old, check, asked, facts);
                    board.insert(watched.check.name.clone(), watched.facts.clone());
                    self.checks.insert(watched.check.name.clone(), watched);
                }
                Err(reason) => {
                    facts.unusable = Some(reason);
                    let _ = self.news.send(News::Check { name: check.name.clone(), verdict: None });
                    board.insert(check.name, Shared::new(facts));
                }
            }
        }
        self.board.replace(board);
        // Those that are left are not asked any more: their tasks end with their senders.
        drop(before);
        self.open_fifos(found.fifos, inherits).await;
    }

    /// Has a check be asked, and nothing else by its name.
    fn watch(
        &self,
        old: Option<Watched>,
        check: Check,
        asked: Asked,
        mut facts: super::CheckFacts,
    ) -> Watched {
        let old = match old {
            Some(old) if old.check == check && old.asked == asked => return old,
            old => old.map(|Watched { stop, task, .. }| {
                drop(stop);
                task
            }),
        };
        if facts.tally == Tally::Unknown {
            facts.tally = Tally::first(&check);
        }
        let facts = Shared::new(facts);
        let (stop, stopped) = oneshot::channel();
        let (news, name) = (self.news.clone(), check.name.clone());
        let changed = move |verdict| {
            let _ = news.send(News::Check { name: name.clone(), verdict: Some(verdict) });
        };
        let watching = watch(
            check.clone(),
            asked.clone(),
            self.launcher.clone(),
            facts.clone(),
            stopped,
            changed,
        );
        let task = tokio::spawn(async move {
            if let Some(old) = old {
                // Its program may still run.
                let _ = old.await;
            }
            watching.await;
        });
        Watched { check, asked, facts, stop, task }
    }

    async fn open_fifos(&mut self, wanted: Vec<Wanted>, inherits: bool) {
        let (kept, gone): (Vec<_>, Vec<_>) =
            self.fifos.drain(..).partition(|fifo| wanted.contains(&fifo.wanted));
        self.fifos = kept;
        for fifo in gone {
            fifo.close(false).await;
        }
        for one in wanted {
            if self.fifos.iter().any(|fifo| fifo.wanted == one) {
                continue;
            }
            let path = one.path.clone();
            match spawn_blocking(move || Fifo::open(one, inherits)).await {
                Ok(Ok(mut fifo)) => {
                    fifo.start_reader(&self.launcher);
                    self.fifos.push(fifo);
                }
                Ok(Err(error)) => {
                    tracing::error!(%error, "the FIFO {} is not to be had: {error}", path.display());
                }
                Err(_) => {}
            }
        }
    }

    fn tell(&mut self, telling: &Telling) {
        let plain = telling.plain.as_ref().map(|command| (command, Vec::new()));
        let general = telling.general.as_ref().map(|command| (command, telling.arguments()));
        for (command, arguments) in plain.into_iter().chain(general) {
            // One that could not be found has been complained about.
            let Some(program) = self.commands.get(command).cloned() else { continue };
            let source = &telling.source;
            let queue = self.queues.entry(source.clone()).or_insert_with(|| {
                Queue::new(source.clone(), self.launcher.clone(), Arc::clone(&self.places))
            });
            queue.push(source, (program, arguments));
        }
        if !self.fifos.is_empty() {
            let line = telling.to_string();
            self.fifos.iter_mut().for_each(|fifo| fifo.write(&line));
        }
    }

    async fn run(&self, scripts: Scripts, timed: TimedCommand) {
        let TimedCommand { command, timeout } = timed;
        let name = command.words.join(" ");
        let resolved = spawn_blocking(move || Resolver::new(&scripts).resolve(&command)).await;
        let program = match resolved {
            Ok(Ok(program)) => program,
            Ok(Err(error)) => return tracing::error!("`{name}` is not run: {error}"),
            Err(_) => return,
        };
        let (_keep, stop) = oneshot::channel();
        let told = |ended: Ended| match ended.outcome {
            Outcome::Exited(0) => tracing::info!("`{name}` succeeded"),
            outcome => tracing::warn!("`{name}` {outcome}"),
        };
        run(&self.launcher, &program, &[], Some(timeout), stop, told).await;
    }

    async fn finish(&mut self, patience: Duration, keeps_fifos: bool) {
        let mut checks = JoinSet::new();
        for (_, Watched { stop, task, .. }) in std::mem::take(&mut self.checks) {
            drop(stop);
            checks.spawn(task);
        }
        let mut telling = JoinSet::new();
        for (_, queue) in std::mem::take(&mut self.queues) {
            telling.spawn(queue.finish());
        }
        // With the set whatever still runs is ended.
        let _ = timeout(patience, async { while telling.join_next().await.is_some() {} }).await;
        drop(telling);
        let fifos = std::mem::take(&mut self.fifos);
        let rest = async {
            while checks.join_next().await.is_some() {}
            for fifo in fifos {
                fifo.close(keeps_fifos).await;
            }
        };
        if timeout(END, rest).await.is_err() {
            tracing::warn!("a program that was to end is still there");
        }
    }
}

/// Finds everything that a configuration names. May take long.
fn look_up(orders: Orders) -> Found {
    let mut resolver = Resolver::new(&orders.scripts);
    let mut failures = BTreeSet::new();
    let mut checks = Vec::new();
    for check in orders.checks {
        let asked = match &check.probe {
            Probe::Command(command) => resolver.resolve(command).map(Asked::Program),
            Probe::Native(native) => Ok(Asked::Native(native.clone())),
        };
        let asked = asked.map_err(|error| error.to_string());
        if let Err(error) = &asked {
            failures.insert(format!(
                "script {} is not run, and nothing depends on it: {error}",
                check.name
            ));
        }
        checks.push((check, asked));
    }
    let mut commands = HashMap::new();
    for command in orders.commands {
        match resolver.resolve(&command) {
            Ok(program) => drop(commands.insert(command, program)),
            Err(error) => {
                failures.insert(format!("`{}` is not run: {error}", command.words.join(" ")));
            }
        }
    }
    let notify::Fifos { general, vrrp, .. } = orders.fifos;
    let mut fifos = Vec::new();
    for fifo in general.into_iter().chain(vrrp) {
        match resolver.ids(fifo.owner.as_ref()) {
            Ok(owner) => {
                let reader = fifo.script.as_ref().and_then(|script| {
                    let failed = |error: &_| {
                        failures
                            .insert(format!("`{}` is not run: {error}", script.words.join(" ")));
                    };
                    resolver.resolve(script).inspect_err(failed).ok()
                });
                fifos.push(Wanted { path: fifo.path, owner, reader });
            }
            Err(error) => {
                failures.insert(format!("no FIFO {} is made: {error}", fifo.path.display()));
            }
        }
    }
    Found { checks, commands, fifos, problems: resolver.into_problems(), failures }
}

fn tell_of(problem: &Problem) {
    match problem {
        Problem::NoDefaultUser(error) => {
            tracing::error!("`script_user`: {error}; nothing runs that names no user of its own");
        }
        Problem::AsRoot(path) => tracing::warn!(
            "{} runs as root: name another with `script_user`, or make a user keepalived_script",
            path.display(),
        ),
        Problem::Unsafe(path, part) => tracing::warn!(
            "{} runs as root, and others than root can change {}: `enable_script_security` would \
             not run it",
            path.display(),
            part.display(),
        ),
        Problem::Searched(name, path) => {
            tracing::info!("`{name}` was found at {}: the file had better say so", path.display());
        }
    }
}
