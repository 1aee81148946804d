//! One election of both, in both orders of priority.

use std::{
    thread,
    time::{Duration, Instant},
};

use nix::sys::signal::Signal;
use vrrp_tests::{
    Client, Conf, Daemon, Lab, Moment, Node, Wire, cube, keepalived, lab::format_mac, require,
    vrrp, wait_until, wire::Frame,
};

use super::masters::{holders, longest_contest};

const SECOND: Duration = Duration::from_secs(1);
/// The protocol's own figures are met within a millisecond on an idle machine.
const LATE: Duration = Duration::from_millis(300);

/// Two nodes, a client, and what happened to their links.
struct Pair {
    wire: Wire,
    ours: Node,
    theirs: Node,
    client: Client,
    reconnected: Vec<Moment>,
    lab: Lab,
}

impl Pair {
    fn new(tag: &str) -> Self {
        let mut lab = Lab::new(tag).unwrap();
        let ours = lab.add_node("ours", "10.0.0.60/24").unwrap();
        let theirs = lab.add_node("theirs", "10.0.0.61/24").unwrap();
        let client = lab.add_client("client", "10.0.0.10/24").unwrap();
        let wire = Wire::open(&lab).unwrap();
        Self { wire, ours, theirs, client, reconnected: Vec::new(), lab }
    }

    /// Waits for a node's next advert.
    fn speaks(&self, mark: u64, node: &Node, timeout: Duration) -> Frame {
        let from = node.address();
        let what = format!("{} to speak", node.name());
        self.wire.expect_from(mark, timeout, &what, |frame| frame.is_advert_from(from)).unwrap()
    }

    /// A node takes over from another that is gone: at its time, with address and ARP.
    fn takes_over(&self, mark: u64, node: &Node, from: &Node, after: Duration) {
        let advert = self.speaks(mark, node, after + 2 * SECOND);
        let last = self.wire.last_advert_from(from.address()).unwrap();
        let silence = advert.at.since(last.at);
        assert!(
            silence + SECOND / 100 >= after && silence < after + LATE,
            "{} took over after {silence:?}, not {after:?}",
            node.name()
        );
        self.serves(node);
    }

    /// A node is the one that has the address, and the client knows.
    fn serves(&self, node: &Node) {
        wait_until(SECOND, "the address", || node.has_address(cube::VIP)).unwrap();
        let vip = cube::VIP.to_string();
        // The announcements come right after the address, and may have to overtake a ping.
        let what = format!("the client to reach {}", node.name());
        wait_until(2 * SECOND, &what, || {
            let ping = self.client.run(&["ping", "-c", "1", "-W", "0.3", &vip]).unwrap();
            let known = self.client.neighbour(cube::VIP).unwrap().and_then(|it| it.mac);
            ping.status.success() && known == Some(format_mac(node.mac()))
        })
        .unwrap();
    }

    /// A better router comes back and takes the address from the other, who lets go of it.
    fn preempts(&self, mark: u64, better: &Node, since: Moment, down: Duration) {
        let advert = self.speaks(mark, better, down + 3 * SECOND);
        assert!(advert.at.since(since) + SECOND / 100 >= down, "it has to listen first");
        self.settles(better);
    }

    fn settles(&self, on: &Node) {
        let both = [&self.ours, &self.theirs];
        wait_until(2 * SECOND, "one holder", || holders(&both) == [on.name()]).unwrap();
        let answers = self.client.arping_all(cube::VIP, SECOND / 5).unwrap();
        assert!(answers.iter().all(|it| it.mac == on.mac()) && !answers.is_empty(), "{answers:?}");
        self.serves(on);
    }

    fn plug(&mut self, node: &Node) -> Moment {
        node.plug().unwrap();
        let now = Moment::now();
        self.reconnected.push(now);
        now
    }

    /// Never two masters for longer than one advert interval while they could hear each other.
    fn was_one_at_a_time(&self) {
        let adverts = self.wire.frames(|frame| frame.advert().is_some());
        let contest = longest_contest(&adverts, &self.reconnected, SECOND);
        assert!(contest <= SECOND, "two masters for {contest:?}");
        assert_eq!(self.wire.forgotten(), 0);
    }
}

fn after_an_advert(pair: &Pair, node: &Node) -> u64 {
    pair.speaks(pair.wire.mark(), node, 3 * SECOND);
    pair.wire.mark()
}

fn start_ours(pair: &Pair, conf: &Conf) -> Daemon {
    vrrp::start(&pair.ours, &conf.text(), &[]).unwrap()
}

