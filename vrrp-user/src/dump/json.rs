//! `keepalived.json`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeSeq as _},
};

use super::{
    CheckReport, Report, RouterReport,
    addresses::Written,
    command::{command, probe},
    report::state,
};
use crate::config::model::{Preemption, VirtualAddress, dumps::JsonVersion, tracking::Tracked};

/// The text of `keepalived.json`: in version 1 an array of instances, in version 2 an object that
/// has it.
pub(super) fn text(report: &Report) -> String {
    let routers = Routers(report);
    let text = match report.settings.json_version {
        JsonVersion::V1 => serde_json::to_string(&routers),
        JsonVersion::V2 => serde_json::to_string(&Version2 { vrrp: routers }),
    };
    // Nothing here has a key that is no string, which is all that could go wrong.
    text.unwrap_or_default()
}

#[derive(Serialize)]
struct Version2<'a> {
    vrrp: Routers<'a>,
}

struct Routers<'a>(&'a Report);

impl Serialize for Routers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Report { routers, checks, .. } = self.0;
        let mut array = serializer.serialize_seq(Some(routers.len()))?;
        for router in routers {
            array
                .serialize_element(&Router { data: Data(router, checks), stats: &router.stats })?;
        }
        array.end()
    }
}

#[derive(Serialize)]
struct Router<'a> {
    data: Data<'a>,
    stats: &'a super::Stats,
}

/// A router, beside all scripts.
struct Data<'a>(&'a RouterReport, &'a [CheckReport]);

impl Serialize for Data<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.identity(&mut map)?;
        self.announcements(&mut map)?;
        self.election(&mut map)?;
        self.scripts(&mut map)?;
        self.addresses(&mut map)?;
        self.tracked(&mut map)?;
        self.authentication(&mut map)?;
        map.end()
    }
}

impl Data<'_> {
    fn identity<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let Self(RouterReport { instance, master, .. }, _) = self;
        map.serialize_entry("iname", &instance.name)?;
        map.serialize_entry("dont_track_primary", &u8::from(!instance.tracks_own.link))?;
        map.serialize_entry("skip_check_adv_addr", &0)?;
        map.serialize_entry("strict_mode", &0)?;
        map.serialize_entry("vmac_ifname", "")?;
        map.serialize_entry("ifp_ifname", &instance.interface)?;
        map.serialize_entry("master_priority", &master.map_or(0, |it| it.priority.get()))?;
        map.serialize_entry("last_transition", &since_1970(self.0.last_transition))
    }

    fn announcements<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let garp = &self.0.instance.garp;
        map.serialize_entry("garp_delay", &Number(garp.delay))?;
        map.serialize_entry("garp_refresh", &garp.refresh.unwrap_or_default().as_secs())?;
        map.serialize_entry("garp_rep", &garp.repeat)?;
        map.serialize_entry("garp_refresh_rep", &garp.refresh_repeat)?;
        let (delay, repeat) = self.0.after_lesser();
        map.serialize_entry("garp_lower_prio_delay", &delay.as_secs())?;
        map.serialize_entry("garp_lower_prio_rep", &repeat)?;
        let manners = &self.0.instance.manners;
        map.serialize_entry("lower_prio_no_advert", &u8::from(!manners.answers_lesser))?;
        map.serialize_entry("higher_prio_send_advert", &u8::from(manners.bids_farewell))
    }

    fn election<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let Self(router, _) = self;
        let instance = &router.instance;
        let interval = instance.advert_interval;
        let delay = match instance.preemption {
            Preemption::Preempt { delay } => delay,
            Preemption::Never => Duration::ZERO,
        };
        map.serialize_entry("vrid", &instance.vrid.get())?;
        map.serialize_entry("base_priority", &instance.priority.get())?;
        map.serialize_entry("effective_priority", &router.priority.get())?;
        map.serialize_entry("vipset", &router.holds_addresses())?;
        map.serialize_entry("promote_secondaries", &instance.promote_secondaries)?;
        map.serialize_entry("adver_int", &Number(interval.as_duration()))?;
        let masters = router.master.map_or(interval, |master| master.interval);
        map.serialize_entry("master_adver_int", &Number(masters.as_duration()))?;
        map.serialize_entry("accept", &u8::from(instance.accept))?;
        map.serialize_entry("nopreempt", &(instance.preemption == Preemption::Never))?;
        map.serialize_entry("preempt_delay", &delay.as_secs())?;
        map.serialize_entry("state", &state(router.state).0)?;
        map.serialize_entry("wantstate", &state(router.wanted()).0)?;
        map.serialize_entry("version", &instance.version.number())?;
        map.serialize_entry("smtp_alert", &false)?;
        map.serialize_entry("notify_deleted", &instance.notify.says_deleted)
    }

    fn scripts<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let notify = &self.0.instance.notify;
        for (name, script) in [
            ("script_backup", &notify.backup),
            ("script_master", &notify.master),
            ("script_fault", &notify.fault),
            ("script_stop", &notify.stop),
            ("script_deleted", &notify.deleted),
            ("script", &notify.any),
            ("script_master_rx_lower_pri", &notify.lesser_master),
        ] {
            if let Some(script) = script {
                map.serialize_entry(name, &command(script))?;
            }
        }
        Ok(())
    }

    fn addresses<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let Self(router, _) = self;
        let written = |addresses: &[VirtualAddress]| -> Vec<String> {
            let one = |address| Written {
                address,
                interface: &router.instance.interface,
                is_set: router.holds_addresses(),
            };
            addresses.iter().map(|address| one(address).to_string()).collect()
        };
        // Like keepalived, nothing where there is nothing.
        for (name, addresses) in
            [("vips", &router.instance.addresses), ("evips", &router.instance.excluded)]
        {
            if !addresses.is_empty() {
                map.serialize_entry(name, &written(addresses))?;
            }
        }
        Ok(())
    }

    /// keepalived has no lists of files and BFD sessions; of a script it tells what is run.
    fn tracked<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let Self(router, checks) = self;
        let (mut interfaces, mut scripts, mut processes) = (Vec::new(), Vec::new(), Vec::new());
        for track in &router.instance.track {
            match &track.what {
                Tracked::Interface(name) => interfaces.push(name.clone()),
                Tracked::Script(name) => {
                    let script = checks.iter().find(|it| it.check.name == *name);
                    scripts.extend(script.map(|it| probe(&it.check.probe)));
                }
                Tracked::Process(name) => processes.push(name.clone()),
                Tracked::File(_) | Tracked::Bfd(_) => {}
            }
        }
        for (name, list) in
            [("track_ifp", interfaces), ("track_script", scripts), ("track_process", processes)]
        {
            if !list.is_empty() {
                map.serialize_entry(name, &list)?;
            }
        }
        Ok(())
    }

    fn authentication<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let has_password = self.0.instance.password.is_some();
        map.serialize_entry("auth_type", &u8::from(has_password))?;
        if has_password {
            // keepalived 2.2 shows the password here; 2.4 does this.
            map.serialize_entry("auth_data", "********")?;
        }
        Ok(())
    }
}

fn since_1970(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

/// Seconds, in the form of C's `%g`: without a fraction where there is none, since readers take
/// some of them for integers.
struct Number(Duration);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.subsec_nanos() == 0 {
            serializer.serialize_u64(self.0.as_secs())
        } else {
            serializer.serialize_f64(self.0.as_secs_f64())
        }
    }
}
