//! The figures, for people and for programs.

use std::{fmt, fs, io, path::Path};

use serde::Serialize;

use super::{arp::Arp, failover::Failover, pass::Pass, stats::Summary};

/// All that was measured in one run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// Raised when the fields change their meaning.
    pub(crate) version: u32,
    /// What it ran on.
    pub(crate) machine: Machine,
    /// Nanoseconds per frame that passes.
    pub(crate) pass: Option<Pass>,
    /// ARP answers per second.
    pub(crate) arp: Option<Arp>,
    /// Milliseconds to take over.
    pub(crate) failover: Vec<Failover>,
}

/// What the figures were measured on.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    /// `/proc/sys/kernel/osrelease`.
    kernel: String,
    /// The first processor's name.
    processor: String,
    /// How many of them.
    processors: usize,
}

impl Report {
    pub(crate) fn new() -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        let cpuinfo = read("/proc/cpuinfo");
        let processor = cpuinfo
            .lines()
            .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
            .map_or("unknown", |(_, name)| name.trim());
        let machine = Machine {
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            processor: processor.to_owned(),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
        };
        Self { version: 1, machine, pass: None, arp: None, failover: Vec::new() }
    }

    pub(crate) fn write(&self, file: &Path) -> io::Result<()> {
        fs::write(file, serde_json::to_vec_pretty(self)?)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Machine { kernel, processor, processors } = &self.machine;
        writeln!(formatter, "\nLinux {kernel}, {processors} × {processor}\n")?;
        writeln!(formatter, "{:<46} {:>12} {:>12} {:>8}", "", "vrrp", "against", "ratio")?;
        if let Some(Pass { ours, empty, over_empty }) = &self.pass {
            row(formatter, "ns per TCP frame (empty program)", ours, empty, 0)?;
            writeln!(formatter, "{:<46} {over_empty:>12.0}", "  ns over the empty program")?;
        }
        if let Some(Arp { ours, kernel, swap, .. }) = &self.arp {
            row(formatter, "ARP answers/s (kernel)", ours, kernel, 0)?;
            row(formatter, "ARP answers/s (MAC-swap program)", ours, swap, 0)?;
        }
        for one in &self.failover {
            let title = format!("{}: ms beyond the down-timer (keepalived)", one.setting);
            row(formatter, &title, &one.excess_ours, &one.excess_keepalived, 3)?;
            worst(formatter, &one.excess_ours, &one.excess_keepalived)?;
            let title = "  ms from advert to gratuitous ARP";
            row(formatter, title, &one.announced_ours, &one.announced_keepalived, 3)?;
        }
        Ok(())
    }
}

fn row(
    formatter: &mut fmt::Formatter<'_>,
    title: &str,
    ours: &Summary,
    other: &Summary,
    digits: usize,
) -> fmt::Result {
    let ratio = ours.median / other.median;
    let (ours, other) = (ours.median, other.median);
    writeln!(formatter, "{title:<46} {ours:>12.digits$} {other:>12.digits$} {ratio:>8.2}")
}

fn worst(formatter: &mut fmt::Formatter<'_>, ours: &Summary, other: &Summary) -> fmt::Result {
    let (count, ours, other) = (ours.count, ours.max, other.max);
    writeln!(formatter, "{:<46} {ours:>12.3} {other:>12.3}", format!("  worst of {count}"))
}
