//! `vrrp_instance`.

use super::{Line, Lines, programs, tracking};
use crate::{
    config::model::{
        AntiReplay, GarpSchedule, HmacMode, HmacSettings, Instance, Manners, Password, Preemption,
        RivalSchedule, Transport, Unicast, UnicastPeer,
    },
    protocol::Family,
};

/// The lines of an instance.
pub(in crate::config) fn lines(instance: &Instance) -> Vec<Line> {
    let Instance {
        name: _,
        interface,
        vrid,
        version,
        family,
        priority,
        advert_interval,
        password,
        hmac,
        preemption,
        source,
        transport,
        pseudo_header,
        virtual_mac,
        accept,
        down_adverts,
        late_below,
        addresses,
        excluded,
        routing,
        promote_secondaries,
        garp,
        manners,
        notify,
        track,
        tracks_own,
    } = instance;
    let mut lines = Lines::default();
    lines.say("interface", interface);
    lines.say("virtual_router_id", vrid.get());
    lines.say("version", version.number());
    lines.flag("native_ipv6", *family == Family::Ipv6);
    lines.say("priority", priority);
    lines.say("advert_int", advert_interval.as_duration().as_secs_f64());
    if let Some(Password(bytes)) = password {
        lines.hide("auth_pass", "(hidden)".to_owned(), bytes);
    }
    if let Some(hmac) = hmac {
        self::hmac(&mut lines, hmac);
    }
    match preemption {
        Preemption::Never => lines.flag("nopreempt", true),
        Preemption::Preempt { delay } => lines.seconds_if("preempt_delay", *delay),
    }
    match transport {
        Transport::Multicast { group } => {
            lines.say("mcast_dst_ip", group);
            lines.say_if("mcast_src_ip", *source);
        }
        Transport::Unicast(Unicast { peers, ttl, check_source }) => {
            lines.say_if("unicast_src_ip", *source);
            lines.say("unicast_ttl", ttl);
            lines.flag("check_unicast_src", *check_source);
            for UnicastPeer { address, min_ttl, max_ttl } in peers {
                let bounds = format!("{address} min_ttl {min_ttl} max_ttl {max_ttl}");
                lines.say("unicast_peer", bounds);
            }
        }
    }
    lines.flag("v3_checksum_as_v2", !pseudo_header);
    lines.flag("use_vmac", *virtual_mac);
    lines.flag("no_accept", !accept);
    lines.say("down_timer_adverts", down_adverts);
    lines.say_if("timer_expired_backup", *late_below);
    for address in addresses {
        lines.say("virtual_ipaddress", super::routing::address(address));
    }
    for address in excluded {
        lines.say("virtual_ipaddress_excluded", super::routing::address(address));
    }
    super::routing::of_instance(&mut lines, routing);
    lines.flag("promote_secondaries", *promote_secondaries);
    self::garp(&mut lines, garp);
    let Manners { answers_lesser, bids_farewell, heeds_others } = manners;
    lines.flag("lower_prio_no_advert", !answers_lesser);
    lines.say_if("higher_prio_send_advert", (!bids_farewell).then_some("off"));
    lines.flag("owner_ignore_adverts", !heeds_others);
    programs::notify(&mut lines, notify);
    tracking::tracks(&mut lines, track, *tracks_own);
    lines.0
}

fn hmac(lines: &mut Lines, settings: &HmacSettings) {
    let HmacSettings { keys, active, mode, anti_replay } = settings;
    for (number, key) in keys {
        lines.hide("key", format!("{number} (hidden)"), &key.0);
    }
    lines.say("active_key", active);
    lines.say(
        "mode",
        match mode {
            HmacMode::Enforce => "enforce",
            HmacMode::Permissive => "permissive",
            HmacMode::ReceiveOnly => "receive-only",
        },
    );
    match anti_replay {
        AntiReplay::Time { window } => {
            lines.say("anti_replay", "time");
            lines.say("time_window", window.as_secs_f64());
        }
        AntiReplay::Monotonic => lines.say("anti_replay", "monotonic"),
    }
}

fn garp(lines: &mut Lines, garp: &GarpSchedule) {
    let GarpSchedule { delay, repeat, refresh, refresh_repeat, rivals, elsewhere } = garp;
    lines.say("garp_master_delay", delay.as_secs_f64());
    lines.say("garp_master_repeat", repeat);
    lines.say("garp_master_refresh", refresh.unwrap_or_default().as_secs_f64());
    lines.say("garp_master_refresh_repeat", refresh_repeat);
    if let RivalSchedule::AsTold { delay, repeat } = rivals {
        lines.say("garp_lower_prio_delay", delay.as_secs_f64());
        lines.say("garp_lower_prio_repeat", repeat);
    }
    let seconds = elsewhere.map(|interval| format!("all {}", interval.as_secs_f64()));
    lines.say_if("garp_extra_if", seconds);
}