#[test]
fn keepalived_backs_us_up() {
    require!(Lab, Vrrp, Keepalived);
    let mut pair = Pair::new("ours-first");
    let (ours, theirs) = (pair.ours.clone(), pair.theirs.clone());
    let conf = Conf { state: "MASTER", ..Conf::cube(100) };
    let other = Conf::cube(90);
    let mut daemon = start_ours(&pair, &conf);
    thread::sleep(SECOND / 10);
    let keepalived = keepalived::start(&theirs, &other.text()).unwrap();
    pair.speaks(0, &ours, conf.down() + 2 * SECOND);
    pair.settles(&ours);

    // Killed, and its cable pulled.
    let mark = after_an_advert(&pair, &ours);
    daemon.kill_group(Signal::SIGKILL).unwrap();
    ours.unplug().unwrap();
    pair.takes_over(mark, &theirs, &ours, other.down());
    let back = pair.plug(&ours);
    let mark = pair.wire.mark();
    daemon = start_ours(&pair, &conf);
    pair.preempts(mark, &ours, back, conf.down());

    // Paused: the node answers no ARP when keepalived takes over, and yields before it speaks.
    let mark = after_an_advert(&pair, &ours);
    daemon.stop().unwrap();
    pair.takes_over(mark, &theirs, &ours, other.down());
    assert!(ours.has_address(cube::VIP));
    let answers = pair.client.arping_all(cube::VIP, SECOND / 4).unwrap();
    assert!(answers.iter().all(|it| it.mac == theirs.mac()), "{answers:?}");
    let (mark, woken) = (pair.wire.mark(), Moment::now());
    daemon.cont().unwrap();
    wait_until(2 * SECOND, "the address to go", || !ours.has_address(cube::VIP)).unwrap();
    pair.preempts(mark, &ours, woken, conf.down());

    // Stopped in good order.
    let mark = pair.wire.mark();
    assert!(daemon.terminate(5 * SECOND).unwrap().success());
    pair.takes_over(mark, &theirs, &ours, other.skew());
    pair.settles(&theirs);
    assert!(!keepalived.log().contains("discarding"), "{}", keepalived.log());
    pair.was_one_at_a_time();
}

#[test]
fn we_back_keepalived_up() {
    require!(Lab, Vrrp, Keepalived);
    let mut pair = Pair::new("theirs-first");
    let (ours, theirs) = (pair.ours.clone(), pair.theirs.clone());
    let conf = Conf::cube(90);
    let other = Conf { state: "MASTER", ..Conf::cube(100) };
    let mut keepalived = keepalived::start(&theirs, &other.text()).unwrap();
    thread::sleep(SECOND / 10);
    let mut daemon = start_ours(&pair, &conf);
    pair.speaks(0, &theirs, other.down() + 2 * SECOND);
    pair.settles(&theirs);
    assert!(pair.wire.adverts_from(ours.address()).is_empty());

    // Its cable is cut, and comes back: that was a fault, and it begins anew.
    let mark = after_an_advert(&pair, &theirs);
    theirs.unplug().unwrap();
    pair.takes_over(mark, &ours, &theirs, conf.down());
    let back = pair.plug(&theirs);
    let mark = pair.wire.mark();
    pair.preempts(mark, &theirs, back, other.down());
    wait_until(SECOND, "our reason", || {
        vrrp::router(&ours, "VI_1").is_ok_and(|it| it["reason"] == "better_master")
    })
    .unwrap();

    // Killed, with a machine that is off.
    let mark = after_an_advert(&pair, &theirs);
    keepalived.kill_group(Signal::SIGKILL).unwrap();
    // Or its pid file would keep the next one from starting.
    keepalived.wait_exit(SECOND).unwrap();
    theirs.unplug().unwrap();
    pair.takes_over(mark, &ours, &theirs, conf.down());
    theirs.namespace().ip(&["addr", "del", "10.0.0.70/32", "dev", "eth0"]).unwrap();
    let back = pair.plug(&theirs);
    let mark = pair.wire.mark();
    let mut keepalived = keepalived::start(&theirs, &other.text()).unwrap();
    pair.preempts(mark, &theirs, back, other.down());

    // Stopped in good order.
    let mark = pair.wire.mark();
    let stopping = Instant::now();
    keepalived.kill(Signal::SIGTERM).unwrap();
    pair.takes_over(mark, &ours, &theirs, conf.skew());
    keepalived.wait_exit(5 * SECOND).unwrap();
    assert!(stopping.elapsed() < 5 * SECOND);
    let router = vrrp::router(&ours, "VI_1").unwrap();
    assert_eq!(router["reason"], "master_resigned");
    // Nothing keepalived says is discarded.
    assert_eq!(router["adverts"]["dropped_total"], 0);
    assert!(daemon.is_running());
    pair.was_one_at_a_time();
}

#[test]
fn after_a_partition_the_better_one_is_believed_whichever_it_is() {
    require!(Lab, Vrrp, Keepalived);
    for ours_is_better in [true, false] {
        let mut pair = Pair::new("heal");
        let (priority, other) = if ours_is_better { (200, 100) } else { (100, 200) };
        let (conf, other) = (Conf::fast(priority), Conf::fast(other));
        let _daemon = start_ours(&pair, &conf);
        let _keepalived = keepalived::start(&pair.theirs, &other.text()).unwrap();
        let (better, worse) =
            if ours_is_better { (&pair.ours, &pair.theirs) } else { (&pair.theirs, &pair.ours) };
        pair.speaks(0, better, 5 * SECOND);
        pair.settles(better);
        // The client is on the side of the worse one.
        pair.lab.partition(&[better]).unwrap();
        wait_until(3 * SECOND, "the other to take over", || worse.has_address(cube::VIP)).unwrap();
        pair.serves(worse);
        thread::sleep(SECOND / 2);
        pair.lab.heal().unwrap();
        let healed = Moment::now();
        wait_until(SECOND, "the client to know", || {
            pair.client.neighbour(cube::VIP).unwrap().and_then(|it| it.mac)
                == Some(format_mac(better.mac()))
        })
        .unwrap();
        pair.settles(better);
        pair.reconnected.push(healed);
    }
}
