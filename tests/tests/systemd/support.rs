//! What the tests share.

use std::time::Duration;

use serde_json::Value;
use vrrp_tests::{
    Client, Conf, Daemon, Lab, Node, Wire, cube, poll_for,
    reign::{Reign, reigns},
    systemd::{self, Systemd},
    vrrp, wait_until,
    wire::Frame,
};

pub(super) const SECOND: Duration = Duration::from_secs(1);

/// Where the daemon looks first.
pub(super) const FILE: &str = "/etc/vrrp/vrrp.conf";

/// A node with systemd, another node, a client, and an observer.
pub(super) struct Stage {
    pub(super) wire: Wire,
    pub(super) systemd: Systemd,
    pub(super) dut: Node,
    pub(super) peer: Node,
    pub(super) client: Client,
    _lab: Lab,
}

/// What the unit's file says in these tests.
pub(super) fn conf(priority: u8) -> Conf {
    // No second set of announcements: it would come long after the take-over.
    Conf::fast(priority).every(Duration::from_millis(100)).with("garp_master_delay 0")
}

impl Stage {
    /// With the unit installed, and these settings in a drop-in.
    pub(super) fn new(tag: &str, settings: &[&str]) -> Self {
        let mut lab = Lab::new(tag).unwrap();
        let dut = lab.add_node("dut", "10.0.0.60/24").unwrap();
        let peer = lab.add_node("peer", "10.0.0.80/24").unwrap();
        let client = lab.add_client("client", &format!("{}/24", cube::CLIENT)).unwrap();
        let wire = Wire::open(&lab).unwrap();
        let systemd = systemd::boot(&dut).unwrap();
        systemd.install_unit(settings).unwrap();
        Self { wire, systemd, dut, peer, client, _lab: lab }
    }

    /// As [`Stage::new`], with the unit started and master of its virtual router.
    pub(super) fn with_master(tag: &str, settings: &[&str]) -> Self {
        let stage = Self::new(tag, settings);
        stage.systemd.write_file(FILE, &conf(150).text()).unwrap();
        stage.systemctl(&["enable", "--now", "vrrp"]);
        stage.wait_for_state("master");
        wait_until(SECOND, "the address", || stage.dut.has_address(cube::VIP)).unwrap();
        stage
    }

    /// Starts a backup on the other node.
    pub(super) fn start_backup(&self) -> Daemon {
        let daemon = vrrp::start(&self.peer, &conf(100).text(), &[]).unwrap();
        vrrp::wait_for_state(&self.peer, "VI_1", "backup", 5 * SECOND).unwrap();
        daemon
    }

    /// `systemctl`, which has to succeed.
    #[track_caller]
    pub(super) fn systemctl(&self, arguments: &[&str]) {
        self.systemd.systemctl(arguments).unwrap_or_else(|error| panic!("{error:#}"));
    }

    /// A property of the unit.
    #[track_caller]
    pub(super) fn property(&self, name: &str) -> String {
        self.systemd.property("vrrp", name).unwrap()
    }

    /// What the daemon says of its virtual router.
    #[track_caller]
    pub(super) fn router(&self) -> Value {
        self.systemd
            .router("VI_1")
            .unwrap_or_else(|error| panic!("{error:#}\n{}", self.systemd.journal()))
    }

    /// Waits until the daemon is master or backup.
    #[track_caller]
    pub(super) fn wait_for_state(&self, state: &str) {
        poll_for(5 * SECOND, &format!("the unit to be {state}"), || {
            self.systemd.router("VI_1").ok().filter(|router| router["state"] == state)
        })
        .unwrap_or_else(|error| panic!("{error:#}\n{}", self.systemd.journal()));
    }

    /// Sends a signal to the unit's main process, and to no other.
    #[track_caller]
    pub(super) fn kill(&self, signal: &str) {
        let pid = self.property("MainPID");
        assert_ne!(pid, "0");
        self.systemd.output(&["kill", &format!("-{signal}"), &pid]).unwrap();
    }

    /// Who was master since a mark.
    pub(super) fn reigns_since(&self, mark: u64) -> Vec<Reign> {
        let frames = self.wire.frames(|frame| frame.number >= mark);
        reigns(&frames, cube::VRID, conf(150).interval)
    }

    /// Announcements of the address by the unit's node since a mark.
    pub(super) fn announcements_since(&self, mark: u64) -> Vec<Frame> {
        self.wire.frames(|frame| {
            let claims = frame.arp().is_some_and(|it| it.sender == cube::VIP && it.is_gratuitous());
            frame.number >= mark && frame.port == self.dut.name() && claims
        })
    }

    /// Waits for the resignation of the unit's node.
    #[track_caller]
    pub(super) fn expect_resignation(&self, mark: u64) {
        self.wire
            .expect_from(mark, SECOND, "a resignation", |frame| {
                frame.port == self.dut.name()
                    && frame.advert().is_some_and(|advert| advert.priority == 0)
            })
            .unwrap_or_else(|error| panic!("{error:#}\n{}", self.systemd.journal()));
    }
}
