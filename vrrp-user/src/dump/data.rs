//! `keepalived.data`.

use std::{
    fmt::{self, Display},
    time::{SystemTime, UNIX_EPOCH},
};

use super::{
    CheckReport, Report, RouterReport,
    addresses::Written,
    command::{command, probe},
    report::state,
};
use crate::{
    config::model::{
        Preemption, SyncGroup, Transport, VirtualAddress,
        tracking::{Tracked, Weight},
    },
    election::State,
    protocol::{Family, Version},
};

/// The text of `keepalived.data`.
pub(super) fn text(report: &Report) -> String {
    Text(report).to_string()
}

struct Text<'a>(&'a Report);

impl Display for Text<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(report) = self;
        writeln!(out, "------< Global definitions >------")?;
        if let Some(router_id) = &report.router_id {
            writeln!(out, " Router ID = {router_id}")?;
        }
        if !report.routers.is_empty() {
            writeln!(out, "------< VRRP Topology >------")?;
        }
        for router in &report.routers {
            Topology(router).fmt(out)?;
        }
        if !report.groups.is_empty() {
            writeln!(out, "------< VRRP Sync groups >------")?;
        }
        for SyncGroup { name, members, .. } in &report.groups {
            writeln!(out, " VRRP Sync Group = {name}")?;
            writeln!(out, "   VRRP member instances :")?;
            for member in members {
                writeln!(out, "     {member}")?;
            }
        }
        if !report.checks.is_empty() {
            writeln!(out, "------< VRRP Scripts >------")?;
        }
        report.checks.iter().try_for_each(|check| Script(check).fmt(out))
    }
}

/// The name of a tracked thing of one kind.
type Name = fn(&Tracked) -> Option<&String>;

/// What it says of one script.
struct Script<'a>(&'a CheckReport);

impl Display for Script<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(CheckReport { check, is_good }) = self;
        writeln!(out, " VRRP Script = {}", check.name)?;
        writeln!(out, "   Command = {}", probe(&check.probe))?;
        writeln!(out, "   Interval = {} sec", check.interval.as_secs())?;
        writeln!(out, "   Timeout = {} sec", check.timeout.as_secs())?;
        let reverse = if check.weight.reverse { " reverse" } else { "" };
        writeln!(out, "   Weight = {}{reverse}", check.weight.points)?;
        writeln!(out, "   Rise = {}", check.rise)?;
        writeln!(out, "   Fall = {}", check.fall)?;
        writeln!(out, "   Status = {}", if *is_good { "GOOD" } else { "BAD" })?;
        // Whether it runs at this moment is not told.
        writeln!(out, "   State = idle")
    }
}

/// What it says of one instance.
struct Topology<'a>(&'a RouterReport);

impl Display for Topology<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.identity(out)?;
        self.standing(out)?;
        self.place(out)?;
        self.announcements(out)?;
        self.election(out)?;
        self.authentication(out)?;
        self.addresses(out)?;
        self.peers(out)?;
        self.tracked(out)?;
        writeln!(out, "   Using smtp notification = no")?;
        self.scripts(out)
    }
}

