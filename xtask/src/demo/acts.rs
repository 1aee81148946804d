//! The story itself: each act does something, says what came of it, and fails if it was not
//! what the protocol promises.

use std::{fs, thread, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::Signal;
use vrrp_tests::{
    Moment, cube, interrupt,
    lab::format_mac,
    ping::{Ping, PingReport},
    timing::{master_down_interval, skew_time},
    wait_until,
    wire::Frame,
};

use super::{cluster::Cluster, story::Story};

const SECOND: Duration = Duration::from_secs(1);
/// The cube's `advert_int 1`.
const INTERVAL: Duration = SECOND;
/// What a takeover may come later than the protocol says. keepalived needs a millisecond; the
/// rest is for a machine that has other work.
const TOLERANCE: Duration = Duration::from_millis(250);
/// What lies between the starts of two nodes: machines do not boot in the same millisecond.
const STAGGER: Duration = Duration::from_millis(100);
/// Starting a daemon and loading its program.
const START: Duration = Duration::from_secs(2);

/// Plays everything up to the clean-up.
pub(super) fn play(story: &mut Story, cluster: &mut Cluster) -> Result<()> {
    let started = set(story, cluster)?;
    election(story, cluster, started)?;
    service(story, cluster, 0)?;
    let ping = cluster.client.ping(cube::VIP, Duration::from_millis(10))?;
    thread::sleep(SECOND / 2);
    death(story, cluster, ping)?;
    service(story, cluster, 1)?;
    homecoming(story, cluster)?;
    handover(story, cluster)?;
    cluster.all_alive()
}

/// Returns when cube01's daemon was started.
fn set(story: &mut Story, cluster: &mut Cluster) -> Result<Moment> {
    story.chapter("Four machines, a client and a switch");
    for (name, address, state, priority) in cube::NODES {
        story.tell(&format!("{name}  {address}  state {state}, priority {priority}"));
    }
    story.tell(&format!("client  {}", cube::CLIENT));
    let first = cluster.node(0)?;
    story.quote(first.name(), "cat keepalived.conf", &Cluster::config(&first)?);
    let started = Moment::now();
    for node in cluster.nodes.clone() {
        cluster.start(&node)?;
        thread::sleep(STAGGER);
    }
    story.tell("a daemon has been started on each node, one after the other");
    Ok(started)
}

fn election(story: &mut Story, cluster: &mut Cluster, started: Moment) -> Result<()> {
    story.chapter("Election");
    let first = cluster.node(0)?;
    let down = master_down_interval(2, INTERVAL, 100);
    story.tell(&format!(
        "everybody listens first; cube01 has the shortest patience: {}",
        seconds(down)
    ));
    let advert = cluster.wire.expect(down + START + TOLERANCE, "cube01's advert", |frame| {
        frame.is_advert_from(first.address())
    });
    cluster.all_alive()?;
    let advert = advert?;
    // The patience of neighbours differs by 39 ms: a busy machine can start one that much late.
    for early in cluster.wire.frames(|frame| frame.advert().is_some() && frame.at < advert.at) {
        story.tell(&format!("{} was up sooner and spoke first", early.port));
    }
    story.tell(&format!(
        "{}, {} after its start",
        describe(&advert)?,
        seconds(advert.at.since(started))
    ));
    wait_until(SECOND, "cube01 to hold the address", || cluster.holders() == [first.name()])?;
    let others = watch(cluster, 2 * INTERVAL, |frame| {
        frame.advert().is_some() && frame.port != first.name()
    })?;
    ensure!(others.is_empty(), "{} other adverts in two seconds", others.len());
    story.proven("cube01 is master, alone, and the others keep quiet");
    Ok(())
}

/// The address is where it should be, answers, and nobody else answers for it.
fn service(story: &mut Story, cluster: &mut Cluster, holder: usize) -> Result<()> {
    let holder = cluster.node(holder)?;
    story.chapter(&format!("The address is on {}", holder.name()));
    let shown = holder.output(&["ip", "a", "show", "eth0"])?;
    story.quote(holder.name(), "ip a show eth0", &shown);
    let wanted = format!("inet {}/32 scope global eth0", cube::VIP);
    ensure!(shown.contains(&wanted), "ip a on {} does not list {wanted}", holder.name());
    story.proven(&format!("{wanted} on {}", holder.name()));

    let vip = cube::VIP.to_string();
    let pinged = cluster.client.run(&["ping", "-n", "-c", "3", "-i", "0.2", "-W", "1", &vip])?;
    story.quote("client", &format!("ping -c 3 {vip}"), &String::from_utf8_lossy(&pinged.stdout));
    ensure!(pinged.status.success(), "the client's ping was not answered");
    let asked = cluster.client.run(&["arping", "-c", "2", "-w", "3", "-I", "eth0", &vip])?;
    story.quote(
        "client",
        &format!("arping -c 2 -I eth0 {vip}"),
        &String::from_utf8_lossy(&asked.stdout),
    );
    let answers = cluster.client.arping_all(cube::VIP, SECOND / 4)?;
    let macs: Vec<_> = answers.iter().map(|answer| format_mac(answer.mac)).collect();
    ensure!(
        macs == [format_mac(holder.mac())],
        "{vip} should be answered for once, by {}, and was by {macs:?}",
        format_mac(holder.mac()),
    );
    story.proven(&format!("one answer to ARP, from {}: {}", holder.name(), macs.concat()));
    if let Some(status) = cluster.status(&holder) {
        story.quote(holder.name(), "vrrp status", &status);
    }
    Ok(())
}

fn death(story: &mut Story, cluster: &mut Cluster, ping: Ping) -> Result<()> {
    story.chapter("cube01 dies");
    let (first, second) = (cluster.node(0)?, cluster.node(1)?);
    story.tell("the client pings a hundred times a second from here on");
    // Just after an advert, so that the whole wait can be watched.
    let mark = cluster.wire.mark();
    cluster.wire.expect_from(mark, 2 * INTERVAL, "an advert of cube01", |frame| {
        frame.is_advert_from(first.address())
    })?;
    let mark = cluster.wire.mark();
    cluster.daemon(&first)?.kill_group(Signal::SIGKILL)?;
    first.unplug()?;
    story.tell("kill -9 of its daemon, and its cable pulled: a machine that lost its power");
    let down = master_down_interval(2, INTERVAL, 90);
    story.tell(&format!(
        "cube02 waits 3 x 1 s + (256 - 90)/256 s = {} after the last advert",
        seconds(down)
    ));
    let takeover =
        cluster.wire.expect_from(mark, down + SECOND, "somebody to take over", |frame| {
            frame.advert().is_some()
        })?;
    ensure!(takeover.port == second.name(), "{} took over, not cube02", takeover.port);
    let last = cluster.wire.last_advert_from(first.address()).context("cube01 never spoke")?;
    let silence = takeover.at.since(last.at);
    story.tell(&format!("{}, {} after cube01's last", describe(&takeover)?, seconds(silence)));
    on_time(story, silence, down)?;
    wait_until(SECOND, "the address on cube02", || second.has_address(cube::VIP))?;
    let others = watch(cluster, 2 * INTERVAL, |frame| {
        frame.advert().is_some() && frame.port != second.name()
    })?;
    ensure!(others.is_empty(), "more than one master: adverts from {}", ports(&others));
    story.proven("cube02 is master, alone");
    let report = ping.finish()?;
    outage(story, &report);
    ensure!(
        report.echoes.last().is_some_and(|echo| echo.answered.is_some()),
        "the client cannot reach the address again",
    );
    ensure!(
        report.longest_outage() < down + SECOND,
        "the client was without the address for {}",
        seconds(report.longest_outage()),
    );
    story.proven("the client is served again");
    Ok(())
}

fn homecoming(story: &mut Story, cluster: &mut Cluster) -> Result<()> {
    story.chapter("cube01 comes back");
    let (first, second) = (cluster.node(0)?, cluster.node(1)?);
    let ping = cluster.client.ping(cube::VIP, Duration::from_millis(10))?;
    ensure!(first.has_address(cube::VIP), "a killed daemon cannot have removed the address");
    cluster.start(&first)?;
    story.tell("its daemon is started; the cable is still out, the address still on eth0");
    wait_until(3 * SECOND, "the stale address to go from cube01", || {
        !first.has_address(cube::VIP)
    })?;
    story.proven("the address its dead predecessor left behind has been removed");
    let (mark, plugged) = (cluster.wire.mark(), Moment::now());
    first.plug()?;
    let down = master_down_interval(2, INTERVAL, 100);
    story.tell(&format!(
        "cable in. It hears cube02, who ranks lower, and takes over after its own {}",
        seconds(down),
    ));
    let preempted = cluster.wire.expect_from(
        mark,
        down + START + TOLERANCE,
        "cube01 to take over again",
        |frame| frame.is_advert_from(first.address()),
    )?;
    let waited = preempted.at.since(plugged);
    story.tell(&format!("{}, {} after the cable", describe(&preempted)?, seconds(waited)));
    ensure!(
        waited + Duration::from_millis(5) >= down,
        "cube01 took over before its down-timer of {} was out",
        seconds(down),
    );
    wait_until(SECOND, "the address on cube01 alone", || cluster.holders() == [first.name()])?;
    story.proven("the address is on cube01 again, and gone from cube02");
    let late = watch(cluster, 2 * INTERVAL, |frame| frame.is_advert_from(second.address()))?;
    ensure!(late.is_empty(), "cube02 still advertises");
    let report = ping.finish()?;
    outage(story, &report);
    ensure!(
        report.longest_outage() < SECOND / 2,
        "the way back cost the client {}",
        seconds(report.longest_outage()),
    );
    story.proven("cube01 is master, alone; the client noticed next to nothing");
    Ok(())
}

fn handover(story: &mut Story, cluster: &mut Cluster) -> Result<()> {
    story.chapter("cube01 is shut down in good order");
    let (first, second) = (cluster.node(0)?, cluster.node(1)?);
    let ping = cluster.client.ping(cube::VIP, Duration::from_millis(10))?;
    let mark = cluster.wire.mark();
    cluster.daemon(&first)?.kill(Signal::SIGTERM)?;
    let resigned = cluster.wire.expect_from(mark, SECOND, "cube01 to resign", |frame| {
        frame.port == first.name() && frame.advert().is_some_and(|advert| advert.priority == 0)
    })?;
    story.tell(&format!("SIGTERM; {}", describe(&resigned)?));
    let skew = skew_time(2, INTERVAL, 90);
    story.tell(&format!("cube02 now waits its skew only: {}", seconds(skew)));
    let takeover = cluster.wire.expect_from(mark, 2 * SECOND, "cube02 to take over", |frame| {
        frame.is_advert_from(second.address())
    })?;
    let silence = takeover.at.since(resigned.at);
    story.tell(&format!("{}, {} later", describe(&takeover)?, seconds(silence)));
    on_time(story, silence, skew)?;
    wait_until(SECOND, "the address on cube02 alone", || cluster.holders() == [second.name()])?;
    let status = cluster.daemon(&first)?.wait_exit(5 * SECOND)?;
    ensure!(status.success(), "cube01's daemon ended with {status}");
    story.proven("cube01's daemon removed the address and ended with exit status 0");
    thread::sleep(SECOND / 4);
    outage(story, &ping.finish()?);

    let (mark, restarted) = (cluster.wire.mark(), Moment::now());
    cluster.start(&first)?;
    let down = master_down_interval(2, INTERVAL, 100);
    let back =
        cluster.wire.expect_from(mark, down + START + TOLERANCE, "cube01 again", |frame| {
            frame.is_advert_from(first.address())
        })?;
    story.tell(&format!(
        "started again: {}, {} later",
        describe(&back)?,
        seconds(back.at.since(restarted))
    ));
    wait_until(SECOND, "the address on cube01 alone", || cluster.holders() == [first.name()])?;
    story.proven("the cluster is whole");
    Ok(())
}

/// Ends everything in good order and makes sure that nothing is left.
pub(super) fn clean_up(story: &mut Story, mut cluster: Cluster) -> Result<()> {
    story.chapter("Clean-up");
    let mut daemons = cluster.take_daemons();
    for daemon in daemons.values_mut() {
        daemon.kill(Signal::SIGTERM)?;
    }
    for (name, daemon) in &mut daemons {
        let status = daemon.wait_exit(5 * SECOND)?;
        ensure!(status.success(), "the daemon of {name} ended with {status}");
    }
    ensure!(cluster.holders().is_empty(), "the address is still on {:?}", cluster.holders());
    for node in &cluster.nodes {
        let pins = node.folder().join("bpffs");
        let entries = fs::read_dir(&pins).into_iter().flatten().flatten();
        // The kernel puts two iterators of its own into every bpffs: maps.debug, progs.debug.
        let left: Vec<_> = entries
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_none_or(|extension| extension != "debug"))
            .collect();
        ensure!(left.is_empty(), "{} has left pins behind: {left:?}", node.name());
    }
    story.proven("every daemon ended with exit status 0 and left no address and no pin");
    let prefix = cluster.lab.prefix().to_owned();
    drop(daemons);
    drop(cluster);
    let left = fs::read_dir("/run/netns").into_iter().flatten().flatten();
    let left =
        left.filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix)).count();
    ensure!(left == 0, "{left} namespaces are left");
    story.proven("the machines, the switch and their files are gone");
    Ok(())
}

