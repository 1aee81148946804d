//! How long after `Master_Down_Interval` a backup takes over, ours and keepalived in the same lab.
//!
//! The master is a script that sends adverts and falls silent, so that nothing but the backup is
//! measured. The observer on the switch stamps its last advert and the backup's first.

use std::{path::Path, thread::sleep, time::Duration};

use anyhow::{Context as _, Result};
use serde::Serialize;
use vrrp_tests::{
    Daemon, FrameSender, Lab, Node, Wire, craft, cube, keepalived, timing::master_down_interval,
    vrrp,
};

use super::stats::Summary;
use crate::tell;

const MASTER_PRIORITY: u8 = 200;
const BACKUP_PRIORITY: u8 = 90;

/// One setting, both daemons. Milliseconds.
#[derive(Debug, Serialize)]
pub(crate) struct Failover {
    /// What is set.
    pub(crate) setting: String,
    /// Beyond the theoretical down-timer.
    pub(crate) excess_ours: Summary,
    /// Beyond the theoretical down-timer.
    pub(crate) excess_keepalived: Summary,
    /// From the first advert to the first gratuitous ARP.
    pub(crate) announced_ours: Summary,
    /// From the first advert to the first gratuitous ARP.
    pub(crate) announced_keepalived: Summary,
    /// Median over median.
    pub(crate) ratio: f64,
}

#[derive(Clone, Copy)]
struct Setting {
    name: &'static str,
    version: u8,
    interval: Duration,
    /// Of a hundred trials asked for, so many are made.
    share: usize,
}

const SETTINGS: [Setting; 3] = [
    Setting { name: "v3 10 ms", version: 3, interval: Duration::from_millis(10), share: 100 },
    Setting { name: "v3 100 ms", version: 3, interval: Duration::from_millis(100), share: 100 },
    Setting { name: "v2 1 s", version: 2, interval: Duration::from_secs(1), share: 10 },
];

#[derive(Default)]
struct Sample {
    excess: Vec<f64>,
    announced: Vec<f64>,
}

pub(crate) fn measure(binary: &Path, trials: usize) -> Result<Vec<Failover>> {
    let mut lab = Lab::new("bench-failover")?;
    let master = lab.add_node("cube01", "10.0.0.60/24")?;
    let backup = lab.add_node("cube02", "10.0.0.61/24")?;
    let wire = Wire::open(&lab)?;
    let mut results = Vec::new();
    for setting in SETTINGS {
        let config = config(setting);
        let (mut ours, mut theirs) = (Sample::default(), Sample::default());
        let trials = (trials * setting.share / 100).max(3);
        // In two halves each, so that a slow moment of the machine hits both.
        for half in 1..=2 {
            tell::note(&format!("{}, half {half} of 2", setting.name));
            let daemon = vrrp::start_binary(binary, &backup, &config, &[])?;
            run(setting, &wire, &master, &backup, daemon, trials.div_ceil(2), &mut ours)?;
            let daemon = keepalived::start(&backup, &config)?;
            run(setting, &wire, &master, &backup, daemon, trials.div_ceil(2), &mut theirs)?;
        }
        let excess_ours = Summary::of(ours.excess).context("no take-over")?;
        let excess_keepalived = Summary::of(theirs.excess).context("no take-over")?;
        results.push(Failover {
            setting: setting.name.to_owned(),
            ratio: excess_ours.median / excess_keepalived.median,
            excess_ours,
            excess_keepalived,
            announced_ours: Summary::of(ours.announced).context("no announcement")?,
            announced_keepalived: Summary::of(theirs.announced).context("no announcement")?,
        });
    }
    Ok(results)
}

/// Lets the backup take over from the script again and again.
fn run(
    setting: Setting,
    wire: &Wire,
    master: &Node,
    backup: &Node,
    mut daemon: Daemon,
    trials: usize,
    sample: &mut Sample,
) -> Result<()> {
    let sender = FrameSender::open(master)?;
    let frame = advert(setting, master);
    let down = master_down_interval(setting.version, setting.interval, BACKUP_PRIORITY);
    // Until it listens.
    sleep(Duration::from_millis(1_500));
    for trial in 0..=trials {
        // A varying number, so that no beat between the two clocks forms.
        for _ in 0..4 + trial % 3 {
            sender.send(&frame)?;
            sleep(setting.interval);
        }
        let last = wire.last_advert_from(master.address()).context("the script was not heard")?;
        let patience = down * 2 + Duration::from_secs(1);
        let taken = wire.expect_from(last.number, patience, "the backup to take over", |seen| {
            seen.number > last.number && seen.is_advert_from(backup.address())
        })?;
        let announced =
            wire.expect_from(taken.number, Duration::from_secs(1), "an announcement", |seen| {
                seen.arp().is_some_and(|arp| arp.sender == cube::VIP)
            });
        let announced = announced
            .with_context(|| format!("trial {trial}; its log ends with\n{}", daemon.log_tail(8)))?;
        // The first round also shows that the daemon has settled.
        if trial > 0 {
            let beyond = taken.at.signed_nanos_since(last.at + down);
            sample.excess.push(milliseconds(beyond));
            sample.announced.push(milliseconds(announced.at.signed_nanos_since(taken.at)));
        }
        sleep(setting.interval);
    }
    daemon.terminate(Duration::from_secs(5))?;
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "spans of seconds")]
fn milliseconds(nanos: i64) -> f64 {
    nanos as f64 / 1e6
}

fn config(setting: Setting) -> String {
    if setting.version == 2 {
        return cube::config("VI_1", "BACKUP", BACKUP_PRIORITY);
    }
    let interval = setting.interval.as_secs_f64();
    format!(
        "vrrp_instance VI_1 {{\n    state BACKUP\n    interface eth0\n    virtual_router_id {}\n    \
         priority {BACKUP_PRIORITY}\n    version 3\n    advert_int {interval}\n    \
         virtual_ipaddress {{\n        {}\n    }}\n}}\n",
        cube::VRID,
        cube::VIP,
    )
}

/// An advert of the scripted master.
fn advert(setting: Setting, master: &Node) -> Vec<u8> {
    let version_2 = craft::AdvertV2 {
        source_mac: master.mac(),
        source: master.address(),
        priority: MASTER_PRIORITY,
        ..craft::AdvertV2::default()
    };
    if setting.version == 2 {
        return version_2.frame();
    }
    let centis = u16::try_from(setting.interval.as_millis() / 10).unwrap_or(1);
    let [high, low] = centis.to_be_bytes();
    let vip = cube::VIP.octets();
    let source = master.address().octets();
    let mut message = vec![0x31, cube::VRID, MASTER_PRIORITY, 1, high, low, 0, 0];
    message.extend_from_slice(&vip);
    let pseudo = [&source[..], &[224, 0, 0, 18, 0, 112, 0, 12]].concat();
    let sum = craft::checksum(&[&pseudo, &message]).to_be_bytes();
    if let Some(place) = message.get_mut(6..8) {
        place.copy_from_slice(&sum);
    }
    let mut ip = vec![0x45, 0xc0, 0, 32, 0, 1, 0, 0, 255, 112, 0, 0];
    ip.extend_from_slice(&source);
    ip.extend_from_slice(&[224, 0, 0, 18]);
    let sum = craft::checksum(&[&ip]).to_be_bytes();
    if let Some(place) = ip.get_mut(10..12) {
        place.copy_from_slice(&sum);
    }
    let ethernet = [&[0x01, 0x00, 0x5e, 0, 0, 0x12][..], &master.mac(), &[0x08, 0x00]].concat();
    [ethernet, ip, message].concat()
}