impl Topology<'_> {
    fn identity(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(router) = self;
        let instance = &router.instance;
        writeln!(out, " VRRP Instance = {}", instance.name)?;
        writeln!(out, "   VRRP Version = {}", instance.version.number())?;
        if let Some(group) = &router.sync_group {
            writeln!(out, "   Sync group = {group}")?;
        }
        if instance.family == Family::Ipv6 {
            writeln!(out, "   Using Native IPv6")?;
        }
        Ok(())
    }

    fn standing(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(router) = self;
        writeln!(out, "   State = {}", state(router.state).1)?;
        if let Some(master) = router.master.filter(|_| router.state == State::Backup) {
            writeln!(out, "   Master router = {}", master.address)?;
            writeln!(out, "   Master priority = {}", master.priority)?;
            if router.instance.version == Version::V3 {
                let interval = master.interval.as_duration().as_secs_f64();
                writeln!(out, "   Master advert int = {interval:.2} sec")?;
            }
        }
        match router.instance.transport {
            Transport::Multicast { .. } => writeln!(out, "   Flags: none")?,
            Transport::Unicast(_) => writeln!(out, "   Flags:\n     Using unicast")?,
        }
        writeln!(out, "   Wantstate = {}", state(router.wanted()).1)?;
        writeln!(out, "   Number of config faults = 0")?;
        let faults = u8::from(router.state == State::Fault);
        writeln!(out, "   Number of interface and track script faults = {faults}")?;
        writeln!(out, "   Number of track scripts init = 0")?;
        writeln!(out, "   Last transition = {}", Time(router.last_transition))?;
        writeln!(out, "   Master down timer = {} usecs", router.master_down.as_micros())
    }

    fn place(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(router) = self;
        writeln!(out, "   Interface = {}", router.instance.interface)?;
        match router.source {
            Some(source) => write!(out, "   Using src_ip = {source}")?,
            None => write!(out, "   Using src_ip = (none)")?,
        }
        let is_from_file = router.instance.source.is_some();
        writeln!(out, "{}", if is_from_file { " (from configuration)" } else { "" })?;
        if let Transport::Multicast { group } = router.instance.transport {
            writeln!(out, "   Multicast address {group}")?;
        }
        Ok(())
    }

    fn announcements(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let garp = &self.0.instance.garp;
        writeln!(out, "   Gratuitous ARP delay = {}", garp.delay.as_secs())?;
        writeln!(out, "   Gratuitous ARP repeat = {}", garp.repeat)?;
        let refresh = garp.refresh.unwrap_or_default().as_secs();
        writeln!(out, "   Gratuitous ARP refresh = {refresh}")?;
        writeln!(out, "   Gratuitous ARP refresh repeat = {}", garp.refresh_repeat)?;
        let (delay, repeat) = self.0.after_lesser();
        writeln!(out, "   Gratuitous ARP lower priority delay = {}", delay.as_secs())?;
        writeln!(out, "   Gratuitous ARP lower priority repeat = {repeat}")
    }

    fn election(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(router) = self;
        let instance = &router.instance;
        writeln!(out, "   Down timer adverts = {}", instance.down_adverts)?;
        let (answers, farewell) = (instance.manners.answers_lesser, instance.manners.bids_farewell);
        writeln!(out, "   Send advert after receive lower priority advert = {answers}")?;
        writeln!(out, "   Send advert after receive higher priority advert = {farewell}")?;
        writeln!(out, "   Virtual Router ID = {}", instance.vrid)?;
        writeln!(out, "   Priority = {}", instance.priority)?;
        writeln!(out, "   Effective priority = {}", router.priority)?;
        writeln!(out, "   Total priority = {}", router.priority)?;
        let interval = instance.advert_interval.as_duration();
        match instance.version {
            Version::V2 => writeln!(out, "   Advert interval = {} sec", interval.as_secs())?,
            Version::V3 => {
                writeln!(out, "   Advert interval = {} milli-sec", interval.as_millis())?;
            }
        }
        writeln!(out, "   Accept = {}", enabled(instance.accept))?;
        match instance.preemption {
            Preemption::Never => writeln!(out, "   Preempt = disabled")?,
            Preemption::Preempt { delay } => {
                writeln!(out, "   Preempt = enabled")?;
                if !delay.is_zero() {
                    writeln!(out, "   Preempt delay = {} secs", delay.as_secs_f64())?;
                }
            }
        }
        writeln!(out, "   Promote_secondaries = {}", enabled(instance.promote_secondaries))
    }

    fn authentication(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instance = &self.0.instance;
        match instance.password {
            Some(_) => {
                writeln!(out, "   Authentication type = SIMPLE_PASSWORD")?;
                // keepalived shows it.
                writeln!(out, "   Password = ********")
            }
            None if instance.version == Version::V2 => {
                writeln!(out, "   Authentication type = none")
            }
            None => Ok(()),
        }
    }

    fn addresses(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instance = &self.0.instance;
        if !instance.addresses.is_empty() {
            writeln!(out, "   Virtual IP ({}):", instance.addresses.len())?;
            self.list(&instance.addresses, out)?;
        }
        if !instance.excluded.is_empty() {
            writeln!(out, "   Virtual IP Excluded :")?;
            self.list(&instance.excluded, out)?;
        }
        Ok(())
    }

    fn tracked(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tracks = &self.0.instance.track;
        let kinds: [(&str, Name); 5] = [
            ("interfaces", |it| if let Tracked::Interface(name) = it { Some(name) } else { None }),
            ("scripts", |it| if let Tracked::Script(name) = it { Some(name) } else { None }),
            ("files", |it| if let Tracked::File(name) = it { Some(name) } else { None }),
            ("processes", |it| if let Tracked::Process(name) = it { Some(name) } else { None }),
            ("BFDs", |it| if let Tracked::Bfd(name) = it { Some(name) } else { None }),
        ];
        for (kind, name) in kinds {
            let mut of_kind = tracks.iter().filter_map(|it| Some((name(&it.what)?, it.weight)));
            let Some(first) = of_kind.next() else { continue };
            writeln!(out, "   Tracked {kind} :")?;
            for (name, Weight { points, reverse }) in std::iter::once(first).chain(of_kind) {
                let reverse = if reverse { " reverse" } else { "" };
                writeln!(out, "     {name} weight {points}{reverse}")?;
            }
        }
        Ok(())
    }

    fn scripts(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let notify = &self.0.instance.notify;
        let deleted = if notify.says_deleted { "Deleted" } else { "Fault" };
        writeln!(out, "   Notify deleted = {deleted}")?;
        for (name, script) in [
            ("Backup", &notify.backup),
            ("Master", &notify.master),
            ("Fault", &notify.fault),
            ("Stop", &notify.stop),
            ("Deleted", &notify.deleted),
            ("Generic", &notify.any),
            ("Master rx lower pri", &notify.lesser_master),
        ] {
            if let Some(script) = script {
                writeln!(out, "   {name} state transition script = {}", command(script))?;
            }
        }
        writeln!(out, "   Notify priority changes = {}", notify.priority_changes)
    }

    fn list(&self, addresses: &[VirtualAddress], out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(router) = self;
        for address in addresses {
            let interface = &router.instance.interface;
            let written = Written { address, interface, is_set: router.holds_addresses() };
            writeln!(out, "     {written}")?;
        }
        Ok(())
    }

    fn peers(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Transport::Unicast(unicast) = &self.0.instance.transport else { return Ok(()) };
        writeln!(out, "   Unicast TTL = {}", unicast.ttl)?;
        let checks = if unicast.check_source { "yes" } else { "no" };
        writeln!(out, "   Check unicast src : {checks}")?;
        writeln!(out, "   Unicast Peer :")?;
        for peer in &unicast.peers {
            let (address, least, most) = (peer.address, peer.min_ttl, peer.max_ttl);
            writeln!(out, "     {address} min_ttl {least} max_ttl {most}")?;
        }
        Ok(())
    }
}

const fn enabled(on: bool) -> &'static str {
    if on { "enabled" } else { "disabled" }
}

/// Seconds since 1970, and for people.
struct Time(SystemTime);

impl Display for Time {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = self.0.duration_since(UNIX_EPOCH).unwrap_or_default();
        let date = httpdate::fmt_http_date(UNIX_EPOCH + since);
        write!(out, "{}.{:06} ({date})", since.as_secs(), since.subsec_micros())
    }
}
