//! TCP to a node, with each hook in its way.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, anyhow};
use serde::Serialize;
use vrrp_tests::{Client, Lab, Node};

use super::{
    super::{
        Bench,
        chapter::{Chapter, Table, Target},
        contender::Contender,
        pair::FIRST_PRIORITY,
        settings::V2_1_S,
        stats::{Gigabits, Summary},
    },
    hooks,
};
use crate::tell;

const PORT: u16 = 5_201;
const BUFFER: usize = 256 << 10;
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, Serialize)]
struct Outcome {
    /// `none`: no daemon.
    hook: &'static str,
    rate: Summary<Gigabits>,
    /// Median over the median without.
    ratio: f64,
}

pub(super) fn measure(bench: &Bench) -> Result<Chapter> {
    let span = Duration::from_millis(bench.pick(400, 1_500));
    let rounds = bench.trials(1, 7);
    let cases: Vec<&'static str> = ["none"].into_iter().chain(hooks(bench)?).collect();
    let mut samples = vec![Vec::new(); cases.len()];
    for round in 1..=rounds {
        tell::note(&format!("round {round} of {rounds}: {}", cases.join(", ")));
        for (hook, sample) in cases.iter().zip(&mut samples) {
            sample.push(run(bench, hook, span)?);
        }
    }
    let mut outcomes = Vec::new();
    for (hook, sample) in cases.iter().zip(&samples) {
        let rate = Summary::<Gigabits>::of(sample).context("nothing measured")?;
        outcomes.push(Outcome { hook, rate, ratio: 1.0 });
    }
    let without = outcomes.first().map_or(1.0, |it| it.rate.median.get());
    for it in &mut outcomes {
        it.ratio = it.rate.median.get() / without;
    }
    let mut chapter = Chapter::new(
        "TCP to a node",
        "One connection from the client to a node over veth and bridge, sender and receiver one thread each on the \
         same processors; in turns without a daemon and with each hook. The rate's worst is its least lucky greatest: \
         look at the median. A veth's frames are whole 64 kB segments until a hook makes the kernel cut or copy them.",
        &outcomes,
    )?;
    let mut table = Table::new(&["hook", "rate", "least", "of that without"]);
    for it in &outcomes {
        table.row(vec![
            it.hook.to_owned(),
            it.rate.median.to_string(),
            it.rate.least.to_string(),
            format!("{:.1} %", it.ratio * 100.0),
        ]);
    }
    chapter.tables.push(table);
    if let (Some(tc), Some(none)) = (outcomes.iter().find(|it| it.hook == "tc"), outcomes.first()) {
        chapter.targets.push(Target::new(
            "TCP throughput to the node, tc hook attached",
            "≥ 98 % of without",
            format!("{:.1} %, {}", tc.ratio * 100.0, tc.rate.median),
            none.rate.median,
            tc.ratio >= 0.98,
            "sender and receiver share two processors with everything else: see the spread",
        ));
    }
    Ok(chapter)
}

fn run(bench: &Bench, hook: &str, span: Duration) -> Result<f64> {
    let mut lab = Lab::new("bench-throughput")?;
    let node = lab.add_node("cube01", "10.0.0.60/24")?;
    let client = lab.add_client("client", "10.0.0.10/24")?;
    let daemon = match hook {
        "none" => None,
        hook => {
            let config = V2_1_S.conf(FIRST_PRIORITY).text();
            Some(Contender::Ours.start_with(bench, &node, &config, &["--hook", hook])?)
        }
    };
    bench.pause(Duration::from_millis(700))?;
    let rate = connection(&node, &client, span)?;
    if let Some(mut daemon) = daemon {
        anyhow::ensure!(daemon.survives(Duration::ZERO), "{}", daemon.last_words());
        daemon.stop()?;
    }
    Ok(rate)
}

/// Gigabits per second that arrive.
fn connection(node: &Node, client: &Client, span: Duration) -> Result<f64> {
    let to = (node.address(), PORT);
    let listener =
        node.namespace().run(|| TcpListener::bind(to).context("listening on the node"))?;
    let receiver = thread::spawn(move || -> Result<f64> {
        let (mut stream, _) = listener.accept()?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut buffer = vec![0; BUFFER];
        let (mut bytes, started) = (0_usize, Instant::now());
        loop {
            match stream.read(&mut buffer)? {
                0 => break,
                length => bytes += length,
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        Ok(bytes as f64 * 8.0 / 1e9 / started.elapsed().as_secs_f64())
    });
    let mut stream = client.namespace().run(|| {
        TcpStream::connect_timeout(&to.into(), PATIENCE).context("connecting to the node")
    })?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let buffer = vec![0; BUFFER];
    let started = Instant::now();
    while started.elapsed() < span {
        stream.write_all(&buffer)?;
    }
    drop(stream);
    receiver.join().map_err(|_| anyhow!("the receiver panicked"))?
}