fn watch(
    cluster: &Cluster,
    window: Duration,
    wanted: impl Fn(&Frame) -> bool,
) -> Result<Vec<Frame>> {
    let frames = cluster.wire.watch(window, wanted);
    if interrupt::raised() {
        bail!("interrupted");
    }
    Ok(frames)
}

fn on_time(story: &Story, silence: Duration, expected: Duration) -> Result<()> {
    let millis = (silence.as_secs_f64() - expected.as_secs_f64()) * 1_000.0;
    let verdict = format!("{millis:+.2} ms against the theory of {}", seconds(expected));
    // Stamps are taken by the kernel a few microseconds after the sender's own.
    ensure!(silence + Duration::from_millis(2) >= expected, "too early: {verdict}");
    ensure!(silence <= expected + TOLERANCE, "too late: {verdict}");
    story.proven(&verdict);
    Ok(())
}

fn outage(story: &Story, report: &PingReport) {
    story.tell(&format!(
        "the client's ping: {} sent, {} lost, longest time without an answer {}",
        report.sent(),
        report.lost(),
        seconds(report.longest_outage()),
    ));
}

fn describe(frame: &Frame) -> Result<String> {
    let advert = frame.advert().context("no advert")?;
    Ok(format!(
        "{} advertises VRID {} with priority {} from {}",
        frame.port, advert.vrid, advert.priority, advert.source,
    ))
}

fn ports(frames: &[Frame]) -> String {
    let mut ports: Vec<_> = frames.iter().map(|frame| frame.port.as_str()).collect();
    ports.sort_unstable();
    ports.dedup();
    ports.join(", ")
}

fn seconds(span: Duration) -> String {
    format!("{:.3} s", span.as_secs_f64())
}
