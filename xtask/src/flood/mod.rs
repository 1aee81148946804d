//! `flood`: frames that a VRRP node should shrug off, at a chosen rate, on a chosen interface.

mod guard;
mod kinds;
mod own;
mod pour;

use std::{net::IpAddr, time::Duration};

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use vrrp_tests::{FrameSender, interrupt};

pub(crate) use self::{
    kinds::{Kind, Subject},
    pour::{Order, Pouring, pour},
};
use crate::tell;

/// Nobody wants to wait longer, and a forgotten flood should end by itself.
const LONGEST: f64 = 3_600.0;

/// What to send, where, and for how long.
#[derive(Args)]
pub(crate) struct Options {
    /// The interface to send on.
    #[arg(long, short)]
    interface: String,
    /// What to send; several take turns.
    #[arg(long, short, value_enum, value_delimiter = ',', required = true)]
    kind: Vec<Kind>,
    /// Frames per second; 0 for as many as go.
    #[arg(long, short, default_value_t = 0)]
    rate: u32,
    /// Seconds; at most 3600.
    #[arg(long, short, default_value_t = 5.0)]
    duration: f64,
    /// End after so many frames.
    #[arg(long, short)]
    count: Option<u64>,
    /// Version of the adverts.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(2..=3))]
    vrrp_version: u8,
    /// VRID of the adverts.
    #[arg(long, default_value_t = 51)]
    vrid: u8,
    /// Priority of the adverts.
    #[arg(long, default_value_t = 50)]
    priority: u8,
    /// Interval in the adverts, in seconds (version 3: in steps of 0.01).
    #[arg(long, default_value_t = 1.0)]
    advert_int: f64,
    /// Password of the adverts of version 2.
    #[arg(long)]
    auth_pass: Option<String>,
    /// Virtual address: listed in adverts, asked for by ARP and ND. May be repeated.
    #[arg(long, required = true)]
    vip: Vec<IpAddr>,
    /// Source address [default: the first of the family on the interface]
    #[arg(long)]
    source: Option<IpAddr>,
    /// Ethernet destination of ARP and ND [default: everybody]
    #[arg(long, value_parser = parse_mac)]
    to_mac: Option<[u8; 6]>,
    /// Send although the interface is in the machine's own network namespace.
    #[arg(long)]
    yes_i_own_this_network: bool,
}

/// Sends, and says how fast.
pub(crate) fn run(options: &Options) -> Result<()> {
    guard::check(options.yes_i_own_this_network)?;
    ensure!(
        options.duration > 0.0 && options.duration <= LONGEST,
        "--duration has to be above 0 and at most {LONGEST} seconds"
    );
    let own = own::addresses(&options.interface)?;
    let subject = Subject {
        source_mac: own.mac,
        source: match options.source {
            Some(IpAddr::V4(source)) => Some(source),
            _ => own.ipv4,
        },
        source6: match options.source {
            Some(IpAddr::V6(source)) => Some(source),
            _ => own.ipv6,
        },
        to_mac: options.to_mac,
        version: options.vrrp_version,
        vrid: options.vrid,
        priority: options.priority,
        interval: Duration::try_from_secs_f64(options.advert_int).context("--advert-int")?,
        password: options.auth_pass.clone(),
        vips: options.vip.clone(),
    };
    let mut frames = Vec::new();
    for kind in &options.kind {
        frames.extend(kind.frames(&subject)?);
    }
    interrupt::catch()?;
    let sender = FrameSender::open_here(&options.interface)
        .context("packet sockets take root, or CAP_NET_RAW")?;
    let order = Order {
        frames,
        rate: (options.rate > 0).then_some(options.rate),
        duration: Duration::from_secs_f64(options.duration),
        count: options.count,
    };
    let poured = pour(&sender, &order, interrupt::raised)?;
    tell::note(&format!(
        "sent {} frames in {:.3} s: {:.0} a second{}",
        poured.sent,
        poured.elapsed.as_secs_f64(),
        poured.rate(),
        if interrupt::raised() { ", until it was interrupted" } else { "" },
    ));
    Ok(())
}

fn parse_mac(text: &str) -> Result<[u8; 6], String> {
    let mut mac = [0; 6];
    let mut parts = text.split(':');
    for byte in &mut mac {
        let part = parts.next().ok_or("six bytes such as 02:00:0a:00:00:3c are wanted")?;
        *byte = u8::from_str_radix(part, 16).map_err(|error| format!("{part}: {error}"))?;
    }
    if parts.next().is_some() { Err("more than six bytes".to_owned()) } else { Ok(mac) }
}

#[cfg(test)]
mod tests {
    use super::parse_mac;

    #[test]
    fn mac_addresses_have_six_bytes() {
        assert_eq!(parse_mac("02:00:0a:00:00:3c"), Ok([2, 0, 10, 0, 0, 60]));
        assert!(parse_mac("02:00:0a:00:00").is_err());
        assert!(parse_mac("02:00:0a:00:00:3c:00").is_err());
        assert!(parse_mac("02:00:0a:00:00:3z").is_err());
    }
}
